// Petsiuk, Das and Saenko, "RISE: Randomized Input Sampling for Explanation of Black-box Models", BMVC 2018, §4.1: deletion.
import { FLAT, isFlat, type MapMetric, unknown } from '../camMetric';
import { relevanceCurve } from '../judging/relevanceCurve';

/** Pixels become 0 after preprocessing (with a mean subtracted: the mean colour), as in the authors' evaluation. */
export const deletion: MapMetric = {
  id: 'deletion',
  title: 'Deletion',
  needs: 'runs',
  columns: [
    {
      ...{ id: 'deletion', title: 'Deletion AUC', unit: 'confidence', better: 'less' },
      meaning: 'mean confidence while pixels are removed, the most relevant first',
    },
  ],
  runs: ({ steps }) => steps + 1,
  async measure(bench, options) {
    if (isFlat(bench.map)) return unknown(deletion, FLAT);
    const { picture } = bench;
    const curve = await relevanceCurve(bench, options, deletion.title, picture, new Float32Array(picture.length));
    return { values: { deletion: curve.area }, curves: [curve] };
  },
};
