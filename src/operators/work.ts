import type { CostContext } from './operator';

/**
 * What a node has to do, independent of any hardware. One of four kinds; the latency engines cost each kind.
 */

/**
 * A contraction as a loop nest, in the field's letters (Timeloop, Eyeriss): MACs = N·G·K·C·P·Q·R·S.
 * K and C count channels **per group**. GEMM M×N×K is P = M, K = N, C = K. `batch` multiplies N (batched MatMul: G).
 */
export interface LoopNest {
  readonly N: number;
  readonly G: number;
  readonly K: number;
  readonly C: number;
  readonly P: number;
  readonly Q: number;
  readonly R: number;
  readonly S: number;
  /** Input height and width, without padding. */
  readonly H: number;
  readonly W: number;
  readonly strideH: number;
  readonly strideW: number;
  readonly dilationH: number;
  readonly dilationW: number;
  /** True where the second operand is computed too (MatMul of two activations): it is not a weight. */
  readonly dynamicWeights?: boolean;
}

export type Work =
  | { readonly kind: 'loopNest'; readonly nest: LoopNest; readonly biasAdds: number }
  /**
   * Arithmetic on a vector unit: `operations` scalar operations in all (FLOPs), `passes` readings of the input.
   * `window` is set for pooling: operations per output and the sizes the pooling row of the founding model needs.
   */
  | { readonly kind: 'vector'; readonly operations: number; readonly passes: number }
  /** Bytes are moved, nothing is computed. `burst`: contiguous elements per access, for burst efficiency. */
  | { readonly kind: 'movement'; readonly burst: number }
  /** A node made of nodes (If, Loop, Scan, a call of a local function): `parts` in order, `times` times. */
  | { readonly kind: 'body'; readonly parts: readonly BodyPart[]; readonly times: number }
  /** No work at run time: views (Reshape, Identity), constants, shape arithmetic. */
  | { readonly kind: 'free'; readonly reason: string };

/** A node inside another one; its work is undefined where it is unknown. */
export interface BodyPart {
  readonly work: Work | undefined;
  readonly context: CostContext;
}

function sumParts(work: Work & { kind: 'body' }, of: (part: Work) => number): number {
  return work.times * work.parts.reduce((sum, part) => sum + (part.work ? of(part.work) : 0), 0);
}

/** MACs; parts of a body whose work is unknown count nothing. */
export function macsOf(work: Work): number {
  if (work.kind === 'body') return sumParts(work, macsOf);
  if (work.kind !== 'loopNest') return 0;
  const { N, G, K, C, P, Q, R, S } = work.nest;
  return N * G * K * C * P * Q * R * S;
}

/** FLOPs: a multiply-accumulate is two; bias additions and vector operations count one each. */
export function flopsOf(work: Work): number {
  if (work.kind === 'body') return sumParts(work, flopsOf);
  if (work.kind === 'loopNest') return 2 * macsOf(work) + work.biasAdds;
  return work.kind === 'vector' ? work.operations : 0;
}
