// Gildenblat et al., "PyTorch library for CAM methods" (GradCAMElementWise), 2021.
import { positionWeighted } from '../camMethod';

/** Σ_c relu(G·A): the gradient is the weight where it speaks for the class together with the activation. */
export const gradCamElementwise = positionWeighted(
  { id: 'gradcam_elementwise', title: 'Element-wise Grad-CAM' },
  ({ mul, greater }, activations, gradients) => mul(gradients, greater(mul(gradients, activations), 0)),
);
