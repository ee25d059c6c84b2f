import { checkClass, type TargetKind, weightedSum, wholeNumber } from '../camTarget';
import { addClass } from './classTarget';

const USAGE = 'classes:N,M or, weighted, classes:N*1,M*-1';

/** The sum of several classes' scores, each times its weight: what they share, or what tells them apart. */
export const classesTarget: TargetKind<'classes'> = {
  kind: 'classes',
  usage: USAGE,
  async parse(text) {
    const terms = text.split(',').map((term) => term.split('*'));
    const weights = terms.map(([, weight = '1', ...more]) => (more.length > 0 ? Number.NaN : numberOf(weight)));
    if (weights.some(Number.isNaN)) throw new Error(`'${text}' is no list of classes; write ${USAGE}`);
    return { kind: 'classes', indices: terms.map(([index = '']) => wholeNumber(index, USAGE)), weights };
  },
  fits: () => true,
  target({ indices, weights = indices.map(() => 1) }, { logits }) {
    if (indices.length === 0 || indices.length !== weights.length) {
      throw new Error(`there are ${indices.length} classes and ${weights.length} weights; give one of each per class`);
    }
    for (const index of indices) checkClass(index, logits);
    return {
      title: titleOf(indices, weights),
      at(values) {
        const sum = new Float32Array(values.length);
        for (const [i, index] of indices.entries()) addClass(sum, values, logits, index, weights[i] ?? Number.NaN);
        return weightedSum(values, sum);
      },
    };
  },
};

function titleOf(indices: readonly number[], weights: readonly number[]): string {
  if (weights.every((weight) => weight === 1)) return `classes ${indices.join(', ')}`;
  return `classes ${indices.map((index, i) => `${index} × ${weights[i]}`).join(', ')}`;
}

/** NaN for what is none, also for the empty text. */
function numberOf(text: string): number {
  return text.trim() === '' ? Number.NaN : Number(text);
}
