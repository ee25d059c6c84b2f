import { type LayerCost, totalBytes, type UnknownCost } from './layerCost';
import type { Mapping } from './spatial/mapping';

/** What of a kernel's operands stays in the on-chip memory, before or after it, and so crosses the off-chip border not at all. */
export interface OnChip {
  /** Shares, 0–1: of the first operand (of all, where nothing is contracted), of a second one that is computed, … */
  readonly input: number;
  readonly second: number;
  /** … of its weights, which stay from one run to the next … */
  readonly weight: number;
  /** … of what fused layers read, and of the results. */
  readonly epilogue: number;
  readonly output: number;
  /** The same in bytes, read and written. */
  readonly inputBytes: number;
  readonly outputBytes: number;
  /** Bytes that all that stays there meanwhile leaves for tiles. */
  readonly room: number;
}

export const OFF_CHIP: OnChip = {
  input: 0,
  second: 0,
  weight: 0,
  epilogue: 0,
  output: 0,
  inputBytes: 0,
  outputBytes: 0,
  room: Number.POSITIVE_INFINITY,
};

/**
 * Bytes of the on-chip memory that a kernel takes while it runs: for its first operand and for its results, neither of which it needs
 * where those are on chip as a whole, and for the rest.
 */
export interface TileBytes {
  readonly input: number;
  readonly output: number;
  readonly rest: number;
}

export const NO_TILES: TileBytes = { input: 0, output: 0, rest: 0 };

/** A kernel on a hardware. */
export interface Mapped {
  /** Of the way in which it runs where nothing is on chip. */
  readonly tiles: TileBytes;
  /** How an array may run it: where a search on similar hardware begins. */
  readonly mappings?: readonly Mapping[];
  cost(onChip: OnChip): LayerCost;
}

/** Where a quick search begins: with what was found on similar hardware, if anything was. */
export interface Start {
  readonly mappings: readonly Mapping[];
}

/** The same whatever is on chip: a model that knows no on-chip memory. */
export function settled<T extends LayerCost | UnknownCost>(cost: T): Mapped | Extract<T, UnknownCost>;
export function settled(cost: LayerCost | UnknownCost): Mapped | UnknownCost {
  return 'unknown' in cost ? cost : { tiles: NO_TILES, cost: () => cost };
}

/** Each answer worked out once. */
export function remembered(mapped: Mapped): Mapped {
  const known = new Map<string, LayerCost>();
  return {
    ...mapped,
    cost(onChip) {
      const key = Object.values(onChip).join(' ');
      const answer = known.get(key) ?? mapped.cost(onChip);
      known.set(key, answer);
      return answer;
    },
  };
}

/** Seconds that differ by less, as a share, are the same. */
const SAME = 1e-9;

/**
 * A kernel that can run in several ways: in the fastest whose tiles fit beside what stays on chip, of equally fast ones with the least
 * traffic. The first is the one for where nothing stays, and the one for where none would fit.
 */
export function fastestOf(first: Mapped, others: readonly Mapped[]): Mapped {
  const ways = [first, ...others].map(remembered);
  return {
    tiles: first.tiles,
    mappings: ways.flatMap(({ mappings = [] }) => mappings),
    cost(onChip) {
      if (onChip === OFF_CHIP) return first.cost(OFF_CHIP);
      const anyRoom = { ...onChip, room: OFF_CHIP.room };
      const fitting = ways.filter(({ tiles }, i) => i === 0 || tilesBeside(tiles, onChip) <= onChip.room);
      return fitting.map((way) => way.cost(anyRoom)).reduce(faster);
    },
  };
}

/** Bytes of tiles: without those of an operand that is on chip as a whole. */
function tilesBeside({ input, output, rest }: TileBytes, onChip: OnChip): number {
  return rest + (onChip.input === 1 ? 0 : input) + (onChip.output === 1 ? 0 : output);
}

function faster(a: LayerCost, b: LayerCost): LayerCost {
  if (Math.abs(a.seconds - b.seconds) > SAME * a.seconds) return a.seconds < b.seconds ? a : b;
  return totalBytes(b.offChipBytes) < totalBytes(a.offChipBytes) ? b : a;
}
