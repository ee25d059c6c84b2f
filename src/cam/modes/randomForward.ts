import { sumMaps } from '../camMethod';
import { type GradientMode, slopesAlong } from '../gradientMode';
import { normalNumbers } from '../maths/random';
import { ratio } from '../maths/ratio';

/** How many random directions are tried. */
const DIRECTIONS = 256;

/**
 * The forward gradient (Baydin et al., Gradients without Backpropagation, 2022), for teaching: α ≈ the mean of (∇·v)·v over random
 * directions v of independent normal numbers, one per channel. With n directions and K channels its relative error is √((K + 1)/n).
 */
export const randomForward: GradientMode = {
  ...{ id: 'random-forward', title: 'Random forward gradient' },
  refuses: ({ missing }) => missing,
  cost: () => ({ runs: DIRECTIONS, allClasses: false }),
  gradCam: async (bench) => {
    const { channels, height, width } = bench.layer;
    const pixels = height * width;
    const normal = normalNumbers(1);
    const tried = Array.from({ length: DIRECTIONS }, () => Float32Array.from({ length: channels }, normal));
    const { slopes } = await slopesAlong(bench, DIRECTIONS, (index) => tried[index] ?? []);
    const weights = new Float64Array(channels);
    for (const [i, v] of tried.entries()) {
      const factor = (slopes[i] ?? Number.NaN) / (pixels * DIRECTIONS);
      for (const [k, element] of v.entries()) weights[k] = (weights[k] ?? 0) + factor * element;
    }
    return {
      raw: sumMaps(bench, weights),
      relativeError: weightError(weights, bench.gradients),
    };
  },
};

/** ‖α̂ − α‖ / ‖α‖ with α_k the mean of the gradient over channel k. */
function weightError(weights: Float64Array, gradients: Float32Array): number {
  const pixels = gradients.length / weights.length;
  let [difference, magnitude] = [0, 0];
  for (const [k, weight] of weights.entries()) {
    const exact = gradients.subarray(k * pixels, (k + 1) * pixels).reduce((sum, g) => sum + g, 0) / pixels;
    difference += (weight - exact) ** 2;
    magnitude += exact ** 2;
  }
  return Math.sqrt(ratio(difference, magnitude));
}
