/** Laying a heat map over a picture. Pure: shared by the command line and the panel. */
import { paletteIndex } from './colorMaps';

export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Values on a grid, row-major. */
export interface Grid {
  readonly width: number;
  readonly height: number;
  readonly values: ArrayLike<number>;
}

export interface RgbaPicture {
  readonly width: number;
  readonly height: number;
  /** width·height·4 bytes. */
  readonly rgba: Uint8Array | Uint8ClampedArray;
  /** The part of the picture that a grid covers, in pixels; may be fractional. */
  readonly seen: Rectangle;
}

/** Two neighbours on one axis and the share of the second. */
interface Tap {
  readonly first: number;
  readonly second: number;
  readonly share: number;
}

/**
 * The picture with the grid's colours over its `seen` part: (1 − opacity)·pixel + opacity·palette[value], values 0–1
 * (clamped), bilinear between grid points (half-pixel centres, edges repeated). Pixels outside `seen` are untouched.
 * @returns width·height·4 bytes.
 */
export function overlay(
  picture: RgbaPicture,
  grid: Grid,
  palette: Uint8Array,
  opacity: number,
): Uint8ClampedArray<ArrayBuffer> {
  const out = new Uint8ClampedArray(picture.rgba);
  const { seen, width, height } = picture;
  const share = Math.min(1, Math.max(0, opacity));
  const columns = taps(width, seen.x, seen.width, grid.width);
  const rows = taps(height, seen.y, seen.height, grid.height);
  for (let y = 0; y < height; y++) {
    const row = rows[y];
    if (!row) continue;
    for (let x = 0; x < width; x++) {
      const column = columns[x];
      if (!column) continue;
      const color = 3 * paletteIndex(bilinear(grid, column, row));
      const pixel = 4 * (y * width + x);
      for (let channel = 0; channel < 3; channel++) {
        const below = at(out, pixel + channel);
        out[pixel + channel] = below + share * (at(palette, color + channel) - below);
      }
    }
  }
  return out;
}

/** The grid's value under a point of the picture (in pixels, centres at .5); NaN outside `seen`. */
export function valueAt(picture: Omit<RgbaPicture, 'rgba'>, grid: Grid, x: number, y: number): number {
  const column = tap(x, picture.seen.x, picture.seen.width, grid.width);
  const row = tap(y, picture.seen.y, picture.seen.height, grid.height);
  return column && row ? bilinear(grid, column, row) : Number.NaN;
}

function bilinear(grid: Grid, column: Tap, row: Tap): number {
  const { values, width } = grid;
  const upper = row.first * width;
  const lower = row.second * width;
  const top = mix(at(values, upper + column.first), at(values, upper + column.second), column.share);
  const bottom = mix(at(values, lower + column.first), at(values, lower + column.second), column.share);
  return mix(top, bottom, row.share);
}

/** The taps of all pixel centres along one axis; undefined outside the seen span. */
function taps(pixels: number, start: number, span: number, cells: number): readonly (Tap | undefined)[] {
  return Array.from({ length: pixels }, (_, pixel) => tap(pixel + 0.5, start, span, cells));
}

function tap(position: number, start: number, span: number, cells: number): Tap | undefined {
  const inside = (position - start) / span;
  if (!(inside >= 0 && inside < 1)) return undefined;
  const cell = Math.min(cells - 1, Math.max(0, inside * cells - 0.5));
  const first = Math.floor(cell);
  return { first, second: Math.min(cells - 1, first + 1), share: cell - first };
}

function mix(from: number, to: number, share: number): number {
  return from + share * (to - from);
}

function at(values: ArrayLike<number>, index: number): number {
  return values[index] ?? 0;
}
