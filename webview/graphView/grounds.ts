/** Open groups in a drawing: the ground that a group's members stand on, and room above it for its title. */
import { at, realAt } from '../layout/adjacency';
import type { Bounds, Layout } from '../layout/layout';
import type { Fold } from '../model/fold';
import { type GroupTree, groupAround, isInside } from '../model/groupTree';
import { type Drawing, visibleInRank } from './visible';

/** What an open group stands on, in the world. */
export interface Ground {
  readonly id: number;
  readonly depth: number;
  readonly box: Bounds;
  /** Whether nothing else stands inside of the box. */
  readonly alone: boolean;
  /** The first of its members that are drawn: where an edge comes in. */
  readonly entry: number;
}

/** World pixels: a ground reaches this far beyond what is on it, and its title is so high. */
const REACH = 12;
export const TITLE = 26;
/** Between the grounds of two groups, one above the other. */
const APART = 14;

/** Columns by group, of the open ones that are seen. */
interface Extents {
  /** Ranks of the first and the last members. */
  readonly first: Uint32Array;
  readonly last: Uint32Array;
  /** Cards inside. */
  readonly cards: Uint32Array;
  /** How far the ground reaches above the first rank, and below the last. */
  readonly above: Float64Array;
  readonly below: Float64Array;
}

/** A drawing of what is shown: the layout's columns by id, NaN for what is not drawn. */
export function drawingOf(
  layout: Layout,
  sizes: Pick<Drawing, 'widths' | 'heights'>,
  tree: GroupTree,
  fold: Fold,
): Drawing {
  const extents = extentsOf(layout, tree, fold);
  const spread = withTitles(layout, fold.open, extents);
  const ids = tree.nodeCount + tree.count;
  const byId = (values: Float64Array) => {
    const all = new Float64Array(ids).fill(Number.NaN);
    for (const [place, id] of fold.shown.entries()) all[id] = realAt(values, place);
    return all;
  };
  const idAt = (place: number) => at(fold.shown, place);
  const rank = new Uint32Array(ids);
  for (const [place, id] of fold.shown.entries()) rank[id] = at(layout.rank, place);
  const drawing: Drawing = {
    ...spread,
    rank,
    x: byId(spread.x),
    y: byId(spread.y),
    widths: byId(sizes.widths),
    heights: byId(sizes.heights),
    ranks: { start: spread.ranks.start, items: spread.ranks.items.map(idAt) },
    wires: { ...spread.wires, source: spread.wires.source.map(idAt) },
    shownAs: fold.shownAs,
    grounds: [],
  };
  const grounds = groundsOf(drawing, tree, fold, extents);
  return { ...drawing, grounds, bounds: grounds.reduce((all, { box }) => around(all, box), drawing.bounds) };
}

function extentsOf({ rank }: Layout, tree: GroupTree, { shown, open }: Fold): Extents {
  const first = new Uint32Array(tree.count).fill(rank.length);
  const [last, cards] = [new Uint32Array(tree.count), new Uint32Array(tree.count)];
  const take = (group: number, from: number, to: number, count: number) => {
    if (group < 0) return;
    first[group] = Math.min(at(first, group), from);
    last[group] = Math.max(at(last, group), to);
    cards[group] = at(cards, group) + count;
  };
  for (const [place, id] of shown.entries()) take(groupAround(tree, id), at(rank, place), at(rank, place), 1);
  // Groups come after those around them, so the innermost are settled first.
  const inner = open.toReversed();
  for (const group of inner) take(at(tree.parent, group), at(first, group), at(last, group), at(cards, group));
  const above = new Float64Array(tree.count).fill(REACH + TITLE);
  const below = new Float64Array(tree.count).fill(REACH);
  for (const group of inner) {
    const outer = at(tree.parent, group);
    if (outer < 0) continue;
    if (first[outer] === first[group]) above[outer] = Math.max(realAt(above, outer), realAt(above, group) + TITLE);
    if (last[outer] === last[group]) below[outer] = Math.max(realAt(below, outer), realAt(below, group) + REACH);
  }
  return { first, last, cards, above, below };
}

/** The layout with its ranks moved apart, so that titles and grounds have room between them. */
function withTitles(layout: Layout, open: readonly number[], extents: Extents): Layout {
  if (open.length === 0) return layout;
  const { top, bottom, wires } = layout;
  const [above, below] = [new Float64Array(top.length), new Float64Array(top.length)];
  for (const group of open) {
    const [first, last] = [at(extents.first, group), at(extents.last, group)];
    above[first] = Math.max(realAt(above, first), realAt(extents.above, group));
    below[last] = Math.max(realAt(below, last), realAt(extents.below, group));
  }
  const shift = new Float64Array(top.length);
  for (let rank = 1; rank < top.length; rank++) {
    const wanted = realAt(above, rank) + realAt(below, rank - 1);
    const gap = realAt(top, rank) - realAt(bottom, rank - 1);
    shift[rank] = realAt(shift, rank - 1) + (wanted > 0 ? Math.max(0, wanted + APART - gap) : 0);
  }
  const [y1, y2] = [wires.y1.slice(), wires.y2.slice()];
  for (let rank = 0; rank < top.length; rank++) {
    for (let piece = at(wires.start, rank); piece < at(wires.start, rank + 1); piece++) {
      y1[piece] = realAt(wires.y1, piece) + realAt(shift, rank);
      // A piece ends in its own rank, or it leads to the next one.
      const end = realAt(wires.y2, piece) > realAt(bottom, rank) ? rank + 1 : rank;
      y2[piece] = realAt(wires.y2, piece) + realAt(shift, end);
    }
  }
  return {
    ...layout,
    y: layout.y.map((y, place) => y + realAt(shift, at(layout.rank, place))),
    top: top.map((y, rank) => y + realAt(shift, rank)),
    bottom: bottom.map((y, rank) => y + realAt(shift, rank)),
    wires: { ...wires, y1, y2 },
    bounds: { ...layout.bounds, bottom: layout.bounds.bottom + (shift.at(-1) ?? 0) },
  };
}

/** Outermost first. */
function groundsOf(drawing: Drawing, tree: GroupTree, { open }: Fold, extents: Extents): Ground[] {
  const left = new Float64Array(tree.count).fill(Number.POSITIVE_INFINITY);
  const right = new Float64Array(tree.count).fill(Number.NEGATIVE_INFINITY);
  const entry = new Int32Array(tree.count).fill(-1);
  const take = (group: number, from: number, to: number, id: number) => {
    if (group < 0) return;
    left[group] = Math.min(realAt(left, group), from - REACH);
    right[group] = Math.max(realAt(right, group), to + REACH);
    const known = at(entry, group);
    if (known < 0 || at(drawing.rank, id) < at(drawing.rank, known)) entry[group] = id;
  };
  for (const id of drawing.ranks.items) {
    const [x, half] = [realAt(drawing.x, id), realAt(drawing.widths, id) / 2];
    take(groupAround(tree, id), x - half, x + half, id);
  }
  for (const group of open.toReversed())
    take(at(tree.parent, group), realAt(left, group), realAt(right, group), at(entry, group));
  return open.map((group) => {
    const [first, last] = [at(extents.first, group), at(extents.last, group)];
    const box = {
      left: realAt(left, group),
      right: realAt(right, group),
      top: realAt(drawing.top, first) - realAt(extents.above, group),
      bottom: realAt(drawing.bottom, last) + realAt(extents.below, group),
    };
    const alone =
      at(drawing.ranks.start, last + 1) - at(drawing.ranks.start, first) === at(extents.cards, group) ||
      holdsOnly(drawing, tree, group, box, first, last);
    const [id, depth] = [tree.nodeCount + group, at(tree.depth, group)];
    return { id, depth, box, alone, entry: at(entry, group) };
  });
}

function holdsOnly(
  drawing: Drawing,
  tree: GroupTree,
  group: number,
  box: Bounds,
  first: number,
  last: number,
): boolean {
  for (let rank = first; rank <= last; rank++) {
    const inside = visibleInRank(drawing, rank, box.left, box.right);
    for (let place = inside.first; place < inside.end; place++)
      if (!isInside(tree, group, at(drawing.ranks.items, place))) return false;
  }
  return true;
}

function around(a: Bounds, b: Bounds): Bounds {
  return {
    left: Math.min(a.left, b.left),
    right: Math.max(a.right, b.right),
    top: Math.min(a.top, b.top),
    bottom: Math.max(a.bottom, b.bottom),
  };
}
