/** How far a mapping is from the bound that none can beat. */
export function distance(ratio: number): string {
  if (ratio < 1.005) return 'at the bound';
  return ratio < 2
    ? `within ${Math.ceil(100 * (ratio - 1))} % of the bound`
    : `${Number(ratio.toPrecision(2))}× the bound`;
}
