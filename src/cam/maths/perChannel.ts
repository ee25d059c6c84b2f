import { type CamBench, type ChannelCount, type RunMethod, sumMaps } from '../camMethod';
import type { RunBench } from '../session/bench';

/** What is asked of the model for each channel, and what follows from the answers. */
interface PerChannel extends Pick<RunMethod, 'id' | 'title'> {
  /** Whether a question runs the whole model, or what lies behind the layer. */
  readonly asks: 'whole' | 'tail';
  /** The target's score when a channel is singled out. */
  probe(bench: RunBench, channel: number): Promise<number>;
  /** A weight for each score. */
  weights(scores: readonly number[], bench: RunBench): readonly number[];
}

/** Channels that are asked about unless more are wanted: batching does not help on a CPU, so every one costs a run. */
const STRONGEST = 64;

/** map = Σ_k w_k · A^k, where every weight costs a run; channels that are not asked about weigh nothing. */
export function perChannel({ id, title, asks, probe, weights }: PerChannel): RunMethod {
  return {
    ...{ id, title, needs: 'runs', channelsDefault: STRONGEST },
    cost: ({ channels }, asked) => {
      const runs = asked === 'all' ? channels : Math.min(asked, channels);
      return { whole: asks === 'whole' ? runs : 0, tail: asks === 'tail' ? runs : 0 };
    },
    computeByRuns: async (bench, { channels }) => {
      const asked = strongestChannels(bench, channels);
      const scores: number[] = [];
      for (const [done, channel] of asked.entries()) {
        bench.progress(done, asked.length);
        scores.push(await probe(bench, channel));
      }
      bench.progress(asked.length, asked.length);
      const factors = new Float64Array(bench.layer.channels);
      for (const [i, weight] of weights(scores, bench).entries()) factors[asked[i] ?? 0] = weight;
      return sumMaps(bench, factors);
    },
  };
}

/** The channels with the greatest Σ |G·A|, or Σ A² where nothing is known of the gradient, strongest first. */
export function strongestChannels(bench: CamBench, count: ChannelCount): readonly number[] {
  const { layer, activations, gradients } = bench;
  const all = [...new Array<unknown>(layer.channels).keys()];
  if (count === 'all' || count >= layer.channels) return all;
  const known = gradients.length === activations.length;
  const pixels = layer.height * layer.width;
  const strengths = all.map((channel) => {
    const start = channel * pixels;
    return activations.subarray(start, start + pixels).reduce((sum, a, i) => {
      return sum + Math.abs(a * (known ? (gradients[start + i] ?? 0) : a));
    }, 0);
  });
  return all.toSorted((a, b) => (strengths[b] ?? 0) - (strengths[a] ?? 0)).slice(0, count);
}
