import type { Bound, Term } from '../display/bounds';
import type { Overlap } from '../hardware/hardware';
import { type EnergyTerms, NO_ENERGY } from './energy';

/** What one layer costs on one accelerator, in seconds. Every figure keeps its terms, so that a hover can say where it came from. */
export type Terms = Readonly<Record<Term, number>>;

export interface OperandBytes {
  readonly input: number;
  readonly weight: number;
  readonly output: number;
}

/** A tile of the multicore engine: what one PE handles at a time. */
export interface Tile {
  /** Output channels (over all groups of the tile). */
  readonly c: number;
  /** Output rows and columns. */
  readonly h: number;
  readonly w: number;
  /** Input channels held at once; absent in the founding mode. */
  readonly ci?: number;
  /** Images and groups per tile where they are more than one. */
  readonly images?: number;
  readonly groups?: number;
  /** Number of tiles. */
  readonly count: number;
}

export interface LayerCost {
  readonly cycles: number;
  readonly seconds: number;
  readonly terms: Terms;
  /** The largest term; that of the kernel for a layer fused into another's. */
  readonly bound: Bound;
  readonly offChipBytes: OperandBytes;
  readonly globalBufferBytes: OperandBytes;
  /** MACs (or vector operations) done over those the lanes could have done in `seconds`: 0–1, but for the founding mode's flaws. */
  readonly utilization: number;
  /** Share of the PEs that are at work while an array runs, 0–1; utilization over this is the share in time. */
  readonly spatialUtilization?: number;
  /** No mapping on this hardware can be faster. */
  readonly lowerBoundSeconds: number;
  readonly energyJoules: number;
  /** What energyJoules is made of. */
  readonly energyTerms: EnergyTerms;
  readonly tile?: Tile;
  /** One line for people: the tile, or why the layer costs nothing. */
  readonly mapping: string;
}

/** A layer that could not be costed, and why; never shown as zero. */
export interface UnknownCost {
  readonly unknown: string;
}

export function isUnknown(cost: LayerCost | UnknownCost): cost is UnknownCost {
  return 'unknown' in cost;
}

export const NO_BYTES: OperandBytes = { input: 0, weight: 0, output: 0 };
export const NO_TERMS: Terms = { compute: 0, globalBuffer: 0, offChip: 0, peFill: 0, ramp: 0, drain: 0, launch: 0 };

export function totalBytes({ input, weight, output }: OperandBytes): number {
  return input + weight + output;
}

/** Nothing runs: `reason` says why. */
export function freeCost(reason: string, bound: Bound = 'free'): LayerCost {
  return {
    cycles: 0,
    seconds: 0,
    terms: NO_TERMS,
    bound,
    offChipBytes: NO_BYTES,
    globalBufferBytes: NO_BYTES,
    utilization: 0,
    lowerBoundSeconds: 0,
    energyJoules: 0,
    energyTerms: NO_ENERGY,
    mapping: reason,
  };
}

/** Seconds of levels that work at the same time: the longest, all in turn, or the longest + α · the rest. */
export function overlapped(overlap: Overlap, compute: number, globalBuffer: number, offChip: number): number {
  const longest = Math.max(compute, globalBuffer, offChip);
  if (overlap === 'max') return longest;
  const sum = compute + globalBuffer + offChip;
  return overlap === 'add' ? sum : longest + overlap * (sum - longest);
}

/** The largest of the terms. */
export function boundOf(terms: Terms): Bound {
  let bound: keyof Terms = 'compute';
  for (const term of ['globalBuffer', 'offChip', 'peFill', 'ramp', 'drain', 'launch'] as const) {
    if (terms[term] > terms[bound]) bound = term;
  }
  return bound;
}
