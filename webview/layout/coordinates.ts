/**
 * Horizontal places. Columns are drawn towards the mean of what they hang on above and below; each layer is then solved exactly:
 * the least-squares places that keep the order and the gaps (isotonic regression by pooling adjacent violators).
 */
import { at, type Rows, realAt } from './adjacency';
import type { Blocks } from './blocks';
import type { Columns } from './columns';
import type { Layers } from './layers';

const SWEEPS = 10;
/** Pixels: when nothing moves further than this, the places are found. */
const SETTLED = 0.5;
const STRAIGHTEN = 3;
const LANE_WIDTH = 8;
const GAP = 28;
const LANE_GAP = 12;
/** A light vertex never moves a heavy one visibly. */
const LIGHT_WEIGHT = 1e-7;
const PULL_TO_CENTRE = 0.01;

/** Centres, one per vertex; the middle of the drawing is near 0. */
export function placeVertices(
  layers: Layers,
  rows: Rows,
  columns: Columns,
  widths: Float64Array,
  progress: (fraction: number) => void = () => {},
  blocks?: Blocks | undefined,
): Float64Array {
  const { of } = columns;
  const x = new Float64Array(layers.vertexCount);
  const wanted = new Float64Array(columns.count);
  const solver = new LayerSolver(rows, columns.light, offsetsOf(layers, rows, widths, blocks), x);
  const { goal } = solver;
  const solveAll = () => {
    let moved = 0;
    for (let rank = 0; rank < layers.rankCount; rank++) moved = Math.max(moved, solver.solve(rank));
    return moved;
  };

  solveAll();
  let moved = Number.POSITIVE_INFINITY;
  for (let sweep = 0; sweep < SWEEPS && moved > SETTLED; sweep++) {
    progress(sweep / (SWEEPS + STRAIGHTEN));
    moved = 0;
    for (let k = 0; k < layers.rankCount; k++) {
      const rank = sweep % 2 === 0 ? k : layers.rankCount - 1 - k;
      for (let i = at(rows.start, rank); i < at(rows.start, rank + 1); i++) {
        const vertex = at(rows.items, i);
        goal[vertex] = pullOf(columns, at(of, vertex), x);
      }
      moved = Math.max(moved, solver.solve(rank));
    }
  }
  moved = Number.POSITIVE_INFINITY;
  for (let pass = 0; pass < STRAIGHTEN && moved > SETTLED; pass++) {
    for (let column = 0; column < columns.count; column++) wanted[column] = meanOf(columns, column, x);
    for (let vertex = 0; vertex < of.length; vertex++) goal[vertex] = realAt(wanted, at(of, vertex));
    moved = solveAll();
  }
  followDown(layers, rows, columns, x, solver);
  takeOutermost(layers, columns, x, goal);
  solveAll();
  return x;
}

/** Where the ends of a column draw it: the mean of what decides its first vertex from above and its last from below. */
function pullOf(columns: Columns, column: number, x: Float64Array): number {
  const first = at(columns.members.items, at(columns.members.start, column));
  const last = at(columns.members.items, at(columns.members.start, column + 1) - 1);
  let sum = 0;
  let weight = PULL_TO_CENTRE;
  for (let i = at(columns.above.start, first); i < at(columns.above.start, first + 1); i++) {
    sum += realAt(x, at(columns.above.items, i));
    weight++;
  }
  for (let i = at(columns.below.start, last); i < at(columns.below.start, last + 1); i++) {
    sum += realAt(x, at(columns.below.items, i));
    weight++;
  }
  return sum / weight;
}

function meanOf({ members }: Columns, column: number, x: Float64Array): number {
  const from = at(members.start, column);
  const to = at(members.start, column + 1);
  let sum = 0;
  for (let i = from; i < to; i++) sum += realAt(x, at(members.items, i));
  return sum / (to - from);
}

/** Heavy columns go straight down from where they begin, lanes to what draws them. */
function followDown(layers: Layers, rows: Rows, columns: Columns, x: Float64Array, solver: LayerSolver): void {
  const { of, members, above, light } = columns;
  const { goal } = solver;
  for (let column = 0; column < columns.count; column++) {
    const first = at(members.start, column);
    if (!light[at(members.items, first)]) continue;
    const pull = pullOf(columns, column, x);
    for (let i = first; i < at(members.start, column + 1); i++) goal[at(members.items, i)] = pull;
  }
  for (let rank = 0; rank < layers.rankCount; rank++) {
    for (let i = at(rows.start, rank); i < at(rows.start, rank + 1); i++) {
      const vertex = at(rows.items, i);
      if (light[vertex]) continue;
      const isHead = at(members.items, at(members.start, at(of, vertex))) === vertex;
      goal[vertex] = realAt(x, isHead ? vertex : at(above.items, at(above.start, vertex)));
    }
    solver.solve(rank);
  }
}

/** Lanes want the outermost place that they need anywhere, everything else where it is. */
function takeOutermost(layers: Layers, { count, members, light }: Columns, x: Float64Array, goal: Float64Array): void {
  goal.set(x);
  for (let column = 0; column < count; column++) {
    const [from, to] = [at(members.start, column), at(members.start, column + 1)];
    const first = at(members.items, from);
    if (!light[first]) continue;
    const origin = realAt(x, at(layers.origin, first));
    let outermost = origin;
    for (let i = from; i < to; i++) {
      const here = realAt(x, at(members.items, i));
      if (Math.abs(here - origin) > Math.abs(outermost - origin)) outermost = here;
    }
    for (let i = from; i < to; i++) goal[at(members.items, i)] = outermost;
  }
}

/** Least squares within one layer under x[i + 1] - x[i] ≥ gap: pools of vertices that touch move as one. */
class LayerSolver {
  /** Where each vertex would like to be. */
  readonly goal: Float64Array;
  private readonly rows: Rows;
  private readonly light: Uint8Array;
  private readonly x: Float64Array;
  /** Per place in a layer how far right of the first one it is at least. */
  private readonly offset: Float64Array;
  private readonly mean: Float64Array;
  private readonly weight: Float64Array;
  private readonly end: Uint32Array;

  constructor(rows: Rows, light: Uint8Array, offset: Float64Array, x: Float64Array) {
    this.rows = rows;
    this.light = light;
    this.x = x;
    this.goal = new Float64Array(x.length);
    this.offset = offset;
    let widest = 0;
    for (let rank = 0; rank + 1 < rows.start.length; rank++) {
      widest = Math.max(widest, at(rows.start, rank + 1) - at(rows.start, rank));
    }
    this.mean = new Float64Array(widest);
    this.weight = new Float64Array(widest);
    this.end = new Uint32Array(widest);
  }

  /** Answers how far a vertex moved at most. */
  solve(rank: number): number {
    const { rows, mean, weight, end, offset, x, goal, light } = this;
    const from = at(rows.start, rank);
    const to = at(rows.start, rank + 1);
    let pools = 0;
    for (let i = from; i < to; i++) {
      const vertex = at(rows.items, i);
      let m = realAt(goal, vertex) - realAt(offset, i);
      let w = light[vertex] ? LIGHT_WEIGHT : 1;
      while (pools > 0 && realAt(mean, pools - 1) > m) {
        pools--;
        m = (m * w + realAt(mean, pools) * realAt(weight, pools)) / (w + realAt(weight, pools));
        w += realAt(weight, pools);
      }
      mean[pools] = m;
      weight[pools] = w;
      end[pools] = i + 1;
      pools++;
    }
    let moved = 0;
    for (let pool = 0, i = from; pool < pools; pool++) {
      for (; i < at(end, pool); i++) {
        const vertex = at(rows.items, i);
        const place = realAt(mean, pool) + realAt(offset, i);
        moved = Math.max(moved, Math.abs(place - realAt(x, vertex)));
        x[vertex] = place;
      }
    }
    return moved;
  }
}

/** Per place in a layer how far right of the first one it is at least. */
function offsetsOf(
  { nodeCount, rankCount }: Layers,
  rows: Rows,
  widths: Float64Array,
  blocks: Blocks | undefined,
): Float64Array {
  const offset = new Float64Array(rows.items.length);
  const half = (vertex: number) => (vertex < nodeCount ? realAt(widths, vertex) : LANE_WIDTH) / 2;
  for (let rank = 0; rank < rankCount; rank++) {
    for (let i = at(rows.start, rank) + 1; i < at(rows.start, rank + 1); i++) {
      const [left, right] = [at(rows.items, i - 1), at(rows.items, i)];
      const least = left >= nodeCount || right >= nodeCount ? LANE_GAP : GAP;
      const gap = blocks ? Math.max(least, blocks.gap(left, right)) : least;
      offset[i] = realAt(offset, i - 1) + half(left) + half(right) + gap;
    }
  }
  return offset;
}
