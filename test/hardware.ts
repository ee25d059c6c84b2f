import assert from 'node:assert/strict';
import type { Engine, Hardware } from '../src/hardware/hardware';
import { parseHardware } from '../src/hardware/parse';

/** The hardware as one of an engine; fails where it is of another. */
export function onEngine<E extends Engine>(hardware: Hardware, engine: E): Extract<Hardware, { readonly engine: E }> {
  assert.equal(hardware.engine, engine);
  return hardware as Extract<Hardware, { readonly engine: E }>;
}

/** One PE, one lane, one word per transaction, 1 GHz, 1 GB/s off chip, 4 GB/s on chip: terms are round numbers of nanoseconds. */
const UNIT = {
  ...{ name: 'unit', engine: 'multicore', n_pes: 1, pe_fp32s: 1, frequency: 1e9, mem_bandwidth: 1e9, fp32_cycles: 1 },
  ...{ mem_concurrent_fp32: 1, l2_speed_frac: 4, launch_time: 0, overlap: 'add', pe_memory: 1e6, global_memory: 1e6 },
};

export const unit = (changes: object = {}): Hardware => parseHardware({ ...UNIT, ...changes }, 'unit');
