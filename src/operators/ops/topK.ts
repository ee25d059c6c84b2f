import { attrInt } from '../../graph/attributes';
import { elementCount } from '../../graph/graph';
import { int, zeros, zeroVjp } from '../gradientTools';
import { shapeOf, typeOf, valuesOf } from '../nodeArguments';
import type { Operator } from '../operator';
import { normalizeAxis, tensorInfo, withDim } from '../shapes';

/** k is an attribute before opset 10. */
export const topK: Operator = {
  types: ['TopK'],
  inferShape(context) {
    const { node } = context;
    const shape = shapeOf(context, 0);
    const k = attrInt(node, 'k', undefined) ?? valuesOf(context, 1)?.[0] ?? null;
    const top = shape && withDim(shape, normalizeAxis(attrInt(node, 'axis', -1), shape.length), k);
    return [tensorInfo(typeOf(context, 0), top), tensorInfo('int64', top)].slice(0, node.outputs.length);
  },
  /** A heap of k elements: n·log₂ k comparisons. */
  work({ inputs, outputs, node }) {
    const count = elementCount(inputs[0]?.shape);
    const shape = outputs[0]?.shape;
    const k = shape?.[normalizeAxis(attrInt(node, 'axis', -1), shape.length)];
    if (count === undefined || typeof k !== 'number') return undefined;
    return { kind: 'vector', operations: count * Math.ceil(Math.log2(Math.max(2, k))), passes: 1 };
  },
  vjp(context) {
    const { node, build } = context;
    const [g] = context.cotangents;
    const [x = ''] = node.inputs;
    const [, indices = ''] = node.outputs;
    if (g === undefined || !context.wants(0)) return zeroVjp(context);
    const empty = zeros(build, context.type(x), context.shape(x));
    const axis = int(normalizeAxis(attrInt(node, 'axis', -1), context.shape(x).length));
    const placed = build.add(build.opset >= 11 ? 'ScatterElements' : 'Scatter', [empty, indices, g], { axis });
    return node.inputs.map((_, index) => (index === 0 ? placed : undefined));
  },
};
