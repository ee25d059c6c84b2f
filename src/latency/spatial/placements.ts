import type { SpatialHardware } from '../../hardware/hardware';
import { C, K, N, P, Q, R, S, type SpatialLayer } from './mapping';

/** Which loops run side by side on the array, along its rows and along its columns. */
export interface Placement {
  /** PEs that share each dimension, and the groups as entry GROUPS. */
  readonly factors: Int32Array;
  /** Array cycles with nothing else in the way: steps of all loops. */
  readonly cycles: number;
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

const ANY: Side = { dims: [N, K, C, P, Q, R, S, GROUPS], most: 2 };

const SIDES: Readonly<Record<SpatialHardware['dataflow'], readonly [rows: Side, columns: Side]>> = {
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
    { first: R, dims: [C, K, GROUPS], most: 1 },
    { first: P, dims: [K, C, GROUPS], most: 1 },
  ],
  nlr: [
    { dims: [C], most: 1 },
    { dims: [K], most: 1 },
  ],
  flexible: [ANY, ANY],
};

/**
 * The placements that a dataflow allows, fewest cycles first, at most `keep`: for each set of loops along the rows and along the columns
 * the factors that leave the fewest steps. For ws, os, is and nlr, whose sides share no loop, the first is the best there is.
 */
export function placements(layer: SpatialLayer, hardware: SpatialHardware, keep: number): readonly Placement[] {
  const [rows, columns] = SIDES[hardware.dataflow];
  const sizes = new Int32Array(COUNT);
  sizes.set(layer.sizes);
  sizes[GROUPS] = layer.groups;
  const rest = new Int32Array(COUNT);
  const best: Placement[] = [];
  for (const along of sideFactors(rows, sizes, hardware.rows)) {
    for (let d = 0; d < COUNT; d++) rest[d] = Math.ceil((sizes[d] ?? 1) / (along[d] ?? 1));
    for (const factors of sideFactors(columns, rest, hardware.cols)) {
      for (let d = 0; d < COUNT; d++) factors[d] = (factors[d] ?? 1) * (along[d] ?? 1);
      insert(best, { factors, cycles: stepsOf(sizes, factors) }, keep);
    }
  }
  return best;
}

/** Keeps `best` in order, without doubles, at most `keep` long. */
function insert(best: Placement[], placement: Placement, keep: number): void {
  const { factors, cycles } = placement;
  let place = best.length;
  while (place > 0 && (best[place - 1]?.cycles ?? 0) > cycles) place--;
  if (place === keep) return;
  for (let i = place - 1; i >= 0 && best[i]?.cycles === cycles; i--) {
    if (best[i]?.factors.every((factor, d) => factor === factors[d])) return;
  }
  best.splice(place, 0, placement);
  if (best.length > keep) best.pop();
}

/** Array cycles that no placement can beat. */
export function leastCycles(
  macs: number,
  best: number,
  { sizes }: SpatialLayer,
  { dataflow, rows, cols }: SpatialHardware,
): number {
  if (dataflow === 'flexible') return macs / (rows * cols);
  if (dataflow !== 'rs') return best;
  const kernelRows = Math.min(sizes[R] ?? 1, rows);
  return macs / (Math.floor(rows / kernelRows) * kernelRows * cols);
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
