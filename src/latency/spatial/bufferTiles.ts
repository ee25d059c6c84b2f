import { overlapped } from '../layerCost';
import type { ArrayLayer } from './arrayLayer';
import { C, extent, K, N, P, Q, R, S } from './mapping';
import { GROUPS, type Placement } from './placements';

/** A tile of the global buffer and the order in which off-chip memory is walked. */
export interface BufferTile {
  readonly tile: Int32Array;
  readonly order: readonly number[];
  /** What the array's steps and the bytes off chip take at least. */
  readonly floor: number;
  /** The same with what the array is likely to read again and again. */
  readonly seconds: number;
}

/** Loops that leave weights, outputs and inputs as they are. */
const SAME_WEIGHTS = [N, P, Q] as const;
const SAME_OUTPUTS = [C, R, S] as const;
const SAME_INPUTS = [K] as const;

/** Orders of the three kinds of loops, outermost first: those inside do not disturb the operand that they leave as it is. */
export const ORDERS: readonly (readonly number[])[] = [
  [...SAME_WEIGHTS, ...SAME_OUTPUTS, ...SAME_INPUTS],
  [...SAME_WEIGHTS, ...SAME_INPUTS, ...SAME_OUTPUTS],
  [...SAME_OUTPUTS, ...SAME_WEIGHTS, ...SAME_INPUTS],
  [...SAME_OUTPUTS, ...SAME_INPUTS, ...SAME_WEIGHTS],
  [...SAME_INPUTS, ...SAME_WEIGHTS, ...SAME_OUTPUTS],
  [...SAME_INPUTS, ...SAME_OUTPUTS, ...SAME_WEIGHTS],
];

/** Where each kind of loop stands in an order: 0 outermost, 2 innermost. */
const PLACES = ORDERS.map((order) => {
  const [weights, outputs, inputs] = [order.indexOf(P), order.indexOf(C), order.indexOf(K)];
  const place = (own: number): number => [weights, outputs, inputs].filter((other) => other < own).length;
  return { weights: place(weights), outputs: place(outputs), inputs: place(inputs) };
});

/** Parts into which an axis is cut. */
const PARTS = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 64, 128, 256, 1024, 4096];

/** A cut of one axis: entries of a tile, tiles, and steps that the array takes over all of them. */
interface Cut {
  readonly size: number;
  readonly trips: number;
  readonly steps: number;
}

/** Cuts of an axis of n of which `inSpace` are on the array side by side, largest first; whole turns of the array where they can be. */
function cutsOf(n: number, inSpace: number, most: number): readonly Cut[] {
  const sizes = new Set<number>();
  for (const parts of PARTS) {
    const size = Math.ceil(n / parts);
    sizes.add(size < n && size > inSpace ? size - (size % inSpace) : size);
    if (sizes.size === most - 1) break;
  }
  return [...sizes.add(1)].map((size) => {
    const full = Math.floor(n / size);
    const steps = full * Math.ceil(size / inSpace) + Math.ceil((n - full * size) / inSpace);
    return { size, trips: Math.ceil(n / size), steps };
  });
}

/**
 * For a placement the buffer tiles that take the least time off chip and on the array, best first, at most `keep`; stops at the first
 * that takes no more than `enough`. Time off chip never grows with a tile, so for every choice of the other axes only the
 * most output channels that fit are kept.
 */
export function bufferTiles(
  problem: ArrayLayer,
  { factors }: Placement,
  keep: number,
  enough: number,
): readonly BufferTile[] {
  const { layer } = problem;
  const { strideH, strideW, dilationH, dilationW, H, W } = layer;
  const size = (d: number): number => layer.sizes[d] ?? 1;
  const inSpace = (d: number): number => factors[d] ?? 1;
  const cuts = (d: number, most: number): readonly Cut[] => cutsOf(size(d), inSpace(d), most);
  const groups = inSpace(GROUPS);
  const turns = Math.ceil(layer.groups / groups);
  const sliding = problem.hardware.halo === 'sliding';
  const [channels, filters] = [cuts(C, 14), cuts(K, 14)];
  const best: BufferTile[] = [];

  const spots = positions(cuts(N, 6), cuts(P, 12), cuts(Q, 6));
  for (const [r, s] of windows(cuts(R, 14), cuts(S, 14))) {
    for (const [n, p, q] of spots) {
      const rows = fetched(size(P), p, size(R), r, strideH, dilationH, H, sliding);
      const columns = fetched(size(Q), q, size(S), s, strideW, dilationW, W, sliding);
      const inputs = layer.groups * size(N) * size(C) * rows * columns;
      const tileRows = Math.min(H, extent(p.size, r.size, strideH, dilationH));
      const pixels = n.size * tileRows * Math.min(W, extent(q.size, s.size, strideW, dilationW));
      const outputs = groups * n.size * p.size * q.size;
      const steps = turns * n.steps * p.steps * q.steps * r.steps * s.steps;
      for (const c of channels) {
        const window = groups * c.size * r.size * s.size;
        const k = filters.find(({ size }) =>
          problem.fitsBuffer(groups * c.size * pixels, size * window, outputs * size),
        );
        if (!k) continue;
        const compute = problem.computeSeconds(steps * c.steps * k.steps);
        if (compute >= (best[keep - 1]?.seconds ?? Number.POSITIVE_INFINITY)) continue;
        const trips = {
          weights: n.trips * p.trips * q.trips,
          outputs: c.trips * r.trips * s.trips,
          inputs: k.trips,
        };
        const { order, floor, seconds } = bestOrder(problem, compute, inputs, trips);
        if (seconds >= (best[keep - 1]?.seconds ?? Number.POSITIVE_INFINITY)) continue;
        const tile = new Int32Array([n.size, k.size, c.size, p.size, q.size, r.size, s.size]);
        insert(best, { tile, order, floor, seconds }, keep);
        if (seconds <= enough) return best;
      }
    }
  }
  return best;
}

/**
 * The order with the least off-chip time. On chip an operand is expected to be read again for every trip of a loop that leaves it as
 * it is: a PE seldom holds its whole tile until then.
 */
function bestOrder(problem: ArrayLayer, compute: number, inputs: number, trips: Kinds): Omit<BufferTile, 'tile'> {
  const { words, hardware } = problem;
  let offChip = Number.POSITIVE_INFINITY;
  let order = ORDERS[0] ?? [];
  for (let i = 0; i < ORDERS.length; i++) {
    const reloads = reloadsOf(trips, PLACES[i] ?? trips);
    const spilled = words.output * (reloads.outputs - 1);
    const seconds = problem.offChip(inputs * reloads.inputs, words.weight * reloads.weights, spilled);
    if (seconds >= offChip) continue;
    offChip = seconds;
    order = ORDERS[i] ?? order;
  }
  const again = problem.globalBuffer(inputs * trips.inputs, words.weight * trips.weights, 0);
  const floor = overlapped(hardware.overlap, compute, problem.globalBuffer(inputs, words.weight, 0), offChip);
  return { order, floor, seconds: Math.max(floor, overlapped(hardware.overlap, compute, again, offChip)) };
}

/** One figure for each kind of loop: those that leave weights, outputs and inputs as they are. */
interface Kinds {
  readonly weights: number;
  readonly outputs: number;
  readonly inputs: number;
}

/** How often each operand is fetched: the trips of its own loops where loops that change it have more than one, inside them. */
function reloadsOf({ weights, outputs, inputs }: Kinds, place: Kinds): Kinds {
  const inside = (own: number, a: number, placeOfA: number, b: number, placeOfB: number): boolean =>
    (placeOfA > own && a > 1) || (placeOfB > own && b > 1);
  return {
    weights: inside(place.weights, outputs, place.outputs, inputs, place.inputs) ? weights : 1,
    outputs: inside(place.outputs, weights, place.weights, inputs, place.inputs) ? outputs : 1,
    inputs: inside(place.inputs, weights, place.weights, outputs, place.outputs) ? inputs : 1,
  };
}

/** The window of a tile: all of it, a row of it, or one place. */
function windows(r: readonly Cut[], s: readonly Cut[]): readonly (readonly [Cut, Cut])[] {
  const [wholeR, wholeS, oneR, oneS] = [r[0], s[0], r.at(-1), s.at(-1)];
  if (!wholeR || !wholeS || !oneR || !oneS) return [];
  const all = [[wholeR, wholeS] as const, [oneR, wholeS] as const, [oneR, oneS] as const];
  return wholeR.size * wholeS.size > 1 ? all : all.slice(0, 1);
}

/** Images, rows and columns of a tile: whole images, then rows of one, then columns. */
function positions(n: readonly Cut[], p: readonly Cut[], q: readonly Cut[]): readonly (readonly [Cut, Cut, Cut])[] {
  const [wholeP, wholeQ, oneN] = [p[0], q[0], n.at(-1)];
  if (!wholeP || !wholeQ || !oneN) return [];
  const images = n.map((cut) => [cut, wholeP, wholeQ] as const);
  const ofOne = q.flatMap((columns) => p.map((rows) => [oneN, rows, columns] as const));
  return [...images, ...ofOne];
}

/** Input rows that all tiles of output and kernel rows fetch; none twice where they slide. */
function fetched(
  outputs: number,
  { trips: outputTiles }: Cut,
  kernel: number,
  { trips: kernelTiles }: Cut,
  stride: number,
  dilation: number,
  available: number,
  sliding: boolean,
): number {
  if (sliding) return Math.min(available, extent(outputs, kernel, stride, dilation));
  const tiles = outputTiles * kernelTiles;
  const spanned =
    kernelTiles * (outputs - outputTiles) * stride + outputTiles * (kernel - kernelTiles) * dilation + tiles;
  return Math.min(spanned, tiles * available);
}

/** Keeps `best` in order, at most `keep` long. */
function insert(best: BufferTile[], tile: BufferTile, keep: number): void {
  let place = best.length;
  while (place > 0 && (best[place - 1]?.seconds ?? 0) > tile.seconds) place--;
  best.splice(place, 0, tile);
  if (best.length > keep) best.pop();
}
