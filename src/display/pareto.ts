/** Digits in which points are compared: nothing counts as better for a difference that nobody could measure. */
const DIGITS = 3;

/**
 * Which points no other point dominates (is nowhere worse and somewhere better; V. Pareto, Manuale di economia politica, 1906).
 * Less is better in every number. A point with a NaN is never on the front.
 */
export function paretoFront(points: readonly (readonly number[])[]): readonly boolean[] {
  const rounded = points.map((point) => point.map((value) => Number(value.toPrecision(DIGITS))));
  const dominates = (a: readonly number[], b: readonly number[]): boolean =>
    a.every((value, i) => value <= (b[i] ?? 0)) && a.some((value, i) => value < (b[i] ?? 0));
  return rounded.map((point) => !point.some(Number.isNaN) && !rounded.some((other) => dominates(other, point)));
}
