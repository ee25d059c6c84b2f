import { attrFloat, attrInt, attrInts } from '../graph/attributes';
import {
  type Attending,
  attendingCotangents,
  biasOfScores,
  joinHeads,
  paddingBias,
  type Shaped,
  splitHeads,
} from './attentionGradients';
import type { Cotangents, VjpContext } from './gradientContext';
import { cast, concat, maths, reduceSum, split } from './gradientTools';
import { hasInput } from './nodeArguments';
import { matmulCotangents } from './ops/matmul';
import { dequantized } from './quantizedGradients';

const shaped = (context: VjpContext, index: number): Shaped => {
  const name = context.node.inputs[index] ?? '';
  return { name, shape: context.shape(name) };
};

/** Throws where the node has one of these inputs: what they do has no rule. */
function refuse({ node }: VjpContext, inputs: Readonly<Record<number, string>>): void {
  for (const [index, what] of Object.entries(inputs)) {
    if (hasInput(node, Number(index))) throw new Error(`it has ${what}, which has no gradient rule`);
  }
}

const scaleOf = (context: VjpContext, size: number): number =>
  attrFloat(context.node, 'scale', 0) || 1 / Math.sqrt(size);

/** The masks that onnxruntime's own operators add to the scores: a padding mask and an addend of scores. */
function addends(context: VjpContext, padding: number, addend: number, keys: number): readonly Shaped[] {
  const filter = attrFloat(context.node, 'mask_filter_value', -10000);
  return [
    ...(hasInput(context.node, padding) ? [paddingBias(context.build, shaped(context, padding), keys, filter)] : []),
    ...(hasInput(context.node, addend) ? [shaped(context, addend)] : []),
  ];
}

/**
 * com.microsoft:Attention: Q | K | V = X·W + bias, then attention. X, weight and bias get cotangents, and the addend of the scores.
 */
export function projectedAttentionVjp(context: VjpContext): Cotangents {
  const { node, build } = context;
  const [g] = context.cotangents;
  if (!g) return [];
  refuse(context, { 4: 'past keys and values', 6: 'a past sequence length' });
  if (attrInt(node, 'do_rotary', 0) !== 0) throw new Error('it rotates its queries, which has no gradient rule');
  const [x, w] = [shaped(context, 0), shaped(context, 1)];
  const heads = attrInt(node, 'num_heads', 1);
  const [batch = 1, rows = 1] = x.shape;
  const third = (w.shape[1] ?? 3) / 3;
  const widths = attrInts(node, 'qkv_hidden_sizes', undefined) ?? [third, third, third];
  const m = maths(build, context.type(x.name));
  const product = m.of('MatMul', x.name, w.name);
  const projected = hasInput(node, 2) ? m.add(product, node.inputs[2] ?? '') : product;
  const parts = split(build, projected, 2, widths);
  const head = (index: number): Shaped =>
    splitHeads(build, parts[index] ?? '', [batch, rows, widths[index] ?? 1], heads);
  const [q, k, v] = [head(0), head(1), head(2)];
  const biases = addends(context, 3, 5, rows);
  const causal = attrInt(node, 'unidirectional', 0) !== 0;
  const attending: Attending = { q, k, v, biases, causal, scale: scaleOf(context, q.shape[3] ?? 1), softcap: 0 };
  const perHead = splitHeads(build, g, [batch, rows, widths[2] ?? 1], heads);
  const back = attendingCotangents(build, perHead.name, attending);
  const joined = [
    joinHeads(build, back.q, q.shape),
    joinHeads(build, back.k, k.shape),
    joinHeads(build, back.v, v.shape),
  ];
  const projection = concat(build, joined, 2);
  const [dx, dw] = matmulCotangents(build, projection, x, w, [context.wants(0), context.wants(1)]);
  return [
    dx,
    dw,
    context.wants(2) ? reduceSum(build, projection, [0, 1], false) : undefined,
    undefined,
    undefined,
    context.wants(5) ? biasOfScores(build, back, attending, shaped(context, 5)) : undefined,
  ];
}

/** com.microsoft:QAttention: the same from 8-bit X and W, straight through: X̄_q = X̄·scale. Weights are taken as constants. */
export function quantizedAttentionVjp(context: VjpContext): Cotangents {
  const { node, build } = context;
  const [x = '', w = '', bias = '', xScale = '', wScale = '', mask = '', xZero = '', wZero = '', past = ''] =
    node.inputs;
  if (context.cotangents[0] === undefined || !context.wants(0)) return [];
  const columns = [1, context.shape(w)[1] ?? 1];
  const real = new Map([
    [dequantized(context, 'float32', x, xScale, xZero, []), context.shape(x)],
    [dequantized(context, 'float32', w, wScale, wZero, columns), context.shape(w)],
  ]);
  const [dx] = projectedAttentionVjp({
    ...context,
    node: { ...node, inputs: [...real.keys(), bias, mask, past] },
    shape: (tensor) => real.get(tensor) ?? context.shape(tensor),
    type: (tensor) => (real.has(tensor) ? 'float32' : context.type(tensor)),
    wants: (index) => index === 0,
  });
  return [dx && maths(build, 'float32').mul(dx, xScale)];
}

/** com.microsoft:MultiHeadAttention with Q [batch, queries, width], and K and V alike or split by heads. */
export function multiHeadAttentionVjp(context: VjpContext): Cotangents {
  const { node, build } = context;
  const [g] = context.cotangents;
  if (!g) return [];
  refuse(context, { 6: 'past keys', 7: 'past values' });
  const given = [shaped(context, 0), shaped(context, 1), shaped(context, 2)] as const;
  if (given[0].shape.length !== 3) throw new Error('its packed input has no gradient rule');
  const heads = attrInt(node, 'num_heads', 1);
  const m = maths(build, 'float32');
  const widths = given.map(({ shape }) => (shape.length === 4 ? heads * (shape[3] ?? 1) : (shape[2] ?? 1)));
  const biasParts = hasInput(node, 3) ? split(build, node.inputs[3] ?? '', 0, widths) : undefined;
  const head = (index: 0 | 1 | 2): Shaped => {
    const { name, shape } = given[index];
    if (shape.length === 4) return { name, shape };
    if (shape.length !== 3) throw new Error('its packed input has no gradient rule');
    return splitHeads(build, biasParts ? m.add(name, biasParts[index] ?? '') : name, shape, heads);
  };
  const [q, k, v] = [head(0), head(1), head(2)];
  const [batch = 1, queries = 1] = given[0].shape;
  const causal = attrInt(node, 'unidirectional', 0) !== 0;
  const biases = addends(context, 4, 5, k.shape[2] ?? 1);
  const attending: Attending = { q, k, v, biases, causal, scale: scaleOf(context, q.shape[3] ?? 1), softcap: 0 };
  const perHead = splitHeads(build, g, [batch, queries, heads * (v.shape[3] ?? 1)], heads);
  const back = attendingCotangents(build, perHead.name, attending);
  const whole = [
    joinHeads(build, back.q, q.shape),
    joinHeads(build, back.k, k.shape),
    joinHeads(build, back.v, v.shape),
  ];
  const asGiven = [back.q, back.k, back.v].map((x, at) => (given[at]?.shape.length === 4 ? x : (whole[at] ?? '')));
  const wanted = (index: number, cotangent: () => string): string | undefined =>
    hasInput(node, index) && context.wants(index) ? cotangent() : undefined;
  return [
    ...asGiven.map((x, index) => wanted(index, () => x)),
    wanted(3, () =>
      concat(
        build,
        whole.map((x) => reduceSum(build, x, [0, 1], false)),
        0,
      ),
    ),
    undefined,
    wanted(5, () => biasOfScores(build, back, attending, shaped(context, 5))),
  ];
}

/** com.microsoft:GroupQueryAttention on whole sequences: several query heads share a head of keys and values; always causal. */
export function groupQueryAttentionVjp(context: VjpContext): Cotangents {
  const { node, build } = context;
  const [g, ...present] = context.cotangents;
  if (present.some((cotangent) => cotangent !== undefined)) throw new Error('its present keys have no gradient rule');
  if (!g) return [];
  if (!hasInput(node, 1) || !hasInput(node, 2)) throw new Error('its packed input has no gradient rule');
  refuse(context, { 3: 'past keys', 4: 'past values', 10: 'an addend of the scores', 11: 'a sink per head' });
  if (attrInt(node, 'do_rotary', 0) !== 0) throw new Error('it rotates its queries, which has no gradient rule');
  if (attrInt(node, 'local_window_size', -1) !== -1) throw new Error('a local window has no gradient rule');
  if (attrInt(node, 'smooth_softmax', 0) > 0) throw new Error('smooth_softmax has no gradient rule');
  const given = [shaped(context, 0), shaped(context, 1), shaped(context, 2)] as const;
  const [batch = 1, rows = 1, width = 1] = given[0].shape;
  const last = context.values(node.inputs[5] ?? '');
  if (last?.some((one) => one !== rows - 1) ?? true) {
    throw new Error('sequences of lengths of their own have no gradient rule');
  }
  const [heads, shared] = [attrInt(node, 'num_heads', 1), attrInt(node, 'kv_num_heads', 1)];
  const [q, k, v] = [heads, shared, shared].map((count, index) => {
    const { name, shape } = given[index] ?? given[0];
    return splitHeads(build, name, shape, count);
  });
  if (!q || !k || !v) return [];
  const scale = scaleOf(context, q.shape[3] ?? 1);
  const attending: Attending = { q, k, v, biases: [], causal: true, scale, softcap: attrFloat(node, 'softcap', 0) };
  const perHead = splitHeads(build, g, [batch, rows, width], heads);
  const back = attendingCotangents(build, perHead.name, attending);
  const cotangents = [
    joinHeads(build, back.q, q.shape),
    joinHeads(build, back.k, k.shape),
    joinHeads(build, back.v, v.shape),
  ];
  return node.inputs.map((_, index) => (context.wants(index) ? cotangents[index] : undefined));
}

/** ONNX Attention (opset 23): Q, K and V split by heads, or of rank 3 with the heads side by side; a mask of numbers or truth values. */
export function standardAttentionVjp(context: VjpContext): Cotangents {
  const { node, build } = context;
  const [g] = context.cotangents;
  if (!g) return [];
  refuse(context, { 4: 'past keys', 5: 'past values', 6: 'a count of valid keys' });
  const given = [shaped(context, 0), shaped(context, 1), shaped(context, 2)] as const;
  const isSplit = given[0].shape.length === 4;
  const counts = [attrInt(node, 'q_num_heads', 1), attrInt(node, 'kv_num_heads', 1), attrInt(node, 'kv_num_heads', 1)];
  const head = (index: 0 | 1 | 2): Shaped =>
    isSplit ? given[index] : splitHeads(build, given[index].name, given[index].shape, counts[index] ?? 1);
  const [q, k, v] = [head(0), head(1), head(2)];
  const biases = hasInput(node, 3) ? [standardMask(context, k.shape[2] ?? 1)] : [];
  const softcap = attrFloat(node, 'softcap', 0);
  const causal = attrInt(node, 'is_causal', 0) !== 0;
  const attending: Attending = { q, k, v, biases, causal, scale: scaleOf(context, q.shape[3] ?? 1), softcap };
  const [batch = 1, heads = 1, queries = 1] = q.shape;
  const perHead = isSplit ? g : splitHeads(build, g, [batch, queries, heads * (v.shape[3] ?? 1)], heads).name;
  const back = attendingCotangents(build, perHead, attending);
  const asGiven = (x: string, { shape }: Shaped): string => (isSplit ? x : joinHeads(build, x, shape));
  const cotangents = [asGiven(back.q, q), asGiven(back.k, k), asGiven(back.v, v)];
  const [bias] = biases;
  return [
    ...cotangents.map((x, index) => (context.wants(index) ? x : undefined)),
    bias && context.wants(3) ? biasOfScores(build, back, attending, bias) : undefined,
  ];
}

/** A mask of truth values becomes 0 or a large negative number. */
function standardMask(context: VjpContext, keys: number): Shaped {
  const mask = shaped(context, 3);
  if (mask.shape.at(-1) !== keys)
    throw new Error(`its mask [${mask.shape}] has not all ${keys} keys, which has no gradient rule`);
  if (context.type(mask.name) !== 'bool') return mask;
  const m = maths(context.build, 'float32');
  return { ...mask, name: m.mul(m.sub(1, cast(context.build, mask.name, 'float32')), -1e30) };
}
