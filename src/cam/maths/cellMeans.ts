import type { MapSize } from '../camMethod';
import { resizeBilinear } from './normalise';

/**
 * Means of each channel over a grid of `cells` × `cells` (adaptive average pooling: cell i of p covers rows ⌊i·h/p⌋ to
 * ⌈(i+1)·h/p⌉), spread over the map again bilinearly: [C, h, w]. One cell is the mean; a cell per pixel the values themselves.
 */
export function cellMeans(values: Float32Array, { channels, height, width }: MapSize, cells: number): Float32Array {
  const rows = spans(height, cells);
  const columns = spans(width, cells);
  const spread = new Float32Array(values.length);
  for (let c = 0; c < channels; c++) {
    const channel = values.subarray(c * height * width, (c + 1) * height * width);
    const means = rows.flatMap((row) => columns.map((column) => meanOf(channel, width, row, column)));
    const small = { width: columns.length, height: rows.length, values: Float32Array.from(means) };
    spread.set(resizeBilinear(small, width, height).values, c * height * width);
  }
  return spread;
}

type Span = readonly [from: number, to: number];

/** Never more cells than pixels. */
function spans(size: number, cells: number): readonly Span[] {
  const count = Math.min(size, cells);
  return Array.from({ length: count }, (_, i) => [Math.floor((i * size) / count), Math.ceil(((i + 1) * size) / count)]);
}

function meanOf(channel: Float32Array, width: number, [top, bottom]: Span, [left, right]: Span): number {
  let sum = 0;
  for (let y = top; y < bottom; y++) for (let x = left; x < right; x++) sum += channel[y * width + x] ?? Number.NaN;
  return sum / ((bottom - top) * (right - left));
}
