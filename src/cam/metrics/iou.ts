// Choe et al., "Evaluating Weakly Supervised Object Localization Methods Right", CVPR 2020, §3: a map's pixels above a threshold against the object's.
import { type MapMetric, truthOf } from '../camMetric';

/** Intersection over union of the object with the pixels of at least `threshold` times the map's maximum. */
export const iou: MapMetric = {
  id: 'iou',
  title: 'Intersection over union',
  needs: 'truth',
  columns: [
    {
      ...{ id: 'iou', title: 'IoU', unit: 'fraction', better: 'more' },
      meaning: 'overlap of the marked pixels with the object, at the chosen threshold',
    },
    {
      ...{ id: 'bestIou', title: 'IoU, best', unit: 'fraction', better: 'more' },
      meaning: 'overlap at the threshold where it is greatest',
    },
    {
      ...{ id: 'bestThreshold', title: 'Best threshold', unit: 'fraction' },
      meaning: 'share of the map’s maximum where the overlap is greatest',
    },
    {
      ...{ id: 'meanIou', title: 'IoU, mean', unit: 'fraction', better: 'more' },
      meaning: 'overlap averaged over the thresholds 0.01 to 0.99',
    },
  ],
  runs: () => 0,
  async measure(bench, { threshold }) {
    const truth = truthOf(bench);
    const { values } = bench.map;
    const overlap = (share: number): number => overlapAt(values, truth, share);
    const shares = Array.from({ length: 99 }, (_, i) => (i + 1) / 100);
    const overlaps = shares.map(overlap);
    const bestIou = Math.max(...overlaps);
    const bestThreshold = shares[overlaps.indexOf(bestIou)] ?? Number.NaN;
    const meanIou = overlaps.reduce((a, b) => a + b, 0) / overlaps.length;
    return {
      values: { iou: overlap(threshold), bestIou, bestThreshold, meanIou },
      notes: { iou: `at ${threshold} of the map’s maximum`, bestIou: `at ${bestThreshold} of the map’s maximum` },
    };
  },
};

/** An empty map marks nothing: 0. */
function overlapAt(values: Float32Array, truth: Uint8Array, share: number): number {
  const maximum = values.reduce((a, b) => Math.max(a, b), 0);
  let both = 0;
  let either = 0;
  for (const [pixel, inside] of truth.entries()) {
    const marked = maximum > 0 && (values[pixel] ?? 0) >= share * maximum;
    if (marked && inside) both++;
    if (marked || inside) either++;
  }
  return both / either;
}
