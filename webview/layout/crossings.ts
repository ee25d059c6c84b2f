/** How often lines cross. */
import { at, type Rows, realAt } from './adjacency';

/** Between a layer and the one below: inversions of the links' ends, counted with a Fenwick tree (Barth et al. 2002). */
export function crossingsBelow(rows: Rows, rank: number, below: Rows, position: Float64Array): number {
  const width = at(rows.start, rank + 2) - at(rows.start, rank + 1);
  if (width < 2 || at(rows.start, rank + 1) - at(rows.start, rank) < 2) return 0;
  const tree = new Uint32Array(width + 1);
  let crossings = 0;
  let inserted = 0;
  for (let i = at(rows.start, rank); i < at(rows.start, rank + 1); i++) {
    const ends = endsOf(below, at(rows.items, i), position);
    for (const end of ends) crossings += inserted - countUpTo(tree, end);
    for (const end of ends) insert(tree, end);
    inserted += ends.length;
  }
  return crossings;
}

/** Positions of a vertex's neighbours. */
export function endsOf(links: Rows, vertex: number, position: Float64Array): number[] {
  const ends: number[] = [];
  for (let k = at(links.start, vertex); k < at(links.start, vertex + 1); k++)
    ends.push(realAt(position, at(links.items, k)));
  return ends;
}

/** Of the lines of two neighbours, given where they end. */
export function crossingsOf(left: readonly number[], right: readonly number[]): number {
  let crossings = 0;
  for (const a of left) for (const b of right) if (a > b) crossings++;
  return crossings;
}

function countUpTo(tree: Uint32Array, index: number): number {
  let sum = 0;
  for (let i = index + 1; i > 0; i -= i & -i) sum += at(tree, i);
  return sum;
}

function insert(tree: Uint32Array, index: number): void {
  for (let i = index + 1; i < tree.length; i += i & -i) tree[i] = at(tree, i) + 1;
}
