import { uniformNumbers } from '../maths/random';

/**
 * The pixels of a map, the most relevant first. Those that are equal (a rectified map has many zeros) come in an order that
 * is random but the same for the same seed: in reading order the top of the picture would always come first.
 */
export function byRelevance(values: Float32Array, seed: number): Uint32Array {
  const order = Uint32Array.from(values, (_, pixel) => pixel);
  const uniform = uniformNumbers(seed);
  for (let last = order.length - 1; last > 0; last--) {
    const chosen = Math.floor(uniform() * (last + 1));
    const pixel = order[chosen] ?? 0;
    order[chosen] = order[last] ?? 0;
    order[last] = pixel;
  }
  return order.sort((a, b) => (values[b] ?? 0) - (values[a] ?? 0));
}
