import { encodeElements } from '../graph/typedArray';
import type { RuntimeTensor } from '../protocol/runtime';
import type { DecodedImage } from './decode';
import { type Cut, resample } from './resample';

/** How a picture becomes a network's input: x = (pixel / scale − mean) / std, pixels 0–255. */
export interface Preprocessing {
  readonly width: number;
  readonly height: number;
  /** Order of the tensor's channels; grey is Rec. 601 luma. */
  readonly channels: 'rgb' | 'bgr' | 'gray';
  readonly scale: 255 | 1;
  /** One number per tensor channel in the tensor's order, or one for all. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
  /** `squash` ignores the aspect ratio; `crop` resizes to 256/224 of the input size and cuts the centre, as on ImageNet (an image of the input's size stays as it is). */
  readonly resize: 'squash' | 'crop';
  readonly layout: 'NCHW' | 'NHWC';
  /** Element type of the tensor; integers are rounded and clamped. */
  readonly type: 'float32' | 'float16' | 'uint8' | 'int8';
}

/** In pixels, fractional. */
export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Preprocessed {
  /** [1, C, H, W] or [1, H, W, C]. */
  readonly tensor: RuntimeTensor;
  /** The part of the image that the network sees, in image pixels. */
  readonly seen: Rectangle;
}

/** Resizes, cuts and normalises a picture into a network's input. */
export function preprocess(image: DecodedImage, spec: Preprocessing): Preprocessed {
  const cut = spec.resize === 'crop' ? centreCrop(image, spec) : squash(spec);
  const pixels = resample(image, cut);
  const planes = spec.channels === 'gray' ? 1 : 3;
  const { width, height } = spec;
  return {
    tensor: {
      type: spec.type,
      shape: spec.layout === 'NCHW' ? [1, planes, height, width] : [1, height, width, planes],
      data: encodeElements(spec.type, normalize(pixels.rgb, spec)),
    },
    seen: seenPart(image, cut),
  };
}

function squash({ width, height }: Preprocessing): Cut {
  return { width, height, x: 0, y: 0, columns: width, rows: height };
}

/** torchvision's Resize(256) + CenterCrop(224) for any size: the smallest image that covers 256/224 of the input. */
function centreCrop(image: DecodedImage, spec: Preprocessing): Cut {
  const { width: columns, height: rows } = spec;
  if (image.width === columns && image.height === rows) return squash(spec);
  const margin = 256 / 224;
  const factor = Math.max((columns * margin) / image.width, (rows * margin) / image.height);
  // Truncated like torchvision, but without losing a pixel to 255.99999…
  const width = Math.max(columns, Math.floor(image.width * factor + 1e-6));
  const height = Math.max(rows, Math.floor(image.height * factor + 1e-6));
  return { width, height, x: half(width - columns), y: half(height - rows), columns, rows };
}

/** Half of an integer, ties to even as Python rounds: one pixel to the side is visible in the logits. */
function half(pixels: number): number {
  return pixels % 2 === 0 ? pixels / 2 : 2 * Math.round(pixels / 4);
}

function seenPart(image: DecodedImage, cut: Cut): Rectangle {
  const across = image.width / cut.width;
  const down = image.height / cut.height;
  return { x: cut.x * across, y: cut.y * down, width: cut.columns * across, height: cut.rows * down };
}

/** Interleaved RGB bytes to normalised values in the spec's channel order and layout. */
function normalize(rgb: Uint8Array, spec: Preprocessing): Float32Array {
  const order = { rgb: [0, 1, 2], bgr: [2, 1, 0], gray: [0] }[spec.channels];
  const source = spec.channels === 'gray' ? luma(rgb) : rgb;
  const channels = order.length;
  const area = source.length / channels;
  const values = new Float32Array(source.length);
  for (const [channel, from] of order.entries()) {
    const mean = perChannel(spec.mean, channel, 0);
    const std = perChannel(spec.std, channel, 1);
    for (let pixel = 0; pixel < area; pixel++) {
      const to = spec.layout === 'NCHW' ? channel * area + pixel : pixel * channels + channel;
      values[to] = ((source[pixel * channels + from] ?? 0) / spec.scale - mean) / std;
    }
  }
  return values;
}

function perChannel(list: readonly number[], channel: number, missing: number): number {
  return list[channel] ?? list[0] ?? missing;
}

/** Rec. 601 luma, rounded, in Pillow's 16-bit arithmetic. */
function luma(rgb: Uint8Array): Uint8Array {
  return Uint8Array.from({ length: rgb.length / 3 }, (_, pixel) => {
    const [red = 0, green = 0, blue = 0] = rgb.subarray(3 * pixel, 3 * pixel + 3);
    return (19595 * red + 38470 * green + 7471 * blue + 32768) >> 16;
  });
}
