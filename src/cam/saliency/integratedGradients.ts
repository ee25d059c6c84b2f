// Sundararajan, Taly and Yan, "Axiomatic Attribution for Deep Networks", ICML 2017.
import { ratio } from '../maths/ratio';
import type { SaliencyKind } from '../saliencyKind';

/** 20 to 300 are enough (section 5). */
const STEPS = 50;

/**
 * (x − x′) · ∫₀¹ ∂F(x′ + α(x − x′))/∂x dα from the black picture x′ (section 3), by the midpoint rule. Complete attributions
 * add up to F(x) − F(x′) (proposition 1); what is missing is the error of the sum.
 */
export const integratedGradients: SaliencyKind = {
  id: 'integrated-gradients',
  title: 'Integrated gradients',
  map: 'sum',
  options: ['steps'],
  runs: ({ steps = STEPS }) => 2 + steps,
  async compute(bench, { steps = STEPS }) {
    if (!(Number.isInteger(steps) && steps > 0)) throw new Error(`${steps} steps: give a whole number above 0`);
    const [x, black] = [bench.picture.values, bench.black.values];
    const at = (share: number): Float32Array => x.map((one, i) => share * one + (1 - share) * (black[i] ?? 0));
    const { score, signal } = await bench.score();
    const { score: baseline } = await bench.score('gradient', black);
    const mean = new Float64Array(x.length);
    for (let step = 0; step < steps; step++) {
      bench.progress(step, steps);
      const { signal: there } = await bench.score('gradient', at((step + 0.5) / steps));
      for (const [i, g] of there.values.entries()) mean[i] = (mean[i] ?? 0) + g / steps;
    }
    bench.progress(steps, steps);
    const values = x.map((one, i) => (one - (black[i] ?? 0)) * (mean[i] ?? 0));
    const wanted = score - baseline;
    const completenessError = ratio(Math.abs(values.reduce((a, b) => a + b, 0) - wanted), Math.abs(wanted));
    const note = Number.isNaN(completenessError)
      ? 'The score is the same as of a black picture: there is no rise that the attributions could add up to.'
      : `The attributions add up to the score’s rise from a black picture but for ${Number((100 * completenessError).toPrecision(2))} % (${steps} steps).`;
    return { raw: { ...signal, values }, note, completenessError };
  },
};
