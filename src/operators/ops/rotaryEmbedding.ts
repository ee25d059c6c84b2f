import { COST } from '../operationCosts';
import type { Operator } from '../operator';
import { tensorInfo } from '../shapes';
import { perOutput } from '../workRules';

/** Rotates pairs of features by an angle of their position: x·cos ± x′·sin per element (Su et al. 2021). */
export const rotaryEmbedding: Operator = {
  types: ['RotaryEmbedding', 'com.microsoft:RotaryEmbedding'],
  inferShape: ({ inputs: [x] }) => [tensorInfo(x?.type, x?.shape)],
  work: perOutput(3 * COST.simple),
};
