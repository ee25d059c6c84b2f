import { attrFloat } from '../../graph/attributes';
import type { Cotangents, VjpContext } from '../gradientContext';
import { reduceSum, reshape } from '../gradientTools';
import { normalizationCotangents, normalizationWork } from '../normalization';
import type { Operator } from '../operator';
import { range, tensorInfo } from '../shapes';

function vjp(context: VjpContext): Cotangents {
  const { node, build } = context;
  const [x = '', scale = ''] = node.inputs;
  const [g] = context.cotangents;
  if (!g) return [];
  const shape = context.shape(x);
  const axes = range(shape.length).slice(2);
  const others = [0, ...axes];
  const perChannel = reshape(build, scale, [shape[1] ?? 1, ...axes.map(() => 1)]);
  const normalization = { x, type: context.type(x), axes, epsilon: attrFloat(node, 'epsilon', 1e-5), centred: true };
  const cotangents = normalizationCotangents(build, normalization, g, perChannel);
  return [
    context.wants(0) ? cotangents.x : undefined,
    context.wants(1) ? reduceSum(build, cotangents.scale, others, false) : undefined,
    context.wants(2) ? reduceSum(build, g, others, false) : undefined,
  ];
}

/** Every channel of every sample is normalised over its spatial axes. */
export const instanceNormalization: Operator = {
  types: ['InstanceNormalization'],
  inferShape: ({ inputs: [x] }) => [tensorInfo(x?.type, x?.shape)],
  work: normalizationWork,
  vjp,
};
