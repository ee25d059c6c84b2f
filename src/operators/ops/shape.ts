import { attrInt } from '../../graph/attributes';
import { elementCount, isStatic } from '../../graph/graph';
import { zeroVjp } from '../gradientTools';
import { shapeOf } from '../nodeArguments';
import type { Operator } from '../operator';
import { product, tensorInfo } from '../shapes';
import { free } from '../workRules';

/** From opset 15 a slice of the shape, its bounds clamped to the rank. */
const shape: Operator = {
  types: ['Shape'],
  inferShape(context) {
    const from = shapeOf(context, 0);
    if (!from) return [tensorInfo('int64', [null])];
    const rank = from.length;
    const clamp = (axis: number): number => Math.min(Math.max(axis < 0 ? axis + rank : axis, 0), rank);
    const dims = from.slice(clamp(attrInt(context.node, 'start', 0)), clamp(attrInt(context.node, 'end', rank)));
    return [tensorInfo('int64', [dims.length], isStatic(dims) ? dims : undefined)];
  },
  work: free('reads a shape'),
  vjp: zeroVjp,
};

const size: Operator = {
  types: ['Size'],
  inferShape(context) {
    const from = shapeOf(context, 0);
    const count = from && elementCount([product(from)]);
    return [tensorInfo('int64', [], count === undefined ? undefined : [count])];
  },
  work: free('reads a shape'),
  vjp: zeroVjp,
};

export const shapeQueries: readonly Operator[] = [shape, size];
