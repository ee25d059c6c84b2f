// Chattopadhay et al., "Grad-CAM++: Improved Visual Explanations for Deep Convolutional Networks", WACV 2018.
import { channelWeighted, sumPixels } from '../camMethod';

/** a = G² / (2G² + S·G³ + 1e-6) with S = Σ_ij A (0 where G = 0, as its numerator is); w = Σ_ij relu(G)·a. */
export const gradCamPlusPlus = channelWeighted('gradcam++', 'Grad-CAM++', (inputs) => {
  const { maths, activations, gradients } = inputs;
  const square = maths.mul(gradients, gradients);
  const cubic = maths.mul(sumPixels(inputs, activations), maths.mul(square, gradients));
  const share = maths.div(square, maths.add(maths.add(maths.mul(square, 2), cubic), 1e-6));
  return sumPixels(inputs, maths.mul(maths.of('Relu', gradients), share));
});
