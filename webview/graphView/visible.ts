/** The row index: which ranks and nodes a part of the world shows. */
import { at, realAt } from '../layout/adjacency';
import type { Bounds, Layout } from '../layout/layout';
import type { Ground } from './grounds';

/**
 * The drawing: a layout with the sizes that it was made for. Columns are by id; what is not drawn has no place (NaN) and is in no
 * rank.
 */
export interface Drawing extends Layout {
  readonly widths: Float64Array;
  readonly heights: Float64Array;
  /** Per id what is drawn for it: itself, or the closed group around it. */
  readonly shownAs: Uint32Array;
  /** Of the open groups, outermost first. */
  readonly grounds: readonly Ground[];
}

/** The card that is drawn for an id: of an open group its first one. */
export function cardOf({ shownAs, grounds }: Drawing, id: number): number {
  const shown = at(shownAs, id);
  return grounds.find((ground) => ground.id === shown)?.entry ?? shown;
}

/** The first index in low … high - 1 for which `holds` is true (it is false before, true after); `high` if none. */
function firstWhere(low: number, high: number, holds: (index: number) => boolean): number {
  let [from, to] = [low, high];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (holds(middle)) to = middle;
    else from = middle + 1;
  }
  return from;
}

/** Ranks first … end - 1 of which some part lies between y = top and bottom, with the gap above the first. */
export function visibleRanks({ top: tops, bottom: bottoms }: Layout, top: number, bottom: number) {
  const count = tops.length;
  const first = firstWhere(0, count, (rank) => realAt(bottoms, rank) >= top);
  const end = firstWhere(first, count, (rank) => realAt(tops, rank) > bottom);
  return { first: Math.max(0, first - 1), end };
}

/** Places in `ranks.items` of a rank's nodes of which some part lies between x = left and right. */
export function visibleInRank({ ranks, x, widths }: Drawing, rank: number, left: number, right: number) {
  const [low, high] = [at(ranks.start, rank), at(ranks.start, rank + 1)];
  const half = (place: number) => realAt(widths, at(ranks.items, place)) / 2;
  const centre = (place: number) => realAt(x, at(ranks.items, place));
  const first = firstWhere(low, high, (place) => centre(place) + half(place) >= left);
  return { first, end: firstWhere(first, high, (place) => centre(place) - half(place) > right) };
}

export function nodeBox({ x, y, widths, heights }: Drawing, node: number): Bounds {
  const [cx, cy, w, h] = [realAt(x, node), realAt(y, node), realAt(widths, node) / 2, realAt(heights, node) / 2];
  return { left: cx - w, right: cx + w, top: cy - h, bottom: cy + h };
}

/** The node at a point of the world. */
export function nodeAt(drawing: Drawing, x: number, y: number): number | undefined {
  const rank = firstWhere(0, drawing.top.length, (r) => realAt(drawing.bottom, r) >= y);
  if (rank === drawing.top.length) return undefined;
  const { first, end } = visibleInRank(drawing, rank, x, x);
  if (first === end) return undefined;
  const node = at(drawing.ranks.items, first);
  const box = nodeBox(drawing, node);
  return y >= box.top && y <= box.bottom && x >= box.left && x <= box.right ? node : undefined;
}

/** The node nearest to a point: in the nearest rank, the nearest sideways. */
export function nearestNode(drawing: Drawing, x: number, y: number): number | undefined {
  const count = drawing.top.length;
  const below = Math.min(
    count - 1,
    firstWhere(0, count, (rank) => realAt(drawing.bottom, rank) >= y),
  );
  if (below < 0) return undefined;
  let best: number | undefined;
  for (let i = at(drawing.ranks.start, below); i < at(drawing.ranks.start, below + 1); i++) {
    const node = at(drawing.ranks.items, i);
    if (best === undefined || Math.abs(realAt(drawing.x, node) - x) < Math.abs(realAt(drawing.x, best) - x))
      best = node;
  }
  return best;
}
