import type { DecodedImage } from './decode';

/** Which part of a resized image to compute: the image is thought resized to width×height, `x, y, columns, rows` are cut. */
export interface Cut {
  readonly width: number;
  readonly height: number;
  readonly x: number;
  readonly y: number;
  readonly columns: number;
  readonly rows: number;
}

/** The inputs of one output pixel along one axis: `weights[k]` belongs to pixel `first + k`; they sum to 1. */
interface Taps {
  readonly first: number;
  readonly weights: Float64Array;
}

/**
 * Bilinear resampling with antialiasing as Pillow (and torchvision, on uint8) does it: a triangle filter that is widened
 * by the reduction, half-pixel centres, columns first, 8-bit rounding after either axis. Own arithmetic because libvips
 * has no such kernel: its `linear` is off by up to 9 levels when reducing and samples half a pixel away when enlarging.
 * @returns columns×rows pixels.
 */
export function resample(image: DecodedImage, cut: Cut): DecodedImage {
  const vertical = taps(image.height, cut.height, cut.y, cut.rows);
  const top = vertical[0]?.first ?? 0;
  const last = vertical.at(-1);
  const bottom = last ? last.first + last.weights.length : 0;
  const narrow = new Uint8ClampedArray((bottom - top) * cut.columns * 3);
  const horizontal = taps(image.width, cut.width, cut.x, cut.columns);
  for (let row = top; row < bottom; row++) {
    for (const [column, tap] of horizontal.entries()) {
      const to = ((row - top) * cut.columns + column) * 3;
      weigh(image.rgb, (row * image.width + tap.first) * 3, 3, tap.weights, narrow, to);
    }
  }
  const rgb = new Uint8ClampedArray(cut.rows * cut.columns * 3);
  for (const [row, tap] of vertical.entries()) {
    for (let column = 0; column < cut.columns; column++) {
      const from = ((tap.first - top) * cut.columns + column) * 3;
      weigh(narrow, from, cut.columns * 3, tap.weights, rgb, (row * cut.columns + column) * 3);
    }
  }
  return { width: cut.columns, height: cut.rows, rgb: new Uint8Array(rgb.buffer) };
}

/** Sets one output pixel to the weighted sum of input pixels `stride` bytes apart. */
function weigh(
  source: ArrayLike<number>,
  from: number,
  stride: number,
  weights: Float64Array,
  target: Uint8ClampedArray,
  to: number,
): void {
  let red = 0;
  let green = 0;
  let blue = 0;
  for (let tap = 0, at = from; tap < weights.length; tap++, at += stride) {
    const weight = weights[tap] ?? 0;
    red += weight * (source[at] ?? 0);
    green += weight * (source[at + 1] ?? 0);
    blue += weight * (source[at + 2] ?? 0);
  }
  // floor(x + ½), not the round-half-to-even of a clamped array.
  target[to] = Math.floor(red + 0.5);
  target[to + 1] = Math.floor(green + 0.5);
  target[to + 2] = Math.floor(blue + 0.5);
}

/** The taps of outputs offset … offset + count − 1 when `input` pixels become `output` pixels. */
function taps(input: number, output: number, offset: number, count: number): readonly Taps[] {
  const scale = input / output;
  const reach = Math.max(scale, 1);
  return Array.from({ length: count }, (_, index) => {
    const centre = (offset + index + 0.5) * scale;
    const first = Math.max(0, Math.floor(centre - reach + 0.5));
    const end = Math.min(input, Math.floor(centre + reach + 0.5));
    const weights = Float64Array.from({ length: end - first }, (_, tap) =>
      Math.max(0, 1 - Math.abs((first + tap + 0.5 - centre) / reach)),
    );
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return { first, weights: weights.map((weight) => weight / sum) };
  });
}
