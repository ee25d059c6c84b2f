// Chattopadhay et al., "Grad-CAM++: Improved Visual Explanations for Deep Convolutional Networks", WACV 2018.
import { channelWeighted } from '../camMethod';

/** a = G² / (2G² + S·G³ + 1e-6) with S = Σ_ij A (0 where G = 0, as its numerator is); w = Σ_ij relu(G)·a. */
export const gradCamPlusPlus = channelWeighted(
  { id: 'gradcam++', title: 'Grad-CAM++' },
  ({ add, mul, div, relu, sumPixels }, activations, gradients) => {
    const square = mul(gradients, gradients);
    const cubic = mul(sumPixels(activations), mul(square, gradients));
    const share = div(square, add(add(mul(square, 2), cubic), 1e-6));
    return sumPixels(mul(relu(gradients), share));
  },
);
