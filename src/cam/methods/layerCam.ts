// Jiang et al., "LayerCAM: Exploring Hierarchical Class Activation Maps for Localization", IEEE TIP 2021.
import { positionWeighted } from '../camMethod';

/** Every position has its own weight: the positive part of the gradient there. */
export const layerCam = positionWeighted({ id: 'layercam', title: 'LayerCAM' }, ({ relu }, _activations, gradients) =>
  relu(gradients),
);
