// Springenberg, Dosovitskiy, Brox and Riedmiller, "Striving for Simplicity: The All Convolutional Net", ICLR Workshop 2015.
import type { SaliencyKind } from '../saliencyKind';

/** The deconvnet of figure 1: from the class’s score down, the signal rectified at every ReLU instead of the gradient's mask. */
export const deconvolution: SaliencyKind = {
  id: 'deconvolution',
  title: 'Deconvolution',
  map: 'greatest',
  runs: () => 1,
  compute: async (bench) => ({ raw: (await bench.score('deconvolution')).signal, note: bench.notRectified() }),
};
