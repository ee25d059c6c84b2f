import type { LoopNest } from '../../operators/work';

/**
 * A layer on an array of PEs under a given mapping: how often each operand crosses each level and how many cycles the array
 * computes. The terms are those of Timeloop (Parashar et al., ISPASS 2019): a mapping splits every dimension of the loop nest into
 * a part in space, a part in the PEs' registers, a tile in the global buffer, and trips over off-chip memory.
 */

/** Dimensions of a loop nest, as indices of every vector in this file. K and C count channels per group. */
export const DIMENSIONS = ['N', 'K', 'C', 'P', 'Q', 'R', 'S'] as const;
export const [N, K, C, P, Q, R, S] = [0, 1, 2, 3, 4, 5, 6] as const;
const COUNT = DIMENSIONS.length;

export interface SpatialLayer {
  /** Sizes in the order of DIMENSIONS, of one group. */
  readonly sizes: Int32Array;
  readonly groups: number;
  readonly strideH: number;
  readonly strideW: number;
  readonly dilationH: number;
  readonly dilationW: number;
  /** Input height and width, without padding: no tile holds more rows and columns than there are. */
  readonly H: number;
  readonly W: number;
}

/** Rows and columns that a stride larger than the window skips are never fetched: the layer is that of what is left, closed up. */
export function spatialLayerOf(nest: LoopNest): SpatialLayer {
  const { N, G, K, C, P, Q, R, S, H, W, dilationH, dilationW } = nest;
  const strideH = Math.min(nest.strideH, extent(1, R, 1, dilationH));
  const strideW = Math.min(nest.strideW, extent(1, S, 1, dilationW));
  const sizes = Int32Array.of(N, K, C, P, Q, R, S);
  return {
    ...{ sizes, groups: G, strideH, strideW, dilationH, dilationW },
    H: strideH < nest.strideH ? Math.min(H, extent(P, R, strideH, dilationH)) : H,
    W: strideW < nest.strideW ? Math.min(W, extent(Q, S, strideW, dilationW)) : W,
  };
}

/** Every vector has one entry per dimension. Tiles need not divide what they tile: the remainders are counted exactly. */
export interface Mapping {
  /** PEs that share a dimension. */
  readonly spatial: Int32Array;
  /** What one PE holds. */
  readonly registerTile: Int32Array;
  /** What the global buffer holds, spatial · registerTile included. */
  readonly bufferTile: Int32Array;
  /** Dimensions, outermost loop first: trips over buffer tiles. */
  readonly dramOrder: readonly number[];
  /** Dimensions, outermost loop first: trips over array tiles (spatial · registerTile) within a buffer tile. */
  readonly bufferOrder: readonly number[];
  /** Groups side by side on the array (depthwise layers); the others follow in turn, outside all loops. */
  readonly spatialGroups: number;
  /**
   * Operands (a sum of KEEP_…) that the global buffer holds whole while the groups in turn are worked on, whatever its tile: they cross
   * the off-chip border once. Absent: none.
   */
  readonly kept?: number;
}

export const KEEP_INPUT = 1;
export const KEEP_WEIGHT = 2;
export const KEEP_OUTPUT = 4;
export const KEEP_ALL = KEEP_INPUT | KEEP_WEIGHT | KEEP_OUTPUT;

/** Whether a tile of the input is fetched whole, or without what the tile before it along the innermost loop left behind. */
export type Halo = 'refetch' | 'sliding';

/** Entries of what `evaluateInto` writes. Words of the whole layer, all groups; tiles in words. */
export const DRAM_INPUT_READS = 0;
export const DRAM_WEIGHT_READS = 1;
/** Partial sums that come back from off-chip memory. */
export const DRAM_OUTPUT_READS = 2;
const DRAM_OUTPUT_WRITES = 3;
/** Reads for the array; a word that several PEs take at once is read once. */
export const BUFFER_INPUT_READS = 4;
export const BUFFER_WEIGHT_READS = 5;
/** Partial sums that go back to the array. */
export const BUFFER_OUTPUT_READS = 6;
/** Results and partial sums that come from the array. */
export const BUFFER_OUTPUT_WRITES = 7;
export const COMPUTE_CYCLES = 8;
/** Largest tile in the global buffer. */
export const BUFFER_INPUT_TILE = 9;
export const BUFFER_WEIGHT_TILE = 10;
export const BUFFER_OUTPUT_TILE = 11;
/** Largest tile in one PE: inputs, then weights and outputs. */
const REGISTER_TILE = 12;
export const COUNTS = 15;

/** Each dimension indexes two operands and repeats the third: C, R and S the outputs, N, P and Q the weights, K the inputs. */
const [INPUT, WEIGHT, OUTPUT] = [0, 1, 2] as const;
const REPEATED = Int32Array.of(WEIGHT, INPUT, OUTPUT, WEIGHT, WEIGHT, OUTPUT, OUTPUT);
const ALL = 0b111;

/** How a level of memory tiles the dimensions: scratch that `split` fills. */
interface Level {
  /** Tiles along each dimension, whoever holds them. */
  readonly tiles: Float64Array;
  /** Holders of a tile side by side. */
  readonly spatial: Float64Array;
  /** Entries in the largest tile of one holder. */
  readonly held: Float64Array;
  /** Entries from one tile of a holder to its next. */
  readonly step: Float64Array;
}

const vector = (): Float64Array => new Float64Array(COUNT).fill(1);
const bufferTiles = vector();
const bufferHeld = vector();
const ONE = vector();
const BUFFER: Level = { tiles: bufferTiles, spatial: ONE, held: bufferHeld, step: bufferHeld };
const REGISTERS: Level = { tiles: vector(), spatial: vector(), held: vector(), step: vector() };
/** Array tiles within one buffer tile, and in all. */
const bufferTrips = vector();
const arrayTiles = vector();
/** How often input, weight and output pass from off-chip memory to the buffer, and from there to the array. */
const dramReloads = vector();
const bufferReloads = vector();

/** Entry of a vector that has one per dimension. */
function at(vector: Int32Array | Float64Array | readonly number[], index: number): number {
  return vector[index] ?? 0;
}

/** Input rows (columns) that `outputs` rows and `kernel` rows of the filter span. */
export function extent(outputs: number, kernel: number, stride: number, dilation: number): number {
  return (outputs - 1) * stride + (kernel - 1) * dilation + 1;
}

/** Words per operand; `psums` are outputs that come back unfinished. */
export interface OperandWords {
  readonly input: number;
  readonly weight: number;
  readonly output: number;
}

export interface Counts {
  readonly computeCycles: number;
  /** Off-chip words read, and so written into the global buffer. */
  readonly dramReads: OperandWords;
  readonly dramWrites: number;
  /** Words that the array reads from the global buffer (output: partial sums). */
  readonly bufferReads: OperandWords;
  /** Results and partial sums that the array writes to the global buffer. */
  readonly bufferWrites: number;
  /** Largest tiles. */
  readonly bufferTile: OperandWords;
  readonly registerTile: OperandWords;
}

/** What a mapping costs, for people and tests; the search uses `evaluateInto`. */
export function evaluate(layer: SpatialLayer, mapping: Mapping, { halo }: { readonly halo: Halo }): Counts {
  const out = new Float64Array(COUNTS);
  evaluateInto(layer, mapping, halo, out);
  const words = (first: number): OperandWords => {
    return { input: out[first] ?? 0, weight: out[first + 1] ?? 0, output: out[first + 2] ?? 0 };
  };
  return {
    computeCycles: out[COMPUTE_CYCLES] ?? 0,
    dramReads: words(DRAM_INPUT_READS),
    dramWrites: out[DRAM_OUTPUT_WRITES] ?? 0,
    bufferReads: words(BUFFER_INPUT_READS),
    bufferWrites: out[BUFFER_OUTPUT_WRITES] ?? 0,
    bufferTile: words(BUFFER_INPUT_TILE),
    registerTile: words(REGISTER_TILE),
  };
}

/** Writes the COUNTS entries for one mapping into `out`. Allocates nothing: the search calls it for every candidate. */
export function evaluateInto(layer: SpatialLayer, mapping: Mapping, halo: Halo, out: Float64Array): void {
  const { groups, sizes } = layer;
  const groupTurns = Math.ceil(groups / mapping.spatialGroups);
  out[COMPUTE_CYCLES] = groupTurns * split(sizes, mapping);
  countReloads(mapping);

  const weights = groups * at(sizes, K) * at(sizes, C) * at(sizes, R) * at(sizes, S);
  const outputs = groups * at(sizes, N) * at(sizes, K) * at(sizes, P) * at(sizes, Q);
  out[DRAM_WEIGHT_READS] = weights * at(dramReloads, WEIGHT);
  out[BUFFER_WEIGHT_READS] = weights * at(bufferReloads, WEIGHT);

  const dramOutputs = outputs * at(dramReloads, OUTPUT);
  out[DRAM_OUTPUT_WRITES] = dramOutputs;
  out[DRAM_OUTPUT_READS] = dramOutputs - outputs;
  const bufferOutputs = outputs * at(bufferReloads, OUTPUT);
  out[BUFFER_OUTPUT_WRITES] = bufferOutputs;
  out[BUFFER_OUTPUT_READS] = bufferOutputs - outputs;

  const images = groups * at(sizes, N) * at(sizes, C);
  out[DRAM_INPUT_READS] = images * at(dramReloads, INPUT) * bufferPixels(layer, mapping, halo);
  out[BUFFER_INPUT_READS] = images * at(bufferReloads, INPUT) * arrayPixels(layer, mapping, halo);

  const held = Math.min(groups, mapping.spatialGroups);
  footprints(layer, BUFFER.held, held, out, BUFFER_INPUT_TILE);
  footprints(layer, REGISTERS.held, 1, out, REGISTER_TILE);
  if (mapping.kept) keepWhole(layer, mapping.kept, held, out);
}

/** Operands that stay in the buffer: every word once off chip, and room for all of them. `held`: groups at once. */
function keepWhole({ groups, sizes, ...layer }: SpatialLayer, kept: number, held: number, out: Float64Array): void {
  if (kept & KEEP_INPUT) {
    const rows = Math.min(layer.H, extent(at(sizes, P), at(sizes, R), layer.strideH, layer.dilationH));
    const columns = Math.min(layer.W, extent(at(sizes, Q), at(sizes, S), layer.strideW, layer.dilationW));
    const words = at(sizes, N) * at(sizes, C) * rows * columns;
    out[DRAM_INPUT_READS] = groups * words;
    out[BUFFER_INPUT_TILE] = held * words;
  }
  if (kept & KEEP_WEIGHT) {
    const words = at(sizes, K) * at(sizes, C) * at(sizes, R) * at(sizes, S);
    out[DRAM_WEIGHT_READS] = groups * words;
    out[BUFFER_WEIGHT_TILE] = held * words;
  }
  if (kept & KEEP_OUTPUT) {
    const words = at(sizes, N) * at(sizes, K) * at(sizes, P) * at(sizes, Q);
    out[DRAM_OUTPUT_WRITES] = groups * words;
    out[DRAM_OUTPUT_READS] = 0;
    out[BUFFER_OUTPUT_TILE] = held * words;
  }
}

/**
 * Fills the scratch vectors. Answers the array's cycles for one turn of groups: per dimension every array tile takes as many steps
 * as its fullest PE has entries, so a remainder of r entries over s PEs takes ⌈r/s⌉.
 */
function split(sizes: Int32Array, { spatial, registerTile, bufferTile }: Mapping): number {
  let cycles = 1;
  for (let d = 0; d < COUNT; d++) {
    const size = at(sizes, d);
    const inSpace = at(spatial, d);
    const held = at(registerTile, d);
    const array = inSpace * held;
    const tile = Math.min(at(bufferTile, d), size);
    const full = Math.floor(size / tile);
    const rest = size - full * tile;
    const trips = Math.ceil(tile / array);
    bufferTiles[d] = rest > 0 ? full + 1 : full;
    bufferHeld[d] = tile;
    bufferTrips[d] = trips;
    arrayTiles[d] = full * trips + Math.ceil(rest / array);
    REGISTERS.spatial[d] = inSpace;
    REGISTERS.held[d] = Math.min(held, tile);
    REGISTERS.step[d] = array;
    REGISTERS.tiles[d] = full * holders(tile, inSpace, held) + holders(rest, inSpace, held);
    cycles *= full * steps(tile, inSpace, held) + steps(rest, inSpace, held);
  }
  return cycles;
}

/** Steps of the fullest PE for `entries`, array tile after array tile. */
function steps(entries: number, inSpace: number, held: number): number {
  const whole = Math.floor(entries / (inSpace * held));
  return whole * held + Math.ceil((entries - whole * inSpace * held) / inSpace);
}

/** PEs that work on `entries`, summed over the array tiles; a remainder is spread evenly. */
function holders(entries: number, inSpace: number, held: number): number {
  const whole = Math.floor(entries / (inSpace * held));
  const rest = entries - whole * inSpace * held;
  return whole * inSpace + (rest > 0 ? Math.ceil(rest / Math.ceil(rest / inSpace)) : 0);
}

/**
 * An operand is fetched again on every trip of the loops that do not index it and lie outside the innermost loop that does and has
 * more than one trip. Off chip the loops over buffer tiles count, for the array those within a buffer tile too.
 */
function countReloads({ dramOrder, bufferOrder }: Mapping): void {
  dramReloads.fill(1);
  bufferReloads.fill(1);
  // Bits of the operands that a loop further in changes.
  let changed = 0;
  for (let i = COUNT - 1; i >= 0; i--) {
    const d = at(bufferOrder, i);
    if (at(bufferTrips, d) <= 1) continue;
    const operand = at(REPEATED, d);
    if ((changed >> operand) & 1) bufferReloads[operand] = at(bufferReloads, operand) * perBufferTile(d);
    changed |= ALL & ~(1 << operand);
  }
  let changedOffChip = 0;
  for (let i = COUNT - 1; i >= 0; i--) {
    const d = at(dramOrder, i);
    const trips = at(bufferTiles, d);
    if (trips <= 1) continue;
    const operand = at(REPEATED, d);
    if ((changed >> operand) & 1) bufferReloads[operand] = at(bufferReloads, operand) * trips;
    if ((changedOffChip >> operand) & 1) dramReloads[operand] = at(dramReloads, operand) * trips;
    changed |= ALL & ~(1 << operand);
    changedOffChip |= ALL & ~(1 << operand);
  }
}

/** Array tiles per buffer tile, remainders included. */
function perBufferTile(dimension: number): number {
  return at(arrayTiles, dimension) / at(bufferTiles, dimension);
}

/** Pixels of one channel that the buffer takes from off-chip memory while no loop outside repeats. */
function bufferPixels(layer: SpatialLayer, { dramOrder }: Mapping, halo: Halo): number {
  return pixels(layer, BUFFER, halo === 'sliding' ? innermost(dramOrder, bufferTiles) : -1, ONE);
}

/** The same for what the PEs take from the buffer: tiles that several PEs hold at once are read once. */
function arrayPixels(layer: SpatialLayer, { dramOrder, bufferOrder }: Mapping, halo: Halo): number {
  if (halo === 'refetch') return pixels(layer, REGISTERS, -1, ONE);
  const inner = innermost(bufferOrder, bufferTrips);
  if (inner >= 0) return pixels(layer, REGISTERS, inner, bufferTiles);
  return pixels(layer, REGISTERS, innermost(dramOrder, bufferTiles), ONE);
}

/** The innermost loop with more than one trip; −1 where there is none. Tiles slide along it if it indexes the input. */
function innermost(order: readonly number[], trips: Float64Array): number {
  for (let i = COUNT - 1; i >= 0; i--) {
    const d = at(order, i);
    if (at(trips, d) > 1) return d;
  }
  return -1;
}

/**
 * Pixels of one channel that all tiles of a level fetch, each with its halo. `slide`: the dimension along which
 * consecutive tiles keep their overlap, or −1; `sweeps`: how many runs of consecutive tiles there are along it.
 */
function pixels(layer: SpatialLayer, level: Level, slide: number, sweeps: Float64Array): number {
  const { sizes, strideH, strideW, dilationH, dilationW, H, W } = layer;
  return (
    lines(sizes, level, slide, sweeps, P, R, strideH, dilationH, H) *
    lines(sizes, level, slide, sweeps, Q, S, strideW, dilationW, W)
  );
}

/** Rows (`output` P, `kernel` R) or columns (Q, S) that all tiles fetch: Σ extent(p, r) over tiles of p and r entries. */
function lines(
  sizes: Int32Array,
  { tiles, spatial, held, step }: Level,
  slide: number,
  sweeps: Float64Array,
  output: number,
  kernel: number,
  stride: number,
  dilation: number,
  available: number,
): number {
  const outputTiles = at(tiles, output);
  const kernelTiles = at(tiles, kernel);
  const count = outputTiles * kernelTiles;
  const spanned =
    kernelTiles * (at(sizes, output) - outputTiles) * stride +
    outputTiles * (at(sizes, kernel) - kernelTiles) * dilation +
    count;
  let fetched = Math.min(spanned, count * available);
  if (slide === output || slide === kernel) {
    const move = at(step, slide) * (slide === output ? stride : dilation);
    const kept = Math.max(0, extent(at(held, output), at(held, kernel), stride, dilation) - move);
    const pairs = (at(tiles, slide) - at(sweeps, slide) * at(spatial, slide)) * (count / at(tiles, slide));
    fetched = Math.max(Math.min(fetched, available), fetched - kept * pairs);
  }
  const outputs = at(spatial, output);
  const kernels = at(spatial, kernel);
  if (outputs === 1 || kernels === 1) return fetched;
  const distinct = distinctTiles(outputs, kernels, at(held, output) * stride, at(held, kernel) * dilation);
  return (fetched * distinct) / (outputs * kernels);
}

/**
 * How many of p × r tiles start at different places when neighbours lie `a` and `b` apart: tile (i, j) starts at i·a + j·b,
 * where (i + b/g, j − a/g) does too, g the greatest common divisor of a and b.
 */
function distinctTiles(p: number, r: number, a: number, b: number): number {
  let g = a;
  let rest = b;
  while (rest > 0) {
    const next = g % rest;
    g = rest;
    rest = next;
  }
  return p * r - Math.max(0, p - b / g) * Math.max(0, r - a / g);
}

/** Words of an input, a weight and an output tile into out[first …]. */
function footprints(
  { strideH, strideW, dilationH, dilationW, H, W }: SpatialLayer,
  tile: Float64Array,
  groups: number,
  out: Float64Array,
  first: number,
): void {
  const rows = Math.min(H, extent(at(tile, P), at(tile, R), strideH, dilationH));
  const columns = Math.min(W, extent(at(tile, Q), at(tile, S), strideW, dilationW));
  out[first] = groups * at(tile, N) * at(tile, C) * rows * columns;
  out[first + 1] = groups * at(tile, K) * at(tile, C) * at(tile, R) * at(tile, S);
  out[first + 2] = groups * at(tile, N) * at(tile, K) * at(tile, P) * at(tile, Q);
}
