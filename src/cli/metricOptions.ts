import fs from 'node:fs/promises';
import type { MetricOptions } from '../cam/camMetric';
import { METRIC_DEFAULTS, METRICS, metricsNamed } from '../cam/metrics';
import { numbers, positive, UsageError } from './command';

const TEXT = { type: 'string' } as const;
/** As parseArgs wants them. */
export const METRIC_OPTIONS = {
  ...{ metrics: TEXT, mask: TEXT, masks: TEXT, boxes: TEXT, object: TEXT, 'mask-colors': TEXT },
  ...{ percentiles: TEXT, steps: TEXT, threshold: TEXT, tolerance: TEXT },
};

/** Each is a run of the model. */
const MOST_STEPS = 10_000;
const METRIC_IDS = Object.values(METRICS).map(({ id }) => id);

export const METRIC_HELP = `--metrics [LIST]             judge the map: ${METRIC_IDS.join(', ')};
                             default: all that apply; the last three need to know where the object is:
--mask FILE                  a picture that is black where the object is not
--boxes FILE                 Pascal VOC .xml, YOLO .txt, COCO .json or a shapes.json
--masks FOLDER               of either kind, named like the pictures
--object NAME|all            what counts as the object there; default: what is called like the class
--mask-colors FILE.json      which colour of a mask is which class: {"star": "#ff8000", "3": [0, 128, 255]}
--percentiles 20,40,60,80    ROAD: shares of the pixels that stay; --steps ${METRIC_DEFAULTS.steps}: of deletion and insertion
--threshold ${METRIC_DEFAULTS.threshold}              IoU: share of the map's maximum; --tolerance 0: pixels, of the pointing game`;

export type MetricArguments = { readonly [K in keyof typeof METRIC_OPTIONS]?: string | undefined };

/** How maps are judged. */
export interface MetricRequest {
  /** Ids; undefined for all that apply, empty for none. */
  readonly metrics?: readonly string[];
  readonly metricOptions: Partial<MetricOptions>;
  readonly truth?: TruthRequest;
}

/** Where the objects are said to be. */
export interface TruthRequest {
  readonly path: string;
  readonly object?: string;
  readonly colors?: string;
}

/** `--metrics` alone stands for all of them. */
export function withAllMetrics(args: readonly string[]): readonly string[] {
  return args.map((one, i) => (one === '--metrics' && /^(-.*)?$/.test(args[i + 1] ?? '') ? '--metrics=all' : one));
}

/** Throws wrong usage. */
export async function metricRequest(values: MetricArguments): Promise<MetricRequest> {
  const { metrics, threshold, tolerance, percentiles } = values;
  const steps = positive('--steps', values.steps, true, MOST_STEPS);
  const truth = await truthOf(values);
  const ids = idsOf(metrics);
  const idle = (['percentiles', 'steps', 'threshold', 'tolerance'] as const).find((name) => values[name] !== undefined);
  if (idle && metrics === undefined) throw new UsageError(`--${idle}: it is for --metrics; give that, too`);
  if (truth && ids?.length === 0)
    throw new UsageError('--mask, --boxes and --masks are what --metrics compare with: give it');
  if (!truth && ids?.some((id) => metricsNamed([id]).some(({ needs }) => needs === 'truth'))) {
    throw new UsageError(`--metrics ${metrics}: where the object is must be known; give --mask, --boxes or --masks`);
  }
  return {
    ...(ids && { metrics: ids }),
    metricOptions: {
      ...(percentiles !== undefined && { percentiles: percentilesOf(percentiles) }),
      ...(steps !== undefined && { steps }),
      ...(threshold !== undefined && { threshold: within('--threshold', threshold, 1) }),
      ...(tolerance !== undefined && { tolerancePixels: within('--tolerance', tolerance, Number.POSITIVE_INFINITY) }),
    },
    ...(truth && { truth }),
  };
}

function idsOf(list: string | undefined): readonly string[] | undefined {
  if (list === undefined) return [];
  if (list === 'all') return undefined;
  const ids = list.split(',').map((id) => id.trim());
  const missing = ids.find((id) => !METRIC_IDS.includes(id));
  if (missing === undefined) return ids;
  throw new UsageError(`--metrics ${missing}: choose among ${METRIC_IDS.join(', ')}, or all`);
}

async function truthOf(values: MetricArguments): Promise<TruthRequest | undefined> {
  const { object, 'mask-colors': colors } = values;
  const given = (['mask', 'boxes', 'masks'] as const).filter((name) => values[name] !== undefined);
  const [first, second] = given;
  if (second !== undefined) throw new UsageError(`--${first} and --${second}: give one of them`);
  const path = first === undefined ? undefined : values[first];
  const more = object !== undefined ? '--object' : colors !== undefined ? '--mask-colors' : undefined;
  if (path === undefined) {
    if (more) throw new UsageError(`${more}: give --mask, --boxes or --masks, too`);
    return undefined;
  }
  await exists(`--${first}`, path);
  if (colors !== undefined) await exists('--mask-colors', colors);
  return { path, ...(object !== undefined && { object }), ...(colors !== undefined && { colors }) };
}

async function exists(option: string, file: string): Promise<void> {
  await fs.access(file).catch(() => {
    throw new UsageError(`${option} ${file}: there is no such file`);
  });
}

function percentilesOf(text: string): readonly number[] {
  const list = numbers('--percentiles', text, ',');
  if (list.every((one) => one > 0 && one < 100)) return list;
  throw new UsageError(`--percentiles ${text}: give numbers between 0 and 100, e.g. 20,40,60,80`);
}

function within(option: string, text: string, most: number): number {
  const [number = Number.NaN, ...more] = numbers(option, text, ',');
  if (number >= 0 && number <= most && more.length === 0) return number;
  throw new UsageError(`${option} ${text}: give a number ${most === 1 ? 'from 0 to 1' : 'of pixels from 0'}`);
}
