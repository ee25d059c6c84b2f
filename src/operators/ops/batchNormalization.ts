import { attrFloat, attrInt } from '../../graph/attributes';
import type { Node, TensorInfo } from '../../graph/graph';
import type { Cotangents, VjpContext } from '../gradientContext';
import { maths, reduceSum, reshape } from '../gradientTools';
import { normalizationCotangents } from '../normalization';
import { COST } from '../operationCosts';
import type { Operator } from '../operator';
import { range, tensorInfo } from '../shapes';
import { perInput } from '../workRules';

/** Whether the batch's own statistics are used: an attribute from opset 14 on; before, that is what more than one output means. */
function isTraining(node: Node, opset: number): boolean {
  if (opset >= 14) return attrInt(node, 'training_mode', 0) !== 0;
  return node.outputs.slice(1).some((output) => output !== '');
}

/** y = (x − mean)·scale/√(variance + ε) + bias with stored statistics: x̄ = ȳ·scale/√(variance + ε). */
function vjp(context: VjpContext): Cotangents {
  const { node, build, opset } = context;
  const [x = '', scale = '', bias = '', mean = '', variance = ''] = node.inputs;
  const [g] = context.cotangents;
  if (!g) return [];
  if (attrInt(node, 'spatial', 1) === 0) throw new Error('the gradient with spatial = 0 is not implemented');
  const type = context.type(x);
  const m = maths(build, type);
  const shape = context.shape(x);
  const epsilon = attrFloat(node, 'epsilon', 1e-5);
  const others = range(shape.length).filter((axis) => axis !== 1);
  const perChannel = (name: string): string =>
    reshape(build, name, [context.shape(bias)[0] ?? 1, ...others.slice(1).map(() => 1)]);
  if (isTraining(node, opset)) {
    const normalization = { x, type, axes: others, epsilon, centred: true };
    const cotangents = normalizationCotangents(build, normalization, g, perChannel(scale));
    return [
      context.wants(0) ? cotangents.x : undefined,
      context.wants(1) ? reduceSum(build, cotangents.scale, others, false) : undefined,
      context.wants(2) ? reduceSum(build, g, others, false) : undefined,
    ];
  }
  const inverse = (): string => m.div(1, m.of('Sqrt', m.add(variance, epsilon)));
  const normalized = (): string => m.mul(m.sub(x, perChannel(mean)), perChannel(inverse()));
  return [
    context.wants(0) ? m.mul(g, perChannel(m.div(scale, m.of('Sqrt', m.add(variance, epsilon))))) : undefined,
    context.wants(1) ? reduceSum(build, m.mul(g, normalized()), others, false) : undefined,
    context.wants(2) ? reduceSum(build, g, others, false) : undefined,
  ];
}

export const batchNormalization: Operator = {
  types: ['BatchNormalization'],
  inferShape({ node, inputs: [x, scale] }) {
    const channels = x?.shape?.[1];
    const given = scale?.shape?.[0];
    const isSpatial = attrInt(node, 'spatial', 1) !== 0;
    if (isSpatial && typeof channels === 'number' && typeof given === 'number' && channels !== given) {
      throw new Error(`it has ${given} scales for an input of ${channels} channels`);
    }
    const statistics: TensorInfo = tensorInfo(scale?.type, scale?.shape);
    return [tensorInfo(x?.type, x?.shape), ...node.outputs.slice(1).map(() => statistics)];
  },
  /** With stored statistics a multiplication and an addition per element: scale and shift are folded beforehand. */
  work: perInput(2 * COST.simple),
  vjp,
};
