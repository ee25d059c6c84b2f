import type { CamMetrics, CamResult, CamMetric as MetricValue } from '../protocol/camPanel';
import {
  type MapMetric,
  type Measurement,
  type MetricBench,
  type MetricColumn,
  type MetricOptions,
  unknown,
} from './camMetric';
import { objectClasses } from './detection/objectClasses';
import type { Explainer, Question, Subject } from './explain/explainer';
import type { TruthSource } from './judging/truthFiles';
import { objectsOf, truthMask } from './judging/truthMasks';
import { pictureSize, positionAxes } from './layers/target';
import { fillGaps } from './maths/arithmetic';
import { probabilityAt } from './maths/probabilities';
import { confidence } from './metrics/confidence';
import { deletion } from './metrics/deletion';
import { energy } from './metrics/energy';
import { insertion } from './metrics/insertion';
import { iou } from './metrics/iou';
import { pointingGame } from './metrics/pointingGame';
import { road } from './metrics/road';
import type { RunBench } from './session/bench';

/** Every metric, by the file in src/cam/metrics that holds it; the order is that of lists for people. */
export const METRICS = {
  ...{ confidence, road, deletion, insertion },
  ...{ energy, pointingGame, iou },
} satisfies Record<string, MapMetric>;

/** ROAD's noise and weights are the paper's, its percentiles pytorch-grad-cam's usual; the paper's steps are a row of pixels. */
export const METRIC_DEFAULTS: MetricOptions = {
  ...{ percentiles: [20, 40, 60, 80], noise: 0.01, seed: 0 },
  ...{ steps: 32, threshold: 0.5, tolerancePixels: 0 },
};

/** The metrics with these ids; all without. Throws one sentence with all ids where there is none. */
export function metricsNamed(ids?: readonly string[]): readonly MapMetric[] {
  const all: readonly MapMetric[] = Object.values(METRICS);
  const missing = ids?.find((id) => !all.some((metric) => metric.id === id));
  if (missing !== undefined) {
    throw new Error(`there is no metric '${missing}'; choose among ${all.map(({ id }) => id).join(', ')}`);
  }
  return ids ? all.filter(({ id }) => ids.includes(id)) : all;
}

/** How many runs of the model metrics take for one map, besides the one that explains it. */
export function metricRuns(metrics: readonly MapMetric[], options: MetricOptions): number {
  return metrics.reduce((sum, metric) => sum + metric.runs(options), 0);
}

export interface MetricQuestion extends Question {
  /** Ids; default: every metric that can be asked. */
  readonly metrics?: readonly string[];
  readonly metricOptions?: Partial<MetricOptions>;
  /** Told after each run of the model. */
  readonly onRun?: (done: number, total: number) => void;
}

/** Where the objects of a picture are. */
export interface Truth {
  readonly source: TruthSource;
  /** File of the picture: by its name it is found in a folder or list. */
  readonly image: string;
  /** What counts as the object instead of the target's class: a label in the truth's own words, or `all`. */
  readonly object?: string;
}

export interface Measured {
  readonly result: CamResult;
  /** In the target. */
  readonly confidence: number;
  readonly confidenceUnit: MetricBench['confidenceUnit'];
  readonly measured: CamMetrics;
}

/**
 * Explains a picture and judges the map. Confidence is the probability of the target's class; for other targets, and where
 * the model knows no probabilities, the target's score.
 * @throws one sentence where it cannot be explained, or the truth does not fit.
 */
export async function camMetrics(
  explainer: Explainer,
  subject: Subject,
  question: MetricQuestion,
  truth?: Truth,
): Promise<Measured> {
  const { metrics: ids, metricOptions, onRun, ...how } = question;
  const options = { ...METRIC_DEFAULTS, ...metricOptions };
  const named = metricsNamed(ids);
  const metrics = ids || truth ? named : named.filter(({ needs }) => needs !== 'truth');
  const result = await explainer.explain(subject, how);
  const inside = truth && (await objectMask(explainer, truth, subject, result, how.signal));
  const bench = await explainer.bench(subject, how);
  const { confidenceOf, confidenceUnit } = await confidenceIn(explainer, bench, how);
  const total = metricRuns(metrics, options);
  let done = 0;
  const layout = planes(bench.input.shape);
  const confidence = confidenceOf(bench);
  const { width } = result.map;
  const picture = layout.toPlanes(bench.input.data);
  const worker = explainer.runtime.bundle('arithmeticWorker.js');
  const measured = await measureMap(
    {
      ...{ map: result.map, picture, confidence, confidenceUnit },
      fill: (keeps, noise) => fillGaps(worker, { picture, keeps, width, noise }, how.signal),
      async confidenceOf(picture) {
        how.signal?.throwIfAborted();
        const answer = confidenceOf(await bench.run(layout.fromPlanes(picture)));
        onRun?.(++done, total);
        return answer;
      },
      ...(inside && { truth: inside }),
    },
    metrics,
    options,
  );
  return { result, confidence, confidenceUnit, measured: { ...measured, ...(truth && { truth: truth.source.name }) } };
}

async function objectMask(
  explainer: Explainer,
  { source, image, object }: Truth,
  subject: Subject,
  result: CamResult,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const { picture } = subject;
  if (!picture) throw new Error('a ready tensor has no picture that a mask or boxes could belong to');
  const { map } = result;
  const wanted =
    object === undefined
      ? { classes: await objectClasses(explainer, subject, result, signal) }
      : { classes: [], object };
  return truthMask(objectsOf(await source.objects(image), wanted), picture, map.width, map.height);
}

type Scores = Pick<RunBench, 'score' | 'logits'>;

interface Confidence extends Pick<MetricBench, 'confidenceUnit'> {
  /** From what a run answers. */
  readonly confidenceOf: (scores: Scores) => number;
}

/** How sure the model is of the target. */
async function confidenceIn(
  explainer: Explainer,
  { classIndex }: RunBench,
  { target, layer }: Question,
): Promise<Confidence> {
  const { logits } = await explainer.plan(layer);
  const { kind } = target ?? { kind: 'class' };
  const hasOne = logits.head !== 'none' && positionAxes(logits).length === 0;
  const known = hasOne && kind === 'class';
  return {
    confidenceOf: ({ score, logits: values }) => (known ? probabilityAt(values, logits, 0, classIndex).value : score),
    confidenceUnit: hasOne && (kind === 'class' || kind === 'probability') ? 'fraction' : 'score',
  };
}

/** Between the model's layout and planes [C, H, W]. */
function planes(shape: readonly number[]) {
  const [height, width] = pictureSize({ shape });
  const area = height * width;
  const channelsLast = shape.at(-1) !== width || shape.at(-2) !== height;
  const reordered = (values: Float32Array, rows: number): Float32Array =>
    channelsLast ? transposed(values, rows) : values;
  return {
    toPlanes: (values: Float32Array): Float32Array => reordered(values, area),
    fromPlanes: (values: Float32Array): Float32Array => reordered(values, values.length / area),
  };
}

/** A matrix of so many rows, row-major, as its transpose. */
function transposed(values: Float32Array, rows: number): Float32Array {
  const columns = values.length / rows;
  return values.map((_, i) => values[(i % rows) * columns + Math.floor(i / rows)] ?? Number.NaN);
}

/** Asks every metric about one map; those that need a truth say so where there is none. */
export async function measureMap(
  bench: MetricBench,
  metrics: readonly MapMetric[],
  options: MetricOptions,
): Promise<CamMetrics> {
  const values: MetricValue[] = [];
  const curves: CamMetrics['curves'][number][] = [];
  for (const metric of metrics) {
    const missing = metric.needs === 'truth' && !bench.truth;
    const answer = missing ? unknown(metric, NO_TRUTH) : await metric.measure(bench, options);
    for (const column of metric.columns) values.push(metricValue(column, bench, answer));
    curves.push(...(answer.curves ?? []));
  }
  return { metrics: values, curves };
}

const NO_TRUTH = 'needs a mask or boxes that say where the object is';

function metricValue(
  { meaning, unit, ...column }: MetricColumn,
  { confidenceUnit }: MetricBench,
  { values, notes = {} }: Measurement,
): MetricValue {
  const note = notes[column.id];
  return {
    ...column,
    unit: unit === 'confidence' ? confidenceUnit : unit,
    value: values[column.id] ?? Number.NaN,
    note: note === undefined ? meaning : `${meaning}: ${note}`,
  };
}
