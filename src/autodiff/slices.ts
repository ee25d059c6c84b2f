import { attrInt, attrInts } from '../graph/attributes';
import type { Node } from '../graph/graph';

/**
 * Cotangents that are zero but for one slice. The gradient of one class's score starts as one entry of a thousand, that
 * of a class token as one row. Such a cotangent is kept as the slice alone for as long as the operators on its way work
 * slice by slice: the classifier costs one row, not a thousand.
 */
export interface Slice {
  readonly axis: number;
  /** int64 [1]: where along the axis the slice lies. */
  readonly index: string;
}

/** What the rules below ask of a node. */
export interface SliceContext {
  readonly node: Node;
  readonly opset: number;
  shape(tensor: string): readonly number[];
  values(tensor: string): readonly number[] | undefined;
}

/**
 * Per input the axis along which it can be sliced when only one slice of the output along `axis` is wanted; undefined for
 * an input of which all is needed, whose cotangent is then complete.
 */
type Rule = (context: SliceContext, axis: number) => readonly (number | undefined)[] | undefined;

const only: Rule = (_, axis) => [axis];

/** NumPy broadcasting: axes count from the end; a size of one serves every slice. */
const broadcast: Rule = ({ node, shape }, axis) => {
  const rank = shape(node.outputs[0] ?? '').length;
  return node.inputs.map((input) => {
    const own = input === '' ? -1 : axis - rank + shape(input).length;
    return own >= 0 && shape(input)[own] !== 1 ? own : undefined;
  });
};

const channels: Rule = (_, axis) => (axis === 1 ? [1] : undefined);

const softmax: Rule = ({ node, opset, shape }, axis) => {
  const rank = shape(node.outputs[0] ?? '').length;
  const along = attrInt(node, 'axis', opset >= 13 ? -1 : 1);
  const normalised = along < 0 ? along + rank : along;
  const apart = opset >= 13 ? axis !== normalised : axis < normalised;
  return apart ? [axis] : undefined;
};

const layerNormalization: Rule = ({ node, shape }, axis) => {
  const along = attrInt(node, 'axis', -1);
  return axis < (along < 0 ? along + shape(node.inputs[0] ?? '').length : along) ? [axis] : undefined;
};

/** The axis of the input that has the same size and as many elements before it. */
const reshape: Rule = ({ node, shape }, axis) => {
  const [x, y] = [shape(node.inputs[0] ?? ''), shape(node.outputs[0] ?? '')];
  const before = count(y.slice(0, axis));
  const found = x.findIndex((size, i) => size === y[axis] && count(x.slice(0, i)) === before);
  return found < 0 ? undefined : [found];
};

const transpose: Rule = ({ node, shape }, axis) => {
  const rank = shape(node.outputs[0] ?? '').length;
  return [attrInts(node, 'perm', undefined)?.[axis] ?? rank - 1 - axis];
};

const reduction: Rule = ({ node, shape, values }, axis) => {
  const rank = shape(node.inputs[0] ?? '').length;
  const given = attrInts(node, 'axes', undefined) ?? values(node.inputs[1] ?? '') ?? [];
  const axes = given.map((one) => (one < 0 ? one + rank : one));
  if (axes.length === 0) return undefined;
  if (attrInt(node, 'keepdims', 1) === 1) return axes.includes(axis) ? undefined : [axis];
  const kept = Array.from({ length: rank }, (_, i) => i).filter((i) => !axes.includes(i));
  return [kept[axis]];
};

/** y[…, m, n]: a row needs that row of A and all of B, a column the reverse, an entry of the batch that of both. */
const matMul: Rule = (context, axis) => {
  const { node, shape } = context;
  const [a, b] = node.inputs.map((input) => shape(input).length);
  const rank = shape(node.outputs[0] ?? '').length;
  if (a === undefined || b === undefined || a < 2 || b < 2) return undefined;
  if (axis === rank - 1) return [undefined, b - 1];
  return axis === rank - 2 ? [a - 2, undefined] : broadcast(context, axis);
};

const gemm: Rule = (context, axis) => {
  const { node } = context;
  const bias = broadcast(context, axis)?.[2];
  if (axis === 0) return [attrInt(node, 'transA', 0) ? 1 : 0, undefined, bias];
  return [undefined, attrInt(node, 'transB', 0) ? 0 : 1, bias];
};

/** One output channel needs one kernel and all of the input. */
const conv: Rule = ({ node }, axis) =>
  axis === 1 && attrInt(node, 'group', 1) === 1 ? [undefined, 0, 0].slice(0, node.inputs.length) : undefined;

const batchNormalization: Rule = (_, axis) => (axis === 1 ? [1, 0, 0, 0, 0] : undefined);

const concat: Rule = ({ node, shape }, axis) => {
  const along = attrInt(node, 'axis', 0);
  const rank = shape(node.outputs[0] ?? '').length;
  return axis === (along < 0 ? along + rank : along) ? undefined : node.inputs.map(() => axis);
};

/** With one scale for all. */
const quantize: Rule = ({ node, shape }, axis) => (count(shape(node.inputs[1] ?? '')) === 1 ? [axis] : undefined);

const each = (names: string, rule: Rule): Readonly<Record<string, Rule>> =>
  Object.fromEntries(names.split(' ').map((name) => [name, rule]));

const RULES: Readonly<Record<string, Rule>> = {
  ...each(
    'Relu LeakyRelu ThresholdedRelu Elu Selu Celu Clip Sigmoid HardSigmoid HardSwish Tanh Softplus Softsign',
    only,
  ),
  ...each('Gelu Mish Erf Exp Log Sqrt Reciprocal Neg Abs Sin Cos Identity Dropout Cast', only),
  ...each('Add Sub Mul Div Pow Min Max Sum Mean PRelu Where', broadcast),
  ...each('GlobalAveragePool GlobalMaxPool AveragePool MaxPool', channels),
  ...each('Reshape Flatten Squeeze Unsqueeze', reshape),
  ...each('ReduceMean ReduceSum ReduceMax ReduceMin ReduceL2', reduction),
  ...each('Softmax LogSoftmax', softmax),
  ...each('QuantizeLinear DequantizeLinear', quantize),
  LayerNormalization: layerNormalization,
  BatchNormalization: batchNormalization,
  Transpose: transpose,
  Concat: concat,
  MatMul: matMul,
  Gemm: gemm,
  Conv: conv,
};

/**
 * The tensors of a node that are sliced, with their axes, when only a slice of its output is wanted. Undefined where the
 * operator mixes slices.
 */
export function slicedTensors(context: SliceContext, axis: number): ReadonlyMap<string, number> | undefined {
  const { node } = context;
  const axes = node.domain === '' ? RULES[node.operator]?.(context, axis) : undefined;
  if (!axes) return undefined;
  const sliced = new Map([[node.outputs[0] ?? '', axis]]);
  for (const [index, input] of node.inputs.entries()) {
    const own = axes[index];
    const known = sliced.get(input);
    // One tensor in two roles (x·xᵀ) cannot be sliced both ways.
    if (node.inputs.indexOf(input) !== index && known !== own) return undefined;
    if (own !== undefined && input !== '') sliced.set(input, own);
  }
  return sliced;
}

/** A Gather or Slice that picks one position: its axis and index. */
export function pickedSlice({ node, shape, values }: SliceContext): { axis: number; position: number } | undefined {
  if (node.domain !== '' || node.operator !== 'Gather') return undefined;
  const [x = '', indices = ''] = node.inputs;
  const positions = values(indices);
  const [position] = positions ?? [];
  if (positions?.length !== 1 || position === undefined) return undefined;
  const rank = shape(x).length;
  const given = attrInt(node, 'axis', 0);
  const axis = given < 0 ? given + rank : given;
  return { axis, position: position < 0 ? position + (shape(x)[axis] ?? 0) : position };
}

const count = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
