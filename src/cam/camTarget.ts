import type { TargetChoice } from '../protocol/camPanel';
import type { CamLogits } from './layers/target';
import type { CamPlan } from './session/camPlan';

/** A number that is differentiated, as a function of one tensor of the model. */
export interface CamTarget {
  /** For people: `class 5`. */
  readonly title: string;
  /** A tensor of the model; absent: the logits. */
  readonly of?: string;
  /**
   * The score, and its derivative by every element; `values` are the tensor's, row-major.
   * @throws one sentence where the tensor does not fit.
   */
  at(values: Float32Array, shape: readonly number[]): TargetValue;
}

export interface TargetValue {
  readonly score: number;
  readonly cotangent: Float32Array;
}

/** What is known of a model when a target is made. */
export type TargetPlan = Pick<CamPlan, 'input' | 'logits' | 'prepared'>;

export type ChoiceOf<K extends TargetChoice['kind']> = Extract<TargetChoice, { readonly kind: K }>;

/** A kind of target: a file in src/cam/targets, registered in targets.ts. */
export interface TargetKind<K extends TargetChoice['kind']> {
  readonly kind: K;
  /** How it is written in text: `class:N`. */
  readonly usage: string;
  /** Reads what stands behind `kind:`. @throws where it is not written so. */
  parse(text: string, readNumbers: ReadNumbers): Promise<ChoiceOf<K>>;
  /** Whether a model has such things at all, as far as its shapes tell. */
  fits(plan: TargetPlan): boolean;
  /** @throws one sentence where the model has no such thing. */
  target(choice: ChoiceOf<K>, plan: TargetPlan): CamTarget;
}

/** Reads the numbers of a file, row-major. */
export type ReadNumbers = (file: string) => Promise<readonly number[]>;

/** A sum of weighted elements: its derivative is the weights. */
export function weightedSum(values: Float32Array, weights: Float32Array): TargetValue {
  return { score: dot(values, weights), cotangent: weights };
}

export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? Number.NaN) * (b[i] ?? Number.NaN);
  return sum;
}

/** Throws where the model has no such class. */
export function checkClass(index: number | undefined, { classes }: CamLogits): void {
  if (index === undefined || (Number.isInteger(index) && index >= 0 && index < classes)) return;
  throw new Error(`there is no class ${index}; this model has ${classes}, numbered from 0`);
}

/** Where the scores of a tensor lie: class `c` at position `p` is element `at(p, c)`; one position without pixels. */
export interface ScorePlaces {
  readonly positions: number;
  readonly classes: number;
  at(position: number, classIndex: number): number;
}

export function scorePlaces({ shape, classAxis, classes }: CamLogits): ScorePlaces {
  const inner = shape.slice(classAxis + 1).reduce((a, b) => a * b, 1);
  const outer = shape.slice(0, classAxis).reduce((a, b) => a * b, 1);
  return {
    positions: outer * inner,
    classes,
    at: (position, classIndex) => (Math.floor(position / inner) * classes + classIndex) * inner + (position % inner),
  };
}

/** The class with the greatest mean over positions, the first of equals: int of `flatScores` and its ArgMax. */
export function bestClass(values: Float32Array, logits: CamLogits): number {
  const { positions, classes, at } = scorePlaces(logits);
  const sums = Float64Array.from({ length: classes }, (_, c) => {
    let sum = 0;
    for (let p = 0; p < positions; p++) sum += values[at(p, c)] ?? Number.NaN;
    return sum;
  });
  return sums.reduce((best, sum, c) => (sum > (sums[best] ?? Number.NaN) ? c : best), 0);
}

/**
 * The positions whose best class it is; all where there are none. The score of a class is the sum over its own pixels
 * (Vinogradova et al., Seg-Grad-CAM, 2020); without pixels, the one score.
 */
export function ownPositions(values: Float32Array, logits: CamLogits, classIndex: number): readonly number[] {
  const { positions, classes, at } = scorePlaces(logits);
  const all = Array.from({ length: positions }, (_, p) => p);
  if (positions === 1) return all;
  const own = all.filter((p) => {
    const score = values[at(p, classIndex)] ?? Number.NaN;
    for (let c = 0; c < classes; c++) {
      const other = values[at(p, c)] ?? Number.NaN;
      if (other > score || (other === score && c < classIndex)) return false;
    }
    return true;
  });
  return own.length > 0 ? own : all;
}

/** A whole number from 0 of a text. @throws with what was read and how to write it. */
export function wholeNumber(text: string, usage: string): number {
  if (/^\d+$/.test(text.trim())) return Number(text);
  throw new Error(`'${text}' is no whole number from 0; write ${usage}`);
}
