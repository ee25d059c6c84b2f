import type { GraphBuilder } from './gradientContext';
import { cast, int, maths, reduceSum, reshape, transpose, unbroadcast } from './gradientTools';
import { range } from './shapes';

/** A tensor of the gradient graph with its shape. */
export interface Shaped {
  readonly name: string;
  readonly shape: readonly number[];
}

/** softmax(scale·Q·Kᵀ + biases)·V, all float32: q [batch, heads, queries, size], k and v [batch, key heads, keys, size]. */
export interface Attending {
  readonly q: Shaped;
  readonly k: Shaped;
  readonly v: Shaped;
  readonly scale: number;
  /** Added to the scores [batch, heads, queries, keys], broadcast: masks hold large negative numbers. */
  readonly biases: readonly Shaped[];
  /** A row attends to itself and what comes before it only. */
  readonly causal: boolean;
  /** Scores s become cap·tanh(s/cap) before the biases; 0 for none. */
  readonly softcap: number;
}

export interface AttendingCotangents {
  readonly q: string;
  readonly k: string;
  readonly v: string;
  /** Of the scores with biases, [batch, heads, queries, keys]. */
  readonly scores: string;
}

const FORBIDDEN = -1e30;

/**
 * Cotangents of scaled dot-product attention (Vaswani et al. 2017). With weights P = softmax(S): V̄ = Pᵀ·Ȳ, P̄ = Ȳ·Vᵀ,
 * S̄ = P·(P̄ − Σ P̄·P), Q̄ = scale·S̄·K, K̄ = scale·S̄ᵀ·Q. Heads that share keys and values are rows of one product.
 */
export function attendingCotangents(build: GraphBuilder, g: string, attending: Attending): AttendingCotangents {
  const { q, k, v, scale } = attending;
  const m = maths(build, 'float32');
  const [batch = 1, heads = 1, queries = 1, size = 1] = q.shape;
  const [, keyHeads = 1, keys = 1] = k.shape;
  const valueSize = v.shape[3] ?? 1;
  const rows = (heads / keyHeads) * queries;
  const grouped = (x: string, width: number): string => reshape(build, x, [batch, keyHeads, rows, width]);
  const perHead = (x: string): string => reshape(build, x, [batch, heads, queries, keys]);
  const turned = (x: string): string => transpose(build, x, [0, 1, 3, 2]);
  const query = grouped(q.name, size);
  const cotangent = grouped(g, valueSize);

  const raw = m.mul(perHead(m.of('MatMul', query, turned(k.name))), scale);
  const bent = attending.softcap === 0 ? undefined : m.of('Tanh', m.div(raw, attending.softcap));
  const scores = masked(build, bent === undefined ? raw : m.mul(bent, attending.softcap), attending, queries, keys);
  const weights = build.add('Softmax', [scores], { axis: int(3) });

  const dWeights = perHead(m.of('MatMul', cotangent, turned(v.name)));
  const product = m.mul(dWeights, weights);
  const dScores = m.sub(product, m.mul(weights, reduceSum(build, product, [3])));
  const slope = bent === undefined ? dScores : m.mul(dScores, m.sub(1, m.mul(bent, bent)));
  const dRaw = grouped(m.mul(slope, scale), keys);
  return {
    q: reshape(build, m.of('MatMul', dRaw, k.name), q.shape),
    k: m.of('MatMul', turned(dRaw), query),
    v: m.of('MatMul', turned(grouped(weights, keys)), cotangent),
    scores: dScores,
  };
}

function masked(build: GraphBuilder, scores: string, { biases, causal }: Attending, queries: number, keys: number) {
  const later = range(queries * keys).map((at) => (at % keys > Math.floor(at / keys) ? FORBIDDEN : 0));
  const triangle = causal ? [build.constant('float32', later, [queries, keys])] : [];
  return [...biases.map(({ name }) => name), ...triangle].reduce((sum, bias) => build.add('Add', [sum, bias]), scores);
}

/** [batch, rows, heads·size] as [batch, heads, rows, size]. */
export function splitHeads(
  build: GraphBuilder,
  x: string,
  [batch = 1, rows = 1, width = 1]: readonly number[],
  heads: number,
): Shaped {
  const size = width / heads;
  const name = transpose(build, reshape(build, x, [batch, rows, heads, size]), [0, 2, 1, 3]);
  return { name, shape: [batch, heads, rows, size] };
}

/** The inverse of `splitHeads`: [batch, heads, rows, size] side by side in the last axis. */
export function joinHeads(
  build: GraphBuilder,
  x: string,
  [batch = 1, heads = 1, rows = 1, size = 1]: readonly number[],
): string {
  return reshape(build, transpose(build, x, [0, 2, 1, 3]), [batch, rows, heads * size]);
}

/** The cotangent of one of the biases, summed to its shape. */
export function biasOfScores(
  build: GraphBuilder,
  { scores }: AttendingCotangents,
  { q, k }: Attending,
  bias: Shaped,
): string {
  const whole = [...q.shape.slice(0, 3), k.shape[2] ?? 1];
  return unbroadcast(build, scores, whole, bias.shape);
}

/**
 * A padding mask as numbers to add to the scores, 0 where a key counts and `filter` elsewhere: [batch, keys] or
 * [batch, queries, keys] of 0 and 1, or [batch] lengths.
 */
export function paddingBias(build: GraphBuilder, mask: Shaped, keys: number, filter: number): Shaped {
  const m = maths(build, 'float32');
  const [batch = 1, second] = mask.shape;
  const shape = [batch, 1, mask.shape.length === 3 ? (second ?? 1) : 1, keys];
  const isLengths = mask.shape.length === 1;
  if (mask.shape.length > 3 || (!isLengths && mask.shape.at(-1) !== keys)) {
    throw new Error(`its mask [${mask.shape}] has no gradient rule; it needs lengths, or a number per key`);
  }
  const given = cast(build, mask.name, 'float32');
  const counts = isLengths
    ? m.less(build.constant('float32', range(keys)), reshape(build, given, [batch, 1]))
    : m.greater(given, 0);
  return { name: reshape(build, m.mul(m.sub(1, counts), filter), shape), shape };
}
