// Springenberg, Dosovitskiy, Brox and Riedmiller, "Striving for Simplicity: The All Convolutional Net", ICLR Workshop 2015.
import type { SaliencyKind } from '../saliencyKind';

/** The gradient whose signal is rectified at every ReLU as well (section 3.4). */
export const guidedBackpropagation: SaliencyKind = {
  id: 'guided',
  title: 'Guided back-propagation',
  map: 'greatest',
  runs: () => 1,
  compute: async (bench) => ({ raw: (await bench.score('guided')).signal, note: bench.notRectified() }),
};
