import { attrFloat } from '../../graph/attributes';
import type { Node } from '../../graph/graph';
import type { Point } from '../elementwise';
import { elementwise } from '../elementwise';
import { COST } from '../operationCosts';
import type { Operator } from '../operator';

const alphaOf = (node: Node, fallback: number): number => attrFloat(node, 'alpha', fallback);

/** min(y, 0) in operators that broadcast in every opset. */
const negativePart = ({ m, y }: Point): string => m.sub(y, m.of('Relu', y));

/** `positive` where y > 0, else `negative`. */
const bySign = ({ m, y }: Point, positive: number, negative: number): string =>
  m.add(m.mul(m.greater(y, 0), positive - negative), negative);

const relu = elementwise({
  types: ['Relu'],
  cost: COST.simple,
  evaluate: (x) => Math.max(x, 0),
  derivative: ({ m, y }) => m.greater(y, 0),
});

/** y has the sign of x while alpha is positive; otherwise x decides. */
const leakyRelu = elementwise({
  types: ['LeakyRelu'],
  cost: COST.leaky,
  derivative: (at) => {
    const alpha = alphaOf(at.node, 0.01);
    return bySign(alpha > 0 ? at : { ...at, y: at.x }, 1, alpha);
  },
});

/** x where x > α, else 0: y exceeds α where x does, unless α is negative. */
const thresholdedRelu = elementwise({
  types: ['ThresholdedRelu'],
  cost: COST.simple,
  derivative: ({ m, x, y, node }) => {
    const alpha = alphaOf(node, 1);
    return m.greater(alpha < 0 ? x : y, alpha);
  },
});

/** f′ = 1 above zero, α·eˣ = y + α below. */
const elu = elementwise({
  types: ['Elu'],
  cost: COST.elu,
  derivative: (at) => {
    const alpha = alphaOf(at.node, 1);
    return at.m.add(bySign(at, 1, alpha), negativePart(at));
  },
});

/** f′ = γ above zero, γα·eˣ = y + γα below (defaults: the ONNX specification). */
const selu = elementwise({
  types: ['Selu'],
  cost: COST.elu,
  derivative: (at) => {
    const gamma = attrFloat(at.node, 'gamma', 1.0507009873554805);
    return at.m.add(bySign(at, gamma, gamma * alphaOf(at.node, 1.6732632423543772)), negativePart(at));
  },
});

/** f′ = 1 above zero, e^(x/α) = y/α + 1 below. */
const celu = elementwise({
  types: ['Celu'],
  cost: COST.elu,
  derivative: (at) => at.m.add(at.m.div(negativePart(at), alphaOf(at.node, 1)), 1),
});

const hardSigmoid = elementwise({
  types: ['HardSigmoid'],
  cost: COST.hardSigmoid,
  derivative: ({ m, y, node }) => m.mul(m.mul(m.greater(y, 0), m.less(y, 1)), alphaOf(node, 0.2)),
});

/** y = x·h(x), h = HardSigmoid with α = 1/6, β = 1/2: f′ = h + x/6 between −3 and 3. */
const hardSwish = elementwise({
  types: ['HardSwish'],
  cost: COST.hardSwish,
  derivative: ({ m, x }) => {
    const inside = m.mul(m.greater(x, -3), m.less(x, 3));
    const ramp = m.mul(inside, m.add(m.div(x, 3), 0.5));
    return m.add(ramp, m.sub(1, m.less(x, 3)));
  },
});

const shrink = elementwise({
  types: ['Shrink'],
  cost: COST.clip,
  derivative: ({ m, x, node }) => {
    const lambda = attrFloat(node, 'lambd', 0.5);
    return m.add(m.greater(x, lambda), m.less(x, -lambda));
  },
});

export const rectifiers: readonly Operator[] = [
  relu,
  leakyRelu,
  thresholdedRelu,
  elu,
  selu,
  celu,
  hardSigmoid,
  hardSwish,
  shrink,
];
