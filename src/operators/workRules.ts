import { elementCount } from '../graph/graph';
import type { CostContext } from './operator';
import { contiguousFrom } from './shapes';
import type { Work } from './work';

/** `cost` operations per element of the first output; the inputs are read `passes` times. */
export const perOutput =
  (cost: number, passes = 1) =>
  (context: CostContext): Work | undefined => {
    const count = elementCount(context.outputs[0]?.shape);
    return count === undefined ? undefined : { kind: 'vector', operations: count * cost, passes };
  };

/** `cost` operations per element of the first input, read `passes` times. */
export const perInput =
  (cost: number, passes = 1) =>
  (context: CostContext): Work | undefined => {
    const count = elementCount(context.inputs[0]?.shape);
    return count === undefined ? undefined : { kind: 'vector', operations: count * cost, passes };
  };

export const free = (reason: string) => (): Work => ({ kind: 'free', reason });

/** Bytes are moved in runs of `burst` elements. */
export const movement = (burst: number | undefined): Work | undefined =>
  burst === undefined ? undefined : { kind: 'movement', burst: Math.max(1, burst) };

/** Bytes are moved in runs that reach from an axis to the end of the first output. */
export const movementFrom =
  (axis: (context: CostContext) => number) =>
  (context: CostContext): Work | undefined =>
    movement(contiguousFrom(context.outputs[0]?.shape, axis(context)));
