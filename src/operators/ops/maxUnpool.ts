import type { Shape } from '../../graph/graph';
import type { Cotangents, VjpContext } from '../gradientContext';
import { int, reshape } from '../gradientTools';
import { shapeOf, typeOf } from '../nodeArguments';
import type { NodeContext, Operator } from '../operator';
import { tensorInfo } from '../shapes';
import { windowAttributes } from '../window';
import { movement } from '../workRules';

/** [N, C, sizes…]: what the pool had before, (size − 1)·stride + kernel less the pads, or the size that is given. */
function inferredShape(context: NodeContext): Shape | undefined {
  const given = context.inputs[2];
  if (given) return given.values;
  const x = shapeOf(context, 0);
  if (!x) return undefined;
  const [batch = null, channels = null, ...sizes] = x;
  const { kernel, strides, pads } = windowAttributes(context.node);
  const unpooled = sizes.map((size, axis) => {
    if (typeof size !== 'number') return null;
    const cropped = (pads[axis] ?? 0) + (pads[axis + kernel.length] ?? 0);
    return (size - 1) * (strides[axis] ?? 1) + (kernel[axis] ?? 1) - cropped;
  });
  return [batch, channels, ...unpooled];
}

/** Takes every element's cotangent from where it was put. A given output size would renumber the places. */
function vjp(context: VjpContext): Cotangents {
  const { node, build } = context;
  const [, places = '', size = ''] = node.inputs;
  const [g] = context.cotangents;
  if (!g || !context.wants(0)) return [];
  if (size !== '') throw new Error('a given output size has no gradient rule');
  return [build.add('Gather', [reshape(build, g, [-1]), places], { axis: int(0) })];
}

/** Puts every element where its maximum was found; zeros elsewhere. */
export const maxUnpool: Operator = {
  types: ['MaxUnpool'],
  inferShape: (context) => [tensorInfo(typeOf(context, 0), inferredShape(context))],
  work: () => movement(1),
  vjp,
};
