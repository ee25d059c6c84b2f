/** A part of a whole: none of it is 0, whatever the whole; of nothing it is unknown, which is NaN. */
export function ratio(part: number, whole: number): number {
  if (part === 0) return 0;
  return whole === 0 ? Number.NaN : part / whole;
}
