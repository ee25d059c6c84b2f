/** Laying a heat map over a picture. Pure: shared by the command line and the panel. */

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

/** Alpha mixes (1 − opacity)·pixel + opacity·colour; additive adds opacity·colour to the whole pixel, at most white. */
export type Blend = 'alpha' | 'additive';

/**
 * The picture with the grid's colours palette[value] over its `seen` part, values 0–1 (clamped), bilinear between grid
 * points (half-pixel centres, edges repeated). Pixels outside `seen` are untouched.
 * @returns width·height·4 bytes.
 */
export function overlay(
  picture: RgbaPicture,
  grid: Grid,
  palette: Uint8Array,
  opacity: number,
  blend: Blend = 'alpha',
): Uint8ClampedArray<ArrayBuffer> {
  const out = new Uint8ClampedArray(picture.rgba);
  const pixels = new Int32Array(out.buffer);
  const share = Math.min(1, Math.max(0, opacity));
  // In 65536ths of a level, with the half that rounds: integers mix twice as fast.
  const tint = Int32Array.from(palette, (channel) => 65536 * share * channel + 32768);
  const rest = blend === 'alpha' ? Math.round(65536 * (1 - share)) : 65536;
  const { seen, width, height } = picture;
  const columns = taps(width, seen.x, seen.width, grid.width);
  const rows = taps(height, seen.y, seen.height, grid.height);
  const lines = [stretchedLine(width), stretchedLine(width)] as const;
  for (let y = rows.from; y < rows.to; y++) {
    const row = rows.cells[y] ?? 0;
    const down = rows.shares[y] ?? 0;
    const upper = stretch(lines[row & 1 ? 1 : 0], grid, row, columns);
    const lower = stretch(lines[row & 1 ? 0 : 1], grid, Math.min(grid.height - 1, row + 1), columns);
    mixRow(pixels.subarray(y * width + columns.from, y * width + columns.to), {
      upper: upper.subarray(columns.from, columns.to),
      lower: lower.subarray(columns.from, columns.to),
      ...{ down, rest, tint },
    });
  }
  return out;
}

interface RowMix {
  /** Places in the palette above and below the row, and how far down it lies between them. */
  readonly upper: Float64Array;
  readonly lower: Float64Array;
  readonly down: number;
  /** What is kept of a pixel, and what each colour adds, in 65536ths of a level. */
  readonly rest: number;
  readonly tint: Int32Array;
}

/**
 * Without calls, a pixel read and written at once (lowest byte first, as wherever VS Code runs): this is done for every one. A function
 * of its own, so that it is compiled as a whole.
 */
function mixRow(pixels: Int32Array, { upper, lower, down, rest, tint }: RowMix): void {
  for (let x = 0; x < pixels.length; x++) {
    const above = upper[x] ?? 0;
    const index = (above + down * ((lower[x] ?? 0) - above)) | 0;
    const color = index < 0 ? 0 : index > 255 ? 765 : 3 * index;
    const pixel = pixels[x] ?? 0;
    const red = (Math.imul(rest, pixel & 255) + (tint[color] ?? 0)) >> 16;
    const green = (Math.imul(rest, (pixel >> 8) & 255) + (tint[color + 1] ?? 0)) >> 16;
    const blue = (Math.imul(rest, (pixel >> 16) & 255) + (tint[color + 2] ?? 0)) >> 16;
    pixels[x] =
      (red > 255 ? 255 : red) |
      ((green > 255 ? 255 : green) << 8) |
      ((blue > 255 ? 255 : blue) << 16) |
      (pixel & 0xff000000);
  }
}

/** A row of the grid, stretched to the picture's columns, as places in a palette: 255·value + ½. */
interface StretchedLine {
  row: number;
  readonly values: Float64Array;
}

function stretchedLine(columns: number): StretchedLine {
  return { row: -1, values: new Float64Array(columns) };
}

/** Makes a line hold a row, unless it does already. */
function stretch(line: StretchedLine, { values, width }: Grid, row: number, columns: Taps): Float64Array {
  if (line.row === row) return line.values;
  line.row = row;
  const { from, to, cells, shares } = columns;
  const [first, last] = [row * width, row * width + width - 1];
  for (let x = from; x < to; x++) {
    const at = first + (cells[x] ?? 0);
    const left = values[at] ?? 0;
    line.values[x] = 255 * mix(left, values[at < last ? at + 1 : at] ?? 0, shares[x] ?? 0) + 0.5;
  }
  return line.values;
}

/** The grid's value under a point of the picture (in pixels, centres at .5); NaN outside `seen`. */
export function valueAt({ seen }: Pick<RgbaPicture, 'seen'>, grid: Grid, x: number, y: number): number {
  const across = (x - seen.x) / seen.width;
  const down = (y - seen.y) / seen.height;
  if (!(across >= 0 && across < 1 && down >= 0 && down < 1)) return Number.NaN;
  const column = gridPosition(across, grid.width);
  const row = gridPosition(down, grid.height);
  return between(gridLine(grid, Math.floor(row), row % 1), Math.floor(column), column % 1);
}

/** For every pixel along one axis the cell before its centre, and how far on the way to the next cell that lies. */
interface Taps {
  /** Pixels whose centres lie in the seen span: from … to − 1. */
  readonly from: number;
  readonly to: number;
  readonly cells: Int32Array;
  readonly shares: Float64Array;
}

function taps(pixels: number, start: number, span: number, cells: number): Taps {
  const positions = Float64Array.from({ length: pixels }, (_, i) => gridPosition((i + 0.5 - start) / span, cells));
  return {
    from: Math.max(0, Math.ceil(start - 0.5)),
    to: Math.min(pixels, Math.ceil(start + span - 0.5)),
    cells: Int32Array.from(positions, Math.floor),
    shares: positions.map((position) => position % 1),
  };
}

/** Cell coordinate of a point at a part of 0–1 of the grid's side, from 0 to cells − 1. */
function gridPosition(part: number, cells: number): number {
  return Math.min(cells - 1, Math.max(0, part * cells - 0.5));
}

/** A grid row, or what lies `share` on the way to the next one. */
function gridLine({ values, width, height }: Grid, row: number, share: number): Float64Array {
  const upper = row * width;
  const lower = Math.min(height - 1, row + 1) * width;
  const line = new Float64Array(width);
  for (let x = 0; x < width; x++) line[x] = mix(values[upper + x] ?? 0, values[lower + x] ?? 0, share);
  return line;
}

function between(line: Float64Array, cell: number, share: number): number {
  const value = line[cell] ?? 0;
  return share === 0 ? value : mix(value, line[cell + 1] ?? 0, share);
}

function mix(from: number, to: number, share: number): number {
  return from + share * (to - from);
}
