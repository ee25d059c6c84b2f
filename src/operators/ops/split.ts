import { attrInt } from '../../graph/attributes';
import type { Dim } from '../../graph/graph';
import { pickValues } from '../constantValues';
import { concat, zeros, zeroVjp } from '../gradientTools';
import { listOf } from '../nodeArguments';
import type { NodeContext, Operator } from '../operator';
import { normalizeAxis, range, tensorInfo, withDim } from '../shapes';
import { movementFrom } from '../workRules';

/** Sizes are an input from opset 13; without them the axis is cut evenly, the last part smaller (opset 18, num_outputs). */
function sizes(context: NodeContext, size: Dim): readonly Dim[] {
  const count = context.node.outputs.length;
  const open = context.node.outputs.map(() => null);
  const given = listOf(context, 'split', 1);
  if (given === 'unknown') return open;
  if (given !== 'absent') {
    const total = given.reduce((a, b) => a + b, 0);
    if (given.length !== count) throw new Error(`it has ${count} outputs but sizes [${given}]`);
    if (typeof size === 'number' && total !== size) throw new Error(`its sizes [${given}] do not add up to ${size}`);
    return given;
  }
  if (typeof size !== 'number') return open;
  const part = Math.ceil(size / count);
  if (size % count !== 0 && !context.node.attributes.has('num_outputs')) {
    throw new Error(`${size} does not divide into ${count} equal parts`);
  }
  return range(count).map((index) => Math.max(0, Math.min(part, size - index * part)));
}

export const split: Operator = {
  types: ['Split'],
  inferShape(context) {
    const [x = {}] = context.inputs;
    const { type, shape } = x;
    if (!shape) return context.node.outputs.map(() => tensorInfo(type, undefined));
    const axis = normalizeAxis(attrInt(context.node, 'axis', 0), shape.length);
    let start = 0;
    return sizes(context, shape[axis] ?? null).map((size) => {
      const part = withDim(shape, axis, size);
      const from = start;
      start += Number(size);
      return tensorInfo(
        type,
        part,
        pickValues(x, part, (at, index) => (at === axis ? from + index : index)),
      );
    });
  },
  work: movementFrom(({ node, outputs }) => normalizeAxis(attrInt(node, 'axis', 0), outputs[0]?.shape?.length ?? 0)),
  vjp(context) {
    const { node, build } = context;
    const [x = ''] = node.inputs;
    if (!context.wants(0) || context.cotangents.every((g) => g === undefined)) return zeroVjp(context);
    const axis = normalizeAxis(attrInt(node, 'axis', 0), context.shape(x).length);
    const parts = node.outputs.map(
      (name, index) => context.cotangents[index] ?? zeros(build, context.type(x), context.shape(name)),
    );
    return node.inputs.map((_, index) => (index === 0 ? concat(build, parts, axis) : undefined));
  },
};
