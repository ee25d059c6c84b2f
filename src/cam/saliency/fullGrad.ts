// Srinivas and Fleuret, "Full-Gradient Representation for Neural Network Visualization", NeurIPS 2019.
import { minMax, resizeBilinear } from '../maths/normalise';
import type { SaliencyKind } from '../saliencyKind';

/**
 * |x · ∂y/∂x| plus |b · ∂y/∂b| of every biased convolution and normalisation, every channel scaled to [0, 1] and enlarged to the
 * picture (section 5, in the order of pytorch-grad-cam).
 */
export const fullGrad: SaliencyKind = {
  id: 'fullgrad',
  title: 'FullGrad',
  map: 'itself',
  runs: () => 1,
  async compute(bench) {
    const { signal, maps } = await bench.biases();
    const { channels, height, width } = signal;
    const pixels = height * width;
    const sum = new Float64Array(pixels);
    const add = (map: Float32Array): void => {
      for (const [i, value] of map.entries()) sum[i] = (sum[i] ?? 0) + value;
    };
    const products = signal.values.map((g, i) => Math.abs(g * (bench.picture.values[i] ?? Number.NaN)));
    for (let c = 0; c < channels; c++) add(minMax(products.subarray(c * pixels, (c + 1) * pixels)));
    for (const map of maps) add(resizeBilinear(map, width, height).values);
    const note = `The picture and the biases of ${maps.length} convolutions and normalisations; other biases are left out.`;
    return { raw: { channels: 1, height, width, values: minMax(minMax(Float32Array.from(sum))) }, note };
  },
};
