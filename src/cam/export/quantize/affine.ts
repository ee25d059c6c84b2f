/** Real numbers as eight-bit integers: Jacob et al., "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference", CVPR 2018, section 2.1: r = S(q − Z). */

/** What a tensor's elements lie between. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

/** S and Z. */
export interface Affine {
  readonly scale: number;
  readonly zeroPoint: number;
}

/** For uint8: the range is widened to hold zero, which gets an integer of its own, so that padding stays exact. */
export function affineOf({ low, high }: Range): Affine {
  const [from, to] = [Math.min(low, 0), Math.max(high, 0)];
  const scale = Math.fround((to - from) / 255) || 1;
  return { scale, zeroPoint: Math.min(255, Math.max(0, Math.round(-from / scale))) };
}

/** Weights as int8 with Z = 0. */
export interface SymmetricWeights {
  readonly values: Int8Array;
  /** One for all, or one per position along the axis. */
  readonly scales: readonly number[];
}

/** One scale per position along `axis`, or one for all without an axis; a slice of zeros gets 1. */
export function symmetricOf(
  weights: Float64Array,
  shape: readonly number[],
  axis: number | undefined,
): SymmetricWeights {
  const inner = axis === undefined ? weights.length : shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  const count = axis === undefined ? 1 : (shape[axis] ?? 1);
  const sliceOf = (index: number): number => Math.floor(index / inner) % count;
  const greatest = new Float64Array(count);
  for (const [index, weight] of weights.entries()) {
    const slice = sliceOf(index);
    greatest[slice] = Math.max(greatest[slice] ?? 0, Math.abs(weight));
  }
  const scales = [...greatest].map((most) => Math.fround(most / 127) || 1);
  const values = Int8Array.from(weights, (weight, index) => {
    const scaled = Math.round(weight / (scales[sliceOf(index)] ?? 1));
    return Math.min(127, Math.max(-127, scaled));
  });
  return { values, scales };
}
