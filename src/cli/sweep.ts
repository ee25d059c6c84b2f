import { parseArgs } from 'node:util';
import { atLeast, counted, joules, percent, printable, seconds } from '../display/format';
import { readModel } from '../formats/modelReader';
import type { Hardware } from '../hardware/hardware';
import { scientific } from '../hardware/units';
import { numberOrNull } from '../latency/reportJson';
import {
  type Candidate,
  COSTS,
  candidates,
  judged,
  type Prediction,
  predict,
  SettingError,
  type SweepPoint,
  sweepCsv,
} from '../latency/sweep';
import { type Axis, AxisError, type AxisSpec, axesOf, BATCH } from '../latency/sweepAxes';
import { textTable } from '../latency/textTable';
import {
  type Command,
  checkWritable,
  emit,
  finiteNumbers,
  oneOf,
  onePositional,
  progress,
  UsageError,
} from './command';
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
--quick                            searches little for mappings: much faster on arrays, but times may lie above
                                   what profile finds, by up to 20 % where measured
--cost energy|resources            * marks the Pareto front of the time per image and the energy per image, or
                                   the product of the fields that are varied (rows × cols)
--format table|json|csv
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
        quick: { type: 'boolean' },
        cost: { type: 'string' },
        format: { type: 'string' },
        output: { type: 'string' },
      },
    });
    const format = oneOf('--format', values.format, ['table', 'json', 'csv'], 'table');
    const cost = oneOf('--cost', values.cost, COSTS, 'energy');
    const file = onePositional(positionals, 'model file');
    await checkWritable('--output', values.output);
    const hardware = await chosenHardware(values.hardware, values.set);
    const axes = axesGiven(values.over ?? [], hardware);
    const { sized, warnings } = await openBatches(file, values, axes);
    const points = ofOver(() => judged(predicted(sized, candidates(hardware, axes), values), cost));
    const text = {
      table: () => toTable(hardware, axes, points),
      csv: () => sweepCsv(axes, points),
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
  points: readonly Candidate[],
  { unfused = false, quick = false }: { readonly unfused?: boolean; readonly quick?: boolean },
): readonly Prediction[] {
  let similar: Hardware | undefined;
  const predictions = points.map((candidate, done) => {
    progress(`point ${done + 1} of ${points.length}`);
    const prediction = predict(candidate, sized, { fuse: !unfused, similar });
    if (quick && 'hardware' in candidate) similar = candidate.hardware;
    return prediction;
  });
  progress('');
  return predictions;
}

function axesGiven(assignments: readonly string[], { engine }: Hardware): readonly Axis[] {
  if (assignments.length === 0) throw new UsageError('say what to vary: --over frequency=0.5e9:2e9:8');
  return ofOver(() => axesOf(assignments.map(parseAxis), engine, MOST_POINTS));
}

/** What is wrong with the axes is wrong with the option that gave them. */
function ofOver<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw error instanceof AxisError || error instanceof SettingError
      ? new UsageError(`--over ${error.message}`)
      : error;
  }
}

/** `KEY=LOW:HIGH:COUNT`, the same with `:log`, or `KEY=A,B,C`. */
export function parseAxis(assignment: string): AxisSpec {
  const wrong = new UsageError(
    `--over ${assignment}: write KEY=LOW:HIGH:COUNT or KEY=LOW:HIGH:COUNT:log or KEY=A,B,C, e.g. frequency=0.5e9:2e9:8`,
  );
  const [, key, text] = /^([^=]+)=(.+)$/.exec(assignment) ?? [];
  if (key === undefined || text === undefined) throw wrong;
  const isRange = text.includes(':');
  const values = finiteNumbers(text.replace(/:log$/, ''), isRange ? ':' : ',');
  if (!values) throw wrong;
  if (!isRange) return { key, values };
  const [low, high, count, ...more] = values;
  if (low === undefined || high === undefined || count === undefined || more.length > 0) throw wrong;
  return { key, low, high, count, log: text.endsWith(':log') };
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
  const unknown = Math.max(0, ...points.map(({ unknownNodes }) => unknownNodes || 0));
  const summary = `${printable(name)} (predicted): ${counted(points.length, 'point')}, ${fastestOf(axes, points)}`;
  const missing = unknown > 0 ? [`${unknown} ${unknown === 1 ? 'node' : 'nodes'} not costed, in no figure above`] : [];
  const problems = new Set(points.flatMap(({ problem }) => problem ?? []));
  return [
    textTable(
      [header, ...rows],
      header.map((title) => title !== 'Pareto'),
    ),
    '',
    summary,
    ...missing,
    ...[...problems].map((problem) => `not possible: ${printable(problem)}`),
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
  return value !== 0 && (Math.abs(value) >= 1e5 || Math.abs(value) < 1e-3)
    ? scientific(value)
    : String(Number(value.toPrecision(6)));
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
      unknownNodes: numberOrNull(point.unknownNodes),
    })),
  };
}
