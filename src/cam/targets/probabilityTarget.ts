import { type TargetKind, wholeNumber } from '../camTarget';
import { probabilitySum } from '../maths/probabilities';

const USAGE = 'probability:N';

/** A class's probability after softmax or sigmoid: what speaks against the other classes counts too. */
export const probabilityTarget: TargetKind<'probability'> = {
  kind: 'probability',
  usage: USAGE,
  parse: async (text) => ({ kind: 'probability', index: wholeNumber(text, USAGE) }),
  fits: () => true,
  target: ({ index }, { logits }) =>
    probabilitySum('probability', logits, index, ({ value, logSlopes }) => ({
      score: value,
      slopes: logSlopes.map((slope) => value * slope),
    })),
};
