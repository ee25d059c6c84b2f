import { attrString } from '../../graph/attributes';
import type { Node } from '../../graph/graph';
import type { Cotangents, VjpContext } from '../gradientContext';
import type { Maths } from '../gradientTools';
import { maths, unbroadcast, zeroVjp } from '../gradientTools';
import { hasInput } from '../nodeArguments';
import { COST } from '../operationCosts';
import type { Operator } from '../operator';
import { tensorInfo } from '../shapes';
import { perOutput } from '../workRules';

/** Φ(x) + x·φ(x) (Hendrycks and Gimpel, arXiv:1606.08415). */
function exactSlope(m: Maths, x: string): string {
  const cumulative = m.mul(m.add(m.of('Erf', m.mul(x, Math.SQRT1_2)), 1), 0.5);
  const density = m.mul(m.of('Exp', m.mul(m.mul(x, x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
  return m.add(cumulative, m.mul(x, density));
}

/** Of x/2·(1 + t), t = tanh(u), u = √(2/π)·(x + 0.044715 x³): (1 + t)/2 + x/2·(1 − t²)·u′. */
function tanhSlope(m: Maths, x: string): string {
  const scale = Math.sqrt(2 / Math.PI);
  const square = m.mul(x, x);
  const t = m.of('Tanh', m.mul(m.mul(x, m.add(m.mul(square, 0.044715), 1)), scale));
  const inner = m.mul(m.add(m.mul(square, 3 * 0.044715), 1), scale);
  const bent = m.mul(m.mul(x, m.sub(1, m.mul(t, t))), inner);
  return m.mul(m.add(m.add(t, 1), bent), 0.5);
}

const isTanh = (node: Node): boolean =>
  node.operator === 'FastGelu' || attrString(node, 'approximate', 'none') === 'tanh';

/** BiasGelu and FastGelu add an optional bias to x first. */
function vjp(context: VjpContext): Cotangents {
  const { node, build } = context;
  const [g] = context.cotangents;
  const [x = '', bias = ''] = node.inputs;
  if (g === undefined) return zeroVjp(context);
  const m = maths(build, context.type(x));
  const sum = hasInput(node, 1) ? m.add(x, bias) : x;
  const inner = m.mul(g, isTanh(node) ? tanhSlope(m, sum) : exactSlope(m, sum));
  return node.inputs.map((name, index) =>
    name !== '' && context.wants(index) ? unbroadcast(build, inner, context.shape(x), context.shape(name)) : undefined,
  );
}

const gelu = (types: readonly string[], cost: number): Operator => ({
  types,
  inferShape: ({ inputs }) => [tensorInfo(inputs[0]?.type, inputs[0]?.shape)],
  work: perOutput(cost),
  vjp,
});

export const gelus: readonly Operator[] = [
  gelu(['Gelu', 'com.microsoft:Gelu', 'com.microsoft:BiasGelu'], COST.gelu),
  gelu(['com.microsoft:FastGelu'], COST.geluTanh),
];
