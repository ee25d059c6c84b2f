import type { BoxRegion } from '../judging/truthMasks';

/** Undefined where a number is missing or the box is empty. */
export function boxOf(x: number, y: number, width: number, height: number): BoxRegion | undefined {
  const isBox = [x, y, width, height].every(Number.isFinite) && width > 0 && height > 0;
  return isBox ? { kind: 'box', x, y, width, height } : undefined;
}
