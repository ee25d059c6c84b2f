// Selvaraju et al., "Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization", ICCV 2017.
import { channelWeighted } from '../camMethod';

/** α_c = (1/Z) Σ_ij ∂y/∂A^c_ij. */
export const gradCam = channelWeighted(
  { id: 'gradcam', title: 'Grad-CAM' },
  ({ meanPixels }, _activations, gradients) => meanPixels(gradients),
);
