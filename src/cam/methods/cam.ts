// Zhou, Khosla, Lapedriza, Oliva and Torralba, "Learning Deep Features for Discriminative Localization", CVPR 2016.

import { type RunMethod, sumMaps } from '../camMethod';
import { numberAlgebra } from '../maths/mapAlgebra';
import type { RunBench } from '../session/bench';

/** Rounding, also of half precision, stays below; another function of A does not. Relative. */
const SAME = 5e-3;

/**
 * w = the classifier's weights for the class, which global average pooling spreads evenly: w_k = Σ_ij ∂y/∂A^k_ij. Only where
 * the score is a weighted sum of the maps' means (plus a bias); there it is Grad-CAM times the number of positions.
 */
export const cam: RunMethod = {
  ...{ id: 'cam', title: 'CAM', needs: 'runs' },
  cost: () => ({ whole: 0, tail: 1 }),
  computeByRuns: async (bench) => {
    const { channels, height, width } = bench.layer;
    const gradients = await bench.gradientsAt();
    if (!isEven(gradients, height * width) || !(await isLinear(bench, gradients))) {
      throw new Error(
        'CAM needs a layer that is followed by global average pooling and one fully connected layer alone, which is not so here; ' +
          'take the last layer before the pooling, or Grad-CAM, which is the same map where CAM exists',
      );
    }
    return sumMaps(bench, numberAlgebra(channels, height * width).sumPixels(gradients));
  },
};

/** Whether every position of a channel weighs the same. */
function isEven(gradients: Float32Array, pixels: number): boolean {
  const greatest = gradients.reduce((a, g) => Math.max(a, Math.abs(g)), 0);
  return gradients.every((g, i) => Math.abs(g - (gradients[i - (i % pixels)] ?? Number.NaN)) <= SAME * greatest);
}

/** Whether y(A) = ⟨G, A⟩ + y(0). */
async function isLinear(bench: RunBench, gradients: Float32Array): Promise<boolean> {
  const { activations, score } = bench;
  const { score: bias } = await bench.tail(new Float32Array(activations.length));
  const slope = gradients.reduce((sum, g, i) => sum + g * (activations[i] ?? Number.NaN), 0);
  const size = Math.max(Math.abs(bias), Math.abs(slope), Math.abs(score));
  return Math.abs(score - bias - slope) <= SAME * size;
}
