// Smilkov, Thorat, Kim, Viégas and Wattenberg, "SmoothGrad: removing noise by adding noise", arXiv 2017.
import { normalNumbers } from '../maths/random';
import type { SaliencyKind } from '../saliencyKind';

/** As many as the paper's figures converge with. */
const SAMPLES = 25;

/** The mean of ∂y_c/∂x over copies of the picture with Gaussian noise of σ = noise · (max x − min x) (section 3). */
export const smoothGrad: SaliencyKind = {
  id: 'smoothgrad',
  title: 'SmoothGrad',
  map: 'greatest',
  options: ['samples', 'noise', 'seed'],
  runs: ({ samples = SAMPLES }) => 1 + samples,
  async compute(bench, { samples = SAMPLES, noise = 0.15, seed = 1 }) {
    if (!(Number.isInteger(samples) && samples > 0)) throw new Error(`${samples} samples: give a whole number above 0`);
    if (!(noise >= 0 && noise < Number.POSITIVE_INFINITY))
      throw new Error(`noise ${noise}: give a share of the range, e.g. 0.15`);
    const { values } = bench.picture;
    const least = values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
    const greatest = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    const deviation = noise * (greatest - least);
    // The first answer, without noise, says which class is meant.
    const { signal } = await bench.score();
    const normal = normalNumbers(seed);
    const sum = new Float64Array(values.length);
    for (let sample = 0; sample < samples; sample++) {
      bench.progress(sample, samples);
      const noisy = await bench.score(
        'gradient',
        values.map((x) => x + deviation * normal()),
      );
      for (const [i, g] of noisy.signal.values.entries()) sum[i] = (sum[i] ?? 0) + g / samples;
    }
    bench.progress(samples, samples);
    return {
      raw: { ...signal, values: Float32Array.from(sum) },
      note: `${samples} copies, noise ${Number((100 * noise).toPrecision(3))} % of the picture’s range.`,
    };
  },
};
