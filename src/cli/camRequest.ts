import fs from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { CamMethod, ChannelCount } from '../cam/camMethod';
import type { SequenceNormalisation } from '../cam/explain/explainSequence';
import { isSmoothable, METHODS, type MethodChoice } from '../cam/methods';
import { MODES } from '../cam/modes';
import { parseTarget } from '../cam/targets';
import { COLOR_MAPS, colorMap } from '../display/colorMaps';
import { readNpy } from '../display/npy';
import type { Blend } from '../display/overlay';
import type { Preprocessing } from '../image/preprocess';
import type { Fusion, TargetChoice } from '../protocol/camPanel';
import { errorMessage } from '../protocol/rpc';
import { checkWritable, numbers, oneOf, onePositional, positive, UsageError } from './command';
import { METRIC_OPTIONS, type MetricRequest, metricRequest, withAllMetrics } from './metricOptions';
import { COLOR_ORDERS, PREPROCESSING_OPTIONS, preprocessingOf } from './preprocessingOptions';

const TEXT = { type: 'string' } as const;
const OPTIONS = {
  ...{ image: TEXT, images: TEXT, input: TEXT, labels: TEXT, preset: TEXT },
  ...{ class: TEXT, target: TEXT, layer: TEXT, layers: TEXT, fuse: TEXT, method: TEXT, mode: TEXT },
  ...{ pooling: TEXT, leak: TEXT },
  ...{
    output: TEXT,
    map: TEXT,
    raw: TEXT,
    csv: TEXT,
    report: TEXT,
    gif: TEXT,
    over: TEXT,
    format: TEXT,
    colormap: TEXT,
    opacity: TEXT,
    blend: TEXT,
  },
  ...PREPROCESSING_OPTIONS,
  ...METRIC_OPTIONS,
};
const MORE_OPTIONS = {
  eigen: { type: 'boolean' },
  augment: { type: 'boolean' },
  // Of a picture's colours, and of a layer: what is meant can be told by the value.
  channels: { type: 'string', multiple: true },
} as const;

type Values = { readonly [K in keyof typeof OPTIONS]?: string | undefined };
type Given = Pick<Values, 'class' | 'labels' | 'preset' | 'output' | 'map' | 'raw' | 'csv' | 'report' | 'gif'>;

/** What `cam` is asked to do; everything that can be checked before a model is run is right. */
export interface CamRequest extends Given {
  readonly model: string;
  /** One map, or several. */
  readonly methods: readonly [MethodChoice, ...MethodChoice[]];
  readonly source: { readonly image: string } | { readonly input: string } | { readonly images: string };
  /** Of every method. */
  readonly question: QuestionRequest;
  readonly judge: MetricRequest;
  /** What the options say of the preprocessing, instead of what is guessed. */
  readonly preprocessing: Partial<Preprocessing>;
  /** What the brightest of a sequence's maps is measured by: its own greatest value, or that of all frames. */
  readonly over: SequenceNormalisation;
  readonly palette: Uint8Array;
  readonly opacity: number;
  readonly blend: Blend;
  readonly format: 'table' | 'json';
}

/** `embedding:` and a file that holds no numbers. */
const PICTURE_EMBEDDING = /^embedding:(.+\.(?!npy$)[^.]+)$/i;

/** What is differentiated. */
export interface AimRequest {
  readonly target?: TargetChoice;
  /** A picture that is compared with: the target is known when the model has seen it. */
  readonly reference?: string;
}

interface QuestionRequest extends AimRequest {
  readonly layer?: string;
  readonly layers?: readonly string[];
  readonly fuse?: Fusion;
  readonly mode?: string;
  readonly augment?: boolean;
}

const ALL: readonly CamMethod[] = Object.values(METHODS);
/** Ids for --method. */
export const METHOD_IDS: readonly string[] = ALL.map(({ id }) => id);
const MODE_IDS = Object.values(MODES).map(({ id }) => id);
/** Those that --eigen applies to. */
const SMOOTH_IDS = ALL.filter(isSmoothable).map(({ id }) => id);

/** Those that try channels out. */
const CHANNEL_IDS = ALL.flatMap((method) =>
  method.needs === 'runs' && method.channelsDefault !== undefined ? [method.id] : [],
);

/** Throws wrong usage before anything is read. */
export async function camRequest(args: readonly string[]): Promise<CamRequest> {
  const { values: given, positionals } = parseArgs({
    args: [...withAllMetrics(args)],
    allowPositionals: true,
    options: { ...OPTIONS, ...MORE_OPTIONS },
  });
  const { eigen = false, augment = false, channels: counts = [], ...values } = given;
  const model = onePositional(positionals, 'model file');
  const colors = counts.find((one) => COLOR_ORDERS.some((order) => order === one));
  const channels = counts.find((one) => one !== colors);
  const methods = methodsOf(values, { eigen, ...valuesOf(values), ...channelsOf(channels) });
  if (values.class?.trim() === '') throw new UsageError('--class: give an index or a name');
  if (values.class !== undefined && values.target !== undefined) {
    throw new UsageError('--class and --target: give one of them');
  }
  const source = await sourceOf(values);
  const judge = await metricRequest(values);
  if ('input' in source && judge.truth)
    throw new UsageError('--mask, --boxes, --masks: give --image; a ready tensor has no picture');
  await checkFiles(values);
  return {
    ...values,
    ...{ model, methods, source, judge },
    question: await questionOf(values, augment),
    preprocessing: preprocessingOf({ ...values, channels: colors }),
    over: oneOf('--over', values.over, ['sequence', 'frame'], 'sequence'),
    palette: paletteOf(values.colormap),
    opacity: unitNumber('--opacity', values.opacity) ?? 0.5,
    blend: oneOf('--blend', values.blend, ['alpha', 'additive'], 'alpha'),
    format: oneOf('--format', values.format, ['table', 'json'], 'table'),
  };
}

function methodsOf(
  { method = 'gradcam', ...values }: Values,
  how: Omit<MethodChoice, 'method'>,
): CamRequest['methods'] {
  const asked = method === 'all' ? (how.eigen ? SMOOTH_IDS : METHOD_IDS) : method.split(',').map((id) => id.trim());
  const ids = asked.map((id) =>
    oneOf('--method', id, [...METHOD_IDS, ...(asked.length === 1 ? ['all'] : [])], 'gradcam'),
  );
  const sharp = how.eigen ? ids.find((id) => !SMOOTH_IDS.includes(id)) : undefined;
  if (sharp !== undefined) {
    throw new UsageError(`--eigen: ${sharp} has no weighted maps to smooth; it is for ${SMOOTH_IDS.join(', ')}`);
  }
  if (how.channels !== undefined && !ids.some((id) => CHANNEL_IDS.includes(id))) {
    throw new UsageError(
      `--channels ${how.channels}: it is for ${CHANNEL_IDS.join(', ')}; or give the colours ${COLOR_ORDERS.join(', ')}`,
    );
  }
  const [first = 'gradcam', ...more] = ids;
  if (more.length > 0) {
    const { output, map, raw, report, gif } = values;
    const file = Object.entries({ output, map, raw, report, gif }).find(([, name]) => name !== undefined);
    if (file) throw new UsageError(`--${file[0]} writes one map: name one method instead of ${method}`);
  }
  return [{ ...how, method: first }, ...more.map((id) => ({ ...how, method: id }))];
}

function valuesOf({ pooling, leak }: Values): Pick<MethodChoice, 'pooling' | 'leak'> {
  const cells = positive('--pooling', pooling, true);
  const slope = unitNumber('--leak', leak);
  return { ...(cells !== undefined && { pooling: cells }), ...(slope !== undefined && { leak: slope }) };
}

function channelsOf(text: string | undefined): { readonly channels?: ChannelCount } {
  if (text === undefined) return {};
  if (text === 'all') return { channels: 'all' };
  const count = Number(text);
  if (Number.isSafeInteger(count) && count > 0) return { channels: count };
  throw new UsageError(
    `--channels ${text}: give how many channels are tried out, or all; or the colours ${COLOR_ORDERS.join(', ')}`,
  );
}

async function sourceOf({ image, images, input, ...values }: Values): Promise<CamRequest['source']> {
  const given = [image, images, input].filter((one) => one !== undefined);
  if (given.length !== 1) throw new UsageError('give --image, --images or --input');
  if (image !== undefined) return { image };
  if (input !== undefined) return { input };
  const { output, map, raw, report } = values;
  const file = Object.entries({ output, map, raw, report }).find(([, name]) => name !== undefined);
  if (file) throw new UsageError(`--${file[0]} is for one picture: with --images write --csv FILE`);
  const folder = images ?? '';
  if (values.gif !== undefined) return { images: folder };
  if ((await fs.stat(folder).catch(() => undefined))?.isDirectory()) return { images: folder };
  throw new UsageError(`--images ${folder}: there is no such folder`);
}

async function questionOf({ target, layer, layers, fuse, mode }: Values, augment: boolean): Promise<QuestionRequest> {
  const names = layers?.split(',').map((name) => name.trim());
  if (names && layer !== undefined) throw new UsageError('--layer and --layers: give one of them');
  if (names && (names.length < 2 || names.includes(''))) {
    throw new UsageError(`--layers ${layers}: name at least two, separated by commas`);
  }
  const twice = names?.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new UsageError(`--layers ${layers}: '${twice}' is named twice`);
  if (fuse !== undefined && !names) throw new UsageError('--fuse: give --layers, too');
  return {
    ...(target !== undefined && (await targetOf(target))),
    ...(layer !== undefined && { layer }),
    ...(names && { layers: names, fuse: oneOf('--fuse', fuse, ['mean', 'max', 'product'], 'mean') }),
    ...(mode !== undefined && { mode: oneOf('--mode', mode, MODE_IDS, 'reverse') }),
    ...(augment && { augment }),
  };
}

/** Throws wrong usage. */
export async function targetOf(text: string): Promise<AimRequest> {
  const [, reference] = PICTURE_EMBEDDING.exec(text) ?? [];
  try {
    if (reference !== undefined) {
      await fs.access(reference);
      return { reference };
    }
    return {
      target: await parseTarget(text, async (file) => Array.from(readNpy(await fs.readFile(file)).values, Number)),
    };
  } catch (error) {
    throw new UsageError(`--target ${text}: ${errorMessage(error)}`);
  }
}

/** Endings that a file may have, by option. */
const ENDINGS = {
  output: ['.png'],
  map: ['.npy', '.csv'],
  raw: ['.npy', '.csv'],
  csv: ['.csv'],
  report: ['.html'],
  gif: ['.gif', '.webp'],
};

async function checkFiles(values: Values): Promise<void> {
  const { input, images } = values;
  for (const drawn of ['output', 'report'] as const) {
    if (values[drawn] !== undefined && input !== undefined) {
      throw new UsageError(`--${drawn} needs --image: a ready tensor has no picture to draw on`);
    }
  }
  if (values.csv !== undefined && images === undefined)
    throw new UsageError('--csv is for --images; a map is written by --map FILE.csv');
  if (values.gif !== undefined && images === undefined) {
    throw new UsageError('--gif is for --images: a folder, or an animated GIF or WebP');
  }
  if (values.gif === undefined && values.over !== undefined) throw new UsageError('--over is for --gif');
  if (values.gif !== undefined && values.csv !== undefined) throw new UsageError('--gif and --csv: give one of them');
  for (const [option, endings] of Object.entries(ENDINGS)) {
    const file = values[option as keyof typeof ENDINGS];
    await checkWritable(`--${option}`, file);
    if (file !== undefined && !endings.includes(path.extname(file).toLowerCase())) {
      throw new UsageError(
        `--${option} ${file}: only ${endings.map((one) => one.slice(1).toUpperCase()).join(' or ')} is written; let the name end in ${endings.join(' or ')}`,
      );
    }
  }
}

function paletteOf(name: string | undefined): Uint8Array {
  const names = COLOR_MAPS.map((one) => one.name);
  return colorMap(oneOf('--colormap', name, names, 'turbo')).palette;
}

function unitNumber(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const [number = Number.NaN, ...more] = numbers(option, text, ',');
  if (number >= 0 && number <= 1 && more.length === 0) return number;
  throw new UsageError(`${option} ${text}: give a number from 0 to 1`);
}
