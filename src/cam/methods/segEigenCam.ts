// Chung and Ying, "Seg-Eigen-CAM: Eigen-Value-Based Visual Explanations for Semantic Segmentation Models", Applied Sciences 2025.
import { componentOf } from '../camMethod';
import { firstComponent } from '../maths/principal';

/** The first principal component of |G|·A, turned so that its greatest magnitude is positive. */
export const segEigenCam = componentOf(
  { id: 'segeigencam', title: 'Seg-Eigen-CAM' },
  firstComponent,
  ({ abs }, _activations, gradients) => abs(gradients),
);
