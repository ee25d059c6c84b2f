/** Turning a low-resolution map into the picture that is shown, in the order of pytorch-grad-cam 1.5. */
import type { Fusion } from '../../protocol/camPanel';

/** Values on a grid, row-major. */
export interface CamMap {
  readonly width: number;
  readonly height: number;
  readonly values: Float32Array;
}

export interface FinishOptions {
  /** How the maps of several layers become one (default: their mean). */
  readonly fuse?: Fusion;
  /** What remains of negative values: the slope of a LeakyReLU in place of the ReLU (default 0, which is the ReLU). */
  readonly leak?: number;
}

/**
 * 1. ReLU and min–max at low resolution; 2. bilinear to the wanted size; 3. with several layers, the mean (maximum,
 * product) of their maps; min–max again. Values lie in [0, 1).
 */
export function finishMaps(
  raw: readonly CamMap[],
  width: number,
  height: number,
  { fuse = 'mean', leak = 0 }: FinishOptions = {},
): CamMap {
  const [first, ...others] = raw.map((map) => {
    return resizeBilinear({ ...map, values: minMax(rectify(map.values, leak)) }, width, height).values;
  });
  if (!first) throw new Error('there is no map to finish');
  const fused = others.reduce((one, other) => one.map((value, i) => FUSE[fuse](value, other[i] ?? Number.NaN)), first);
  return { width, height, values: minMax(fuse === 'mean' ? fused.map((sum) => sum / raw.length) : fused) };
}

/** Of two maps at one pixel; the sum is divided by their number at the end. */
const FUSE: Readonly<Record<Fusion, (a: number, b: number) => number>> = {
  mean: (a, b) => a + b,
  max: Math.max,
  product: (a, b) => a * b,
};

function rectify(values: Float32Array, leak: number): Float32Array {
  return values.map((value) => (value > 0 ? value : leak * value));
}

/** (v − min) / (1e-7 + max(v − min)). */
export function minMax(values: Float32Array): Float32Array {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  const range = 1e-7 + (max - min);
  return values.map((value) => (value - min) / range);
}

/** What lies on what: the edges of the outer pixels (half-pixel centres, cv2.INTER_LINEAR), or their centres. */
export type Alignment = 'edges' | 'corners';

/** Bilinear, edges repeated, no antialiasing. */
export function resizeBilinear(map: CamMap, width: number, height: number, alignment: Alignment = 'edges'): CamMap {
  const columns = taps(map.width, width, alignment);
  const rows = taps(map.height, height, alignment);
  const at = (row: number, column: number): number => map.values[row * map.width + column] ?? 0;
  const values = new Float32Array(width * height);
  for (const [y, row] of rows.entries()) {
    for (const [x, { first, second, share }] of columns.entries()) {
      const top = at(row.first, first) * (1 - share) + at(row.first, second) * share;
      const bottom = at(row.second, first) * (1 - share) + at(row.second, second) * share;
      values[y * width + x] = top * (1 - row.share) + bottom * row.share;
    }
  }
  return { width, height, values };
}

/** Two neighbours and the share of the second, for every output position along one axis. */
function taps(
  from: number,
  to: number,
  alignment: Alignment,
): readonly { first: number; second: number; share: number }[] {
  return Array.from({ length: to }, (_, position) => {
    const source =
      alignment === 'edges' ? ((position + 0.5) * from) / to - 0.5 : (position * (from - 1)) / Math.max(1, to - 1);
    const centre = Math.min(from - 1, Math.max(0, source));
    const first = Math.floor(centre);
    return { first, second: Math.min(from - 1, first + 1), share: centre - first };
  });
}
