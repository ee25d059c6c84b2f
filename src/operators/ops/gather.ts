import { attrInt } from '../../graph/attributes';
import { elementCount, isStatic } from '../../graph/graph';
import { pickValues } from '../constantValues';
import { selectionAdjoint } from '../gatherGradients';
import { reshape, zeroVjp } from '../gradientTools';
import type { Operator } from '../operator';
import { contiguousFrom, normalizeAxis, tensorInfo, withDim } from '../shapes';
import { movement } from '../workRules';

export const gather: Operator = {
  types: ['Gather'],
  inferShape({ inputs, node }) {
    const [x = {}, indices] = inputs;
    if (!x.shape || !indices?.shape) return [tensorInfo(x.type, undefined)];
    const axis = normalizeAxis(attrInt(node, 'axis', 0), x.shape.length);
    const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)];
    const chosen = indices.values;
    const size = x.shape[axis];
    if (!chosen || typeof size !== 'number' || !isStatic(x.shape)) return [tensorInfo(x.type, shape)];
    const outside = chosen.find((index) => index < -size || index >= size);
    if (outside !== undefined) throw new Error(`index ${outside} is outside an axis of ${size} elements`);
    const positions = chosen.map((index) => (index < 0 ? index + size : index));
    const counts = withDim(x.shape, axis, positions.length);
    return [
      tensorInfo(
        x.type,
        shape,
        pickValues(x, counts, (at, index) => (at === axis ? (positions[index] ?? 0) : index)),
      ),
    ];
  },
  work({ inputs, node }) {
    const shape = inputs[0]?.shape;
    if (!shape) return undefined;
    return movement(contiguousFrom(shape, normalizeAxis(attrInt(node, 'axis', 0), shape.length) + 1));
  },
  vjp(context) {
    const { node, build } = context;
    const [g] = context.cotangents;
    const [x = '', indices = ''] = node.inputs;
    if (g === undefined || !context.wants(0)) return zeroVjp(context);
    const shape = context.shape(x);
    const axis = normalizeAxis(attrInt(node, 'axis', 0), shape.length);
    const adjoint = selectionAdjoint(build, g, {
      type: context.type(x),
      outer: elementCount(shape.slice(0, axis)) ?? 0,
      size: shape[axis] ?? 0,
      inner: elementCount(shape.slice(axis + 1)) ?? 0,
      count: elementCount(context.shape(indices)) ?? 0,
      indices: context.values(indices) ?? indices,
    });
    return [reshape(build, adjoint, shape), undefined];
  },
};
