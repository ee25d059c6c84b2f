/** The order within each layer that makes few lines cross: barycentre sweeps down and up, the best one kept. */
import { at, groupBy, type Rows, realAt } from './adjacency';
import type { Layers } from './layers';

const SWEEPS = 16;
/** Sweeps without a better result before giving up. */
const PATIENCE = 3;

export interface Order {
  /** Vertices layer by layer, left to right. */
  readonly layers: Rows;
  readonly crossings: number;
}

export function orderLayers(layers: Layers, progress: (fraction: number) => void = () => {}): Order {
  const below = groupBy(layers.upper, layers.vertexCount);
  const above = groupBy(layers.lower, layers.vertexCount);
  const rows = firstOrder(layers, below);
  const position = new Float64Array(layers.vertexCount);
  for (let rank = 0; rank < layers.rankCount; rank++) place(rows, rank, position);

  let best = rows.items.slice();
  let crossings = countCrossings(layers, rows, below, position);
  let idle = 0;
  for (let sweep = 0; sweep < SWEEPS && crossings > 0 && idle < PATIENCE; sweep++) {
    progress(sweep / SWEEPS);
    for (let k = 1; k < layers.rankCount; k++) {
      if (sweep % 2 === 0) sortLayer(rows, k, k - 1, above, layers.upper, position);
      else sortLayer(rows, layers.rankCount - 1 - k, layers.rankCount - k, below, layers.lower, position);
    }
    const now = countCrossings(layers, rows, below, position);
    idle++;
    if (now >= crossings) continue;
    idle = 0;
    crossings = now;
    best = rows.items.slice();
  }
  return { layers: { start: rows.start, items: best }, crossings };
}

/** Depth first along the links, so that trees start without a crossing and skips lie right of what they skip. */
function firstOrder(layers: Layers, below: Rows): Rows {
  const { start, items } = groupBy(layers.rank, layers.rankCount);
  const next = start.slice();
  const seen = new Uint8Array(layers.vertexCount);
  const stack: number[] = [];
  for (let root = 0; root < layers.nodeCount; root++) {
    stack.push(root);
    while (stack.length > 0) {
      const vertex = stack.pop() ?? 0;
      if (seen[vertex]) continue;
      seen[vertex] = 1;
      const rank = at(layers.rank, vertex);
      items[at(next, rank)] = vertex;
      next[rank] = at(next, rank) + 1;
      for (let i = at(below.start, vertex + 1) - 1; i >= at(below.start, vertex); i--) {
        stack.push(at(layers.lower, at(below.items, i)));
      }
    }
  }
  return { start, items };
}

function place(rows: Rows, rank: number, position: Float64Array): void {
  const from = at(rows.start, rank);
  for (let i = from; i < at(rows.start, rank + 1); i++) position[at(rows.items, i)] = i - from;
}

/**
 * Sorts a layer by the mean position of each vertex's neighbours in the layer just fixed (`links` to them, whose other end
 * `neighbour` tells). Ties and vertices without a neighbour keep their place.
 */
function sortLayer(
  rows: Rows,
  rank: number,
  fixed: number,
  links: Rows,
  neighbour: Uint32Array,
  position: Float64Array,
): void {
  const from = at(rows.start, rank);
  const to = at(rows.start, rank + 1);
  if (to - from < 2) return;
  const scale = (at(rows.start, fixed + 1) - at(rows.start, fixed)) / (to - from);
  const keyed = Array.from(rows.items.subarray(from, to), (vertex, i) => {
    const first = at(links.start, vertex);
    const end = at(links.start, vertex + 1);
    let sum = 0;
    for (let k = first; k < end; k++) sum += realAt(position, at(neighbour, at(links.items, k)));
    return { vertex, mean: end > first ? sum / (end - first) : i * scale };
  });
  keyed.sort((a, b) => a.mean - b.mean);
  for (const [i, { vertex }] of keyed.entries()) rows.items[from + i] = vertex;
  place(rows, rank, position);
}

/** Crossings between all neighbouring layers: inversions of the links' ends, counted with a Fenwick tree (Barth et al. 2002). */
function countCrossings(layers: Layers, rows: Rows, below: Rows, position: Float64Array): number {
  let crossings = 0;
  for (let rank = 0; rank + 1 < layers.rankCount; rank++) {
    const width = at(rows.start, rank + 2) - at(rows.start, rank + 1);
    if (width < 2 || at(rows.start, rank + 1) - at(rows.start, rank) < 2) continue;
    const tree = new Uint32Array(width + 1);
    let inserted = 0;
    for (let i = at(rows.start, rank); i < at(rows.start, rank + 1); i++) {
      const ends = endsBelow(layers, below, at(rows.items, i), position);
      for (const end of ends) crossings += inserted - countUpTo(tree, end);
      for (const end of ends) insert(tree, end);
      inserted += ends.length;
    }
  }
  return crossings;
}

function endsBelow(layers: Layers, below: Rows, vertex: number, position: Float64Array): number[] {
  const ends: number[] = [];
  for (let k = at(below.start, vertex); k < at(below.start, vertex + 1); k++) {
    ends.push(realAt(position, at(layers.lower, at(below.items, k))));
  }
  return ends;
}

function countUpTo(tree: Uint32Array, index: number): number {
  let sum = 0;
  for (let i = index + 1; i > 0; i -= i & -i) sum += at(tree, i);
  return sum;
}

function insert(tree: Uint32Array, index: number): void {
  for (let i = index + 1; i < tree.length; i += i & -i) tree[i] = at(tree, i) + 1;
}
