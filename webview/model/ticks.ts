/** Round numbers inside a range, at most about `count` of them. */
export function roundTicks(from: number, to: number, count: number): number[] {
  const least = (to - from) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(least));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= least) ?? power;
  const ticks: number[] = [];
  // A hair inside counts: a limit such as 0.0123 is no exact multiple of 0.0001.
  for (let i = Math.ceil(from / step - 1e-6); i * step <= to + 1e-6 * step; i++)
    ticks.push(Number((i * step).toPrecision(12)));
  return ticks;
}
