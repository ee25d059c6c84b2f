import type { DataType } from '../graph/graph';
import type { Hardware } from '../hardware/hardware';

/**
 * Energy by counting events. Where the hardware file gives no picojoules, the ratios of Eyeriss (Chen, Emer, Sze, ISCA 2016: per
 * 16-bit access a register file costs 1, the way between PEs 2, the global buffer 6, DRAM 200 times a MAC) are applied to
 * 1.5 pJ, a 16-bit floating-point multiply-accumulate in 45 nm (Horowitz, ISSCC 2014: 1.1 + 0.4 pJ). So absolute figures without an
 * `energy` entry are those of a 45 nm chip: compare layers and mappings with them, not devices.
 */
const UNIT_PICOJOULES = 1.5;

/** A multiply-accumulate in 45 nm, pJ (Horowitz, ISSCC 2014: multiplication + addition; int8 adds in 32 bits). */
const MAC_PICOJOULES: Partial<Record<DataType, number>> = {
  float32: 3.7 + 0.9,
  float16: 1.1 + 0.4,
  bfloat16: 1.1 + 0.4,
  int32: 3.1 + 0.1,
  uint32: 3.1 + 0.1,
  int8: 0.2 + 0.1,
  uint8: 0.2 + 0.1,
};

/** float32's where Horowitz has none. */
const DEFAULT_MAC_PICOJOULES = 4.6;

export interface Events {
  readonly macs: number;
  /** Vector operations: half a multiply-accumulate each. */
  readonly operations: number;
  readonly type: DataType;
  /** Bytes read and written in the PEs' memories; for a multiply-accumulate three operands are read and one written. */
  readonly peBytes: number;
  readonly globalBufferBytes: number;
  readonly offChipBytes: number;
}

export function joules(hardware: Pick<Hardware, 'energy'>, events: Events): number {
  const mac = hardware.energy?.mac ?? MAC_PICOJOULES[events.type] ?? DEFAULT_MAC_PICOJOULES;
  const pe = hardware.energy?.pe ?? UNIT_PICOJOULES;
  const global = hardware.energy?.global ?? (6 + 2) * UNIT_PICOJOULES;
  const offChip = hardware.energy?.off_chip ?? 200 * UNIT_PICOJOULES;
  const arithmetic = (events.macs + events.operations / 2) * mac;
  const accesses = events.peBytes * pe + events.globalBufferBytes * global + events.offChipBytes * offChip;
  return 1e-12 * (arithmetic + accesses / 2);
}
