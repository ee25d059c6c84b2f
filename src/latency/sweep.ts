import type { Model } from '../graph/graph';
import type { Hardware } from '../hardware/hardware';
import { overrideHardware } from '../hardware/parse';
import type { InferredShapes } from '../operators/inferShapes';
import { isUnknown } from './layerCost';
import { buildReport, type LatencyReport } from './report';

/** The axis that is not of the hardware. */
export const BATCH = 'batch';

/** What is varied: a field of the hardware file, sub-keys after a dot, or the batch. */
export interface Axis {
  readonly key: string;
  readonly values: readonly number[];
}

export interface SweepPoint {
  readonly settings: Readonly<Record<string, number>>;
  readonly seconds: number;
  readonly cycles: number;
  readonly energyJoules: number;
  /** Mean of the layers' utilizations, weighted by their time: 0–1. */
  readonly utilization: number;
  readonly unknownNodes: number;
  /** Layers are unknown that are known at another point: the sums say less than that one's. */
  readonly partial: boolean;
  /** Not partial, and no other point has at most the time and energy per image and at least the utilization, and is better in one of them. */
  readonly pareto: boolean;
}

/** `count` values from `low` to `high`, both included, in equal steps or, with `log`, in equal ratios. */
export function spaced(low: number, high: number, count: number, log = false): readonly number[] {
  if (count === 1) return [low];
  const at = (share: number): number => (log ? low * (high / low) ** share : low + (high - low) * share);
  return Array.from({ length: count }, (_, i) => (i === count - 1 ? high : at(i / (count - 1))));
}

/** All combinations, the last axis fastest. */
export function combinations(axes: readonly Axis[]): readonly Readonly<Record<string, number>>[] {
  return axes.reduce<readonly Readonly<Record<string, number>>[]>(
    (settings, { key, values }) => settings.flatMap((one) => values.map((value) => ({ ...one, [key]: value }))),
    [{}],
  );
}

/** A model and its shapes at a batch. */
export interface Sized {
  readonly model: Model;
  readonly shapes: InferredShapes;
}

/** Settings that the hardware cannot have; the message is one sentence. */
export class SettingError extends Error {
  override readonly name = 'SettingError';
}

export interface SweepOptions {
  readonly fuse?: boolean;
  progress?(done: number, all: number): void;
}

/**
 * Predicts a model at every combination of the axes; `sized` answers it at a batch (undefined: as it is).
 * Throws a SettingError, before anything is predicted, where the hardware cannot take a value.
 */
export function sweep(
  sized: (batch: number | undefined) => Sized,
  hardware: Hardware,
  axes: readonly Axis[],
  { fuse = true, progress }: SweepOptions = {},
): readonly SweepPoint[] {
  const settings = combinations(axes).map((setting) => ({ setting, hardware: withSetting(hardware, setting) }));
  const points = settings.map(({ setting, hardware: changed }, done) => {
    progress?.(done, settings.length);
    const { model, shapes } = sized(setting[BATCH]);
    return summarized(setting, buildReport(model, shapes, changed, { fuse }));
  });
  const fewest = Math.min(...points.map(({ unknownNodes }) => unknownNodes));
  const judged = points.map((point) => ({ ...point, partial: point.unknownNodes > fewest }));
  const front = paretoFront(judged.map(objectives));
  return judged.map((point, i) => ({ ...point, pareto: front[i] ?? false }));
}

function withSetting(hardware: Hardware, { [BATCH]: _, ...fields }: SweepPoint['settings']): Hardware {
  try {
    return overrideHardware(
      hardware,
      Object.entries(fields).map(([key, value]) => `${key}=${value}`),
    );
  } catch (error) {
    throw new SettingError(error instanceof Error ? error.message.replace(/^--set /, '') : String(error));
  }
}

type Summarized = Omit<SweepPoint, 'partial' | 'pareto'>;

function summarized(settings: SweepPoint['settings'], { totals, layers }: LatencyReport): Summarized {
  const { seconds, cycles, energyJoules, unknownNodes } = totals;
  const busy = layers.reduce((sum, { cost }) => (isUnknown(cost) ? sum : sum + cost.utilization * cost.seconds), 0);
  return { settings, seconds, cycles, energyJoules, utilization: busy / seconds, unknownNodes };
}

/**
 * What a point is judged by, less is better: time and energy of one image, and how much of the lanes' time is lost; to the three
 * digits that a table shows, so that a point does not count as better for a difference that nobody could measure.
 * A partial point cannot be judged.
 */
function objectives({ settings, partial, ...point }: Omit<SweepPoint, 'pareto'>): readonly number[] {
  if (partial) return [Number.NaN];
  const { seconds, energyJoules, utilization } = point;
  const { [BATCH]: images = 1 } = settings;
  return [
    Number((seconds / images).toPrecision(3)),
    Number((energyJoules / images).toPrecision(3)),
    1 - Number(utilization.toFixed(3)),
  ];
}

/** Which points no other point dominates (is nowhere worse and somewhere better). Less is better; a NaN is never on the front. */
export function paretoFront(points: readonly (readonly number[])[]): readonly boolean[] {
  const dominates = (a: readonly number[], b: readonly number[]): boolean =>
    a.every((value, i) => value <= (b[i] ?? 0)) && a.some((value, i) => value < (b[i] ?? 0));
  return points.map((point) => !point.some(Number.isNaN) && !points.some((other) => dominates(other, point)));
}
