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

/** Joules of arithmetic and of the accesses at each level; the way between global buffer and PEs counts with the buffer. */
export interface EnergyTerms {
  readonly mac: number;
  readonly pe: number;
  readonly globalBuffer: number;
  readonly offChip: number;
}

export const NO_ENERGY: EnergyTerms = { mac: 0, pe: 0, globalBuffer: 0, offChip: 0 };

/** The two fields of a LayerCost. */
export interface Energy {
  readonly energyJoules: number;
  readonly energyTerms: EnergyTerms;
}

/** Joules of each level; an access is of 16 bits, wider and narrower ones in proportion. */
export function energyOf(hardware: Pick<Hardware, 'energy'>, events: Events): Energy {
  const mac = hardware.energy?.mac ?? MAC_PICOJOULES[events.type] ?? DEFAULT_MAC_PICOJOULES;
  const pe = hardware.energy?.pe ?? UNIT_PICOJOULES;
  const global = hardware.energy?.global ?? (6 + 2) * UNIT_PICOJOULES;
  const offChip = hardware.energy?.off_chip ?? 200 * UNIT_PICOJOULES;
  return summed({
    mac: 1e-12 * (events.macs + events.operations / 2) * mac,
    pe: 1e-12 * (events.peBytes / 2) * pe,
    globalBuffer: 1e-12 * (events.globalBufferBytes / 2) * global,
    offChip: 1e-12 * (events.offChipBytes / 2) * offChip,
  });
}

export function summed(energyTerms: EnergyTerms): Energy {
  const { mac, pe, globalBuffer, offChip } = energyTerms;
  return { energyJoules: mac + pe + globalBuffer + offChip, energyTerms };
}
