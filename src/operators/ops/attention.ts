import { attrInt, attrInts } from '../../graph/attributes';
import type { DataType, Dim, Shape, TensorInfo } from '../../graph/graph';
import {
  groupQueryAttentionVjp,
  multiHeadAttentionVjp,
  projectedAttentionVjp,
  quantizedAttentionVjp,
  standardAttentionVjp,
} from '../attentionRules';
import { matrixNest, productOf } from '../contraction';
import { hasInput, shapeOf, typeOf, valuesOf } from '../nodeArguments';
import { COST } from '../operationCosts';
import type { CostContext, NodeContext, Operator } from '../operator';
import { staticShape, sum, tensorInfo } from '../shapes';
import { type Operand, stage } from '../stages';
import type { BodyPart, Work } from '../work';

/**
 * Sizes of softmax(Q·Kᵀ)·V: `queries` rows attend to `keys` rows, per head of `size` (values: `valueSize`) features. With
 * fewer `keyHeads`, several heads share one K and V (grouped queries: Ainslie et al. 2023).
 */
interface AttentionSizes<T extends Dim = number> {
  readonly batch: T;
  readonly heads: T;
  readonly keyHeads: T;
  readonly queries: T;
  readonly keys: T;
  readonly size: T;
  readonly valueSize: T;
}

function known(sizes: AttentionSizes<Dim>): AttentionSizes | undefined {
  const { batch, heads, keyHeads, queries, keys, size, valueSize } = sizes;
  const values = staticShape({ shape: [batch, heads, keyHeads, queries, keys, size, valueSize] });
  if (!values) return undefined;
  const [b = 1, h = 1, kh = 1, q = 1, k = 1, s = 1, v = 1] = values;
  return { batch: b, heads: h, keyHeads: kh, queries: q, keys: k, size: s, valueSize: v };
}

/**
 * The two products and the softmax between them; heads that share K and V are rows of one product. Masks are not counted: a causal
 * mask would spare up to half of both products where the target skips what it hides.
 */
function attentionParts(context: CostContext, type: DataType | undefined, sizes: AttentionSizes): readonly BodyPart[] {
  const { batch, heads, keyHeads, queries, keys, size, valueSize } = sizes;
  const G = batch * keyHeads;
  const rows = (queries * heads) / keyHeads;
  const operand = (name: string, count: number, length: number, width: number): Operand => [
    name,
    tensorInfo(type, [batch, count, length, width]),
  ];
  const product = (K: number, C: number): Work => ({
    kind: 'loopNest',
    nest: matrixNest({ G, M: rows, K, C, dynamicWeights: true }),
    biasAdds: 0,
  });
  const scores = operand('(scores)', heads, queries, keys);
  const weights = operand('(weights)', heads, queries, keys);
  const operations = batch * heads * queries * keys * (COST.exp + 5 * COST.simple);
  return [
    stage(
      context,
      product(keys, size),
      [operand('(query)', heads, queries, size), operand('(key)', keyHeads, keys, size)],
      [scores],
    ),
    stage(context, { kind: 'vector', operations, passes: 3 }, [scores], [weights]),
    stage(
      context,
      product(valueSize, keys),
      [weights, operand('(value)', keyHeads, keys, valueSize)],
      [operand('(attended)', heads, queries, valueSize)],
    ),
  ];
}

/** One kernel: scores are made, normalised and used row by row and never leave the chip (Dao et al. 2022, FlashAttention). */
function kernelOf(parts: readonly BodyPart[], { batch, heads, queries }: AttentionSizes): Work {
  return {
    kind: 'body',
    parts,
    times: 1,
    kernel: { inside: ['(scores)', '(weights)', '(turned)'], pieces: batch * heads * queries },
  };
}

const quotient = (size: Dim | undefined, count: Dim): Dim =>
  typeof size === 'number' && typeof count === 'number' ? size / count : null;

/** Q [batch, heads, queries, size], K and V alike, or all of rank 3 with the heads side by side in the last axis. */
function standardSizes({ node, inputs: [q, k, v, , past] }: NodeContext): AttentionSizes<Dim> | undefined {
  if (!q?.shape || !k?.shape || !v?.shape) return undefined;
  const keys = (length: Dim): Dim => (past?.shape ? sum([past.shape[2] ?? null, length]) : length);
  const [batch = null, second = null, third = null, fourth = null] = q.shape;
  if (q.shape.length === 4) {
    const [, keyHeads = null, length = null] = k.shape;
    const valueSize = v.shape[3] ?? null;
    return { batch, heads: second, keyHeads, queries: third, keys: keys(length), size: fourth, valueSize };
  }
  const heads = attrInt(node, 'q_num_heads', 0) || null;
  const keyHeads = attrInt(node, 'kv_num_heads', 0) || null;
  const valueSize = quotient(v.shape[2], keyHeads);
  const size = quotient(third, heads);
  return { batch, heads, keyHeads, queries: second, keys: keys(k.shape[1] ?? null), size, valueSize };
}

function standardShapes(context: NodeContext): readonly TensorInfo[] {
  const [q, k, v, , past] = context.inputs;
  const sizes = standardSizes(context);
  if (!sizes) return [tensorInfo(q?.type, undefined)];
  const { batch, heads, keyHeads, queries, keys, size, valueSize } = sizes;
  return [
    tensorInfo(q?.type, q?.shape?.length === 4 ? [batch, heads, queries, valueSize] : [batch, queries, widthOf(sizes)]),
    tensorInfo(past?.type ?? k?.type, [batch, keyHeads, keys, size]),
    tensorInfo(v?.type, [batch, keyHeads, keys, valueSize]),
    tensorInfo(q?.type, [batch, heads, queries, keys]),
  ];
}

/** A layer that projects X [batch, rows, inner] by one weight [inner, Q | K | V] first; a past [2, batch, heads, rows, size] adds keys. */
function projectedSizes(context: NodeContext, pastIndex: number): AttentionSizes<Dim> | undefined {
  const { node } = context;
  const x = shapeOf(context, 0);
  const past = shapeOf(context, pastIndex);
  if (!x) return undefined;
  const columns = shapeOf(context, 1)?.[1] ?? shapeOf(context, 2)?.[0];
  const [batch = null, queries = null] = x;
  const heads = attrInt(node, 'num_heads', 0) || null;
  const third = quotient(columns, 3);
  const widths = attrInts(node, 'qkv_hidden_sizes', undefined) ?? [third, third, third];
  const [queryWidth = null, , valueWidth = null] = widths;
  const keys = past ? sum([past[3] ?? null, queries]) : queries;
  const [size, valueSize] = [quotient(queryWidth, heads), quotient(valueWidth, heads)];
  return { batch, heads, keyHeads: heads, queries, keys, size, valueSize };
}

const widthOf = ({ heads, valueSize }: AttentionSizes<Dim>): Dim =>
  typeof heads === 'number' && typeof valueSize === 'number' ? heads * valueSize : null;

/** Attention with a projection of its own: `pastIndex` is the input that holds the past, `type` the index of one of the output's type. */
function projecting(name: string, pastIndex: number, type: number): Operator {
  return {
    types: [`com.microsoft:${name}`],
    inferShape(context) {
      const sizes = projectedSizes(context, pastIndex);
      if (!sizes) return [tensorInfo(typeOf(context, type), undefined)];
      const { batch, heads, queries, keys, size } = sizes;
      const present: Shape = [2, batch, heads, keys, size];
      const outputs: readonly Shape[] = [[batch, queries, widthOf(sizes)], present];
      return outputs.map((shape) => tensorInfo(typeOf(context, type), shape));
    },
    work(context) {
      const { node } = context;
      const [x, w] = context.inputs;
      const [xShape, wShape] = [staticShape(x), staticShape(w)];
      const open = projectedSizes(context, pastIndex);
      const sizes = open && known(open);
      if (!x || !w || !xShape || !wShape || !sizes) return undefined;
      const [N = 1, M = 1, C = 1] = xShape;
      const K = wShape[1] ?? 1;
      const biasAdds = hasInput(node, 2) ? productOf([N, M, K]) : 0;
      const projection: Work = { kind: 'loopNest', nest: matrixNest({ N, M, K, C }), biasAdds };
      const [xName = '', wName = ''] = node.inputs;
      const output: Operand = ['(projected)', tensorInfo(typeOf(context, type), [N, M, K])];
      const attending = attentionParts(context, typeOf(context, type), sizes);
      return kernelOf(
        [
          stage(
            context,
            projection,
            [
              [xName, x],
              [wName, w],
            ],
            [output],
          ),
          ...attending,
        ],
        sizes,
      );
    },
  };
}

/**
 * com.microsoft:MultiHeadAttention: Q [batch, queries, width], K and V [batch, keys, width], or split as [batch, heads, keys, size];
 * or K with V as [batch, keys, heads, 2, size], or all three as [batch, rows, heads, 3, size]. A past adds keys.
 */
function multiHeadSizes(context: NodeContext): AttentionSizes<Dim> | undefined {
  const [q, k, v, past] = [0, 1, 2, 6].map((index) => shapeOf(context, index));
  if (!q) return undefined;
  const heads = attrInt(context.node, 'num_heads', 0) || null;
  const [batch = null, queries = null, width = null] = q;
  const withPast = (length: Dim): Dim => (past ? sum([past[2] ?? null, length]) : length);
  const sizes = { batch, heads, keyHeads: heads, queries };
  if (q.length === 5) {
    const size = q[4] ?? null;
    return { ...sizes, keys: withPast(queries), size, valueSize: size };
  }
  const size = quotient(width, heads);
  if (k?.length === 5) return { ...sizes, keys: withPast(k[1] ?? null), size, valueSize: size };
  if (q.length !== 3 || !k || !v) return undefined;
  const isSplit = k.length === 4;
  const valueSize = isSplit ? (v[3] ?? null) : quotient(v[2], heads);
  return { ...sizes, keys: withPast(k[isSplit ? 2 : 1] ?? null), size, valueSize };
}

/**
 * com.microsoft:GroupQueryAttention: Q [batch, queries, heads·size], K and V [batch, queries, kv_num_heads·size] (or Q | K | V side by
 * side in the first input); past K and V [batch, kv_num_heads, length, size]. All keys: total_sequence_length, or what a past of
 * another buffer would become.
 */
function groupedSizes(context: NodeContext): AttentionSizes<Dim> | undefined {
  const { node } = context;
  const [q, k, past] = [0, 1, 3].map((index) => shapeOf(context, index));
  if (!q) return undefined;
  const [batch = null, queries = null, width = null] = q;
  const [heads, keyHeads] = [attrInt(node, 'num_heads', 0), attrInt(node, 'kv_num_heads', 0)];
  const size = quotient(width, k ? heads : heads + 2 * keyHeads);
  const total = valuesOf(context, 6)?.[0];
  const length = past?.[2] ?? 0;
  const keys = total === undefined ? (length === 0 ? queries : null) : total;
  return { batch, heads: heads || null, keyHeads: keyHeads || null, queries, keys, size, valueSize: size };
}

/** Length of the key and value buffers that come out: the past's own where it is long enough. */
function presentLength(context: NodeContext, keys: Dim): Dim {
  const past = shapeOf(context, 3)?.[2];
  return typeof past === 'number' && typeof keys === 'number' ? Math.max(past, keys) : keys;
}

/** Rotates queries and keys first where `do_rotary` is set: two products and a sum per element. */
function groupedWork(context: CostContext): Work | undefined {
  const open = groupedSizes(context);
  // The outputs may be declared, and so say how many keys there are where no constant does.
  const sizes = open && known({ ...open, keys: open.keys ?? context.outputs[1]?.shape?.[2] ?? null });
  if (!sizes) return undefined;
  const type = typeOf(context, 0);
  const parts = attentionParts(context, type, sizes);
  if (attrInt(context.node, 'do_rotary', 0) === 0) return kernelOf(parts, sizes);
  const { batch, heads, keyHeads, queries, size } = sizes;
  const turned: Operand = ['(turned)', tensorInfo(type, [batch, heads + keyHeads, queries, size])];
  const operations = productOf([batch, heads + keyHeads, queries, size, ROTATION]);
  const rotation = stage(context, { kind: 'vector', operations, passes: 1 }, [turned], [turned]);
  return kernelOf([rotation, ...parts], sizes);
}

/** x·cos ± x′·sin per element. */
const ROTATION = 3 * COST.simple;

const workBy =
  (sizesOf: (context: NodeContext) => AttentionSizes<Dim> | undefined) =>
  (context: CostContext): Work | undefined => {
    const open = sizesOf(context);
    const sizes = open && known(open);
    return sizes && kernelOf(attentionParts(context, typeOf(context, 0), sizes), sizes);
  };

export const attention: readonly Operator[] = [
  { types: ['Attention'], inferShape: standardShapes, work: workBy(standardSizes), vjp: standardAttentionVjp },
  { ...projecting('Attention', 4, 0), vjp: projectedAttentionVjp },
  /** X, weight, bias, scales of X and weight, mask, zero points, past: 8-bit in, float out. */
  { ...projecting('QAttention', 8, 3), vjp: quantizedAttentionVjp },
  {
    types: ['com.microsoft:MultiHeadAttention'],
    inferShape(context) {
      const type = typeOf(context, 0);
      const sizes = multiHeadSizes(context);
      if (!sizes) return [tensorInfo(type, undefined)];
      const { batch, heads, queries, keys, size, valueSize } = sizes;
      return [
        tensorInfo(type, [batch, queries, widthOf(sizes)]),
        tensorInfo(type, [batch, heads, keys, size]),
        tensorInfo(type, [batch, heads, keys, valueSize]),
      ];
    },
    work: workBy(multiHeadSizes),
    vjp: multiHeadAttentionVjp,
  },
  {
    types: ['com.microsoft:GroupQueryAttention'],
    inferShape(context) {
      const type = typeOf(context, 0);
      const sizes = groupedSizes(context);
      if (!sizes) return [tensorInfo(type, undefined)];
      const { batch, keyHeads, queries, keys, size } = sizes;
      const present: Shape = [batch, keyHeads, presentLength(context, keys), size];
      const pastType = typeOf(context, 3) ?? type;
      return [
        tensorInfo(type, [batch, queries, widthOf(sizes)]),
        tensorInfo(pastType, present),
        tensorInfo(pastType, present),
      ];
    },
    work: groupedWork,
    vjp: groupQueryAttentionVjp,
  },
];
