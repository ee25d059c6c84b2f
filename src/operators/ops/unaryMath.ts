import { roundHalfToEven } from '../constantValues';
import { elementwise } from '../elementwise';
import { COST } from '../operationCosts';
import type { Operator } from '../operator';

const step = (type: string, evaluate: (x: number) => number): Operator =>
  elementwise({ types: [type], cost: COST.simple, evaluate, derivative: 0 });

export const unaryMath: readonly Operator[] = [
  elementwise({ types: ['Exp'], cost: COST.exp, evaluate: Math.exp, derivative: ({ y }) => y }),
  elementwise({ types: ['Log'], cost: COST.log, evaluate: Math.log, derivative: ({ m, x }) => m.of('Reciprocal', x) }),
  elementwise({ types: ['Sqrt'], cost: COST.sqrt, evaluate: Math.sqrt, derivative: ({ m, y }) => m.div(0.5, y) }),
  elementwise({
    types: ['Reciprocal'],
    cost: COST.special,
    evaluate: (x) => 1 / x,
    derivative: ({ m, y }) => m.of('Neg', m.mul(y, y)),
  }),
  elementwise({ types: ['Neg'], cost: COST.simple, evaluate: (x) => -x, derivative: () => -1 }),
  elementwise({
    types: ['Abs'],
    cost: COST.simple,
    evaluate: Math.abs,
    derivative: ({ m, x }) => m.sub(m.greater(x, 0), m.less(x, 0)),
  }),
  step('Floor', Math.floor),
  step('Ceil', Math.ceil),
  step('Round', roundHalfToEven),
  step('Sign', Math.sign),
];
