import { type TargetKind, wholeNumber } from '../camTarget';
import { probabilitySum } from '../maths/probabilities';

const USAGE = 'residual:N';

/** ReST, z_c + log p_c: the score before softmax and the logarithm of the one after it (Cai, "CAMs as Shapley Value-based Explainers", 2025). */
export const residualTarget: TargetKind<'residual'> = {
  kind: 'residual',
  usage: USAGE,
  parse: async (text) => ({ kind: 'residual', index: wholeNumber(text, USAGE) }),
  fits: () => true,
  target: ({ index }, { logits }) =>
    probabilitySum('score and log probability', logits, index, ({ logValue, score, logSlopes }, chosen) => ({
      score: score + logValue,
      slopes: logSlopes.map((slope, c) => slope + (c === chosen ? 1 : 0)),
    })),
};
