import { overlapped } from '../layerCost';
import type { ArrayLayer } from './arrayLayer';
import { C, extent, K, N, P, Q, R, S } from './mapping';
import { GROUPS, type Placement } from './placements';

/** A tile of the global buffer and the order in which off-chip memory is walked. */
export interface BufferTile {
  readonly tile: Int32Array;
  readonly order: readonly number[];
  /** What the array's steps and the bytes off chip take at least. */
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
  const { layer, words } = problem;
  const { strideH, strideW, dilationH, dilationW, H, W } = layer;
  const size = (d: number): number => layer.sizes[d] ?? 1;
  const inSpace = (d: number): number => factors[d] ?? 1;
  const cuts = (d: number, most: number): readonly Cut[] => cutsOf(size(d), inSpace(d), most);
  const [r, s] = [size(R), size(S)];
  const groups = inSpace(GROUPS);
  const turns = Math.ceil(layer.groups / groups) * Math.ceil(r / inSpace(R)) * Math.ceil(s / inSpace(S));
  const [channels, filters] = [cuts(C, 14), cuts(K, 14)];
  const best: BufferTile[] = [];

  for (const [n, p, q] of positions(cuts(N, 6), cuts(P, 12), cuts(Q, 6))) {
    const rows = fetched(size(P), p, r, strideH, dilationH, H);
    const columns = fetched(size(Q), q, s, strideW, dilationW, W);
    const inputs = layer.groups * size(N) * size(C) * rows * columns;
    const tileRows = Math.min(H, extent(p.size, r, strideH, dilationH));
    const pixels = n.size * tileRows * Math.min(W, extent(q.size, s, strideW, dilationW));
    const positionTrips = n.trips * p.trips * q.trips;
    for (const c of channels) {
      const outputs = groups * n.size * p.size * q.size;
      const k = filters.find(({ size }) =>
        problem.fitsBuffer(groups * c.size * pixels, groups * size * c.size * r * s, outputs * size),
      );
      if (!k) continue;
      const compute = problem.computeSeconds(turns * n.steps * p.steps * q.steps * c.steps * k.steps);
      if (compute >= (best[keep - 1]?.seconds ?? Number.POSITIVE_INFINITY)) continue;
      const trips = { weights: positionTrips, outputs: c.trips, inputs: k.trips };
      let least = Number.POSITIVE_INFINITY;
      let order = ORDERS[0] ?? [];
      for (let i = 0; i < ORDERS.length; i++) {
        const reloads = reloadsOf(trips, PLACES[i] ?? trips);
        const seconds = problem.offChip(
          inputs * reloads.inputs,
          words.weight * reloads.weights,
          words.output * (reloads.outputs - 1),
        );
        if (seconds >= least) continue;
        least = seconds;
        order = ORDERS[i] ?? order;
      }
      const seconds = overlapped(problem.hardware.overlap, compute, 0, least);
      insert(best, { tile: Int32Array.of(n.size, k.size, c.size, p.size, q.size, r, s), order, seconds }, keep);
      if (seconds <= enough) return best;
    }
  }
  return best;
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

/** Images, rows and columns of a tile: whole images, then rows of one, then columns. */
function positions(n: readonly Cut[], p: readonly Cut[], q: readonly Cut[]): readonly (readonly [Cut, Cut, Cut])[] {
  const [wholeP, wholeQ, oneN] = [p[0], q[0], n.at(-1)];
  if (!wholeP || !wholeQ || !oneN) return [];
  const images = n.map((cut) => [cut, wholeP, wholeQ] as const);
  const ofOne = q.flatMap((columns) => p.map((rows) => [oneN, rows, columns] as const));
  return [...images, ...ofOne];
}

/** Input rows that tiles of `tile` of `outputs` output rows fetch, halos as often as they are fetched. */
function fetched(
  outputs: number,
  { trips: tiles }: Cut,
  kernel: number,
  stride: number,
  dilation: number,
  available: number,
): number {
  const spanned = (outputs - tiles) * stride + tiles * (kernel - 1) * dilation + tiles;
  return Math.min(spanned, tiles * available);
}

/** Keeps `best` in order, at most `keep` long. */
function insert(best: BufferTile[], tile: BufferTile, keep: number): void {
  let place = best.length;
  while (place > 0 && (best[place - 1]?.seconds ?? 0) > tile.seconds) place--;
  best.splice(place, 0, tile);
  if (best.length > keep) best.pop();
}
