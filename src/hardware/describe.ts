import type { Hardware } from './hardware';
import { withPrefix } from './units';

/** One line for lists: `multicore · 80 PEs × 64 lanes · 1.5 GHz · 700 GB/s`. */
export function describeHardware(hardware: Hardware): string {
  return [hardware.engine, ...arithmetic(hardware), ...memory(hardware)].join(' · ');
}

/** That line, and on the next one what is known of its accuracy. */
export function describeWithAccuracy(hardware: Hardware): string {
  const { accuracy } = hardware;
  return accuracy === undefined ? describeHardware(hardware) : `${describeHardware(hardware)}\n${accuracy}`;
}

function arithmetic(hardware: Hardware): readonly string[] {
  const clock = withPrefix(hardware.frequency, 'Hz');
  switch (hardware.engine) {
    case 'multicore': {
      const { n_pes, pe_fp32s } = hardware;
      return [`${n_pes} ${n_pes === 1 ? 'PE' : 'PEs'} × ${pe_fp32s} lanes`, clock];
    }
    case 'spatial': {
      const macs = hardware.pe_macs === 1 ? '' : ` × ${hardware.pe_macs} MACs`;
      return [`${hardware.rows} × ${hardware.cols} PEs${macs}`, hardware.dataflow, clock];
    }
    case 'scale-sim':
      return [`${hardware.rows} × ${hardware.cols} PEs`, hardware.dataflow, clock];
    case 'nvdla':
      return [`${hardware.macs} MACs`, clock];
  }
}

function memory(hardware: Hardware): readonly string[] {
  if (hardware.engine === 'multicore' && hardware.parity) {
    return [withPrefix(hardware.mem_bandwidth, 'B/s'), 'founding mode'];
  }
  if (hardware.mem_bandwidth !== undefined) return [withPrefix(hardware.mem_bandwidth, 'B/s')];
  if (hardware.engine !== 'spatial') return [];
  const { mem_read_bandwidth = 0, mem_write_bandwidth = 0 } = hardware;
  return [`${withPrefix(mem_read_bandwidth, 'B/s')} read, ${withPrefix(mem_write_bandwidth, 'B/s')} written`];
}
