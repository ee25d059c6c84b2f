import type { Hardware } from '../hardware/hardware';
import { mapKernel } from './costLayer';
import type { Plan } from './plan';

/** Milliseconds after which whoever works in slices lets others have their turn: shorter than a picture of a 60 Hz screen. */
const SLICE = 12;

/** Answers a function to be awaited between steps of long work: it lets the process see to other things when a slice is used up. */
export function slices(signal?: AbortSignal): () => Promise<void> {
  let start = performance.now();
  return async () => {
    if (performance.now() - start < SLICE) return;
    await new Promise((resolve) => setImmediate(resolve));
    signal?.throwIfAborted();
    start = performance.now();
  };
}

/**
 * Searches what a plan runs, in slices, so that a report of it with the same `similar` hardware finds everything known. Rejects with
 * the signal's reason.
 */
export async function costAhead(
  { kernels }: Plan,
  hardware: Hardware,
  signal?: AbortSignal,
  similar?: Hardware,
): Promise<void> {
  const rest = slices(signal);
  for (const kernel of kernels) {
    if (!kernel) continue;
    mapKernel(kernel, hardware, similar);
    await rest();
  }
}
