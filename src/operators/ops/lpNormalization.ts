import { attrInt } from '../../graph/attributes';
import type { Cotangents, VjpContext } from '../gradientContext';
import { maths, reduce } from '../gradientTools';
import { COST } from '../operationCosts';
import type { Operator } from '../operator';
import { normalizeAxis, tensorInfo } from '../shapes';
import { perInput } from '../workRules';

/** y = x/‖x‖: x̄ = (ȳ − d·Σ ȳ·y)/‖x‖ with d the norm's derivative: y for the Euclidean norm, the sign of x for the sum of magnitudes. */
function vjp(context: VjpContext): Cotangents {
  const { node, build } = context;
  const [x = ''] = node.inputs;
  const [y = ''] = node.outputs;
  const [g] = context.cotangents;
  if (!g || !context.wants(0)) return [];
  const m = maths(build, context.type(x));
  const axes = [normalizeAxis(attrInt(node, 'axis', -1), context.shape(x).length)];
  const isEuclidean = attrInt(node, 'p', 2) === 2;
  const norm = reduce(build, isEuclidean ? 'L2' : 'L1', x, axes);
  const derivative = isEuclidean ? y : m.sub(m.greater(x, 0), m.less(x, 0));
  const inner = reduce(build, 'Sum', m.mul(g, y), axes);
  return [m.div(m.sub(g, m.mul(derivative, inner)), norm)];
}

export const lpNormalization: Operator = {
  types: ['LpNormalization'],
  inferShape: ({ inputs: [x] }) => [tensorInfo(x?.type, x?.shape)],
  /** Square and sum, then multiply by the reciprocal. */
  work: perInput(3 * COST.simple, 2),
  vjp,
};
