export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Intersection over union, 0 to 1. */
export function overlap(a: Rectangle, b: Rectangle): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  if (width <= 0 || height <= 0) return 0;
  const shared = width * height;
  return shared / (a.width * a.height + b.width * b.height - shared);
}

/** Greedy non-maximum suppression per class: what overlaps a better box of its class by more than `most` is left out. Best first. */
export function withoutOverlaps<T extends Rectangle & { readonly class: number; readonly score: number }>(
  boxes: readonly T[],
  most: number,
  limit: number,
): readonly T[] {
  const kept: T[] = [];
  for (const box of [...boxes].sort((a, b) => b.score - a.score)) {
    if (kept.length >= limit) break;
    if (!kept.some((better) => better.class === box.class && overlap(better, box) > most)) kept.push(box);
  }
  return kept;
}
