import { overlapped } from '../layerCost';
import type { ArrayLayer } from './arrayLayer';
import { ORDERS } from './dataflow';
import { C, extent, K, KEEP_INPUT, KEEP_OUTPUT, KEEP_WEIGHT, N, P, Q, R, S } from './mapping';
import { GROUPS, type Placement } from './placements';

/** A tile of the global buffer and the order in which off-chip memory is walked. */
export interface BufferTile {
  readonly tile: Int32Array;
  readonly order: readonly number[];
  /** Operands that stay whole. */
  readonly kept: number;
  /** What the array's steps and the bytes off chip take at least. */
  readonly floor: number;
  /** The same with what the array is likely to read again and again. */
  readonly seconds: number;
}

/** Where each kind of loop stands in an order: 0 outermost, 2 innermost. */
const PLACES = ORDERS.map((order) => {
  const [weights, outputs, inputs] = [order.indexOf(P), order.indexOf(C), order.indexOf(K)];
  const place = (own: number): number => [weights, outputs, inputs].filter((other) => other < own).length;
  return { weights: place(weights), outputs: place(outputs), inputs: place(inputs) };
});

/** Operands that may stay whole, one at a time. */
const KEPT = [0, KEEP_INPUT, KEEP_OUTPUT, KEEP_WEIGHT];

/** Parts into which an axis is cut. */
const PARTS = [1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 48, 64, 96, 128, 256, 1024, 4096];

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
 * most output channels that fit are tried.
 */
export function bufferTiles(
  problem: ArrayLayer,
  placement: Placement,
  keep: number,
  enough: number,
): readonly BufferTile[] {
  return new BufferTiles(problem, placement, keep, enough).run();
}

/** A cut of pixels and window, and what of it does not depend on channels. */
interface Spot {
  readonly cuts: readonly [n: Cut, p: Cut, q: Cut, r: Cut, s: Cut];
  /** Words of all inputs that are fetched once, halos included. */
  readonly inputs: number;
  /** Input pixels and outputs of one channel of a tile, weights of one pair of channels, over the groups at once. */
  readonly pixels: number;
  readonly outputs: number;
  readonly window: number;
  /** Array steps over all pixels and windows. */
  readonly steps: number;
}

class BufferTiles {
  private readonly problem: ArrayLayer;
  private readonly factors: Int32Array;
  private readonly groups: number;
  private readonly keep: number;
  private readonly enough: number;
  private readonly best: BufferTile[] = [];

  constructor(problem: ArrayLayer, { factors }: Placement, keep: number, enough: number) {
    this.problem = problem;
    this.factors = factors;
    this.groups = factors[GROUPS] ?? 1;
    this.keep = keep;
    this.enough = enough;
  }

  run(): readonly BufferTile[] {
    const { best } = this;
    const [channels, filters] = [this.cuts(C, 14), this.cuts(K, 24)];
    const spots = positions(this.cuts(N, 6), this.cuts(P, 12), this.cuts(Q, 6));
    const all = windows(this.cuts(R, 14), this.cuts(S, 14)).flatMap(([r, s]) =>
      spots.map(([n, p, q]) => [n, p, q, r, s] as const),
    );
    for (const kept of KEPT) {
      if (!this.fits(kept, 0, 0, 0)) continue;
      for (const cuts of all) {
        this.tryChannels(this.spot(cuts), channels, filters, kept);
        if ((best[0]?.seconds ?? Number.POSITIVE_INFINITY) <= this.enough) return best;
      }
    }
    return best;
  }

  private tryChannels(spot: Spot, channels: readonly Cut[], filters: readonly Cut[], kept: number): void {
    const { problem, best, keep } = this;
    const { pixels, outputs, window, steps, inputs } = spot;
    const [n, p, q, r, s] = spot.cuts;
    for (const c of channels) {
      const k = filters.find(({ size }) => this.fits(kept, c.size * pixels, c.size * window * size, outputs * size));
      if (!k) continue;
      const worst = best[keep - 1]?.seconds ?? Number.POSITIVE_INFINITY;
      const compute = problem.computeSeconds(steps * c.steps * k.steps);
      if (compute >= worst) continue;
      const trips = {
        weights: n.trips * p.trips * q.trips,
        outputs: c.trips * r.trips * s.trips,
        inputs: k.trips,
      };
      const { order, floor, seconds } = bestOrder(problem, compute, inputs, trips, kept);
      if (seconds >= worst) continue;
      const tile = Int32Array.of(n.size, k.size, c.size, p.size, q.size, r.size, s.size);
      insert(best, { tile, order, kept, floor, seconds }, keep);
      if (seconds <= this.enough) return;
    }
  }

  private spot(cuts: Spot['cuts']): Spot {
    const { problem, groups } = this;
    const { layer } = problem;
    const { strideH, strideW, dilationH, dilationW, H, W } = layer;
    const [n, p, q, r, s] = cuts;
    const sliding = problem.hardware.halo === 'sliding';
    const rows = fetched(this.size(P), p, this.size(R), r, strideH, dilationH, H, sliding);
    const columns = fetched(this.size(Q), q, this.size(S), s, strideW, dilationW, W, sliding);
    const tileRows = Math.min(H, extent(p.size, r.size, strideH, dilationH));
    const tileColumns = Math.min(W, extent(q.size, s.size, strideW, dilationW));
    return {
      cuts,
      inputs: layer.groups * this.size(N) * this.size(C) * rows * columns,
      pixels: groups * n.size * tileRows * tileColumns,
      outputs: groups * n.size * p.size * q.size,
      window: groups * r.size * s.size,
      steps: Math.ceil(layer.groups / groups) * n.steps * p.steps * q.steps * r.steps * s.steps,
    };
  }

  /** Whether tiles fit beside operands that are kept whole. */
  private fits(kept: number, input: number, weight: number, output: number): boolean {
    const { problem, groups } = this;
    const { words, layer } = problem;
    const share = groups / layer.groups;
    return problem.fitsBuffer(
      kept & KEEP_INPUT ? words.input * share : input,
      kept & KEEP_WEIGHT ? words.weight * share : weight,
      kept & KEEP_OUTPUT ? words.output * share : output,
    );
  }

  private size(d: number): number {
    return this.problem.layer.sizes[d] ?? 1;
  }

  private cuts(d: number, most: number): readonly Cut[] {
    return cutsOf(this.size(d), this.factors[d] ?? 1, most);
  }
}

/**
 * The order with the least off-chip time. On chip an operand is expected to be read again for every trip of a loop that leaves it as
 * it is: a PE seldom holds its whole tile until then.
 */
function bestOrder(
  problem: ArrayLayer,
  compute: number,
  inputs: number,
  trips: Kinds,
  kept: number,
): Omit<BufferTile, 'tile' | 'kept'> {
  const { words, hardware } = problem;
  let offChip = Number.POSITIVE_INFINITY;
  let order = ORDERS[0] ?? [];
  for (let i = 0; i < ORDERS.length; i++) {
    const reloads = reloadsOf(trips, PLACES[i] ?? trips);
    const spilled = kept & KEEP_OUTPUT ? 0 : words.output * (reloads.outputs - 1);
    const read = kept & KEEP_INPUT ? words.input : inputs * reloads.inputs;
    const seconds = problem.offChip(read, words.weight * (kept & KEEP_WEIGHT ? 1 : reloads.weights), spilled);
    if (seconds >= offChip) continue;
    offChip = seconds;
    order = ORDERS[i] ?? order;
  }
  const again = problem.globalBuffer(inputs * trips.inputs, words.weight * trips.weights, 0);
  const once = problem.globalBuffer(inputs, words.weight, 0);
  const floor = overlapped(hardware.overlap, compute, once, offChip) + problem.arrayFillSeconds;
  const likely = overlapped(hardware.overlap, compute, again, offChip) + problem.arrayFillSeconds;
  return { order, floor, seconds: Math.max(floor, likely) };
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
