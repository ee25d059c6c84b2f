import { bestClass, type CamTarget, checkClass, ownPositions, scorePlaces } from '../camTarget';
import type { CamLogits } from '../layers/target';

/** A class's probability at one position, with its derivative by the scores of all classes there. */
export interface Probability {
  readonly value: number;
  /** Its logarithm, also where the probability is too small for a number. */
  readonly logValue: number;
  /** The class's score there. */
  readonly score: number;
  /** ∂ log value / ∂ score of class j, [classes]. */
  readonly logSlopes: Float64Array;
}

/**
 * Softmax p_c = exp z_c / Σ exp z_j, where ∂ log p_c/∂z_j = δ_cj − p_j; sigmoid p_c = 1 / (1 + exp −z_c), where
 * ∂ log p_c/∂z_c = 1 − p_c. Scores without a head are read as before a softmax.
 */
export function probabilityAt(values: Float32Array, logits: CamLogits, position: number, index: number): Probability {
  const { classes, at } = scorePlaces(logits);
  const scores = Float64Array.from({ length: classes }, (_, c) => values[at(position, c)] ?? Number.NaN);
  const score = scores[index] ?? Number.NaN;
  if (logits.head === 'sigmoid') {
    const value = 1 / (1 + Math.exp(-score));
    const logValue = Math.min(score, 0) - Math.log1p(Math.exp(-Math.abs(score)));
    return { value, logValue, score, logSlopes: scores.map((_, c) => (c === index ? 1 - value : 0)) };
  }
  const greatest = scores.reduce((a, b) => Math.max(a, b));
  const powers = scores.map((one) => Math.exp(one - greatest));
  const sum = powers.reduce((a, b) => a + b, 0);
  const value = (powers[index] ?? Number.NaN) / sum;
  const logValue = score - greatest - Math.log(sum);
  return { value, logValue, score, logSlopes: powers.map((power, c) => (c === index ? 1 : 0) - power / sum) };
}

/** A target that is a function of a class's probability, summed over the class's own positions. */
export function probabilitySum(
  name: string,
  logits: CamLogits,
  index: number | undefined,
  of: (probability: Probability, chosen: number) => { readonly score: number; readonly slopes: Float64Array },
): CamTarget {
  checkClass(index, logits);
  const { classes, at } = scorePlaces(logits);
  return {
    title: `${name} of ${index === undefined ? 'the most probable class' : `class ${index}`}`,
    at(values) {
      const chosen = index ?? bestClass(values, logits);
      const cotangent = new Float32Array(values.length);
      let total = 0;
      for (const position of ownPositions(values, logits, chosen)) {
        const { score, slopes } = of(probabilityAt(values, logits, position, chosen), chosen);
        total += score;
        for (let c = 0; c < classes; c++) cotangent[at(position, c)] = slopes[c] ?? Number.NaN;
      }
      return { score: total, cotangent };
    },
  };
}
