import { attrFloat, attrInt } from '../../graph/attributes';
import type { DataType, Shape } from '../../graph/graph';
import { cast, reduceSum, split, unbroadcast } from '../gradientTools';
import { shapeOf, typeOf } from '../nodeArguments';
import { COST } from '../operationCosts';
import type { NodeContext, Operator } from '../operator';
import { operandsAt, quantizedVjp, type RealPoint } from '../quantizedGradients';
import { broadcastAll, normalizeAxis, range, tensorInfo } from '../shapes';
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
): Omit<Operator, 'vjp'> => ({
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

/** Sums a cotangent to the shape of operand `index`. */
const summed = ({ build, node, shape, names }: RealPoint, cotangent: string, index: number): string =>
  unbroadcast(build, cotangent, shape(node.outputs[0] ?? ''), shape(names[index] ?? ''));

const addVjp = quantizedVjp({
  operands: operandsAt(0, 3),
  result: 6,
  real: (at) => [summed(at, at.g, 0), summed(at, at.g, 1)],
});

const mulVjp = quantizedVjp({
  operands: operandsAt(0, 3),
  result: 6,
  real: (at) => [summed(at, at.m.mul(at.g, at.operand(1)), 0), summed(at, at.m.mul(at.g, at.operand(0)), 1)],
});

const whereVjp = quantizedVjp({
  operands: operandsAt(1, 4),
  result: 7,
  real: (at) => {
    const condition = cast(at.build, at.node.inputs[0] ?? '', 'float32');
    return [summed(at, at.m.mul(at.g, condition), 0), summed(at, at.m.mul(at.g, at.m.sub(1, condition)), 1)];
  },
});

const sigmoidVjp = quantizedVjp({
  operands: operandsAt(0),
  result: 3,
  real: ({ m, g, y }) => [m.mul(g, m.mul(y(), m.sub(1, y())))],
});

const leakyReluVjp = quantizedVjp({
  operands: operandsAt(0),
  result: 3,
  real: ({ m, g, operand, node }) => {
    const alpha = attrFloat(node, 'alpha', 0.01);
    return [m.mul(g, m.add(m.mul(m.greater(operand(0), 0), 1 - alpha), alpha))];
  },
});

/** x̄ = y·(ȳ − Σ ȳ·y) with the y that was quantised; over one axis, or before opset 13 over all from it on. */
const softmaxVjp = quantizedVjp({
  operands: operandsAt(0),
  result: 3,
  real: ({ build, m, g, y, node, shape, names }) => {
    const rank = shape(names[0] ?? '').length;
    const axis = normalizeAxis(attrInt(node, 'axis', -1), rank);
    const axes = attrInt(node, 'opset', 0) >= 13 ? [axis] : range(rank).slice(axis);
    return [m.mul(y(), m.sub(g, reduceSum(build, m.mul(g, y()), axes)))];
  },
});

const concatVjp = quantizedVjp({
  operands: ({ inputs }) => operandsAt(...range(Math.floor((inputs.length - 2) / 3)).map((part) => 2 + 3 * part))(),
  result: 0,
  real: ({ build, g, names, shape, node }) => {
    const shapes = names.map(shape);
    const axis = normalizeAxis(attrInt(node, 'axis', 1), shapes[0]?.length ?? 0);
    return split(
      build,
      g,
      axis,
      shapes.map((part) => part[axis] ?? 0),
    );
  },
});

export const quantizedLinear: readonly Operator[] = [
  { ...quantized('QLinearAdd', COST.simple, broadcastOf(0, 3)), vjp: addVjp },
  { ...quantized('QLinearMul', COST.simple, broadcastOf(0, 3)), vjp: mulVjp },
  { ...quantized('QLinearWhere', COST.simple, broadcastOf(0, 1, 4), (context) => typeOf(context, 1)), vjp: whereVjp },
  { ...quantized('QLinearSigmoid', COST.sigmoid, same), vjp: sigmoidVjp },
  { ...quantized('QLinearLeakyRelu', COST.leaky, same), vjp: leakyReluVjp },
  { ...quantized('QLinearSoftmax', COST.exp + 4 * COST.simple, same, undefined, 3), vjp: softmaxVjp },
  { ...concat, vjp: concatVjp },
];
