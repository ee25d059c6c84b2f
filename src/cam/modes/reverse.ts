import type { GradientMode } from '../gradientMode';
import { gradCam } from '../methods/gradCam';

/** ∂score/∂A by back-propagation, written as ONNX nodes: one backward pass behind the layer. */
export const reverse: GradientMode = {
  ...{ id: 'reverse', title: 'Reverse mode' },
  refuses: ({ missing }) => missing,
  cost: () => ({ runs: 1, allClasses: false }),
  gradCam: async (bench) => ({ raw: gradCam.compute(bench) }),
};
