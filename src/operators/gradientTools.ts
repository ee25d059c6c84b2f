import { dataTypeCode } from '../graph/dataTypes';
import type { Attribute, DataType } from '../graph/graph';
import type { Cotangents, GraphBuilder, VjpContext } from './gradientContext';

/**
 * ONNX nodes that gradient rules need, written in the form of the model's opset (7 and later: onnxruntime has no
 * kernels before). All shapes are static.
 */

export const int = (value: number): Attribute => ({ type: 'int', value });
export const ints = (value: readonly number[]): Attribute => ({ type: 'ints', value });
export const float = (value: number): Attribute => ({ type: 'float', value });
export const string = (value: string): Attribute => ({ type: 'string', value });

/** A rank-0 constant. */
export function scalar(build: GraphBuilder, type: DataType, value: number): string {
  return build.constant(type, [value], []);
}

export type Operand = string | number;

export interface Maths {
  add(a: Operand, b: Operand): string;
  sub(a: Operand, b: Operand): string;
  mul(a: Operand, b: Operand): string;
  div(a: Operand, b: Operand): string;
  pow(a: Operand, b: Operand): string;
  /** 1 where a > b, else 0, in the element type. */
  greater(a: Operand, b: Operand): string;
  /** 1 where a < b, else 0, in the element type. */
  less(a: Operand, b: Operand): string;
  /** Any operator of one output without attributes, e.g. `of('Exp', x)`. */
  of(operator: string, ...inputs: readonly Operand[]): string;
}

/** Arithmetic in one element type, so that a rule reads like its formula; numbers become scalar constants. */
export function maths(build: GraphBuilder, type: DataType): Maths {
  const of = (operator: string, ...inputs: readonly Operand[]): string =>
    build.add(
      operator,
      inputs.map((input) => (typeof input === 'number' ? scalar(build, type, input) : input)),
    );
  return {
    of,
    add: (a, b) => of('Add', a, b),
    sub: (a, b) => of('Sub', a, b),
    mul: (a, b) => of('Mul', a, b),
    div: (a, b) => of('Div', a, b),
    pow: (a, b) => of('Pow', a, b),
    greater: (a, b) => cast(build, of('Greater', a, b), type),
    less: (a, b) => cast(build, of('Less', a, b), type),
  };
}

/** The sum of the terms that are there; undefined when none is. */
export function sumOf(build: GraphBuilder, terms: readonly (string | undefined)[]): string | undefined {
  const present = terms.filter((term) => term !== undefined);
  const [first] = present;
  return present.length > 1 ? build.add('Sum', present) : first;
}

export function cast(build: GraphBuilder, x: string, to: DataType): string {
  return build.add('Cast', [x], { to: int(dataTypeCode(to)) });
}

export type Reduction = 'Sum' | 'Mean' | 'Max' | 'Min' | 'Prod' | 'L1' | 'L2' | 'SumSquare' | 'LogSum' | 'LogSumExp';

/** Reduces over `axes`, kept as ones unless `keepDims` is false. No axes: x itself. Axes are an input from opset 13 (Sum) or 18 (others). */
export function reduce(
  build: GraphBuilder,
  reduction: Reduction,
  x: string,
  axes: readonly number[],
  keepDims = true,
): string {
  if (axes.length === 0) return x;
  const keepdims = int(keepDims ? 1 : 0);
  const axesAreInput = build.opset >= (reduction === 'Sum' ? 13 : 18);
  return axesAreInput
    ? build.add(`Reduce${reduction}`, [x, build.constant('int64', axes)], { keepdims })
    : build.add(`Reduce${reduction}`, [x], { axes: ints(axes), keepdims });
}

export function reduceSum(build: GraphBuilder, x: string, axes: readonly number[], keepDims = true): string {
  return reduce(build, 'Sum', x, axes, keepDims);
}

/** Sums a cotangent of broadcast shape `from` back to the operand's shape `to`. */
export function unbroadcast(build: GraphBuilder, g: string, from: readonly number[], to: readonly number[]): string {
  const extra = from.length - to.length;
  const axes = from.flatMap((size, axis) => (axis < extra || (to[axis - extra] === 1 && size !== 1) ? [axis] : []));
  if (axes.length === 0) return g;
  const reduced = reduceSum(build, g, axes, true);
  return extra > 0 ? reshape(build, reduced, to) : reduced;
}

export function reshape(build: GraphBuilder, x: string, shape: readonly number[]): string {
  return build.add('Reshape', [x, build.constant('int64', shape)]);
}

/** Broadcasts x, of element type `type`, to `shape`. */
export function expand(build: GraphBuilder, type: DataType, x: string, shape: readonly number[]): string {
  if (build.opset >= 8) return build.add('Expand', [x, build.constant('int64', shape)]);
  return build.add('Add', [x, zeros(build, type, shape)]);
}

export function transpose(build: GraphBuilder, x: string, perm: readonly number[]): string {
  return perm.every((axis, index) => axis === index) ? x : build.add('Transpose', [x], { perm: ints(perm) });
}

/** The permutation that undoes `perm`. */
export function inversePermutation(perm: readonly number[]): readonly number[] {
  const inverse = new Array<number>(perm.length).fill(0);
  for (const [index, axis] of perm.entries()) inverse[axis] = index;
  return inverse;
}

/** Axes are an input from opset 13. */
export function unsqueeze(build: GraphBuilder, x: string, axes: readonly number[]): string {
  if (axes.length === 0) return x;
  return build.opset >= 13
    ? build.add('Unsqueeze', [x, build.constant('int64', axes)])
    : build.add('Unsqueeze', [x], { axes: ints(axes) });
}

/** x[starts : ends : steps] along `axes`. Bounds are inputs from opset 10, where steps begin to exist too. */
export function slice(
  build: GraphBuilder,
  x: string,
  axes: readonly number[],
  starts: readonly number[],
  ends: readonly number[],
  steps?: readonly number[],
): string {
  const strided = steps?.some((step) => step !== 1) ?? false;
  if (build.opset < 10) {
    if (strided) throw new Error(`a strided Slice needs opset 10; this model has ${build.opset}`);
    return build.add('Slice', [x], { axes: ints(axes), starts: ints(starts), ends: ints(ends) });
  }
  const bounds = [starts, ends, axes, ...(strided && steps ? [steps] : [])];
  return build.add('Slice', [x, ...bounds.map((values) => build.constant('int64', values))]);
}

/** Pads with zeros (or crops, where a pad is negative): `begins` and `ends` per axis. Pads are an input from opset 11. */
export function pad(build: GraphBuilder, x: string, begins: readonly number[], ends: readonly number[]): string {
  const pads = [...begins, ...ends];
  if (pads.every((size) => size === 0)) return x;
  return build.opset >= 11
    ? build.add('Pad', [x, build.constant('int64', pads)])
    : build.add('Pad', [x], { pads: ints(pads) });
}

/** Cuts x along `axis` into parts of the given sizes. Sizes are an input from opset 13. */
export function split(build: GraphBuilder, x: string, axis: number, sizes: readonly number[]): readonly string[] {
  if (sizes.length === 1) return [x];
  return build.opset >= 13
    ? build.addMany('Split', [x, build.constant('int64', sizes)], sizes.length, { axis: int(axis) })
    : build.addMany('Split', [x], sizes.length, { axis: int(axis), split: ints(sizes) });
}

export function concat(build: GraphBuilder, parts: readonly string[], axis: number): string {
  const [first] = parts;
  return parts.length === 1 && first !== undefined ? first : build.add('Concat', parts, { axis: int(axis) });
}

/** Zeros of a shape. */
export function zeros(build: GraphBuilder, type: DataType, shape: readonly number[]): string {
  if (build.opset >= 8) return expand(build, type, scalar(build, type, 0), shape);
  return build.constant(type, new Array<number>(shape.reduce((a, b) => a * b, 1)).fill(0), shape);
}

/** The rule of an operator whose outputs do not change with its inputs (comparisons, indices, rounding): no cotangents. */
export const zeroVjp = (context: VjpContext): Cotangents => context.node.inputs.map(() => undefined);

/**
 * The adjoint of a strided selection along one axis: places g's elements at start, start + step, … of an axis of `size`
 * zeros. `shape` is g's shape; a negative step selects backwards.
 */
export function unslice(
  build: GraphBuilder,
  g: string,
  shape: readonly number[],
  axis: number,
  start: number,
  step: number,
  size: number,
): string {
  const count = shape[axis] ?? 0;
  if (step < 0) {
    const last = start + (count - 1) * step;
    return unslice(build, reverse(build, g, axis, count), shape, axis, last, -step, size);
  }
  const none = new Array<number>(shape.length).fill(0);
  const at = (value: number): readonly number[] => none.map((_, index) => (index === axis ? value : 0));
  if (step === 1) return pad(build, g, at(start), at(size - start - count));
  // Insert step − 1 zeros after every element, then crop or pad to the size.
  const open = unsqueeze(build, g, [axis + 1]);
  const spread = pad(
    build,
    open,
    [...none, 0],
    [...none, 0].map((_, index) => (index === axis + 1 ? step - 1 : 0)),
  );
  const merged = shape.map((dim, index) => (index === axis ? dim * step : dim));
  return pad(build, reshape(build, spread, merged), at(start), at(size - start - count * step));
}

/** x with one axis of `size` elements reversed. */
export function reverse(build: GraphBuilder, x: string, axis: number, size: number): string {
  const indices = build.constant(
    'int64',
    Array.from({ length: size }, (_, index) => size - 1 - index),
  );
  return build.add('Gather', [x, indices], { axis: int(axis) });
}
