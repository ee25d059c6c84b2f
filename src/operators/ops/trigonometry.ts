import type { ElementwiseRule, Point } from '../elementwise';
import { elementwise } from '../elementwise';
import type { Operand } from '../gradientTools';
import { COST } from '../operationCosts';
import type { Operator } from '../operator';

const of = (
  type: string,
  cost: number,
  evaluate: NonNullable<ElementwiseRule['evaluate']>,
  derivative: (point: Point) => Operand,
): Operator => elementwise({ types: [type], cost, evaluate, derivative });

const square = ({ m, x }: Point): string => m.mul(x, x);

export const trigonometry: readonly Operator[] = [
  of('Sin', COST.special, Math.sin, ({ m, x }) => m.of('Cos', x)),
  of('Cos', COST.special, Math.cos, ({ m, x }) => m.of('Neg', m.of('Sin', x))),
  of('Tan', COST.tan, Math.tan, ({ m, y }) => m.add(m.mul(y, y), 1)),
  of('Asin', COST.inverseTrigonometric, Math.asin, (at) => at.m.pow(at.m.sub(1, square(at)), -0.5)),
  of('Acos', COST.inverseTrigonometric, Math.acos, (at) => at.m.of('Neg', at.m.pow(at.m.sub(1, square(at)), -0.5))),
  of('Atan', COST.inverseTrigonometric, Math.atan, (at) => at.m.div(1, at.m.add(square(at), 1))),
  of('Sinh', COST.hyperbolic, Math.sinh, ({ m, x }) => m.of('Cosh', x)),
  of('Cosh', COST.hyperbolic, Math.cosh, ({ m, x }) => m.of('Sinh', x)),
  of('Asinh', COST.inverseHyperbolic, Math.asinh, (at) => at.m.pow(at.m.add(square(at), 1), -0.5)),
  of('Acosh', COST.inverseHyperbolic, Math.acosh, (at) => at.m.pow(at.m.sub(square(at), 1), -0.5)),
  of('Atanh', COST.inverseHyperbolic, Math.atanh, (at) => at.m.div(1, at.m.sub(1, square(at)))),
];
