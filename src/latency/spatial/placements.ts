import type { Dataflow, SpatialHardware } from '../../hardware/hardware';
import type { ArrayLayer } from './arrayLayer';
import { C, K, N, P, Q, R, S, type SpatialLayer } from './mapping';

/** Which loops run side by side on the array, along its rows and along its columns. */
export interface Placement {
  /** PEs that share each dimension, and the groups as entry GROUPS. */
  readonly factors: Int32Array;
  /** Array cycles with nothing else in the way: steps of all loops. */
  readonly cycles: number;
}

/** The best of all placements, and the cycles of the one with the fewest: it need not be among the best. */
export interface Placements {
  readonly best: readonly Placement[];
  readonly fewestCycles: number;
}

export const GROUPS = 7;
const COUNT = 8;

/** Loops that a dataflow lets run along one side; `first` always does. */
interface Side {
  readonly first?: number;
  readonly dims: readonly number[];
  /** How many of them together. */
  readonly most: number;
}

const ANY: Side = { dims: [N, K, C, P, Q, R, S], most: 2 };

const SIDES: Readonly<Record<Dataflow, readonly [rows: Side, columns: Side]>> = {
  ws: [
    { dims: [C, R, S], most: 3 },
    { dims: [K], most: 1 },
  ],
  os: [
    { dims: [N, P, Q], most: 3 },
    { dims: [K], most: 1 },
  ],
  is: [
    { dims: [C, R, S], most: 3 },
    { dims: [N, P, Q], most: 3 },
  ],
  rs: [
    { first: R, dims: [C, K], most: 1 },
    { first: P, dims: [K, C], most: 1 },
  ],
  nlr: [
    { dims: [C], most: 1 },
    { dims: [K], most: 1 },
  ],
  flexible: [ANY, ANY],
};

/** Sides along which an array that unrolls groups puts them. */
const GROUPS_ALONG: Readonly<Record<Dataflow, { readonly rows: boolean; readonly columns: boolean }>> = {
  ws: { rows: false, columns: true },
  os: { rows: false, columns: true },
  is: { rows: false, columns: true },
  nlr: { rows: false, columns: true },
  rs: { rows: true, columns: true },
  flexible: { rows: true, columns: true },
};

/**
 * Whether PEs of one row can work on different groups, each with inputs of its own. Row-stationary arrays (Eyeriss: PE sets) and flexible
 * ones can unless the file says otherwise; where operands pass from PE to PE they cannot unless it says so.
 */
function unrollsGroups({ unroll_groups, dataflow }: SpatialHardware): boolean {
  return unroll_groups ?? (dataflow === 'rs' || dataflow === 'flexible');
}

function sidesOf(hardware: SpatialHardware): readonly [rows: Side, columns: Side] {
  const sides = SIDES[hardware.dataflow];
  if (!unrollsGroups(hardware)) return sides;
  const along = GROUPS_ALONG[hardware.dataflow];
  const [rows, columns] = sides;
  return [along.rows ? withGroups(rows) : rows, along.columns ? withGroups(columns) : columns];
}

/** Row stationary replicates one loop on a side; others share it. */
function withGroups(side: Side): Side {
  return { ...side, dims: [...side.dims, GROUPS], most: side.first === undefined ? Math.max(2, side.most) : side.most };
}

/**
 * The placements that a dataflow allows, at most `keep` of them, those first that leave the fastest layer possible; of equally fast ones
 * those with the fewest groups at once, whose tiles are smaller, then those of the fewest cycles. For each set of loops along the rows
 * and along the columns they have the factors that leave the fewest steps.
 *
 * Where the array does not unroll groups they may still stand block-diagonally: each has rows and columns of its own, and PEs off the
 * diagonal multiply by zero. So a depthwise 3 × 3 layer keeps 7 · 9 PEs of 64 × 64 busy with its weights in place.
 */
export function placements(problem: ArrayLayer, keep: number): Placements {
  const { layer, hardware } = problem;
  const [rows, columns] = sidesOf(hardware);
  const sizes = new Int32Array(COUNT);
  sizes.set(layer.sizes);
  const rest = new Int32Array(COUNT);
  const best: Ranked[] = [];
  let fewestCycles = Number.POSITIVE_INFINITY;
  for (const diagonal of diagonals(layer.groups, hardware)) {
    sizes[GROUPS] = Math.ceil(layer.groups / diagonal);
    for (const along of sideFactors(rows, sizes, Math.floor(hardware.rows / diagonal))) {
      for (let d = 0; d < COUNT; d++) rest[d] = Math.ceil((sizes[d] ?? 1) / (along[d] ?? 1));
      for (const factors of sideFactors(columns, rest, Math.floor(hardware.cols / diagonal))) {
        for (let d = 0; d < COUNT; d++) factors[d] = (factors[d] ?? 1) * (along[d] ?? 1);
        const cycles = stepsOf(sizes, factors);
        fewestCycles = Math.min(fewestCycles, cycles);
        factors[GROUPS] = Math.min(layer.groups, diagonal * (factors[GROUPS] ?? 1));
        insert(best, { factors, cycles, seconds: problem.lowerBound(cycles) }, keep);
      }
    }
  }
  return { best, fewestCycles };
}

interface Ranked extends Placement {
  readonly seconds: number;
}

/** Numbers of groups along the diagonal, each the fewest that take as many turns; 1 where groups stand side by side anyway. */
function diagonals(groups: number, hardware: SpatialHardware): readonly number[] {
  if (unrollsGroups(hardware)) return [1];
  const found: number[] = [];
  for (let most = Math.min(groups, hardware.rows, hardware.cols); most >= 1; most = (found.at(-1) ?? 1) - 1) {
    found.push(even(groups, most));
  }
  return found;
}

/** Keeps `best` in order, without doubles, at most `keep` long. */
function insert(best: Ranked[], placement: Ranked, keep: number): void {
  let place = best.length;
  for (let order = -1; place > 0; place--) {
    const before = best[place - 1];
    if (!before) break;
    order = compare(before, placement);
    if (order < 0) break;
    if (order === 0 && before.factors.every((factor, d) => factor === placement.factors[d])) return;
  }
  if (place === keep) return;
  best.splice(place, 0, placement);
  if (best.length > keep) best.pop();
}

function compare(a: Ranked, b: Ranked): number {
  return a.seconds - b.seconds || (a.factors[GROUPS] ?? 1) - (b.factors[GROUPS] ?? 1) || a.cycles - b.cycles;
}

/**
 * Array cycles that no placement can beat, given the fewest of those that were tried: where no loop may run along both sides there
 * are none with fewer.
 */
export function leastCycles(macs: number, fewest: number, { sizes }: SpatialLayer, hardware: SpatialHardware): number {
  const { dataflow, rows, cols } = hardware;
  if (dataflow === 'flexible') return macs / (rows * cols);
  if (dataflow !== 'rs') return fewest;
  const kernelRows = Math.min(sizes[R] ?? 1, rows);
  return macs / (Math.floor(rows / kernelRows) * kernelRows * cols);
}

/** Most PEs along the loops of a kind that a dataflow allows at the same time, and side by side over groups. */
export interface Corner {
  readonly pixels: number;
  readonly sums: number;
  readonly filters: number;
  readonly groups: number;
}

/** Every placement has no more PEs along any kind of loop than one of these. */
export function corners({ sizes, groups }: SpatialLayer, { dataflow, rows, cols }: SpatialHardware): readonly Corner[] {
  switch (dataflow) {
    case 'ws':
    case 'nlr':
      return [{ pixels: 1, sums: rows, filters: cols, groups }];
    case 'os':
      return [{ pixels: rows, sums: 1, filters: cols, groups }];
    case 'is':
      return [{ pixels: cols, sums: rows, filters: 1, groups }];
    case 'flexible':
      return [{ pixels: rows * cols, sums: rows * cols, filters: rows * cols, groups }];
    case 'rs': {
      const kernel = even(sizes[R] ?? 1, rows);
      const pixels = even(sizes[P] ?? 1, cols);
      const [above, beside] = [Math.floor(rows / kernel), Math.floor(cols / pixels)];
      const alone = [
        { pixels, sums: kernel * above * beside, filters: 1, groups: 1 },
        { pixels, sums: kernel * above, filters: beside, groups: 1 },
        { pixels, sums: kernel * beside, filters: above, groups: 1 },
        { pixels, sums: kernel, filters: above * beside, groups: 1 },
      ];
      return groups === 1 ? alone : [{ pixels: cols, sums: rows * cols, filters: rows * cols, groups }];
    }
  }
}

function stepsOf(sizes: Int32Array, factors: Int32Array): number {
  let steps = 1;
  for (let d = 0; d < COUNT; d++) steps *= Math.ceil((sizes[d] ?? 1) / (factors[d] ?? 1));
  return steps;
}

/** For each set of loops that a side allows, the factors within `length` PEs that leave the fewest steps. */
function sideFactors({ first, dims, most }: Side, sizes: Int32Array, length: number): readonly Int32Array[] {
  const base = new Int32Array(COUNT).fill(1);
  if (first !== undefined) base[first] = even(sizes[first] ?? 1, length);
  const room = first === undefined ? length : Math.floor(length / (base[first] ?? 1));
  const useful = dims.filter((d) => (sizes[d] ?? 1) > 1 && d !== first);
  const sides = [base];
  for (const set of subsets(useful, most)) {
    const factors = base.slice();
    fewestSteps(set, sizes, room, factors);
    sides.push(factors);
  }
  return sides;
}

/** Non-empty subsets of at most `most` items. */
function subsets(items: readonly number[], most: number): readonly (readonly number[])[] {
  let sets: (readonly number[])[] = [[]];
  for (const item of items) {
    sets = [...sets, ...sets.filter((set) => set.length < most).map((set) => [...set, item])];
  }
  return sets.slice(1);
}

/** Writes the factors of `dims` with a product within `room` that leave the fewest steps; returns those steps. */
function fewestSteps(
  [d = N, ...rest]: readonly number[],
  sizes: Int32Array,
  room: number,
  factors: Int32Array,
): number {
  const size = sizes[d] ?? 1;
  if (rest.length === 0) {
    factors[d] = even(size, room);
    return Math.ceil(size / (factors[d] ?? 1));
  }
  let best = Number.POSITIVE_INFINITY;
  const trial = factors.slice();
  const most = Math.min(size, room);
  for (let factor = even(size, most); factor >= 1; factor = even(size, factor - 1)) {
    trial[d] = factor;
    const steps = Math.ceil(size / factor) * fewestSteps(rest, sizes, Math.floor(room / factor), trial);
    if (steps < best) {
      best = steps;
      factors.set(trial);
    }
    if (factor === 1) break;
  }
  return best;
}

/** The fewest PEs that take as many steps over `size` entries as `most` PEs do. */
function even(size: number, most: number): number {
  return Math.ceil(size / Math.ceil(size / Math.min(size, most)));
}
