import { attrInt } from '../../graph/attributes';
import type { DataType, Shape } from '../../graph/graph';
import { shapeOf, typeOf } from '../nodeArguments';
import { COST } from '../operationCosts';
import type { NodeContext, Operator } from '../operator';
import { broadcastAll, tensorInfo } from '../shapes';
import { perOutput } from '../workRules';
import { concatShape } from './concat';

/**
 * Operators of onnxruntime that read and write 8-bit tensors (its ContribOperators.md): each operand comes with its scale
 * and zero point. Work: the operator's own and a requantisation per element.
 */
const quantized = (
  type: string,
  cost: number,
  shape: (context: NodeContext) => Shape | undefined,
  element: (context: NodeContext) => DataType | undefined = (context) => typeOf(context, 0),
  passes = 1,
): Operator => ({
  types: [`com.microsoft:${type}`],
  inferShape: (context) => [tensorInfo(element(context), shape(context))],
  work: perOutput(cost + 2 * COST.quantize, passes),
});

const same = (context: NodeContext): Shape | undefined => shapeOf(context, 0);

/** Operands at the given inputs, broadcast. */
const broadcastOf =
  (...indices: readonly number[]) =>
  (context: NodeContext): Shape | undefined =>
    broadcastAll(indices.map((index) => shapeOf(context, index)));

const concat = quantized(
  'QLinearConcat',
  0,
  ({ node, inputs }) => {
    const parts = inputs.filter((_, index) => index >= 2 && (index - 2) % 3 === 0);
    return concatShape(parts, attrInt(node, 'axis', 1));
  },
  (context) => typeOf(context, 2),
);

export const quantizedLinear: readonly Operator[] = [
  quantized('QLinearAdd', COST.simple, broadcastOf(0, 3)),
  quantized('QLinearMul', COST.simple, broadcastOf(0, 3)),
  quantized('QLinearWhere', COST.simple, broadcastOf(0, 1, 4), (context) => typeOf(context, 1)),
  quantized('QLinearSigmoid', COST.sigmoid, same),
  quantized('QLinearLeakyRelu', COST.leaky, same),
  quantized('QLinearSoftmax', COST.exp + 4 * COST.simple, same, undefined, 3),
  concat,
];
