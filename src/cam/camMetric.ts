import type { CamCurve, CamMetric } from '../protocol/camPanel';
import type { Noise } from './judging/imputation';
import type { CamMap } from './maths/normalise';

/** What a metric may ask about one map of one picture. */
export interface MetricBench {
  /** Normalised to 0–1, at the size of the model's input. */
  readonly map: CamMap;
  /** As it is fed, [C, H, W] whatever the model's layout. */
  readonly picture: Float32Array;
  /** In the target, for the picture as it is: its probability; its score where the model knows no probability. */
  readonly confidence: number;
  /** Of the confidence: a probability is a fraction. */
  readonly confidenceUnit: 'fraction' | 'score';
  /** The same for another picture [C, H, W]: one run of the model. */
  confidenceOf(picture: Float32Array): Promise<number>;
  /** The picture with the pixels that are not kept filled in from their neighbours, for each of `keeps` [H, W]. */
  fill(keeps: readonly Uint8Array[], noise: Noise): Promise<readonly Float32Array[]>;
  /** Where the object is, [H, W]: 1 inside, 0 outside. Metrics that need 'truth' are asked only where there is one. */
  readonly truth?: Uint8Array;
}

export interface MetricOptions {
  /** ROAD: shares of the pixels, in percent, that are the cuts between what stays and what goes. */
  readonly percentiles: readonly number[];
  /** ROAD: standard deviation of the noise on what is filled in, in units of the model's input. */
  readonly noise: number;
  /** ROAD: where its noise begins. */
  readonly seed: number;
  /** Deletion and insertion: in how many steps all pixels change. */
  readonly steps: number;
  /** IoU: share of the map's maximum from which on a pixel counts as marked. */
  readonly threshold: number;
  /** Pointing game: how far from the object the peak may lie. */
  readonly tolerancePixels: number;
}

/** One number that a metric answers: a column of a table. */
export interface MetricColumn extends Omit<CamMetric, 'value' | 'note' | 'unit'> {
  /** `confidence`: that of the confidence. */
  readonly unit: CamMetric['unit'] | 'confidence';
  /** What it says, in one clause for people. */
  readonly meaning: string;
}

export interface Measurement {
  /** By column; NaN where it cannot be said. */
  readonly values: Readonly<Record<string, number>>;
  /** Why a value cannot be said, or how it came about; by column. */
  readonly notes?: Readonly<Record<string, string>>;
  readonly curves?: readonly CamCurve[];
}

/** A way to judge a map: a file in src/cam/metrics, registered in metrics.ts. */
export interface MapMetric {
  readonly id: string;
  /** As papers write it. */
  readonly title: string;
  /** Further runs of the model, or to know where the object is. */
  readonly needs: 'runs' | 'truth';
  readonly columns: readonly MetricColumn[];
  /** How many runs of the model it takes. */
  runs(options: MetricOptions): number;
  measure(bench: MetricBench, options: MetricOptions): Promise<Measurement>;
}

/** The pixels of a map are all alike: it says nothing of which matter. */
export function isFlat({ values }: CamMap): boolean {
  return values.every((value) => value === values[0]);
}

/** The answer of a metric that has none: why, for each of its columns. */
export function unknown({ columns }: Pick<MapMetric, 'columns'>, why: string): Measurement {
  const all = <T>(value: T): Readonly<Record<string, T>> => Object.fromEntries(columns.map(({ id }) => [id, value]));
  return { values: all(Number.NaN), notes: all(why) };
}

export const FLAT = 'the map is the same everywhere: no pixel comes before another';

/** The truth of a bench, for those that are asked only where there is one. */
export function truthOf({ truth }: MetricBench): Uint8Array {
  if (truth) return truth;
  throw new Error('this metric compares the map with a mask or boxes; give one');
}
