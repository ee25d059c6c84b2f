import { attrString } from '../../graph/attributes';
import type { DataType } from '../../graph/graph';
import { broadcastShape } from '../broadcasting';
import { zeroVjp } from '../gradientTools';
import { COST } from '../operationCosts';
import type { NodeContext, Operator } from '../operator';
import { perOutput } from '../workRules';

const of = (
  type: string,
  evaluate: (context: NodeContext) => ((a: number, b: number) => number | boolean) | undefined,
  outputType?: DataType,
): Operator => ({
  types: [type],
  inferShape: (context) => {
    const f = evaluate(context);
    return broadcastShape(context, f && ((a, b) => Number(f(a ?? 0, b ?? 0))), outputType);
  },
  work: perOutput(COST.simple),
  vjp: zeroVjp,
});

const bool = (type: string, f: (a: number, b: number) => boolean): Operator => of(type, () => f, 'bool');

/** Bits beyond 32 do not survive JavaScript's bitwise operators: wide integers are not followed. */
const bitwise = (type: string, f: (a: number, b: number) => number): Operator =>
  of(type, ({ inputs }) => (/64/.test(inputs[0]?.type ?? '64') ? undefined : f));

export const comparisons: readonly Operator[] = [
  bool('Equal', (a, b) => a === b),
  bool('Less', (a, b) => a < b),
  bool('LessOrEqual', (a, b) => a <= b),
  bool('Greater', (a, b) => a > b),
  bool('GreaterOrEqual', (a, b) => a >= b),
  bool('And', (a, b) => a !== 0 && b !== 0),
  bool('Or', (a, b) => a !== 0 || b !== 0),
  bool('Xor', (a, b) => (a !== 0) !== (b !== 0)),
  bitwise('BitwiseAnd', (a, b) => a & b),
  bitwise('BitwiseOr', (a, b) => a | b),
  bitwise('BitwiseXor', (a, b) => a ^ b),
  of('BitShift', ({ node }) => {
    const left = attrString(node, 'direction', '') === 'LEFT';
    return (a, b) => (left ? a * 2 ** b : Math.floor(a / 2 ** b));
  }),
];
