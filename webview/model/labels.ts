/** Names beside points, as many as there is room for. */
import type { Bounds } from '../layout/layout';

export interface Labelled {
  readonly x: number;
  readonly y: number;
  /** Of the point; its label stays clear of it. */
  readonly radius: number;
  readonly width: number;
}

const GAP = 4;

/**
 * Where each label goes: right of its point, left of it, above or below, the first that stays inside and hits neither `taken`
 * nor a label before it; undefined where there is no such place. The first points choose first.
 */
export function placeLabels(
  points: readonly Labelled[],
  height: number,
  inside: Bounds,
  taken: readonly Bounds[],
): readonly (Bounds | undefined)[] {
  const used = [...taken];
  return points.map(({ x, y, radius, width }) => {
    const beside = radius + GAP;
    const places = [
      [x + beside, y - height / 2],
      [x - beside - width, y - height / 2],
      [x - width / 2, y - beside - height],
      [x - width / 2, y + beside],
    ] as const;
    const boxes = places.map(([left, top]) => ({ left, top, right: left + width, bottom: top + height }));
    const free = boxes.find((box) => isWithin(box, inside) && !used.some((other) => overlap(box, other)));
    if (free) used.push(free);
    return free;
  });
}

function isWithin(box: Bounds, around: Bounds): boolean {
  const sideways = box.left >= around.left && box.right <= around.right;
  return sideways && box.top >= around.top && box.bottom <= around.bottom;
}

export function overlap(a: Bounds, b: Bounds): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}
