import { type DetectionHead, fieldElement } from './detectionHead';

export interface BoxScore {
  readonly class: number;
  /** 0 to 1. */
  readonly score: number;
}

type Values = ReadonlyMap<string, Float32Array>;
/** How the numbers of one anchor become probabilities. */
type Reading = (numbers: Float64Array) => Float64Array;

/** The best class of every anchor with its score, which is a product with objectness where there is one. */
export function boxScores(head: DetectionHead, values: Values): (anchor: number) => BoxScore {
  const { scores, objectness, labels } = head;
  const all = numbersOf(values, scores.tensor);
  const numbers = (anchor: number): Float64Array =>
    Float64Array.from({ length: scores.channels }, (_, c) => all[fieldElement(scores, anchor, c)] ?? Number.NaN);
  const { read, none } = head.openScores ? openReading(head, numbers) : { read: reading(head, numbers), none: -1 };
  const object = objectness && numbersOf(values, objectness.tensor);
  const classes = labels && numbersOf(values, labels.tensor);
  return (anchor) => {
    const probabilities = read(numbers(anchor));
    const best = probabilities.reduce(
      (at, p, c) => (c !== none && p > (probabilities[at] ?? Number.NEGATIVE_INFINITY) ? c : at),
      none === 0 ? 1 : 0,
    );
    const sure = object && objectness ? (object[fieldElement(objectness, anchor, 0)] ?? Number.NaN) : 1;
    return {
      class: classes && labels ? Math.round(classes[fieldElement(labels, anchor, 0)] ?? Number.NaN) : best,
      score: (probabilities[best] ?? Number.NaN) * sure,
    };
  };
}

const asItIs: Reading = (numbers) => numbers;
const sigmoid: Reading = (numbers) => numbers.map((z) => 1 / (1 + Math.exp(-z)));
const softmax: Reading = (numbers) => {
  const greatest = numbers.reduce((a, b) => Math.max(a, b));
  const powers = numbers.map((z) => Math.exp(z - greatest));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
};

/** Numbers from 0 to 1 are probabilities; others are logits of independent classes. */
function reading({ anchors }: DetectionHead, numbers: (anchor: number) => Float64Array): Reading {
  // Half precision and quantisation round a little beyond.
  const isProbability = (p: number): boolean => p >= -0.01 && p <= 1.01;
  for (let anchor = 0; anchor < anchors; anchor++) if (!numbers(anchor).every(isProbability)) return sigmoid;
  return asItIs;
}

/**
 * Where most places hold nothing, a first or last class that has more than half of the probability at most of them, read
 * either way, stands for that (SSD's background is the first, DETR's "no object" the last): classes exclude each other, as
 * after a softmax. Independent classes are all improbable at most places.
 */
function openReading(
  head: DetectionHead,
  numbers: (anchor: number) => Float64Array,
): { readonly read: Reading; readonly none: number } {
  const independent = reading(head, numbers);
  const exclusive = independent === asItIs ? asItIs : softmax;
  const last = head.scores.channels - 1;
  const none = [0, last].find((c) => {
    let places = 0;
    for (let anchor = 0; anchor < head.anchors; anchor++) {
      const own = numbers(anchor);
      if ([exclusive, independent].every((read) => (read(own)[c] ?? Number.NaN) > 0.5)) places++;
    }
    return places > head.anchors / 2;
  });
  return none === undefined ? { read: independent, none: -1 } : { read: exclusive, none };
}

/** Throws where the run did not answer a tensor. */
export function numbersOf(values: Values, tensor: string): Float32Array {
  const found = values.get(tensor);
  if (found) return found;
  throw new Error(`the run did not answer '${tensor}'`);
}
