import type { Overlap } from '../hardware/hardware';
import { overlapped } from './layerCost';

/** Seconds that each level is busy. */
export interface Busy {
  readonly compute: number;
  readonly globalBuffer: number;
  readonly offChip: number;
}

/** Seconds at the ends of a layer, when the levels outside the PEs work and the PEs do not. */
export interface Ends {
  /** Off chip brings what the PEs need first. */
  readonly ramp: number;
  /** The shared level hands it to them. */
  readonly peFill: number;
  /** They hand back what they made last. */
  readonly drain: number;
}

/**
 * The share of the ends, 0–1, that nothing hides. Where levels overlap they form a pipeline, and each waits for the one outside it: a
 * layer takes max(offChip, ramp + globalBuffer, ramp + peFill + compute + drain). Where they add up the ends are in the sum already; a
 * partial overlap α exposes 1 − α of them.
 */
export function exposedShare(overlap: Overlap, busy: Busy, { ramp, peFill, drain }: Ends): number {
  const alone = overlap === 'add' ? 1 : overlap === 'max' ? 0 : overlap;
  const ends = ramp + peFill + drain;
  if (alone === 1 || ends === 0) return 0;
  const { compute, globalBuffer, offChip } = busy;
  const pipelined = Math.max(offChip, ramp + globalBuffer, ramp + peFill + compute + drain);
  return ((1 - alone) * (pipelined - overlapped('max', compute, globalBuffer, offChip))) / ends;
}
