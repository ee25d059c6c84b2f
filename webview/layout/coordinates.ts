/**
 * Horizontal places. Columns are drawn towards the mean of what they hang on above and below; each layer is then solved exactly:
 * the least-squares places that keep the order and the gaps (isotonic regression by pooling adjacent violators).
 */
import { at, type Rows, realAt } from './adjacency';
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
): Float64Array {
  const width = (vertex: number) => (vertex < layers.nodeCount ? realAt(widths, vertex) : LANE_WIDTH);
  const gap = (a: number, b: number) => {
    const lanes = (a >= layers.nodeCount ? 1 : 0) + (b >= layers.nodeCount ? 1 : 0);
    return (width(a) + width(b)) / 2 + (lanes === 0 ? GAP : LANE_GAP);
  };
  const x = new Float64Array(layers.vertexCount);
  const wanted = new Float64Array(columns.count);
  const solver = new LayerSolver(rows, gap, (vertex) => (columns.light[vertex] ? LIGHT_WEIGHT : 1), x);
  const wantedBy = (vertex: number) => realAt(wanted, at(columns.of, vertex));
  const solveAll = (want: (vertex: number) => number) => {
    let moved = 0;
    for (let rank = 0; rank < layers.rankCount; rank++) moved = Math.max(moved, solver.solve(rank, want));
    return moved;
  };

  solveAll(() => 0);
  let moved = Number.POSITIVE_INFINITY;
  for (let sweep = 0; sweep < SWEEPS && moved > SETTLED; sweep++) {
    progress(sweep / (SWEEPS + STRAIGHTEN));
    moved = 0;
    for (let k = 0; k < layers.rankCount; k++) {
      const rank = sweep % 2 === 0 ? k : layers.rankCount - 1 - k;
      for (let i = at(rows.start, rank); i < at(rows.start, rank + 1); i++) {
        const column = at(columns.of, at(rows.items, i));
        wanted[column] = pullOf(columns, column, x);
      }
      moved = Math.max(moved, solver.solve(rank, wantedBy));
    }
  }
  moved = Number.POSITIVE_INFINITY;
  for (let pass = 0; pass < STRAIGHTEN && moved > SETTLED; pass++) {
    for (let column = 0; column < columns.count; column++) wanted[column] = meanOf(columns, column, x);
    moved = solveAll(wantedBy);
  }
  followDown(layers, columns, x, wanted, solver);
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

/** The last pass: heavy columns go straight down from where they begin; then lanes take the outermost place they need anywhere. */
function followDown(
  layers: Layers,
  columns: Columns,
  x: Float64Array,
  wanted: Float64Array,
  solver: LayerSolver,
): void {
  const head = (vertex: number) => at(columns.members.items, at(columns.members.start, at(columns.of, vertex)));
  const straight = (vertex: number) => {
    if (columns.light[vertex]) return realAt(wanted, at(columns.of, vertex));
    return head(vertex) === vertex
      ? realAt(x, vertex)
      : realAt(x, at(columns.above.items, at(columns.above.start, vertex)));
  };
  for (let column = 0; column < columns.count; column++) {
    const first = at(columns.members.items, at(columns.members.start, column));
    if (columns.light[first]) wanted[column] = pullOf(columns, column, x);
  }
  for (let rank = 0; rank < layers.rankCount; rank++) solver.solve(rank, straight);

  for (let column = 0; column < columns.count; column++) {
    const from = at(columns.members.start, column);
    if (!columns.light[at(columns.members.items, from)]) continue;
    const origin = realAt(x, at(layers.origin, at(columns.members.items, from)));
    let outermost = origin;
    for (let i = from; i < at(columns.members.start, column + 1); i++) {
      const here = realAt(x, at(columns.members.items, i));
      if (Math.abs(here - origin) > Math.abs(outermost - origin)) outermost = here;
    }
    wanted[column] = outermost;
  }
  const pinned = (vertex: number) =>
    columns.light[vertex] ? realAt(wanted, at(columns.of, vertex)) : realAt(x, vertex);
  for (let rank = 0; rank < layers.rankCount; rank++) solver.solve(rank, pinned);
}

/** Least squares within one layer under x[i + 1] - x[i] ≥ gap: pools of vertices that touch move as one. */
class LayerSolver {
  private readonly mean: Float64Array;
  private readonly weight: Float64Array;
  private readonly end: Uint32Array;
  private readonly offset: Float64Array;

  private readonly rows: Rows;
  private readonly gap: (left: number, right: number) => number;
  private readonly weightOf: (vertex: number) => number;
  private readonly x: Float64Array;

  constructor(
    rows: Rows,
    gap: (left: number, right: number) => number,
    weightOf: (vertex: number) => number,
    x: Float64Array,
  ) {
    this.rows = rows;
    this.gap = gap;
    this.weightOf = weightOf;
    this.x = x;
    let widest = 0;
    for (let rank = 0; rank + 1 < rows.start.length; rank++) {
      widest = Math.max(widest, at(rows.start, rank + 1) - at(rows.start, rank));
    }
    this.mean = new Float64Array(widest);
    this.weight = new Float64Array(widest);
    this.end = new Uint32Array(widest);
    this.offset = new Float64Array(widest);
  }

  /** Answers how far a vertex moved at most. */
  solve(rank: number, want: (vertex: number) => number): number {
    const { rows, mean, weight, end, offset, x } = this;
    const from = at(rows.start, rank);
    const length = at(rows.start, rank + 1) - from;
    let pools = 0;
    for (let i = 0; i < length; i++) {
      const vertex = at(rows.items, from + i);
      offset[i] = i === 0 ? 0 : realAt(offset, i - 1) + this.gap(at(rows.items, from + i - 1), vertex);
      let m = want(vertex) - realAt(offset, i);
      let w = this.weightOf(vertex);
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
    for (let pool = 0, i = 0; pool < pools; pool++) {
      for (; i < at(end, pool); i++) {
        const vertex = at(rows.items, from + i);
        const place = realAt(mean, pool) + realAt(offset, i);
        moved = Math.max(moved, Math.abs(place - realAt(x, vertex)));
        x[vertex] = place;
      }
    }
    return moved;
  }
}
