import assert from 'node:assert/strict';
import type { Engine, Hardware } from '../src/hardware/hardware';

/** The hardware as one of an engine; fails where it is of another. */
export function onEngine<E extends Engine>(hardware: Hardware, engine: E): Extract<Hardware, { readonly engine: E }> {
  assert.equal(hardware.engine, engine);
  return hardware as Extract<Hardware, { readonly engine: E }>;
}
