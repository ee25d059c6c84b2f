import type { Hardware } from './hardware';
import { withPrefix } from './units';

/** One line for lists: `multicore · 80 PEs × 64 lanes · 1.5 GHz · 700 GB/s`. */
export function describeHardware(hardware: Hardware): string {
  const parts = [
    hardware.engine,
    `${hardware.n_pes} ${hardware.n_pes === 1 ? 'PE' : 'PEs'} × ${hardware.pe_fp32s} lanes`,
    withPrefix(hardware.frequency, 'Hz'),
    withPrefix(hardware.mem_bandwidth, 'B/s'),
  ];
  if (hardware.parity) parts.push('founding mode');
  return parts.join(' · ');
}
