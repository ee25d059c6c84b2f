import { sumMaps } from '../camMethod';
import { type GradientMode, type ModeBench, type ModeContext, mapError } from '../gradientMode';
import { ratio } from '../maths/ratio';
import { gradCam } from '../methods/gradCam';

/** How far the activations move, by their root mean square: small enough not to cross many kinks, or large enough for rounding. */
const STEP = { kinked: 0.01, smooth: 0.1 };
/** Operators whose derivative jumps. */
const KINKED =
  /^(.*Relu|Clip|Abs|Max|Min|.*MaxPool|ReduceMax|ReduceMin|ReduceL1|HardSigmoid|HardSwish|Shrink|TopK|QuantizeLinear|FusedConv|FusedGemm|QLinear.*)$/;
/** Rounding of a score in 32 bits. */
const ROUNDING = 2 ** -23;

/**
 * Central differences by running what follows the layer, where a gradient rule is missing. Along positions (the directions of
 * forward mode) or channels, whichever are fewer; each at a step and at half of it. The error that is shown is how far both
 * disagree, on kinked tails also how far both sides do, as a bound over all directions, and rounding.
 */
export const finiteDifference: GradientMode = {
  ...{ id: 'finite-difference', title: 'Finite differences' },
  refuses: () => undefined,
  cost: ({ layer }) => ({ runs: 1 + 4 * Math.min(layer.channels, layer.height * layer.width), allClasses: false }),
  gradCam: async (bench, context) => {
    const { activations, layer } = bench;
    const { channels, height, width } = layer;
    const pixels = height * width;
    const byPosition = pixels <= channels;
    const count = byPosition ? pixels : channels;
    const along = (index: number, k: number): number =>
      byPosition ? (activations[k * pixels + index] ?? Number.NaN) : Number(k === index);
    const kinked = isKinked(context);
    const wanted = (kinked ? STEP.kinked : STEP.smooth) * rms(activations);
    const { score: here } = await bench.tail(activations);
    const [slopes, errors] = [new Float64Array(count), new Float64Array(count)];
    for (let i = 0; i < count; i++) {
      bench.progress(i, count);
      const direction = Float32Array.from({ length: channels }, (_, k) => along(i, k));
      const size = byPosition ? rms(direction) : 1;
      if (size === 0) continue;
      const step = wanted / size;
      const [far, near] = [
        await differences(bench, direction, step, here),
        await differences(bench, direction, step / 2, here),
      ];
      slopes[i] = near.central / pixels;
      const error =
        Math.abs(far.central - near.central) + (kinked ? near.sides : 0) + (2 * ROUNDING * Math.abs(here)) / step;
      errors[i] = error / pixels;
    }
    bench.progress(count, count);
    const raw = byPosition ? Float32Array.from(slopes) : sumMaps(bench, slopes);
    const bound = byPosition ? errors : sumMaps({ layer, activations: activations.map(Math.abs) }, errors);
    const exact = context.missing === undefined ? gradCam.compute(bench) : undefined;
    return exact
      ? { raw, relativeError: mapError(raw, exact) }
      : { raw, errorBound: ratio(greatest(bound), greatest(raw)) };
  },
};

/** (s(A + εV) − s(A − εV)) / 2ε for V the same at all positions, and half the difference of both sides' slopes. */
async function differences(bench: ModeBench, direction: Float32Array, step: number, here: number) {
  const pixels = bench.layer.height * bench.layer.width;
  const score = async (by: number): Promise<number> => {
    const moved = bench.activations.map((a, i) => a + by * (direction[Math.floor(i / pixels)] ?? Number.NaN));
    return (await bench.tail(moved)).score;
  };
  const [ahead, back] = [await score(step), await score(-step)];
  return { central: (ahead - back) / (2 * step), sides: Math.abs(ahead + back - 2 * here) / (2 * step) };
}

function isKinked({ tail }: ModeContext): boolean {
  return tail.model.graph.nodes.some(({ operator }) => KINKED.test(operator));
}

function rms(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
}

function greatest(values: ArrayLike<number>): number {
  return Array.from(values).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}
