import {
  bestClass,
  checkClass,
  ownPositions,
  scorePlaces,
  type TargetKind,
  weightedSum,
  wholeNumber,
} from '../camTarget';
import type { CamLogits } from '../layers/target';

const USAGE = 'class:N';

/** A class's score before softmax; of a segmenter the sum over the class's own pixels. */
export const classTarget: TargetKind<'class'> = {
  kind: 'class',
  usage: USAGE,
  parse: async (text) => ({ kind: 'class', index: wholeNumber(text, USAGE) }),
  fits: () => true,
  target({ index }, { logits }) {
    checkClass(index, logits);
    return {
      title: index === undefined ? 'the most probable class' : `class ${index}`,
      at(values) {
        const weights = new Float32Array(values.length);
        addClass(weights, values, logits, index ?? bestClass(values, logits), 1);
        return weightedSum(values, weights);
      },
    };
  },
};

/** Adds a class with a factor to a weighted sum of scores. */
export function addClass(
  weights: Float32Array,
  values: Float32Array,
  logits: CamLogits,
  index: number,
  factor: number,
): void {
  const { at } = scorePlaces(logits);
  for (const position of ownPositions(values, logits, index)) {
    const place = at(position, index);
    weights[place] = (weights[place] ?? 0) + factor;
  }
}
