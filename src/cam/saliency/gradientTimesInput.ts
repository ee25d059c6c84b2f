// Shrikumar, Greenside, Shcherbina and Kundaje, "Not Just a Black Box: Learning Important Features Through Propagating Activation Differences", arXiv 2016.
import type { SaliencyKind } from '../saliencyKind';

/** x · ∂y_c/∂x, x as the network is fed it. */
export const gradientTimesInput: SaliencyKind = {
  id: 'gradient-x-input',
  title: 'Gradient × input',
  map: 'sum',
  runs: () => 1,
  async compute(bench) {
    const { signal } = await bench.score();
    return { raw: { ...signal, values: signal.values.map((g, i) => g * (bench.picture.values[i] ?? Number.NaN)) } };
  },
};
