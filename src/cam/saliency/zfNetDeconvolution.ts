// Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014.
import type { SaliencyKind } from '../saliencyKind';

/**
 * One activation of the layer back to pixels, all others zero: unpooling by the switches of max-pooling, rectifying, transposed
 * filters (section 2.1). The unit is the strongest of a channel.
 */
export const zfNetDeconvolution: SaliencyKind = {
  id: 'zfnet',
  title: 'ZFNet deconvolution',
  map: 'greatest',
  options: ['channel'],
  runs: () => 1,
  async compute(bench, { channel: asked }) {
    const { layer, channel, x, y, activation, signal } = await bench.unit(asked);
    const unit = `Channel ${channel} of '${layer.tensor}' at column ${x}, row ${y} (activation ${activation.toPrecision(3)}).`;
    return { raw: signal, note: [unit, bench.notRectified()].join(' ').trim() };
  },
};
