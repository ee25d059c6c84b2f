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
  /** No work at run time: views (Reshape, Identity), constants, shape arithmetic. */
  | { readonly kind: 'free'; readonly reason: string };

export function macsOf(work: Work): number {
  if (work.kind !== 'loopNest') return 0;
  const { N, G, K, C, P, Q, R, S } = work.nest;
  return N * G * K * C * P * Q * R * S;
}

/** FLOPs: a multiply-accumulate is two; bias additions and vector operations count one each. */
export function flopsOf(work: Work): number {
  if (work.kind === 'loopNest') return 2 * macsOf(work) + work.biasAdds;
  return work.kind === 'vector' ? work.operations : 0;
}
