import { bytes as inBytes, percent } from '../../display/format';

/** What eight bits cost, over the calibration pictures. */
export interface QuantizationLoss {
  readonly pictures: number;
  /** On how many pictures the most probable class is still the same. */
  readonly sameClass: number;
  /** Root mean square of the scores' differences over that of the scores around their mean. */
  readonly scores: number;
  /** Mean distance of two normalised maps of the same class, in [0, 1]. */
  readonly map: number;
  /** Mean correlation of those maps; NaN where one is flat. */
  readonly correlation: number;
  readonly bytes: { readonly original: number; readonly quantized: number };
}

/** The loss in words: of the weights, of the classes, of the maps. */
export function lossTexts({ pictures, sameClass, scores, map, correlation, bytes }: QuantizationLoss) {
  const alike = Number.isNaN(correlation) ? '' : `, correlation ${correlation.toFixed(3)}`;
  return {
    weights: `${inBytes(bytes.quantized)} instead of ${inBytes(bytes.original)}, calibrated on ${pictures} pictures`,
    classes: `the same on ${sameClass} of ${pictures} pictures; scores off by ${percent(scores)} of their spread`,
    maps: `off by ${percent(map)} of their range${alike}, on those same pictures`,
  };
}
