// Wang et al., "Score-CAM: Score-Weighted Visual Explanations for Convolutional Neural Networks", CVPR Workshops 2020, §4.3: the energy-based pointing game.
import { type MapMetric, truthOf, unknown } from '../camMetric';

/** Σ of the map inside the object / Σ of the whole map. */
export const energy: MapMetric = {
  id: 'energy',
  title: 'Energy in the object',
  needs: 'truth',
  columns: [
    {
      ...{ id: 'energy', title: 'Energy in the object', unit: 'fraction', better: 'more' },
      meaning: 'share of the map that lies in the object',
    },
  ],
  runs: () => 0,
  async measure(bench) {
    const truth = truthOf(bench);
    const { values } = bench.map;
    const all = values.reduce((sum, value) => sum + value, 0);
    if (all === 0) return unknown(energy, 'the map is empty: there is nothing to share out');
    const inside = values.reduce((sum, value, pixel) => sum + value * (truth[pixel] ?? 0), 0);
    return { values: { energy: inside / all } };
  },
};
