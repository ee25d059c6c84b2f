import type { FusionRule } from '../../hardware/fusionRules';
import { any, constant, either, op, type Pattern, scalar } from './pattern';

/** An operator written out by others. */
export interface Form {
  readonly rule: FusionRule;
  /** What it is one of. */
  readonly operator: string;
  readonly kind: 'activation' | 'normalization';
  /** Of what makes its output; `x` is its input. */
  readonly pattern: Pattern;
}

const x = any('x');

/** x·sigmoid(x) (Ramachandran et al., 2017; Elfwing et al., 2017), and x·clip(x + 3, 0, 6)/6 (MobileNetV3, Howard et al., 2019). */
const ramp = either(op('Clip', op('Add', x, scalar)), op('HardSigmoid', x));
const silu = op('Mul', x, op('Sigmoid', x));
const hardSwish = either(
  op('Div', op('Mul', x, ramp), scalar),
  op('Mul', op('Mul', x, ramp), scalar),
  op('Mul', x, either(op('Div', ramp, scalar), op('Mul', ramp, scalar), op('HardSigmoid', x))),
);

/** x·Φ(x) by erf, or √(2/π)(x + 0.044715x³) under tanh, or x·sigmoid(1.702x) (Hendrycks and Gimpel, 2016). */
const cube = either(op('Pow', x, scalar), op('Mul', x, op('Mul', x, x)));
const underTanh = either(
  op('Mul', op('Add', x, op('Mul', cube, scalar)), scalar),
  op('Mul', op('Mul', x, scalar), op('Add', op('Mul', op('Mul', x, scalar), x), scalar)),
);
const underErf = either(op('Div', x, scalar), op('Mul', x, scalar));
const gate = op('Add', either(op('Erf', underErf), op('Tanh', underTanh)), scalar);
const gelu = either(
  op('Mul', op('Mul', x, gate), scalar),
  op('Mul', op('Mul', x, scalar), gate),
  op('Mul', x, op('Mul', gate, scalar)),
  op('Mul', x, op('Sigmoid', op('Mul', x, scalar))),
);

/** (x − mean)/√(variance + ε)·γ + β (Ba, Kiros and Hinton, 2016); without the mean (Zhang and Sennrich, 2019). */
const centred = op('Sub', x, op('ReduceMean', x));
const normalized = (value: Pattern): Pattern => {
  const square = either(op('Pow', value, scalar), op('Mul', value, value));
  const deviation = op('Sqrt', op('Add', op('ReduceMean', square), scalar));
  const inverse = either(op('Reciprocal', deviation), op('Div', scalar, deviation));
  return either(op('Div', value, deviation), op('Mul', value, inverse));
};
const scaled = (value: Pattern): Pattern => op('Mul', either(value, op('Cast', value)), constant);
const layerNorm = either(
  op('Add', scaled(normalized(centred)), constant),
  scaled(normalized(centred)),
  normalized(centred),
);
const rmsNorm = either(scaled(normalized(x)), normalized(x));

export const FORMS: readonly Form[] = [
  { rule: 'swish', operator: 'Swish', kind: 'activation', pattern: silu },
  { rule: 'swish', operator: 'HardSwish', kind: 'activation', pattern: hardSwish },
  { rule: 'gelu', operator: 'Gelu', kind: 'activation', pattern: gelu },
  { rule: 'layer_norm', operator: 'LayerNormalization', kind: 'normalization', pattern: layerNorm },
  { rule: 'layer_norm', operator: 'RMSNormalization', kind: 'normalization', pattern: rmsNorm },
];
