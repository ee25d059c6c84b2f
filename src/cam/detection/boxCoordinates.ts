/** Left, top, right and bottom in pixels of the model's input. */
export type Corners = readonly [left: number, top: number, right: number, bottom: number];
type Four = readonly [number, number, number, number];

export interface Frame {
  readonly width: number;
  readonly height: number;
}

/** A way to write a box as four numbers. */
export type Coordinates = (numbers: Four, frame: Frame, anchor: number) => Corners;

const around = (x: number, y: number, width: number, height: number): Corners => [
  x - width / 2,
  y - height / 2,
  x + width / 2,
  y + height / 2,
];

export const cornersInPixels: Coordinates = (corners) => corners;
export const cornersInFractions: Coordinates = ([left, top, right, bottom], { width, height }) => [
  left * width,
  top * height,
  right * width,
  bottom * height,
];
/** Top, left, bottom, right: TensorFlow's order. */
export const topLeftInPixels: Coordinates = ([top, left, bottom, right]) => [left, top, right, bottom];
export const topLeftInFractions: Coordinates = ([top, left, bottom, right], frame, anchor) =>
  cornersInFractions([left, top, right, bottom], frame, anchor);
export const centreInPixels: Coordinates = ([x, y, width, height]) => around(x, y, width, height);
export const centreInFractions: Coordinates = ([x, y, width, height], frame) =>
  around(x * frame.width, y * frame.height, width * frame.width, height * frame.height);

/** A square of the picture that an anchor belongs to: its column and row, and its side in pixels. */
export interface Cell {
  readonly column: number;
  readonly row: number;
  readonly stride: number;
}

/** Sides in pixels of the cells of known detectors' grids, finest first: three scales, P6 models, tiny ones, one scale. */
const STRIDES: readonly (readonly number[])[] = [
  [8, 16, 32],
  [8, 16, 32, 64],
  [16, 32],
  [4, 8, 16, 32],
  [8],
  [16],
  [32],
];

/** The cells of `count` anchors, one per cell, grid after grid and row after row; undefined where no known grids have as many. */
export function cellsOf(count: number, { width, height }: Frame): readonly Cell[] | undefined {
  const strides = STRIDES.find(
    (sides) => sides.reduce((sum, side) => sum + gridSize(width, height, side), 0) === count,
  );
  return strides?.flatMap((stride) => {
    const columns = Math.ceil(width / stride);
    const size = gridSize(width, height, stride);
    return Array.from({ length: size }, (_, i) => ({ column: i % columns, row: Math.floor(i / columns), stride }));
  });
}

const gridSize = (width: number, height: number, side: number): number =>
  Math.ceil(width / side) * Math.ceil(height / side);

/** Offsets from the cell in cells, and the logarithm of the size in cells (YOLOX, Ge et al. 2021, without decoding in the model). */
export function offsetsFromCells(cells: readonly Cell[]): Coordinates {
  return ([x, y, width, height], _, anchor) => {
    const { column = Number.NaN, row = Number.NaN, stride = Number.NaN } = cells[anchor] ?? {};
    return around((column + x) * stride, (row + y) * stride, Math.exp(width) * stride, Math.exp(height) * stride);
  };
}

/** tanh of the offset in cells and sigmoid of the size in pictures, on one grid (FastestDet, dog-qiuqiu 2022). */
export function squashedInCells(columns: number, rows: number): Coordinates {
  const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
  return ([x, y, width, height], frame, anchor) =>
    centreInFractions(
      [
        (Math.tanh(x) + (anchor % columns)) / columns,
        (Math.tanh(y) + Math.floor(anchor / columns)) / rows,
        sigmoid(width),
        sigmoid(height),
      ],
      frame,
      anchor,
    );
}

/** Whether a box could be one: at least a pixel wide and high, no larger than twice the picture, its middle in or near it. */
export function makesSense([left, top, right, bottom]: Corners, { width, height }: Frame): boolean {
  const isSize = (size: number, whole: number): boolean => size >= 1 && size <= 2 * whole;
  const isNear = (middle: number, whole: number): boolean => middle >= -0.1 * whole && middle <= 1.1 * whole;
  return (
    isSize(right - left, width) &&
    isSize(bottom - top, height) &&
    isNear((left + right) / 2, width) &&
    isNear((top + bottom) / 2, height)
  );
}
