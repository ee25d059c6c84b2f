// Rong et al., "A Consistent and Efficient Evaluation Strategy for Attribution Methods" (ROAD), ICML 2022; pytorch-grad-cam: ROADCombined.
import { FLAT, isFlat, type MapMetric, type MetricBench, type MetricOptions, unknown } from '../camMetric';
import { byRelevance } from '../judging/relevance';

/**
 * Remove and debias: pixels are replaced by noisy linear imputation, the most relevant or the least relevant first, and the
 * confidence is compared with that in the whole picture. Averaged over percentiles; combined = (least − most) / 2. At the
 * percentile p of the map, ⌈(n − 1)·p/100⌉ of its n pixels stay: as in pytorch-grad-cam, where no two pixels are equal.
 */
export const road: MapMetric = {
  id: 'road',
  title: 'ROAD',
  needs: 'runs',
  columns: [
    {
      ...{ id: 'road', title: 'ROAD, combined', unit: 'score', better: 'more' },
      meaning: 'half of how much more confidence is lost with the most relevant pixels than with the least relevant',
    },
    {
      ...{ id: 'roadMostRelevant', title: 'ROAD, most relevant first', unit: 'score', better: 'less' },
      meaning: 'change of confidence when the most relevant pixels are filled in from their neighbours',
    },
    {
      ...{ id: 'roadLeastRelevant', title: 'ROAD, least relevant first', unit: 'score', better: 'more' },
      meaning: 'change of confidence when the least relevant pixels are filled in from their neighbours',
    },
  ],
  runs: ({ percentiles }) => 2 * percentiles.length,
  async measure(bench, options) {
    if (isFlat(bench.map)) return unknown(road, FLAT);
    const order = byRelevance(bench.map.values, options.seed);
    const most = await meanChange(bench, order, options);
    const least = await meanChange(bench, order.toReversed(), options);
    return { values: { road: (least - most) / 2, roadMostRelevant: most, roadLeastRelevant: least } };
  },
};

/** Mean over the percentiles of the confidence without the first pixels of `order`, less that in the whole picture. */
async function meanChange(
  { confidence, confidenceOf, fill }: MetricBench,
  order: Uint32Array,
  { percentiles, noise, seed }: MetricOptions,
): Promise<number> {
  const keeps = percentiles.map((percentile) => {
    const stay = Math.ceil(((order.length - 1) * percentile) / 100);
    const keep = new Uint8Array(order.length);
    for (const pixel of order.subarray(order.length - stay)) keep[pixel] = 1;
    return keep;
  });
  let sum = 0;
  for (const picture of await fill(keeps, { deviation: noise, seed }))
    sum += (await confidenceOf(picture)) - confidence;
  return sum / percentiles.length;
}
