import { type DataType, type Dim, isStatic, type Shape, type TensorInfo } from '../graph/graph';

/** A TensorInfo without the fields that are unknown. */
export function tensorInfo(
  type: DataType | undefined,
  shape: Shape | undefined,
  values?: readonly number[] | undefined,
): TensorInfo {
  return {
    ...(type !== undefined && { type }),
    ...(shape !== undefined && { shape }),
    ...(values !== undefined && { values }),
  };
}

/** No tensor has more dimensions: a file may say otherwise, and memory is not to follow it. */
export const MAX_RANK = 256;

/** A shape of known rank and unknown sizes. Throws where no tensor has that rank. */
export function unknownShape(rank: number): Shape {
  if (!(rank <= MAX_RANK)) throw new Error(`it would have ${rank} dimensions, more than ${MAX_RANK}`);
  return new Array<Dim>(rank).fill(null);
}

/** Counts a negative axis from the end. Throws where it lies outside [-rank, rank). */
export function normalizeAxis(axis: number, rank: number): number {
  if (axis < -rank || axis >= rank) throw new Error(`axis ${axis} is outside a tensor of rank ${rank}`);
  return axis < 0 ? axis + rank : axis;
}

export function normalizeAxes(axes: readonly number[], rank: number): readonly number[] {
  return axes.map((axis) => normalizeAxis(axis, rank));
}

/** The shape with one size replaced. */
export function withDim(shape: Shape, axis: number, dim: Dim): Shape {
  return shape.map((old, index) => (index === axis ? dim : old));
}

/** Product of sizes: known where all are, or where only ones stand beside one symbol; 0 as soon as one is 0. */
export function product(dims: Shape): Dim {
  let known = 1;
  let open: Dim = 1;
  let openCount = 0;
  for (const dim of dims) {
    if (typeof dim === 'number') known *= dim;
    else {
      open = dim;
      openCount += 1;
    }
  }
  if (known === 0 || openCount === 0) return known;
  return openCount === 1 && known === 1 ? open : null;
}

/** Sum of sizes; null where one is open. */
export function sum(dims: Shape): Dim {
  let total = 0;
  for (const dim of dims) {
    if (typeof dim !== 'number') return dims.length === 1 ? dim : null;
    total += dim;
  }
  return total;
}

function broadcastDim(a: Dim, b: Dim): Dim {
  if (a === b) return a;
  if (a === 1) return b;
  if (b === 1) return a;
  if (typeof a === 'number' && typeof b === 'number') throw new Error(`sizes ${a} and ${b} do not broadcast`);
  if (typeof a === 'number') return a;
  return typeof b === 'number' ? b : null;
}

/** Multidirectional (NumPy) broadcasting. Throws where two known sizes contradict. */
export function broadcast(a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, index) => {
    const fromA = a[index - rank + a.length];
    const fromB = b[index - rank + b.length];
    return broadcastDim(fromA === undefined ? 1 : fromA, fromB === undefined ? 1 : fromB);
  });
}

/** Broadcasts several shapes; undefined where one of them is. */
export function broadcastAll(shapes: readonly (Shape | undefined)[]): Shape | undefined {
  let result: Shape = [];
  for (const shape of shapes) {
    if (!shape) return undefined;
    result = broadcast(result, shape);
  }
  return result;
}

/** What two statements about one dimension agree on: the known one wins, a name beats nothing. Throws where two numbers contradict. */
export function mergeDim(a: Dim, b: Dim): Dim {
  if (typeof a === 'number' && typeof b === 'number' && a !== b) throw new Error(`size ${a} contradicts ${b}`);
  if (typeof a === 'number') return a;
  if (typeof b === 'number') return b;
  return a ?? b;
}

/** Merges two statements about one tensor's shape; throws where they contradict. */
export function mergeShapes(a: Shape | undefined, b: Shape | undefined): Shape | undefined {
  if (!a || !b) return a ?? b;
  if (a.length !== b.length) throw new Error(`rank ${a.length} contradicts rank ${b.length}`);
  return a.map((dim, index) => mergeDim(dim, b[index] ?? null));
}

/** Row-major strides, in elements. */
export function strides(shape: readonly number[]): readonly number[] {
  const result = new Array<number>(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis -= 1) {
    result[axis] = (result[axis + 1] ?? 1) * (shape[axis + 1] ?? 1);
  }
  return result;
}

/** The row-major offsets of the elements at the given indices along each axis, in row-major order of the selection. */
export function offsetsAt(indices: readonly (readonly number[])[], steps: readonly number[]): readonly number[] {
  let offsets: readonly number[] = [0];
  for (const [axis, along] of indices.entries()) {
    const step = steps[axis] ?? 0;
    offsets = offsets.flatMap((base) => along.map((index) => base + index * step));
  }
  return offsets;
}

/** 0, 1, … count − 1. */
export function range(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index);
}

/** Elements that lie contiguously from `axis` on: the product of the sizes there; undefined when one is unknown. */
export function contiguousFrom(shape: Shape | undefined, axis: number): number | undefined {
  const count = shape && product(shape.slice(axis));
  return typeof count === 'number' ? count : undefined;
}

/** The sizes of a tensor where all are known. */
export function staticShape(info: TensorInfo | undefined): readonly number[] | undefined {
  return isStatic(info?.shape) ? info.shape : undefined;
}
