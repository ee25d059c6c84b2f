import path from 'node:path';
import { parseArgs } from 'node:util';
import type { CamMethod } from '../cam/camMethod';
import { METHODS, type MethodChoice } from '../cam/methods';
import { COLOR_MAPS, colorMap } from '../display/colorMaps';
import type { Preprocessing } from '../image/preprocess';
import { checkWritable, numbers, oneOf, onePositional, UsageError } from './command';

const TEXT = { type: 'string' } as const;
const OPTIONS = {
  image: TEXT,
  input: TEXT,
  class: TEXT,
  layer: TEXT,
  method: TEXT,
  mode: TEXT,
  labels: TEXT,
  preset: TEXT,
  mean: TEXT,
  std: TEXT,
  scale: TEXT,
  channels: TEXT,
  resize: TEXT,
  size: TEXT,
  output: TEXT,
  map: TEXT,
  raw: TEXT,
  format: TEXT,
  colormap: TEXT,
  opacity: TEXT,
};

type Values = { readonly [K in keyof typeof OPTIONS]?: string | undefined };
type Given = Pick<Values, 'class' | 'layer' | 'labels' | 'preset' | 'output' | 'map' | 'raw'>;

/** What `cam` is asked to do; everything that can be checked before a model is run is right. */
export interface CamRequest extends Given {
  readonly model: string;
  /** One map, or a list of every method that these options leave. */
  readonly methods: readonly [MethodChoice, ...MethodChoice[]];
  readonly source: { readonly image: string } | { readonly input: string };
  /** What the options say of the preprocessing, instead of what is guessed. */
  readonly preprocessing: Partial<Preprocessing>;
  readonly palette: Uint8Array;
  readonly opacity: number;
  readonly format: 'table' | 'json';
}

const ALL: readonly CamMethod[] = Object.values(METHODS);
/** Ids for --method. */
export const METHOD_IDS: readonly string[] = ALL.map(({ id }) => id);
/** Those that --eigen applies to. */
const SMOOTH_IDS = ALL.filter(({ smooth }) => smooth !== undefined).map(({ id }) => id);

/** Throws wrong usage before anything is read. */
export async function camRequest(args: readonly string[]): Promise<CamRequest> {
  const options = { ...OPTIONS, eigen: { type: 'boolean' } } as const;
  const { values: given, positionals } = parseArgs({ args: [...args], allowPositionals: true, options });
  const { eigen = false, ...values } = given;
  const model = onePositional(positionals, 'model file');
  const methods = methodsOf(values, eigen);
  if (values.mode !== undefined && values.mode !== 'reverse') {
    throw new UsageError(`--mode ${values.mode}: gradients are made in reverse mode only; leave it out`);
  }
  if (values.class?.trim() === '') throw new UsageError('--class: give an index or a name');
  await checkFiles(values);
  return {
    ...values,
    model,
    methods,
    source: sourceOf(values),
    preprocessing: preprocessingOf(values),
    palette: paletteOf(values.colormap),
    opacity: opacityOf(values.opacity),
    format: oneOf('--format', values.format, ['table', 'json'], 'table'),
  };
}

function methodsOf({ method: asked, output, map, raw }: Values, eigen: boolean): CamRequest['methods'] {
  const id = oneOf('--method', asked, [...METHOD_IDS, 'all'], 'gradcam');
  if (id !== 'all') {
    if (eigen && !ALL.some((method) => method.id === id && method.smooth)) {
      throw new UsageError(`--eigen: ${id} is a principal component already; it is for ${SMOOTH_IDS.join(', ')}`);
    }
    return [{ method: id, eigen }];
  }
  const file = Object.entries({ output, map, raw }).find(([, name]) => name !== undefined);
  if (file) throw new UsageError(`--${file[0]} writes one map: name one method instead of all`);
  const [first = 'gradcam', ...more] = eigen ? SMOOTH_IDS : METHOD_IDS;
  return [{ method: first, eigen }, ...more.map((method) => ({ method, eigen }))];
}

function sourceOf({ image, input }: Values): CamRequest['source'] {
  if (image !== undefined && input === undefined) return { image };
  if (input !== undefined && image === undefined) return { input };
  throw new UsageError('give --image or --input');
}

async function checkFiles({ input, output, map, raw }: Values): Promise<void> {
  if (output !== undefined && input !== undefined) {
    throw new UsageError('--output needs --image: a ready tensor has no picture to draw on');
  }
  if (output !== undefined && path.extname(output).toLowerCase() !== '.png') {
    throw new UsageError(`--output ${output}: only PNG is written; let the name end in .png`);
  }
  await checkWritable('--output', output);
  await checkWritable('--map', map);
  await checkWritable('--raw', raw);
}

function paletteOf(name: string | undefined): Uint8Array {
  const names = COLOR_MAPS.map((one) => one.name);
  return colorMap(oneOf('--colormap', name, names, 'turbo')).palette;
}

function opacityOf(text = '0.5'): number {
  const [opacity = Number.NaN, ...more] = numbers('--opacity', text, ',');
  if (opacity >= 0 && opacity <= 1 && more.length === 0) return opacity;
  throw new UsageError(`--opacity ${text}: give a number from 0 to 1`);
}

function preprocessingOf({ mean, std, scale, channels, resize, size }: Values): Partial<Preprocessing> {
  return {
    ...(mean !== undefined && { mean: perChannel('--mean', mean) }),
    ...(std !== undefined && { std: deviations(std) }),
    ...(scale !== undefined && { scale: oneOf('--scale', scale, ['255', '1'], '255') === '1' ? 1 : 255 }),
    ...(channels !== undefined && { channels: oneOf('--channels', channels, ['rgb', 'bgr', 'gray'], 'rgb') }),
    ...(resize !== undefined && { resize: oneOf('--resize', resize, ['squash', 'crop'], 'crop') }),
    ...(size !== undefined && sizeOf(size)),
  };
}

function perChannel(option: string, text: string): readonly number[] {
  const list = numbers(option, text, ',');
  if (list.length === 1 || list.length === 3) return list;
  throw new UsageError(`${option} ${text}: give one number for all channels, or three`);
}

function deviations(text: string): readonly number[] {
  const list = perChannel('--std', text);
  if (list.every((one) => one > 0)) return list;
  throw new UsageError(`--std ${text}: give numbers above zero, the input is divided by them`);
}

function sizeOf(text: string): Pick<Preprocessing, 'height' | 'width'> {
  const [height = 0, width = 0, ...more] = numbers('--size', text, /[x×]/);
  const isSize = (side: number): boolean => Number.isSafeInteger(side) && side > 0;
  if (isSize(height) && isSize(width) && more.length === 0) return { height, width };
  throw new UsageError(`--size ${text}: write height x width in pixels, e.g. 224x224`);
}
