/** Numbers that are random to look at and the same at every run. */

/** Numbers in (0, 1): the 32-bit xorshift generator of Marsaglia 2003, "Xorshift RNGs", §4. */
export function uniformNumbers(seed: number): () => number {
  // The state must not be 0; the golden ratio parts seeds that differ by one.
  let state = Math.imul(seed + 1, 0x9e3779b1) | 1;
  const next = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
  for (let warmUp = 0; warmUp < 8; warmUp++) next();
  return next;
}

/** Normally distributed numbers of mean 0 and variance 1 (Box and Muller 1958). */
export function normalNumbers(seed: number): () => number {
  const uniform = uniformNumbers(seed);
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}
