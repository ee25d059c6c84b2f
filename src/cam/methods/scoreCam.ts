// Wang et al., "Score-CAM: Score-Weighted Visual Explanations for Convolutional Neural Networks", CVPR Workshops 2020.

import { pictureSize } from '../layers/target';
import { resizeBilinear } from '../maths/normalise';
import { perChannel } from '../maths/perChannel';
import type { RunBench } from '../session/bench';

/** w = softmax over channels of the scores of the picture seen through each channel. */
export const scoreCam = perChannel({
  ...{ id: 'scorecam', title: 'Score-CAM', asks: 'whole' },
  probe: async (bench, channel) => (await bench.run(seenThrough(bench, channel))).score,
  weights: (scores) => {
    const greatest = scores.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    const powers = scores.map((score) => Math.exp(score - greatest));
    const sum = powers.reduce((a, b) => a + b, 0);
    return powers.map((power) => power / sum);
  },
});

/** The preprocessed picture times a channel at the picture's size (corners aligned), as (A − min) / (max − min + 1e-8). */
function seenThrough({ input, layer, activations }: RunBench, channel: number): Float32Array {
  const { height, width } = layer;
  const values = activations.subarray(channel * height * width, (channel + 1) * height * width);
  const [rows, columns] = pictureSize(input);
  const mask = resizeBilinear({ width, height, values }, columns, rows, 'corners').values;
  const min = mask.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const max = mask.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const share = mask.map((value) => (value - min) / (max - min + 1e-8));
  const colours = input.data.length / share.length;
  const channelsLast = input.shape.at(-1) !== columns;
  return input.data.map((value, i) => value * (share[channelsLast ? Math.floor(i / colours) : i % share.length] ?? 0));
}
