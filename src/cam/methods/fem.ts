// Fuad et al., "Features Understanding in 3D CNNs for Actions Recognition in Video" (Feature Explanation Method), IPTA 2020.
import { channelWeighted } from '../camMethod';

/** w = the share of positions where A is above its channel's mean by two standard deviations, whatever the class. */
export const fem = channelWeighted(
  { id: 'fem', title: 'FEM', needs: 'activations' },
  ({ add, sub, mul, sqrt, greater, meanPixels }, activations) => {
    const mean = meanPixels(activations);
    const off = sub(activations, mean);
    const threshold = add(mean, mul(sqrt(meanPixels(mul(off, off))), 2));
    return meanPixels(greater(activations, threshold));
  },
);
