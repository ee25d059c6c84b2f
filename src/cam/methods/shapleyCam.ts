// Cai, "CAMs as Shapley Value-based Explainers", arXiv:2501.06261, 2025.
import { type RunMethod, sumMaps } from '../camMethod';
import { numberAlgebra } from '../maths/mapAlgebra';

/** w = mean(G − ½·H·A) with H the Hessian of the score: Grad-CAM's weights corrected to second order. */
export const shapleyCam: RunMethod = {
  ...{ id: 'shapleycam', title: 'Shapley-CAM', needs: 'runs' },
  cost: () => ({ whole: 0, tail: 1 }),
  computeByRuns: async (bench) => {
    const { channels, height, width } = bench.layer;
    const { sub, mul, meanPixels } = numberAlgebra(channels, height * width);
    const first = await bench.gradientsAt();
    const second = await bench.hessianTimes(bench.activations);
    return sumMaps(bench, meanPixels(sub(first, mul(second, 0.5))));
  },
};
