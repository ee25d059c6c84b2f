import type { CamCurve } from '../../protocol/camPanel';
import type { MetricBench, MetricOptions } from '../camMetric';
import { byRelevance } from './relevance';

/**
 * Petsiuk et al. 2018, §4.1: the pixels of `from` are replaced by those of `to`, the most relevant first, in equal steps, and
 * the model is asked after each. x: share of the pixels that are replaced; y: confidence; area: by trapezoids, over 0–1.
 * @param from [C, H, W], as `to`.
 */
export async function relevanceCurve(
  { map, confidenceOf }: MetricBench,
  { steps, seed }: MetricOptions,
  title: string,
  from: Float32Array,
  to: Float32Array,
): Promise<CamCurve> {
  const order = byRelevance(map.values, seed);
  const picture = Float32Array.from(from);
  const x: number[] = [];
  const y: number[] = [];
  let done = 0;
  for (let step = 0; step <= steps; step++) {
    const until = Math.round((step / steps) * order.length);
    for (const pixel of order.subarray(done, until)) {
      for (let i = pixel; i < picture.length; i += order.length) picture[i] = to[i] ?? 0;
    }
    done = until;
    x.push(until / order.length);
    y.push(await confidenceOf(picture));
  }
  return { title, x, y, area: areaUnder(x, y) };
}

function areaUnder(x: readonly number[], y: readonly number[]): number {
  return x.reduce((area, end, i) => {
    const [start, before] = [x[i - 1], y[i - 1]];
    if (start === undefined || before === undefined) return area;
    return area + ((end - start) * (before + (y[i] ?? Number.NaN))) / 2;
  }, 0);
}
