// Simonyan, Vedaldi and Zisserman, "Deep Inside Convolutional Networks: Visualising Image Classification Models and Saliency Maps", ICLR Workshop 2014.
import type { SaliencyKind } from '../saliencyKind';

/** ∂y_c/∂x. */
export const vanillaGradient: SaliencyKind = {
  id: 'gradient',
  title: 'Vanilla gradient',
  map: 'greatest',
  runs: () => 1,
  compute: async (bench) => ({ raw: (await bench.score()).signal }),
};
