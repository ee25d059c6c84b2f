import type { Model } from '../../src/graph/graph';
import type { Hardware } from '../../src/hardware/hardware';
import { overrideHardware } from '../../src/hardware/parse';
import { buildReport } from '../../src/latency/report';
import { inferShapes } from '../../src/operators/inferShapes';
import type { Comparison, Row } from './comparison';
import { DPU } from './dpu';
import { EDGE_TPU } from './edgeTpu';
import { NANO, TX2 } from './jetson';
import { presetOf } from './presets';

/** One network measured on a device. */
export interface Measured {
  readonly name: string;
  readonly model: Model;
  readonly batch: number;
  readonly milliseconds: number;
}

/** Measurements of a device from one source. */
export interface Table extends Pick<Comparison, 'id' | 'title' | 'source' | 'why'> {
  /** In what the device was not as its preset has it: published settings, as of `--set`. */
  readonly changes?: readonly string[];
  readonly measured: () => readonly Measured[];
}

export interface Device {
  /** File below media/hardware. */
  readonly preset: string;
  /** What is fitted to all of its tables: a factor, or the preset's time of a launch. */
  readonly fit: 'factor' | 'launch';
  /** As of a Comparison. */
  readonly chosen?: string;
  readonly tables: readonly Table[];
}

export function predictedMs({ model, batch }: Omit<Measured, 'milliseconds'>, hardware: Hardware): number {
  const { totals } = buildReport(model, inferShapes(model, { batch }), hardware);
  if (totals.unknownNodes > 0) throw new Error(`${model.path}: ${totals.unknownNodes} layers without a cost`);
  return 1e3 * totals.seconds;
}

/** The constant of a device, in words, and what it does to the predictions. It stands for what a preset does not know. */
interface Fit {
  readonly constant?: number;
  readonly fitted: string;
  readonly factor: number;
}

function predictionsOf(
  { measured, changes = [] }: Table,
  preset: string,
  more: readonly string[] = [],
): readonly Row[] {
  const hardware = overrideHardware(presetOf(preset), [...changes, ...more]);
  return measured().map((one) => ({ name: one.name, predicted: predictedMs(one, hardware), truth: one.milliseconds }));
}

/** Predictions times the median of measured over predicted: drivers, the efficiency of kernels, clocks under load. */
function fitFactor({ preset }: Device, rows: readonly Row[]): Fit {
  const constant = Number(median(rows.map(({ predicted, truth }) => truth / predicted)).toPrecision(4));
  const fitted = `preset ${preset}, time × ${constant}, one constant for all ${rows.length} rows of the device`;
  return { constant, fitted, factor: constant };
}

/** The preset has the constant itself: the time of a launch, the median of what the rows lack for each of their kernels. */
function fitLaunch({ preset, tables }: Device, rows: readonly Row[]): Fit {
  const launching = (seconds: number): readonly Row[] =>
    tables.flatMap((table) => predictionsOf(table, preset, [`launch_time=${seconds}`]));
  const slow = launching(1e-3);
  const lacking = launching(0).map(({ predicted, truth }, i) => {
    const kernels = (slow[i]?.predicted ?? Number.NaN) - predicted;
    return (truth - predicted) / kernels;
  });
  const microseconds = (seconds: number): string => `${Number((1e6 * seconds).toPrecision(2))} µs`;
  const asked = `one constant for all ${rows.length} rows of the device, which ask for ${microseconds(1e-3 * median(lacking))}`;
  return {
    fitted: `launch_time ${microseconds(presetOf(preset).launch_time)} in preset ${preset}, ${asked}`,
    factor: 1,
  };
}

/** All that was measured on a device, with one constant for all of it. */
function compare(device: Device): readonly Comparison[] {
  const { preset, tables, fit, chosen } = device;
  const raw = tables.map((table) => predictionsOf(table, preset));
  const { factor, fitted, ...constant } = (fit === 'launch' ? fitLaunch : fitFactor)(device, raw.flat());
  return tables.map(({ measured: _, changes: __, ...table }, index) => ({
    ...table,
    ...constant,
    fitted,
    ...(chosen !== undefined && { chosen }),
    preset,
    target: 'every network within 25 %, with one constant per device',
    rows: raw[index]?.map((row) => ({ ...row, predicted: factor * row.predicted })) ?? [],
    tolerance: 0.25,
  }));
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2;
}

export function deviceComparisons(): readonly Comparison[] {
  return [TX2, EDGE_TPU, DPU, NANO].flatMap(compare);
}
