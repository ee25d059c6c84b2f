import { attrInts } from '../../graph/attributes';
import type { Node } from '../../graph/graph';
import { elementCount, isStatic } from '../../graph/graph';
import { MAX_VALUES } from '../constantValues';
import { inversePermutation, transpose as transposeNode, zeroVjp } from '../gradientTools';
import type { Operator } from '../operator';
import { contiguousFrom, offsetsAt, range, strides, tensorInfo } from '../shapes';
import { movement } from '../workRules';

const permutation = (node: Node, rank: number): readonly number[] =>
  attrInts(node, 'perm', undefined) ?? range(rank).toReversed();

export const transpose: Operator = {
  types: ['Transpose'],
  inferShape({ inputs, node }) {
    const { type, shape, values } = inputs[0] ?? {};
    if (!shape) return [tensorInfo(type, undefined)];
    const perm = permutation(node, shape.length);
    if (perm.length !== shape.length) throw new Error(`perm [${perm}] does not fit a tensor of rank ${shape.length}`);
    const permuted = perm.map((axis) => shape[axis] ?? null);
    if (!values || !isStatic(shape) || (elementCount(shape) ?? 0) > MAX_VALUES) return [tensorInfo(type, permuted)];
    const steps = strides(shape);
    const offsets = offsetsAt(
      perm.map((axis) => range(shape[axis] ?? 0)),
      perm.map((axis) => steps[axis] ?? 0),
    );
    return [
      tensorInfo(
        type,
        permuted,
        offsets.map((offset) => values[offset] ?? 0),
      ),
    ];
  },
  /** Axes that stay last are moved together. Where only axes of size 1 change places nothing moves. */
  work({ inputs, node }) {
    const shape = inputs[0]?.shape;
    if (!isStatic(shape)) return undefined;
    const perm = permutation(node, shape.length);
    const long = perm.filter((axis) => shape[axis] !== 1);
    if (long.every((axis, index) => index === 0 || axis > (long[index - 1] ?? -1))) {
      return { kind: 'free', reason: 'only axes of size 1 change places' };
    }
    let kept = shape.length;
    while (kept > 0 && perm[kept - 1] === kept - 1) kept -= 1;
    return movement(contiguousFrom(shape, kept));
  },
  vjp(context) {
    const [g] = context.cotangents;
    const [x = ''] = context.node.inputs;
    if (g === undefined || !context.wants(0)) return zeroVjp(context);
    const perm = permutation(context.node, context.shape(x).length);
    return [transposeNode(context.build, g, inversePermutation(perm))];
  },
};
