import { sumMaps } from '../camMethod';
import type { GradientMode } from '../gradientMode';
import { pooledHead, pullBackHead } from '../layers/pooledHead';

/** CAM itself (Zhou et al., 2016): behind the layer only a global average and linear operators follow, so α = W_c / Z from the weights. */
export const analytic: GradientMode = {
  ...{ id: 'analytic', title: "From the classifier's weights" },
  refuses: ({ tail, layer }) => {
    const head = pooledHead(tail, layer);
    return typeof head === 'string' ? head : undefined;
  },
  cost: () => ({ runs: 0, allClasses: true }),
  gradCam: async (bench, { tail, layer }) => {
    const head = pooledHead(tail, layer);
    if (typeof head === 'string') throw new Error(head);
    const { height, width } = layer;
    const pull = await pullBackHead(head);
    const mapOf = (cotangent: Float32Array): Float32Array =>
      sumMaps(
        bench,
        pull(cotangent).map((weight) => weight / (height * width)),
      );
    return { raw: mapOf(await bench.cotangent()), mapOf };
  },
};
