import type { DataType } from '../graph/graph';
import type { GraphBuilder } from './gradientContext';
import { cast, int, reshape, scalar, unslice } from './gradientTools';
import { range } from './shapes';

/** Indices along an axis: known ones, or an int64 tensor of the run (any shape). */
export type Indices = readonly number[] | string;

/** A selection y[o, n, i] = x[o, indices[n], i]. */
export interface Selection {
  readonly type: DataType;
  readonly outer: number;
  /** Elements of the axis that is selected from. */
  readonly size: number;
  readonly inner: number;
  readonly count: number;
  readonly indices: Indices;
}

/**
 * The adjoint of a selection: x̄[o, s, i] = Σ ȳ[o, n, i] over all n with indices[n] = s, of shape [outer, size, inner]. Evenly spaced
 * indices are padded back; others are a product with their one-hot matrix [size, count].
 */
export function selectionAdjoint(build: GraphBuilder, g: string, selection: Selection): string {
  const { type, outer, size, inner, count, indices } = selection;
  const rows = reshape(build, g, [outer, count, inner]);
  if (typeof indices === 'string') return build.add('MatMul', [oneHotColumns(build, selection, indices), rows]);
  const positions = indices.map((index) => (index < 0 ? index + size : index));
  const [first = 0, second = first + 1] = positions;
  const step = second - first;
  if (step !== 0 && positions.every((position, index) => position === first + index * step)) {
    return unslice(build, rows, [outer, count, inner], 1, first, step, size);
  }
  const matrix = range(size).flatMap((row) => positions.map((position) => Number(position === row)));
  return build.add('MatMul', [build.constant(type, matrix, [size, count]), rows]);
}

function oneHotColumns(build: GraphBuilder, { type, size, count }: Selection, indices: string): string {
  const flat = reshape(build, cast(build, indices, 'int64'), [count]);
  return build.add('OneHot', [flat, scalar(build, 'int64', size), build.constant(type, [0, 1])], { axis: int(0) });
}
