import fs from 'node:fs';
import { readNpy } from '../src/display/npy';

/** A stored array as 64-bit numbers, whatever its element type. */
export interface Stored {
  readonly shape: readonly number[];
  readonly values: Float64Array;
}

export function readStored(file: string): Stored {
  const { shape, values } = readNpy(fs.readFileSync(file));
  return { shape, values: Float64Array.from(values as ArrayLike<number | bigint>, Number) };
}

/** Index `i` of the first axis. */
export function row({ shape, values }: Stored, i: number): Float64Array {
  const size = values.length / (shape[0] ?? 1);
  return values.subarray(i * size, (i + 1) * size);
}

/** Greatest absolute difference, divided by the greatest magnitude of what is expected (never less than `floor`). */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>, floor = 1e-30): number {
  return greatestDifference(actual, expected) / Math.max(floor, greatestMagnitude(expected));
}

export function greatestDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let greatest = 0;
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs((actual[i] ?? Number.NaN) - (expected[i] ?? Number.NaN));
    // NaN compares false with everything: it must not pass as a small difference.
    if (!(difference <= greatest)) greatest = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
  }
  return greatest;
}

function greatestMagnitude(values: ArrayLike<number>): number {
  let greatest = 0;
  for (let i = 0; i < values.length; i++) greatest = Math.max(greatest, Math.abs(values[i] ?? 0));
  return greatest;
}
