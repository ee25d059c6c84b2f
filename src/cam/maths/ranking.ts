/** Indices by magnitude, greatest first; equals in their order, NaN last. */
export function strongestFirst(strengths: ArrayLike<number>): readonly number[] {
  const magnitudes = Float64Array.from(strengths, (value) => (Number.isNaN(value) ? -1 : Math.abs(value)));
  const magnitude = (index: number): number => magnitudes[index] ?? -1;
  const indices = Array.from(magnitudes, (_, index) => index);
  return indices.sort((a, b) => magnitude(b) - magnitude(a) || a - b);
}

/** Least and greatest value; NaN does not count. */
export function extent(values: ArrayLike<number>): readonly [least: number, greatest: number] {
  let least = Number.POSITIVE_INFINITY;
  let greatest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? Number.NaN;
    if (value < least) least = value;
    if (value > greatest) greatest = value;
  }
  return [least, greatest];
}
