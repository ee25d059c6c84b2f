import { parseArgs } from 'node:util';
import { atLeast, joules, percent, printable, seconds } from '../display/format';
import { readModel } from '../formats/modelReader';
import { fieldsOf } from '../hardware/fields';
import type { Hardware } from '../hardware/hardware';
import { scientific } from '../hardware/units';
import { numberOrNull } from '../latency/reportJson';
import { type Axis, BATCH, SettingError, type SweepOptions, type SweepPoint, spaced, sweep } from '../latency/sweep';
import { csv, textTable } from '../latency/textTable';
import { type Command, checkWritable, emit, numbers, oneOf, onePositional, progress, UsageError } from './command';
import { chosenHardware } from './hardware';
import { type OpenedModel, SHAPE_HELP, SHAPE_OPTIONS, type ShapeArguments, sizedModel, warn } from './model';

const MOST_POINTS = 10_000;

export const sweepCommand: Command = {
  name: 'sweep',
  usage:
    'sweep MODEL --over KEY=LOW:HIGH:COUNT[:log]|A,B,C… [--hardware NAME|FILE] [--format table|json|csv] [--output FILE]',
  help: `Predicts the model at every combination of values: latency, energy, utilization, and which points are on the Pareto front.
--over frequency=0.5e9:2e9:8       8 values in equal steps; with :log at the end in equal ratios (repeatable)
--over mem_bandwidth=25e9,50e9     these values; KEY is a number of the hardware file (lanes.float16 too) or ${BATCH}
--hardware NAME|FILE               a preset (see: hardware list) or a *.evohw.json file; default jetson-tx2
--set KEY=VALUE                    overrides a hardware field at all points (repeatable)
${SHAPE_HELP}
--unfused                          every node is a kernel of its own
--format table|json|csv            * marks the Pareto front of time and energy per image and utilization
--output FILE                      write there instead of standard output`,
  async run(args) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        ...SHAPE_OPTIONS,
        over: { type: 'string', multiple: true },
        hardware: { type: 'string' },
        set: { type: 'string', multiple: true },
        unfused: { type: 'boolean' },
        format: { type: 'string' },
        output: { type: 'string' },
      },
    });
    const format = oneOf('--format', values.format, ['table', 'json', 'csv'], 'table');
    const file = onePositional(positionals, 'model file');
    await checkWritable('--output', values.output);
    const hardware = await chosenHardware(values.hardware, values.set);
    const axes = axesOf(values.over ?? [], hardware);
    const { sized, warnings } = await openBatches(file, values, axes);
    const points = predicted(sized, hardware, axes, {
      fuse: !values.unfused,
      progress: (done, all) => progress(`point ${done + 1} of ${all}`),
    });
    progress('');
    const text = {
      table: () => toTable(hardware, axes, points),
      csv: () => toCsv(axes, points),
      json: () => JSON.stringify(toJson(file, hardware, axes, points, warnings), undefined, 1),
    }[format];
    await emit(text(), values.output);
    return 0;
  },
};

/** The model at every batch of the axes; what is to be said of it is said once. */
async function openBatches(file: string, given: ShapeArguments, axes: readonly Axis[]) {
  const model = await readModel(file);
  const batches = axes.find(({ key }) => key === BATCH)?.values.map(String) ?? [given.batch];
  const opened = new Map(batches.map((batch) => [batch, sizedModel(model, { ...given, batch })]));
  const warnings = [...new Set([...opened.values()].flatMap((one) => one.warnings))];
  warn(warnings);
  const sized = (batch: number | undefined): OpenedModel => {
    const known = opened.get(batch?.toString() ?? given.batch);
    if (!known) throw new Error(`batch ${batch} was not prepared`);
    return known;
  };
  return { sized, warnings };
}

function predicted(
  sized: (batch: number | undefined) => OpenedModel,
  hardware: Hardware,
  axes: readonly Axis[],
  options: SweepOptions,
): readonly SweepPoint[] {
  try {
    return sweep(sized, hardware, axes, options);
  } catch (error) {
    throw error instanceof SettingError ? new UsageError(`--over ${error.message}`) : error;
  }
}

function axesOf(assignments: readonly string[], hardware: Hardware): readonly Axis[] {
  if (assignments.length === 0) throw new UsageError('say what to vary: --over frequency=0.5e9:2e9:8');
  const whole = new Set(fieldsOf(hardware.engine).flatMap((field) => ('integer' in field ? [field.key] : [])));
  const axes = assignments.map((assignment) => parseAxis(assignment, whole));
  const twice = axes.find(({ key }, i) => axes.findIndex((axis) => axis.key === key) !== i);
  if (twice)
    throw new UsageError(`--over ${twice.key} is given twice; list its values in one: --over ${twice.key}=1,2,3`);
  const points = axes.reduce((product, { values }) => product * values.length, 1);
  if (points > MOST_POINTS) throw new UsageError(`${points} combinations are too many; at most ${MOST_POINTS}`);
  return axes;
}

/** `KEY=LOW:HIGH:COUNT`, the same with `:log`, or `KEY=A,B,C`. Steps of a key in `whole`, and of the batch, are rounded. */
export function parseAxis(assignment: string, whole: ReadonlySet<string>): Axis {
  const option = `--over ${assignment}`;
  const [, key, text] = /^([^=]+)=(.+)$/.exec(assignment) ?? [];
  if (key === undefined || text === undefined) {
    throw new UsageError(`${option}: write KEY=LOW:HIGH:COUNT or KEY=A,B,C, e.g. frequency=0.5e9:2e9:8`);
  }
  const steps = text.includes(':') ? range(option, text) : undefined;
  const rounded = key === BATCH || whole.has(key) ? steps?.map(Math.round) : steps;
  const values = rounded ?? numbers('--over', text, ',');
  if (key === BATCH && values.some((value) => !Number.isInteger(value) || value < 1)) {
    throw new UsageError(`${option}: a batch is a whole number from 1`);
  }
  return { key, values: [...new Set(values)] };
}

function range(option: string, text: string): readonly number[] {
  const log = text.endsWith(':log');
  const [low = Number.NaN, high = Number.NaN, count = Number.NaN, ...more] = text
    .replace(/:(log|linear)$/, '')
    .split(':')
    .map(Number);
  if (![low, high].every(Number.isFinite) || !(Number.isInteger(count) && count >= 1) || more.length > 0) {
    throw new UsageError(`${option}: write LOW:HIGH:COUNT with a whole number of values, e.g. 0.5e9:2e9:8`);
  }
  if (log && !(low > 0 && high > 0)) throw new UsageError(`${option}: equal ratios need limits above zero`);
  return spaced(low, high, Math.min(count, MOST_POINTS + 1), log);
}

function toTable({ name }: Hardware, axes: readonly Axis[], points: readonly SweepPoint[]): string {
  const header = [...axes.map(({ key }) => key), 'latency', 'energy', 'utilization', 'Pareto'];
  const rows = points.map(({ settings, ...point }) => [
    ...axes.map(({ key }) => typed(settings[key] ?? Number.NaN)),
    atLeast(point.seconds, seconds, point.unknownNodes > 0),
    atLeast(point.energyJoules, joules, point.unknownNodes > 0),
    percent(point.utilization),
    point.pareto ? '*' : '',
  ]);
  const unknown = Math.max(...points.map(({ unknownNodes }) => unknownNodes));
  const summary = `${printable(name)} (predicted): ${points.length} points, ${fastestOf(axes, points)}`;
  const missing = unknown > 0 ? [`${unknown} ${unknown === 1 ? 'node' : 'nodes'} not costed, in no figure above`] : [];
  return [
    textTable(
      [header, ...rows],
      header.map((title) => title !== 'Pareto'),
    ),
    '',
    summary,
    ...missing,
  ].join('\n');
}

/** Among the points whose times leave out the same layers. */
function fastestOf(axes: readonly Axis[], points: readonly SweepPoint[]): string {
  const [first, ...others] = points.filter(({ partial, seconds: time }) => !partial && !Number.isNaN(time));
  if (!first) return 'no time is known';
  const fastest = others.reduce((best, point) => (point.seconds < best.seconds ? point : best), first);
  const at = axes.map(({ key }) => `${key}=${typed(fastest.settings[key] ?? Number.NaN)}`).join(', ');
  return `fastest ${atLeast(fastest.seconds, seconds, fastest.unknownNodes > 0)} at ${at}`;
}

/** As one would give it to --set. */
function typed(value: number): string {
  return Math.abs(value) >= 1e5 || Math.abs(value) < 1e-3 ? scientific(value) : String(Number(value.toPrecision(6)));
}

function toCsv(axes: readonly Axis[], points: readonly SweepPoint[]): string {
  const header = [
    ...axes.map(({ key }) => key),
    'seconds',
    'cycles',
    'energy_j',
    'utilization',
    'unknown_nodes',
    'pareto',
  ];
  const rows = points.map(({ settings, seconds: time, cycles, energyJoules, utilization, unknownNodes, pareto }) => [
    ...axes.map(({ key }) => settings[key] ?? Number.NaN),
    ...[time, cycles, energyJoules, utilization, unknownNodes, Number(pareto)],
  ]);
  return csv([header, ...rows]);
}

function toJson(
  path: string,
  hardware: Hardware,
  axes: readonly Axis[],
  points: readonly SweepPoint[],
  warnings: readonly string[],
): object {
  return {
    model: { path },
    hardware,
    axes,
    warnings,
    points: points.map(({ partial: _, ...point }) => ({
      ...point,
      seconds: numberOrNull(point.seconds),
      cycles: numberOrNull(point.cycles),
      energyJoules: numberOrNull(point.energyJoules),
      utilization: numberOrNull(point.utilization),
    })),
  };
}
