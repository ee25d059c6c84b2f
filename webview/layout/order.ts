/**
 * The order within each layer that makes few lines cross: barycentre sweeps down and up, then neighbours that swap places where that
 * saves crossings. A layer is looked at again only when something next to it has changed.
 */
import { at, groupBy, type Rows, realAt } from './adjacency';
import type { Blocks } from './blocks';
import { crossingsBelow, crossingsOf, endsOf } from './crossings';
import type { Layers } from './layers';

const SWEEPS = 16;
/** Sweeps without a better result before giving up. */
const PATIENCE = 3;
const SWAP_ROUNDS = 20;
/** Crossings per vertex: from here on a swap more or less is not seen, and all of them take long. */
const TANGLED = 4;

export interface Order {
  /** Vertices layer by layer, left to right. */
  readonly layers: Rows;
  readonly crossings: number;
}

/** `blocks` keeps the members of groups side by side, also where that costs crossings. */
export function orderLayers(
  layers: Layers,
  progress: (fraction: number) => void = () => {},
  blocks?: Blocks | undefined,
): Order {
  const state = new Ordering(layers, blocks);
  let crossings = state.crossings();
  let best = state.rows.items.slice();
  const keep = () => {
    const now = state.crossings();
    if (now >= crossings) return false;
    crossings = now;
    best = state.rows.items.slice();
    return true;
  };
  let idle = 0;
  for (let sweep = 0; sweep < SWEEPS && crossings > 0 && idle < PATIENCE; sweep++) {
    progress(sweep / (SWEEPS + 1));
    if (!state.sweep(sweep % 2 === 0)) break;
    idle = keep() ? 0 : idle + 1;
  }
  if (crossings > 0 && crossings < TANGLED * layers.vertexCount) {
    state.restore(best);
    for (let round = 0; round < SWAP_ROUNDS && state.swapNeighbours(); round++);
    keep();
  }
  return { layers: { start: state.rows.start, items: best }, crossings };
}

/** The order as it changes. */
class Ordering {
  readonly rows: Rows;
  private readonly layers: Layers;
  private readonly blocks: Blocks | undefined;
  private readonly below: Rows;
  private readonly above: Rows;
  private readonly position: Float64Array;
  private readonly mean: Float64Array;
  /** Crossings between each layer and the one below; -1 where they are to be counted anew. */
  private readonly counts: Int32Array;
  /** Per layer 1 where a sweep down, or one up, may find another order. */
  private readonly openDown: Uint8Array;
  private readonly openUp: Uint8Array;

  constructor(layers: Layers, blocks: Blocks | undefined) {
    this.layers = layers;
    this.blocks = blocks;
    this.below = neighboursOf(layers.upper, layers.lower, layers.vertexCount);
    this.above = neighboursOf(layers.lower, layers.upper, layers.vertexCount);
    this.rows = firstOrder(layers, this.below);
    this.position = new Float64Array(layers.vertexCount);
    this.mean = new Float64Array(layers.vertexCount);
    this.counts = new Int32Array(layers.rankCount);
    this.openDown = new Uint8Array(layers.rankCount);
    this.openUp = new Uint8Array(layers.rankCount);
    this.restore(this.rows.items);
    if (blocks) {
      for (let rank = 0; rank < layers.rankCount; rank++) blocks.sort(this.layer(rank), this.position);
      this.restore(this.rows.items);
    }
  }

  private layer(rank: number): Uint32Array {
    return this.rows.items.subarray(at(this.rows.start, rank), at(this.rows.start, rank + 1));
  }

  restore(items: Uint32Array): void {
    this.rows.items.set(items);
    this.counts.fill(-1);
    this.openDown.fill(1);
    this.openUp.fill(1);
    for (let rank = 0; rank < this.layers.rankCount; rank++) this.place(rank);
  }

  crossings(): number {
    let sum = 0;
    for (let rank = 0; rank + 1 < this.layers.rankCount; rank++) {
      if (at(this.counts, rank) < 0) this.counts[rank] = crossingsBelow(this.rows, rank, this.below, this.position);
      sum += at(this.counts, rank);
    }
    return sum;
  }

  /** Sorts each layer by the one above it (or below it); answers whether there was anything to sort. */
  sweep(down: boolean): boolean {
    const open = down ? this.openDown : this.openUp;
    const last = this.layers.rankCount - 1;
    let any = false;
    for (let k = 1; k <= last; k++) {
      const rank = down ? k : last - k;
      if (!open[rank]) continue;
      open[rank] = 0;
      any = true;
      if (this.sort(rank, down ? rank - 1 : rank + 1, down ? this.above : this.below)) {
        this.changed(rank);
        open[rank] = 0;
      }
    }
    return any;
  }

  /** By the mean position of each vertex's neighbours. Ties and vertices without a neighbour keep their place. */
  private sort(rank: number, fixed: number, links: Rows): boolean {
    const { rows, mean, position } = this;
    const [from, to] = [at(rows.start, rank), at(rows.start, rank + 1)];
    if (to - from < 2) return false;
    const scale = (at(rows.start, fixed + 1) - at(rows.start, fixed)) / (to - from);
    let sorted = true;
    for (let i = from; i < to; i++) {
      const vertex = at(rows.items, i);
      const [first, end] = [at(links.start, vertex), at(links.start, vertex + 1)];
      let sum = 0;
      for (let k = first; k < end; k++) sum += realAt(position, at(links.items, k));
      mean[vertex] = end > first ? sum / (end - first) : (i - from) * scale;
      sorted &&= i === from || realAt(mean, vertex) >= realAt(mean, at(rows.items, i - 1));
    }
    if (sorted) return false;
    if (this.blocks) this.blocks.sort(this.layer(rank), mean);
    else this.layer(rank).sort((a, b) => realAt(mean, a) - realAt(mean, b));
    return true;
  }

  /** Swaps neighbours in a layer where fewer lines cross then; answers whether it did anywhere. */
  swapNeighbours(): boolean {
    const { rows, counts } = this;
    this.crossings();
    let any = false;
    for (let rank = 0; rank < this.layers.rankCount; rank++) {
      if (at(counts, rank) === 0 && (rank === 0 || at(counts, rank - 1) === 0)) continue;
      let swapped = false;
      for (let i = at(rows.start, rank) + 1; i < at(rows.start, rank + 1); i++) {
        const [left, right] = [at(rows.items, i - 1), at(rows.items, i)];
        if (this.blocks && !this.blocks.same(left, right)) continue;
        if (this.pairCrossings(left, right) <= this.pairCrossings(right, left)) continue;
        rows.items[i - 1] = right;
        rows.items[i] = left;
        swapped = true;
      }
      if (swapped) this.changed(rank);
      any ||= swapped;
    }
    this.crossings();
    return any;
  }

  private pairCrossings(left: number, right: number): number {
    const count = (links: Rows) => crossingsOf(endsOf(links, left, this.position), endsOf(links, right, this.position));
    return count(this.above) + count(this.below);
  }

  private changed(rank: number): void {
    this.place(rank);
    const { counts, openDown, openUp } = this;
    counts[rank] = -1;
    if (rank > 0) counts[rank - 1] = -1;
    openDown.fill(1, rank, rank + 2);
    openUp.fill(1, Math.max(0, rank - 1), rank + 1);
  }

  private place(rank: number): void {
    const from = at(this.rows.start, rank);
    for (let i = from; i < at(this.rows.start, rank + 1); i++) this.position[at(this.rows.items, i)] = i - from;
  }
}

/** Per vertex the vertices at the other end of its links on one side. */
function neighboursOf(own: Uint32Array, other: Uint32Array, vertexCount: number): Rows {
  const { start, items } = groupBy(own, vertexCount);
  return { start, items: items.map((link) => at(other, link)) };
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
      for (let i = at(below.start, vertex + 1) - 1; i >= at(below.start, vertex); i--) stack.push(at(below.items, i));
    }
  }
  return { start, items };
}
