import { sumMaps } from '../camMethod';
import { type GradientMode, slopesAlong } from '../gradientMode';

/** Forward mode by channels: α_k = (1/Z)·(the derivative along one everywhere in channel k), a Jacobian–vector product each. */
export const forwardChannels: GradientMode = {
  ...{ id: 'forward-channels', title: 'Forward mode by channels' },
  refuses: ({ missing }) => missing,
  cost: ({ layer }) => ({ runs: layer.channels, allClasses: true }),
  gradCam: async (bench) => {
    const { channels, height, width } = bench.layer;
    const only = (channel: number): Float32Array => new Float32Array(channels).fill(1, channel, channel + 1);
    const { slopes, slopesOf } = await slopesAlong(bench, channels, only);
    const map = (values: Float64Array): Float32Array =>
      sumMaps(
        bench,
        values.map((slope) => slope / (height * width)),
      );
    return { raw: map(slopes), ...(slopesOf && { mapOf: (cotangent) => map(slopesOf(cotangent)) }) };
  },
};
