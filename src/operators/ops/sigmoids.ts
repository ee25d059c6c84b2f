import { attrFloat } from '../../graph/attributes';
import type { Point } from '../elementwise';
import { elementwise } from '../elementwise';
import { COST } from '../operationCosts';
import type { Operator } from '../operator';

const sigmoid = elementwise({
  types: ['Sigmoid'],
  cost: COST.sigmoid,
  derivative: ({ m, y }) => m.mul(y, m.sub(1, y)),
});

const tanh = elementwise({
  types: ['Tanh'],
  cost: COST.tanh,
  derivative: ({ m, y }) => m.sub(1, m.mul(y, y)),
});

/** y = ln(1 + eˣ): f′ = σ(x) = 1 − e⁻ʸ. */
const softplus = elementwise({
  types: ['Softplus'],
  cost: COST.softplus,
  derivative: ({ m, y }) => m.sub(1, m.of('Exp', m.of('Neg', y))),
});

/** y = x/(1 + |x|), f′ = 1/(1 + |x|)² = (1 − |y|)². */
const softsign = elementwise({
  types: ['Softsign'],
  cost: COST.softsign,
  derivative: ({ m, y }) => {
    const rest = m.sub(1, m.of('Abs', y));
    return m.mul(rest, rest);
  },
});

/** y = x·t, t = tanh(softplus(x)): f′ = t + x·σ(x)·(1 − t²). */
const mish = elementwise({
  types: ['Mish'],
  cost: COST.mish,
  derivative: ({ m, x }) => {
    const t = m.of('Tanh', m.of('Softplus', x));
    return m.add(t, m.mul(m.mul(x, m.of('Sigmoid', x)), m.sub(1, m.mul(t, t))));
  },
});

/** y = x·σ(αx): f′ = s + α·y·(1 − s). QuickGelu is Swish with another default. */
const swish = (types: readonly string[], alphaDefault: number): Operator =>
  elementwise({
    types,
    cost: COST.swish,
    derivative: ({ m, x, y, node }: Point) => {
      const alpha = attrFloat(node, 'alpha', alphaDefault);
      const s = m.of('Sigmoid', alpha === 1 ? x : m.mul(x, alpha));
      const slope = m.mul(y, m.sub(1, s));
      return m.add(s, alpha === 1 ? slope : m.mul(slope, alpha));
    },
  });

/** f′ = 2/√π·e^(−x²). */
const erf = elementwise({
  types: ['Erf'],
  cost: COST.erf,
  derivative: ({ m, x }) => m.mul(m.of('Exp', m.of('Neg', m.mul(x, x))), 2 / Math.sqrt(Math.PI)),
});

export const sigmoids: readonly Operator[] = [
  sigmoid,
  tanh,
  softplus,
  softsign,
  mish,
  swish(['Swish'], 1),
  swish(['com.microsoft:QuickGelu'], 1.702),
  erf,
];
