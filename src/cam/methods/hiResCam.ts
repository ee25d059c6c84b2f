// Draelos and Carin, "Use HiResCAM instead of Grad-CAM for faithful explanations of convolutional neural networks", 2020.
import { positionWeighted } from '../camMethod';

/** Every position has its own weight: the gradient there. */
export const hiResCam = positionWeighted(
  { id: 'hirescam', title: 'HiResCAM' },
  (_algebra, _activations, gradients) => gradients,
);
