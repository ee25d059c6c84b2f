// Zhang et al., "Top-Down Neural Attention by Excitation Backprop", IJCV 2018, §4.1: the pointing game.
import { FLAT, isFlat, type MapMetric, truthOf, unknown } from '../camMetric';

/** A hit where the map's greatest value lies in the object, or at most `tolerancePixels` from it (the paper: 15; here 0). */
export const pointingGame: MapMetric = {
  id: 'pointing',
  title: 'Pointing game',
  needs: 'truth',
  columns: [
    {
      ...{ id: 'pointing', title: 'Pointing game', unit: 'yes/no', better: 'more' },
      meaning: 'whether the brightest pixel lies in the object',
    },
  ],
  runs: () => 0,
  async measure(bench, { tolerancePixels }) {
    const truth = truthOf(bench);
    const { map } = bench;
    if (isFlat(map)) return unknown(pointingGame, FLAT);
    const peak = map.values.indexOf(map.values.reduce((a, b) => Math.max(a, b)));
    const [row, column] = [Math.floor(peak / map.width), peak % map.width];
    const hit = truth.some((inside, pixel) => {
      const distance = Math.hypot(Math.floor(pixel / map.width) - row, (pixel % map.width) - column);
      return inside === 1 && distance <= tolerancePixels;
    });
    return {
      values: { pointing: hit ? 1 : 0 },
      ...(tolerancePixels > 0 && { notes: { pointing: `or at most ${tolerancePixels} pixels from it` } }),
    };
  },
};
