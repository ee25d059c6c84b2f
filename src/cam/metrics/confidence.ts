// Chattopadhay et al., "Grad-CAM++", WACV 2018, §4.1: Average Drop %, Increase in Confidence; pytorch-grad-cam: CamMultImageConfidenceChange, DropInConfidence.
import { isFlat, type MapMetric, unknown } from '../camMetric';

/**
 * The model is shown the picture times the map (after preprocessing, as pytorch-grad-cam does). With the confidence Y in the
 * picture and O in the product: change O − Y, drop max(0, Y − O) and max(0, Y − O)/Y, increase 1 where O > Y. The means over
 * many pictures are the paper's Average Drop % and Increase in Confidence.
 */
export const confidence: MapMetric = {
  id: 'confidence',
  title: 'Confidence drop and increase',
  needs: 'runs',
  columns: [
    {
      ...{ id: 'averageDrop', title: 'Average drop', unit: 'fraction', better: 'less' },
      meaning: 'share of the confidence that is lost when only what the map marks is shown',
    },
    {
      ...{ id: 'increase', title: 'Increase in confidence', unit: 'yes/no', better: 'more' },
      meaning: 'whether the model is surer when only what the map marks is shown',
    },
    {
      ...{ id: 'dropInConfidence', title: 'Drop in confidence', unit: 'score', better: 'less' },
      meaning: 'confidence that is lost when only what the map marks is shown',
    },
    {
      ...{ id: 'confidenceChange', title: 'Confidence change', unit: 'score', better: 'more' },
      meaning: 'confidence with only what the map marks, less that in the whole picture',
    },
  ],
  runs: () => 1,
  async measure({ map, picture, confidence: whole, confidenceOf }) {
    if (isFlat(map)) return unknown(confidence, 'the map is the same everywhere: it marks nothing');
    const marked = await confidenceOf(picture.map((value, i) => value * (map.values[i % map.values.length] ?? 0)));
    const dropInConfidence = Math.max(0, whole - marked);
    const values = { dropInConfidence, increase: marked > whole ? 1 : 0, confidenceChange: marked - whole };
    if (whole > 0) return { values: { ...values, averageDrop: dropInConfidence / whole } };
    const why = 'a share of a score that is not above zero says nothing';
    return { values: { ...values, averageDrop: Number.NaN }, notes: { averageDrop: why } };
  },
};
