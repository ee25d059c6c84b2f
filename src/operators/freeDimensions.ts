import type { Dim, Graph, Shape, ValueInfo } from '../graph/graph';

export interface ShapeOptions {
  /** Images per run. Default: what the file declares, or 1 where it leaves it open. */
  readonly batch?: number;
  /** Sizes of named dimensions. An unnamed one is called `input[axis]`. */
  readonly bindings?: ReadonlyMap<string, number>;
  /** Whole shapes of inputs, by name. */
  readonly inputShapes?: ReadonlyMap<string, readonly number[]>;
}

/** Sizes that a user gave and that cannot be; the message is one sentence. */
export class SizeError extends Error {
  override readonly name = 'SizeError';
}

export interface BoundInputs {
  readonly inputs: readonly ValueInfo[];
  /** Names of dimensions that a user may bind, bound or not; the batch is none of them. */
  readonly freeDimensions: readonly string[];
  /** Those that have no size. */
  readonly openDimensions: readonly string[];
  /** Replaces names by sizes. */
  bind(shape: Shape): Shape;
  /** A size that the file fixes was replaced: what it declares for inner tensors does not hold any more. */
  readonly overridden: boolean;
}

/** Names that exporters give to the batch, also where they invent one (tf2onnx `unk__12`). */
const BATCH_NAME = /^(n|b|bs|none|\?|-1|0|unk__\d+|.*batch.*)$/i;

const isBatch = (dim: Dim, axis: number): boolean =>
  typeof dim === 'string'
    ? BATCH_NAME.test(dim) && (axis === 0 || /batch/i.test(dim))
    : axis === 0 && (dim === null || dim <= 0);

/** Sizes from the file; 0 and below stand for open ones. */
const open = (dim: Dim): Dim => (typeof dim === 'number' && dim <= 0 ? null : dim);

/**
 * Gives every open size of the inputs that has a value one. Constants that are inputs too are left as they are. Throws a
 * SizeError where a size is no whole number from 1, or a shape does not have the input's rank or the batch's size.
 */
export function bindInputs(graph: Graph, options: ShapeOptions): BoundInputs {
  const { batch, bindings, inputShapes } = options;
  const declared = graph.inputs.filter(({ name }) => !graph.constants.has(name));
  const batched = batch === undefined ? new Set<string>() : batchedInputs(declared);
  checkOptions(declared, batched, options);
  const sizes = new Map(bindings);
  const free = new Set<string>();
  for (const { name, shape = [] } of declared) {
    const given = inputShapes?.get(name);
    for (const [axis, dim] of shape.entries()) {
      const size = given?.[axis];
      if (isBatch(dim, axis)) {
        if (typeof dim === 'string' && !sizes.has(dim)) sizes.set(dim, batch ?? size ?? 1);
        continue;
      }
      const key = dimensionName(name, dim, axis);
      if (key === undefined) continue;
      if (size !== undefined && !sizes.has(key)) sizes.set(key, size);
      free.add(key);
    }
  }
  let overridden = false;
  const inputs = declared.map((input): ValueInfo => {
    const { name, shape } = input;
    const given = inputShapes?.get(name);
    if (given) {
      overridden ||= shape?.some((dim, axis) => typeof dim === 'number' && dim > 0 && dim !== given[axis]) ?? false;
      return { ...input, shape: given };
    }
    if (!shape) return input;
    return {
      ...input,
      shape: shape.map((dim, axis) => {
        if (isBatch(dim, axis)) return (typeof dim === 'string' ? sizes.get(dim) : undefined) ?? batch ?? 1;
        if (axis === 0 && batched.has(name) && batch !== undefined && dim !== batch && typeof dim === 'number') {
          overridden = true;
          return batch;
        }
        const key = dimensionName(name, dim, axis);
        return key === undefined ? dim : (sizes.get(key) ?? (typeof dim === 'string' ? dim : null));
      }),
    };
  });
  const bind = (shape: Shape): Shape =>
    shape.map((dim) => (typeof dim === 'string' ? (sizes.get(dim) ?? dim) : open(dim)));
  const freeDimensions = [...free];
  const openDimensions = freeDimensions.filter((name) => !sizes.has(name));
  return { inputs, freeDimensions, openDimensions, bind, overridden };
}

function checkOptions(
  inputs: readonly ValueInfo[],
  batched: ReadonlySet<string>,
  { batch, bindings = new Map(), inputShapes = new Map() }: ShapeOptions,
): void {
  if (batch !== undefined) checkSize('the batch', batch);
  for (const [name, size] of bindings) checkSize(`'${name}'`, size);
  for (const [name, sizes] of inputShapes) {
    for (const size of sizes) checkSize(`a size of '${name}'`, size);
    const shape = inputs.find((input) => input.name === name)?.shape;
    if (shape && shape.length !== sizes.length) {
      throw new SizeError(
        `the input '${name}' has ${shape.length} dimensions, not ${sizes.length} (${sizes.join('×')})`,
      );
    }
    const first = shape?.[0];
    const hasBatch = first !== undefined && (isBatch(first, 0) || batched.has(name));
    if (batch !== undefined && hasBatch && sizes[0] !== batch) {
      throw new SizeError(
        `the batch is ${batch}, but the shape of '${name}' starts with ${sizes[0]}: give one of them`,
      );
    }
  }
  for (const { shape = [] } of batch === undefined ? [] : inputs) {
    for (const [axis, dim] of shape.entries()) {
      const size = typeof dim === 'string' && isBatch(dim, axis) ? bindings.get(dim) : undefined;
      if (size !== undefined && size !== batch) {
        throw new SizeError(`the batch is ${batch}, but '${dim}', which is the batch, is ${size}: give one of them`);
      }
    }
  }
}

function checkSize(what: string, size: number): void {
  if (!Number.isSafeInteger(size) || size < 1)
    throw new SizeError(`${what} must be a whole number from 1, not ${size}`);
}

/** What an open size is called; undefined for a fixed one. */
function dimensionName(input: string, dim: Dim, axis: number): string | undefined {
  if (typeof dim === 'string') return dim;
  return open(dim) === null ? `${input}[${axis}]` : undefined;
}

/** Inputs whose first size is the batch although the file fixes it: images and volumes; where there are none, anything of rank 2 and more. */
function batchedInputs(inputs: readonly ValueInfo[]): ReadonlySet<string> {
  const rank = ({ shape }: ValueInfo): number => shape?.length ?? 0;
  const images = inputs.filter((input) => rank(input) === 4 || rank(input) === 5);
  const chosen = images.length > 0 ? images : inputs.filter((input) => rank(input) >= 2);
  return new Set(chosen.map(({ name }) => name));
}
