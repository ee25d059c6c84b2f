import { isFloat } from '../graph/dataTypes';
import type { DataType, Shape, TensorInfo } from '../graph/graph';
import { BITS, elementCount, isStatic } from '../graph/graph';
import { offsetsAt, range, strides } from './shapes';

/** Constants are followed through the graph up to this many elements: shapes, scales, index lists. */
export const MAX_VALUES = 1024;

/** The nearest value of an element type: integers are truncated and wrap (up to 32 bits), float32 is rounded. */
export function toType(type: DataType | undefined, value: number): number {
  if (type === 'float32') return Math.fround(value);
  if (type === 'float16') return toHalf(value);
  if (type === 'bool') return value === 0 ? 0 : 1;
  if (type === undefined || isFloat(type) || type === 'string') return value;
  const whole = Math.trunc(value);
  if (BITS[type] > 32 || !Number.isFinite(whole)) return whole;
  const period = 2 ** BITS[type];
  const wrapped = ((whole % period) + period) % period;
  return !type.startsWith('u') && wrapped >= period / 2 ? wrapped - period : wrapped;
}

/** The nearest IEEE 754 binary16 number: 11 significant bits, halves to even; from 65,520 on infinite. */
function toHalf(value: number): number {
  if (value === 0 || !Number.isFinite(value)) return value;
  if (Math.abs(value) >= 65520) return Math.sign(value) * Number.POSITIVE_INFINITY;
  const unit = 2 ** (Math.max(Math.floor(Math.log2(Math.abs(value))), -14) - 10);
  return roundHalfToEven(value / unit) * unit;
}

/** To the nearest integer, halves to the even one. */
export function roundHalfToEven(value: number): number {
  const rounded = Math.round(value);
  return Math.abs(value % 1) === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

/** Elements of a static, small enough shape that all hold `value`. */
export function filled(shape: Shape, value: number): readonly number[] | undefined {
  const count = elementCount(shape) ?? -1;
  return count >= 0 && count <= MAX_VALUES ? new Array<number>(count).fill(value) : undefined;
}

/** Elements of a shape, read from a tensor that broadcasts to it. */
function readBroadcast(info: TensorInfo, shape: readonly number[]): readonly number[] | undefined {
  const { values } = info;
  if (!values || !isStatic(info.shape)) return undefined;
  const [first] = values;
  if (values.length === 1 && first !== undefined) return filled(shape, first);
  if (info.shape.length === shape.length && info.shape.every((size, axis) => size === shape[axis])) return values;
  const from = info.shape;
  const steps = strides(from);
  const extra = shape.length - from.length;
  const broadcastSteps = shape.map((_, axis) => (from[axis - extra] === 1 ? 0 : (steps[axis - extra] ?? 0)));
  return offsetsAt(shape.map(range), broadcastSteps).map((offset) => values[offset] ?? 0);
}

/** f of the broadcast elements of the inputs, in the output's type; undefined where one is unknown or the result is too large. */
export function mapValues(
  type: DataType | undefined,
  shape: Shape | undefined,
  inputs: readonly (TensorInfo | undefined)[],
  f: (...elements: number[]) => number,
): readonly number[] | undefined {
  if (!isStatic(shape) || !isSmall(shape)) return undefined;
  const columns: (readonly number[])[] = [];
  for (const input of inputs) {
    const column = input && readBroadcast(input, shape);
    if (!column) return undefined;
    columns.push(column);
  }
  return range(elementCount(shape) ?? 0).map((index) =>
    toType(type, f(...columns.map((column) => column[index] ?? 0))),
  );
}

/**
 * The elements of a selection of `counts` elements per axis (Slice, Gather, Tile …): element `at` along `axis` is the
 * tensor's element `index(axis, at)`. Undefined where the elements are unknown or the selection is too large.
 */
export function pickValues(
  info: TensorInfo | undefined,
  counts: Shape,
  index: (axis: number, at: number) => number,
): readonly number[] | undefined {
  const values = info?.values;
  if (!values || !isStatic(info.shape) || !isStatic(counts) || !isSmall(counts)) return undefined;
  const along = counts.map((count, axis) => range(count).map((at) => index(axis, at)));
  return offsetsAt(along, strides(info.shape)).map((offset) => values[offset] ?? 0);
}

/** Whether a shape has few enough elements to follow, and no axis is long (beside one of no elements). */
function isSmall(shape: readonly number[]): boolean {
  return (elementCount(shape) ?? 0) <= MAX_VALUES && shape.every((size) => size <= MAX_VALUES);
}
