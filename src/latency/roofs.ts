import { type Hardware, isFounding, lanesFor } from '../hardware/hardware';

/** What no layer can exceed: arithmetic in FLOP/s (2 per multiply-accumulate), or the bytes per second of a level. */
export interface Roof {
  readonly label: string;
  readonly flopsPerSecond?: number;
  readonly bytesPerSecond?: number;
}

/**
 * The ceilings of the roofline model (Williams, Waterman, Patterson, CACM 2009): the arithmetic peak for each element type that is
 * multiplied, and the bandwidths of the levels as far as the hardware says what they are.
 */
export function roofsOf(hardware: Hardware, types: readonly string[]): readonly Roof[] {
  const peaks = new Map<number, string[]>();
  for (const type of types) {
    const peak = 2 * macsPerCycle(hardware, type) * hardware.frequency;
    peaks.set(peak, [...(peaks.get(peak) ?? []), operandName(hardware, type)]);
  }
  const arithmetic = [...peaks].map(([flopsPerSecond, names]) => ({
    label: [...new Set(names)].join(', '),
    flopsPerSecond,
  }));
  const levels = [
    { label: 'off-chip', bytesPerSecond: offChipBandwidth(hardware) },
    { label: 'on-chip', bytesPerSecond: onChipBandwidth(hardware) },
  ].filter(({ bytesPerSecond }) => bytesPerSecond > 0 && Number.isFinite(bytesPerSecond));
  return [...arithmetic, ...levels];
}

function macsPerCycle(hardware: Hardware, type: string): number {
  switch (hardware.engine) {
    case 'multicore':
      return hardware.n_pes * (isFounding(hardware) ? hardware.pe_fp32s : lanesFor(hardware, type));
    case 'spatial':
      return hardware.rows * hardware.cols * (hardware.precision ? hardware.pe_macs : lanesFor(hardware, type));
    case 'scale-sim':
      return hardware.rows * hardware.cols;
    case 'nvdla':
      return hardware.macs;
  }
}

/** What is multiplied: the model's elements, or words of the width that the hardware sets. */
function operandName(hardware: Hardware, type: string): string {
  const bits = 'precision' in hardware ? hardware.precision?.input : undefined;
  return bits === undefined ? type : `${bits}-bit`;
}

/** Bytes per second; NaN where the file does not say. */
function offChipBandwidth(hardware: Hardware): number {
  if (hardware.engine !== 'spatial') return hardware.mem_bandwidth ?? Number.NaN;
  const { mem_bandwidth, mem_read_bandwidth = Number.NaN, mem_write_bandwidth = Number.NaN } = hardware;
  return hardware.mem_efficiency * (mem_bandwidth ?? mem_read_bandwidth + mem_write_bandwidth);
}

function onChipBandwidth(hardware: Hardware): number {
  if (hardware.engine === 'multicore') {
    const { mem_bandwidth, l2_speed_frac, n_pes, pe_bandwidth = Number.POSITIVE_INFINITY } = hardware;
    return Math.min(
      mem_bandwidth * l2_speed_frac,
      isFounding(hardware) ? Number.POSITIVE_INFINITY : n_pes * pe_bandwidth,
    );
  }
  if (hardware.engine !== 'spatial') return Number.NaN;
  const { buffer_read_bandwidth = Number.NaN, buffer_write_bandwidth = Number.NaN, frequency } = hardware;
  return (buffer_read_bandwidth + buffer_write_bandwidth) * frequency;
}
