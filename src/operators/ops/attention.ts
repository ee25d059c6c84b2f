import { attrInt, attrInts } from '../../graph/attributes';
import type { DataType, Dim, Shape, TensorInfo } from '../../graph/graph';
import { matrixNest, productOf } from '../contraction';
import { hasInput } from '../nodeArguments';
import { COST } from '../operationCosts';
import type { CostContext, NodeContext, Operator } from '../operator';
import { staticShape, sum, tensorInfo } from '../shapes';
import type { BodyPart, Work } from '../work';

/** Sizes of softmax(Q·Kᵀ)·V: `queries` rows attend to `keys` rows, per head of `size` (values: `valueSize`) features. */
interface AttentionSizes<T extends Dim = number> {
  readonly batch: T;
  readonly heads: T;
  readonly queries: T;
  readonly keys: T;
  readonly size: T;
  readonly valueSize: T;
}

function known(sizes: AttentionSizes<Dim>): AttentionSizes | undefined {
  const { batch, heads, queries, keys, size, valueSize } = sizes;
  const values = staticShape({ shape: [batch, heads, queries, keys, size, valueSize] });
  if (!values) return undefined;
  const [b = 1, h = 1, q = 1, k = 1, s = 1, v = 1] = values;
  return { batch: b, heads: h, queries: q, keys: k, size: s, valueSize: v };
}

/** One product, normalisation … inside the node, with its own operands. */
function part(
  context: CostContext,
  work: Work,
  inputs: readonly TensorInfo[],
  outputs: readonly TensorInfo[],
): BodyPart {
  const { node, opset } = context;
  const noBody = (): never => {
    throw new Error('it has no sub-graph');
  };
  return { work, context: { node, opset, inputs, outputs, inferBody: noBody, bodyWork: noBody } };
}

/** The two products and the softmax between them; every head has its own operands. Masks are not counted. */
function attentionParts(
  context: CostContext,
  type: DataType | undefined,
  { batch, heads, queries, keys, size, valueSize }: AttentionSizes,
): readonly BodyPart[] {
  const G = batch * heads;
  const tensor = (rows: number, columns: number): TensorInfo => tensorInfo(type, [batch, heads, rows, columns]);
  const product = (M: number, K: number, C: number): Work => ({
    kind: 'loopNest',
    nest: matrixNest({ G, M, K, C, dynamicWeights: true }),
    biasAdds: 0,
  });
  const scores = tensor(queries, keys);
  const operations = G * queries * keys * (COST.exp + 5 * COST.simple);
  return [
    part(context, product(queries, keys, size), [tensor(queries, size), tensor(keys, size)], [scores]),
    part(context, { kind: 'vector', operations, passes: 3 }, [scores], [scores]),
    part(context, product(queries, valueSize, keys), [scores, tensor(keys, valueSize)], [tensor(queries, valueSize)]),
  ];
}

const quotient = (size: Dim | undefined, count: Dim): Dim =>
  typeof size === 'number' && typeof count === 'number' ? size / count : null;

/** Q [batch, heads, queries, size], K and V alike, or all of rank 3 with the heads side by side in the last axis. */
function standardSizes({ node, inputs: [q, k, v, , past] }: NodeContext): AttentionSizes<Dim> | undefined {
  if (!q?.shape || !k?.shape || !v?.shape) return undefined;
  const keys = (length: Dim): Dim => (past?.shape ? sum([past.shape[2] ?? null, length]) : length);
  const [batch = null, second = null, third = null, fourth = null] = q.shape;
  if (q.shape.length === 4) {
    const [, , length = null] = k.shape;
    return { batch, heads: second, queries: third, keys: keys(length), size: fourth, valueSize: v.shape[3] ?? null };
  }
  const heads = attrInt(node, 'q_num_heads', 0) || null;
  const keyHeads = attrInt(node, 'kv_num_heads', 0) || null;
  const valueSize = quotient(v.shape[2], keyHeads);
  return { batch, heads, queries: second, keys: keys(k.shape[1] ?? null), size: quotient(third, heads), valueSize };
}

function standardShapes(context: NodeContext): readonly TensorInfo[] {
  const { inputs, node } = context;
  const [q, k, v, , past] = inputs;
  const sizes = standardSizes(context);
  if (!sizes) return [tensorInfo(q?.type, undefined)];
  const { batch, heads, queries, keys, size, valueSize } = sizes;
  const isSplit = q?.shape?.length === 4;

  const keyHeads = isSplit ? (k?.shape?.[1] ?? null) : attrInt(node, 'kv_num_heads', 0) || null;
  return [
    tensorInfo(q?.type, isSplit ? [batch, heads, queries, valueSize] : [batch, queries, widthOf(sizes)]),
    tensorInfo(past?.type ?? k?.type, [batch, keyHeads, keys, size]),
    tensorInfo(v?.type, [batch, keyHeads, keys, valueSize]),
    tensorInfo(q?.type, [batch, heads, queries, keys]),
  ];
}

/** com.microsoft:Attention projects X [batch, rows, inner] by one weight [inner, Q | K | V] first; a past adds keys. */
function projectedSizes({ node, inputs: [x, w, bias, , past] }: NodeContext): AttentionSizes<Dim> | undefined {
  const columns = w?.shape?.[1] ?? bias?.shape?.[0];
  if (!x?.shape) return undefined;
  const [batch = null, queries = null] = x.shape;
  const heads = attrInt(node, 'num_heads', 0) || null;
  const third = quotient(columns, 3);
  const [queryWidth = null, , valueWidth = null] = attrInts(node, 'qkv_hidden_sizes', undefined) ?? [
    third,
    third,
    third,
  ];
  const keys = past?.shape ? sum([past.shape[3] ?? null, queries]) : queries;
  return { batch, heads, queries, keys, size: quotient(queryWidth, heads), valueSize: quotient(valueWidth, heads) };
}

const widthOf = ({ heads, valueSize }: AttentionSizes<Dim>): Dim =>
  typeof heads === 'number' && typeof valueSize === 'number' ? heads * valueSize : null;

function projectedWork(context: CostContext): Work | undefined {
  const [x, w] = context.inputs;
  const [xShape, wShape] = [staticShape(x), staticShape(w)];
  const open = projectedSizes(context);
  const sizes = open && known(open);
  if (!x || !w || !xShape || !wShape || !sizes) return undefined;
  const [N = 1, M = 1, C = 1] = xShape;
  const K = wShape[1] ?? 1;
  const biasAdds = hasInput(context.node, 2) ? productOf([N, M, K]) : 0;
  const projection: Work = { kind: 'loopNest', nest: matrixNest({ N, M, K, C }), biasAdds };
  const projected = tensorInfo(x.type, [N, M, K]);
  const parts = [part(context, projection, [x, w], [projected]), ...attentionParts(context, x.type, sizes)];
  return { kind: 'body', parts, times: 1 };
}

/** com.microsoft:MultiHeadAttention: Q [batch, queries, width], K and V [batch, keys, width], or split as [batch, heads, keys, size]. */
function multiHeadSizes({ node, inputs: [q, k, v] }: NodeContext): AttentionSizes<Dim> | undefined {
  if (q?.shape?.length !== 3 || !k?.shape || !v?.shape) return undefined;
  const [batch = null, queries = null, width = null] = q.shape;
  const heads = attrInt(node, 'num_heads', 0) || null;
  const size = quotient(width, heads);
  const isSplit = k.shape.length === 4;
  const keys = k.shape[isSplit ? 2 : 1] ?? null;
  const valueSize = isSplit ? (v.shape[3] ?? null) : quotient(v.shape[2], heads);
  return { batch, heads, queries, keys, size, valueSize };
}

const bodyOf =
  (sizesOf: (context: NodeContext) => AttentionSizes<Dim> | undefined) =>
  (context: CostContext): Work | undefined => {
    const open = sizesOf(context);
    const sizes = open && known(open);
    return sizes && { kind: 'body', parts: attentionParts(context, context.inputs[0]?.type, sizes), times: 1 };
  };

export const attention: readonly Operator[] = [
  { types: ['Attention'], inferShape: standardShapes, work: bodyOf(standardSizes) },
  {
    types: ['com.microsoft:Attention'],
    inferShape(context) {
      const type = context.inputs[0]?.type;
      const sizes = projectedSizes(context);
      if (!sizes) return [tensorInfo(type, undefined)];
      const { batch, heads, queries, keys, size } = sizes;
      const present: Shape = [2, batch, heads, keys, size];
      return [tensorInfo(type, [batch, queries, widthOf(sizes)]), tensorInfo(type, present)];
    },
    work: projectedWork,
  },
  {
    types: ['com.microsoft:MultiHeadAttention'],
    inferShape(context) {
      const type = context.inputs[0]?.type;
      const sizes = multiHeadSizes(context);
      if (!sizes) return [tensorInfo(type, undefined)];
      const { batch, heads, queries, keys, size, valueSize } = sizes;
      return [
        tensorInfo(type, [batch, queries, widthOf(sizes)]),
        tensorInfo(type, [batch, heads, keys, size]),
        tensorInfo(type, [batch, heads, keys, valueSize]),
      ];
    },
    work: bodyOf(multiHeadSizes),
  },
];
