// Fu et al., "Axiom-based Grad-CAM: Towards Accurate Visualization and Explanation of CNNs", BMVC 2020.
import { channelWeighted } from '../camMethod';

/** w = Σ_ij G·A / (Σ_ij A + 1e-7). */
export const xGradCam = channelWeighted(
  { id: 'xgradcam', title: 'XGrad-CAM' },
  ({ add, mul, div, sumPixels }, activations, gradients) =>
    div(sumPixels(mul(gradients, activations)), add(sumPixels(activations), 1e-7)),
);
