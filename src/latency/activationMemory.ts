import { type Hardware, isFounding } from '../hardware/hardware';

/** Bytes that the on-chip level has for activations; 0 where the model of the hardware knows none. */
export function activationMemory(hardware: Hardware): number {
  switch (hardware.engine) {
    case 'multicore':
      return isFounding(hardware) ? 0 : hardware.global_memory;
    case 'nvdla':
      return hardware.conv_buffer;
    case 'scale-sim':
      return 0;
    case 'spatial': {
      const { global_buffer } = hardware;
      return typeof global_buffer === 'number' ? global_buffer : (global_buffer.input ?? Number.POSITIVE_INFINITY);
    }
  }
}
