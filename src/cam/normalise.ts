/** Turning a low-resolution map into the picture that is shown, in the order of pytorch-grad-cam 1.5. */

/** Values on a grid, row-major. */
export interface CamMap {
  readonly width: number;
  readonly height: number;
  readonly values: Float32Array;
}

/**
 * 1. ReLU and min–max at low resolution; 2. bilinear to the wanted size; 3. with several layers, the mean of their
 * rectified maps; min–max again. Values lie in [0, 1).
 */
export function finishMaps(raw: readonly CamMap[], width: number, height: number): CamMap {
  const mean = new Float32Array(width * height);
  for (const map of raw) {
    const large = resizeBilinear({ ...map, values: minMax(rectify(map.values)) }, width, height);
    for (const [index, value] of rectify(large.values).entries()) mean[index] = (mean[index] ?? 0) + value / raw.length;
  }
  return { width, height, values: minMax(mean) };
}

function rectify(values: Float32Array): Float32Array {
  return values.map((value) => Math.max(value, 0));
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

/** Half-pixel centres, edges repeated, no antialiasing: cv2.INTER_LINEAR. */
export function resizeBilinear(map: CamMap, width: number, height: number): CamMap {
  const columns = taps(map.width, width);
  const rows = taps(map.height, height);
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
function taps(from: number, to: number): readonly { first: number; second: number; share: number }[] {
  return Array.from({ length: to }, (_, position) => {
    const centre = Math.min(from - 1, Math.max(0, ((position + 0.5) * from) / to - 0.5));
    const first = Math.floor(centre);
    return { first, second: Math.min(from - 1, first + 1), share: centre - first };
  });
}
