import { attrFloat, attrInt } from '../../graph/attributes';
import type { Cotangents, VjpContext } from '../gradientContext';
import { reduceSum, reshape } from '../gradientTools';
import { normalizationCotangents, normalizationWork } from '../normalization';
import type { Operator } from '../operator';
import { tensorInfo } from '../shapes';

/**
 * Groups of channels are normalised together: x as [N, G, C/G, pixels] over the last two axes. Scale and bias are one per
 * group in opset 18, one per channel from 21 on.
 */
function vjp(context: VjpContext): Cotangents {
  const { node, build } = context;
  const [x = '', scale = ''] = node.inputs;
  const [g] = context.cotangents;
  if (!g) return [];
  const shape = context.shape(x);
  const [N = 1, C = 1] = shape;
  const groups = attrInt(node, 'num_groups', 1);
  const [count = 1] = context.shape(scale);
  const isPerChannel = context.opset >= 21;
  const grouped = (tensor: string): string => reshape(build, tensor, [N, groups, C / groups, -1]);
  const cotangent = grouped(g);
  const normalization = {
    x: grouped(x),
    type: context.type(x),
    axes: [2, 3],
    epsilon: attrFloat(node, 'epsilon', 1e-5),
    centred: true,
  };
  const perGroup = reshape(build, scale, isPerChannel ? [groups, C / groups, 1] : [groups, 1, 1]);
  const cotangents = normalizationCotangents(build, normalization, cotangent, perGroup);
  const summed = (tensor: string): string =>
    reshape(build, reduceSum(build, tensor, isPerChannel ? [0, 3] : [0, 2, 3], false), [count]);
  return [
    context.wants(0) ? reshape(build, cotangents.x, shape) : undefined,
    context.wants(1) ? summed(cotangents.scale) : undefined,
    context.wants(2) ? summed(cotangent) : undefined,
  ];
}

export const groupNormalization: Operator = {
  types: ['GroupNormalization'],
  inferShape({ node, inputs: [x] }) {
    const channels = x?.shape?.[1];
    const groups = attrInt(node, 'num_groups', 1);
    if (typeof channels === 'number' && channels % groups !== 0) {
      throw new Error(`its ${channels} channels do not divide into ${groups} groups`);
    }
    return [tensorInfo(x?.type, x?.shape)];
  },
  work: normalizationWork,
  vjp,
};
