// Desai and Ramaswamy, "Ablation-CAM: Visual Explanations for Deep Convolutional Network via Gradient-free Localization", WACV 2020.
import { perChannel } from '../maths/perChannel';

/** w_k = (y − y_k) / y with y_k the score when channel k is zero: by what share the score falls without it. */
export const ablationCam = perChannel({
  ...{ id: 'ablationcam', title: 'Ablation-CAM', asks: 'tail' },
  probe: async (bench, channel) => {
    const { layer, activations } = bench;
    const pixels = layer.height * layer.width;
    const start = channel * pixels;
    if (activations.subarray(start, start + pixels).every((a) => a === 0)) return bench.score;
    return (await bench.tail(activations.slice().fill(0, start, start + pixels))).score;
  },
  weights: (scores, { score }) => {
    if (score === 0)
      throw new Error('Ablation-CAM divides by the score, which is 0 here; choose another class or method');
    return scores.map((one) => (score - one) / score);
  },
});
