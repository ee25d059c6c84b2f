import type { FusionRule } from '../../hardware/fusionRules';
import type { GraphIndex } from './graphIndex';
import type { Unit } from './unit';

/** Operators that map each element by itself and so ride along with the kernel that makes it. */
const ACTIVATIONS: ReadonlySet<string> = new Set([
  ...['Relu', 'LeakyRelu', 'PRelu', 'ThresholdedRelu', 'Elu', 'Selu', 'Celu', 'Clip', 'Gelu', 'FastGelu', 'BiasGelu'],
  ...['Sigmoid', 'HardSigmoid', 'HardSwish', 'Swish', 'QuickGelu', 'Tanh', 'Softplus', 'Softsign', 'Mish'],
]);

/** The other operators of which each element of the result needs one of each operand. */
const POINTWISE: ReadonlySet<string> = new Set([
  ...['Sub', 'Mul', 'Div', 'Pow', 'Min', 'Max', 'Sum', 'Mean', 'Where', 'Cast', 'Neg', 'Abs', 'Sqrt', 'Reciprocal'],
  ...[
    'Exp',
    'Log',
    'Erf',
    'Sin',
    'Cos',
    'Floor',
    'Ceil',
    'Round',
    'Sign',
    'Not',
    'And',
    'Or',
    'Equal',
    'Less',
    'Greater',
  ],
]);

const POOL = /^(Global)?(Max|Average|Lp)Pool$/;

interface Joint {
  /** Of the kernel. */
  readonly first: Unit;
  /** The unit that makes the value, and the only one that reads it. */
  readonly last: Unit;
  readonly next: Unit;
  readonly value: string;
}

/** Whether the reader of a value joins the kernel that makes it, by the rules. What else it reads is the caller's concern. */
export function tailOf(joint: Joint, index: GraphIndex, rules: ReadonlySet<FusionRule>): boolean {
  const { first, last, next, value } = joint;
  const { node } = next.context;
  if (next.work?.kind !== 'vector' && !(next.work?.kind === 'movement' && node.operator === 'Cast')) return false;
  if (node.operator === 'DequantizeLinear' || last.context.node.operator === 'QuantizeLinear') return false;
  const isFirst = index.origin(node.inputs[0] ?? '') === index.origin(value);
  if (node.operator === 'QuantizeLinear') return rules.has('qdq') && isFirst && hasOneKernel(first);
  if (!isHead(first, rules)) return false;
  if (POOL.test(node.operator)) {
    return rules.has('pool') && isFirst && first.work?.kind === 'loopNest' && node.outputs.length === 1;
  }
  return isElementwise(next, isFirst, rules) && index.sameSize(value, node.outputs[0] ?? '');
}

function isElementwise({ kind, context: { node } }: Unit, isFirst: boolean, rules: ReadonlySet<FusionRule>): boolean {
  if (kind !== 'node') return kind === 'activation';
  if (isAddition(node)) return (rules.has('add') || rules.has('pointwise')) && node.inputs[0] !== node.inputs[1];
  if (node.operator === 'BatchNormalization' || ACTIVATIONS.has(node.operator)) return rules.has('epilogue') && isFirst;
  return rules.has('pointwise') && POINTWISE.has(node.operator);
}

function isHead({ kind, work, context: { node } }: Unit, rules: ReadonlySet<FusionRule>): boolean {
  if (work?.kind === 'loopNest') return true;
  if (kind !== 'node' || work?.kind !== 'vector') return rules.has('pointwise') && kind === 'activation';
  if (isAddition(node) || node.operator === 'BatchNormalization') return true;
  return rules.has('pointwise') && (ACTIVATIONS.has(node.operator) || POINTWISE.has(node.operator));
}

/** What is launched at once and can quantise what it writes. */
function hasOneKernel({ work }: Unit): boolean {
  return work?.kind === 'loopNest' || work?.kind === 'vector' || work?.kind === 'movement';
}

function isAddition({ operator, inputs }: Unit['context']['node']): boolean {
  return operator === 'Add' || (operator === 'Sum' && inputs.length === 2);
}
