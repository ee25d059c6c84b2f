import { broadcastShape, broadcastVjp } from '../broadcasting';
import type { Maths } from '../gradientTools';
import type { CostContext, Operator } from '../operator';
import type { Work } from '../work';
import { perOutput } from '../workRules';

/** One operation per element and input beyond the first. */
const work = (context: CostContext): Work | undefined =>
  perOutput(Math.max(1, context.node.inputs.length - 1))(context);

/** The gradient goes to the inputs that equal the result, in equal shares where several do. */
function extremum(type: 'Max' | 'Min', evaluate: (...elements: number[]) => number): Operator {
  const isExtreme = (m: Maths, x: string, y: string): string =>
    m.sub(1, type === 'Max' ? m.less(x, y) : m.greater(x, y));
  return {
    types: [type],
    inferShape: (context) => broadcastShape(context, evaluate),
    work,
    vjp: broadcastVjp((index) => (m, g, operands, y) => {
      if (operands.length === 1) return g;
      const masks = operands.map((x) => isExtreme(m, x, y));
      return m.mul(g, m.div(masks[index] ?? 0, m.of('Sum', ...masks)));
    }),
  };
}

const sum: Operator = {
  types: ['Sum'],
  inferShape: (context) => broadcastShape(context, (...terms) => terms.reduce((a, b) => a + b, 0)),
  work,
  vjp: broadcastVjp(() => (_m, g) => g),
};

const mean: Operator = {
  types: ['Mean'],
  inferShape: (context) => broadcastShape(context, (...terms) => terms.reduce((a, b) => a + b, 0) / terms.length),
  work,
  vjp: broadcastVjp(() => (m, g, operands) => m.div(g, operands.length)),
};

export const variadic: readonly Operator[] = [extremum('Max', Math.max), extremum('Min', Math.min), sum, mean];
