// Gildenblat et al., "PyTorch library for CAM methods" (EigenGradCAM), 2021.
import { componentOf } from '../camMethod';
import { firstComponent } from '../maths/principal';

/** The first principal component of G·A. */
export const eigenGradCam = componentOf(
  { id: 'eigengradcam', title: 'Eigen-Grad-CAM' },
  firstComponent,
  (_algebra, _activations, gradients) => gradients,
);
