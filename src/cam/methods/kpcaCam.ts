// Karmani et al., "KPCA-CAM: Visual Explainability of Deep Computer Vision Models using Kernel PCA", arXiv:2410.00267, 2024.
import { componentOf } from '../camMethod';
import { firstKernelComponent } from '../maths/principal';

/** The first principal component of A in the space of a sigmoid kernel, whatever the class. */
export const kpcaCam = componentOf({ id: 'kpcacam', title: 'KPCA-CAM', needs: 'activations' }, firstKernelComponent);
