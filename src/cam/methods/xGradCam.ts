// Fu et al., "Axiom-based Grad-CAM: Towards Accurate Visualization and Explanation of CNNs", BMVC 2020.
import { channelWeighted, sumPixels } from '../camMethod';

/** w = Σ_ij G·A / (Σ_ij A + 1e-7). */
export const xGradCam = channelWeighted('xgradcam', 'XGrad-CAM', (inputs) => {
  const { maths, activations, gradients } = inputs;
  const total = maths.add(sumPixels(inputs, activations), 1e-7);
  return maths.div(sumPixels(inputs, maths.mul(gradients, activations)), total);
});
