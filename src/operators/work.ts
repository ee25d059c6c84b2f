import type { DataType } from '../graph/graph';
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
  /** Element type of the second operand where it is not the type of the node's second input (packed 4-bit weights). */
  readonly weightType?: DataType;
}

export type Work =
  | { readonly kind: 'loopNest'; readonly nest: LoopNest; readonly biasAdds: number }
  /**
   * Arithmetic on a vector unit: `operations` scalar operations in all (FLOPs), `passes` readings of the input.
   */
  | { readonly kind: 'vector'; readonly operations: number; readonly passes: number }
  /** Bytes are moved, nothing is computed. `burst`: contiguous elements per access, for burst efficiency. */
  | { readonly kind: 'movement'; readonly burst: number }
  /**
   * A node made of others, in order: a sub-graph (If, Loop, Scan), a local function, or the steps of an operator that is more than
   * one contraction (attention, recurrent layers). `kernel` where all run as one.
   */
  | {
      readonly kind: 'body';
      readonly parts: readonly BodyPart[];
      /** How often the whole runs, one time after the other: what is constant inside is the same each time. */
      readonly times: number;
      readonly kernel?: OneKernel;
    }
  /** No work at run time: views (Reshape, Identity), constants, shape arithmetic. */
  | { readonly kind: 'free'; readonly reason: string };

export type Body = Work & { readonly kind: 'body' };

/** A node inside another one; its work is undefined where it is unknown. */
export interface BodyPart {
  readonly work: Work | undefined;
  readonly context: CostContext;
  /** How often it runs within one run of the body, each time after the one before (a step of a recurrent layer). */
  readonly times?: number;
  /** Of a sub-graph's or function's own names; absent where the part's names are those of the node around it. */
  isConstant?(tensor: string): boolean;
}

/** Parts that are launched as one. */
export interface OneKernel {
  /** Tensors that one part hands to another, made and used in `pieces` pieces: they stay on chip where a piece fits. */
  readonly inside: readonly string[];
  readonly pieces: number;
}

/** How often a part runs in all. */
export function timesOf(body: Body, part: BodyPart): number {
  return body.times * (part.times ?? 1);
}

function sumParts(body: Body, of: (part: Work) => number): number {
  return body.parts.reduce((sum, part) => sum + (part.work ? timesOf(body, part) * of(part.work) : 0), 0);
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
