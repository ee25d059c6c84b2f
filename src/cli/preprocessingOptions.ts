import type { Preprocessing } from '../image/preprocess';
import { numbers, oneOf, UsageError } from './command';

const TEXT = { type: 'string' } as const;
/** As parseArgs wants them. `--channels` is an option of `cam` in another sense, too. */
export const PREPROCESSING_OPTIONS = { mean: TEXT, std: TEXT, scale: TEXT, resize: TEXT, size: TEXT };

export const PREPROCESSING_HELP = `--preset NAME                preprocessing: imagenet, signed, unit, raw, caffe, digits, mnist, gray-unit
--mean R,G,B --std R,G,B --scale 255|1 --channels rgb|bgr|gray --resize squash|crop --size HxW`;

/** Orders of colours, for `--channels`. */
export const COLOR_ORDERS = ['rgb', 'bgr', 'gray'] as const;

export type PreprocessingArguments = {
  readonly [K in keyof typeof PREPROCESSING_OPTIONS | 'channels']?: string | undefined;
};

/** What the options say of the preprocessing. Throws wrong usage. */
export function preprocessingOf({
  mean,
  std,
  scale,
  channels,
  resize,
  size,
}: PreprocessingArguments): Partial<Preprocessing> {
  return {
    ...(mean !== undefined && { mean: perChannel('--mean', mean) }),
    ...(std !== undefined && { std: deviations(std) }),
    ...(scale !== undefined && { scale: oneOf('--scale', scale, ['255', '1'], '255') === '1' ? 1 : 255 }),
    ...(channels !== undefined && { channels: oneOf('--channels', channels, COLOR_ORDERS, 'rgb') }),
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
