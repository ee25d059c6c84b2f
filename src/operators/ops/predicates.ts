import { attrInt } from '../../graph/attributes';
import { elementwise } from '../elementwise';
import { COST } from '../operationCosts';
import type { Operator } from '../operator';

const bool = { cost: COST.simple, outputType: 'bool', derivative: 0 } as const;

export const predicates: readonly Operator[] = [
  elementwise({ ...bool, types: ['Not'], evaluate: (x) => (x === 0 ? 1 : 0) }),
  elementwise({ ...bool, types: ['IsNaN'], evaluate: (x) => (Number.isNaN(x) ? 1 : 0) }),
  elementwise({
    ...bool,
    types: ['IsInf'],
    evaluate: (x, node) =>
      (x === Infinity && attrInt(node, 'detect_positive', 1) !== 0) ||
      (x === -Infinity && attrInt(node, 'detect_negative', 1) !== 0)
        ? 1
        : 0,
  }),
  elementwise({ types: ['BitwiseNot'], cost: COST.simple, evaluate: (x) => -x - 1, derivative: 0 }),
];
