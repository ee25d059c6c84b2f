import type { DataType } from '../graph/graph';
import type { LoopNest } from './work';

/** Sizes of a matrix product Y[M×K] = X[M×C]·W[C×K]; G independent products, or N with the same W. */
export interface MatrixProduct {
  readonly N?: number;
  readonly G?: number;
  readonly M: number;
  readonly K: number;
  readonly C: number;
  readonly dynamicWeights?: boolean;
  readonly weightType?: DataType | undefined;
}

/** A matrix product as a loop nest: P = M rows; no window. */
export function matrixNest({ N = 1, G = 1, M, K, C, dynamicWeights, weightType }: MatrixProduct): LoopNest {
  return {
    N,
    G,
    K,
    C,
    P: M,
    Q: 1,
    R: 1,
    S: 1,
    H: M,
    W: 1,
    strideH: 1,
    strideW: 1,
    dilationH: 1,
    dilationW: 1,
    ...(dynamicWeights && { dynamicWeights }),
    ...(weightType && { weightType }),
  };
}

/** Product of sizes; 1 for none. */
export function productOf(sizes: readonly number[]): number {
  return sizes.reduce((product, size) => product * size, 1);
}
