import fs from 'node:fs';
import path from 'node:path';
import { BITS, elementCount, type Tensor } from '../graph/graph';
import { decodeElements, numbersPerElement, varintElements } from './elements';
import { readRange, type Span } from './files';

/** A 64-bit integer of 7 bits per byte. */
const MAX_VARINT_BYTES = 10;

/**
 * The elements of a constant as numbers, at most the first `limit`: complex elements as real, imaginary, …; 64-bit
 * integers rounded to doubles; of a sparse tensor only the non-zero ones. Throws an Error with one sentence when the
 * data is not to be had.
 */
export async function readTensor(tensor: Tensor, limit = Infinity): Promise<Float64Array> {
  const { type } = tensor;
  if (type === 'string') throw new Error(`Tensor '${tensor.name}' holds strings, not numbers.`);
  const { bytes, count } = await firstElements(tensor, limit);
  return decodeElements(type, bytes, new Float64Array(count * numbersPerElement(type)));
}

/** Little-endian and packed. */
async function firstElements(tensor: Tensor, limit: number): Promise<{ bytes: Uint8Array; count: number }> {
  const { name, type, location, sparse } = tensor;
  const bits = BITS[type];
  const total = elementCount(tensor.shape) ?? 0;
  const wanted = (count: number): number => Math.ceil((count * bits) / 8);
  let bytes: Uint8Array;
  switch (location.kind) {
    case 'bytes':
      bytes = location.bytes;
      break;
    case 'file':
      bytes = await readSpan(location, wanted(Math.min(limit, total)));
      break;
    case 'varints': {
      // A varint of a sub-byte type holds a whole byte of elements.
      const varints = Math.ceil((Math.min(limit, total) * bits) / Math.max(8, bits));
      bytes = varintElements(type, await readSpan(location, varints * MAX_VARINT_BYTES), varints);
      break;
    }
    case 'strings':
      throw new Error(`Tensor '${name}' holds strings, which have no fixed size.`);
    case 'missing':
      throw new Error(`The data of tensor '${name}' is not to be had: ${location.reason}.`);
  }
  const count = Math.min(limit, sparse ? Math.floor((bytes.length * 8) / bits) : total);
  if (bytes.length < wanted(count)) {
    throw new Error(`Tensor '${name}' holds ${bytes.length} bytes where ${count} elements of ${type} are declared.`);
  }
  return { bytes: bytes.subarray(0, wanted(count)), count };
}

/** All elements of a constant, little-endian and packed, read at once. Throws one sentence when they are not to be had. */
export function tensorBytes({ name, type, location }: Tensor): Uint8Array {
  switch (location.kind) {
    case 'bytes':
      return location.bytes;
    case 'file':
      return readRange(location);
    case 'varints':
      return varintElements(type, readRange(location));
    case 'strings':
      throw new Error(`Tensor '${name}' holds strings, which have no fixed size.`);
    case 'missing':
      throw new Error(`The data of tensor '${name}' is not to be had: ${location.reason}.`);
  }
}

/** At most the first `limit` bytes of a span. */
async function readSpan(span: Span & { readonly path: string }, limit: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(Math.min(span.length, limit));
  const handle = await fs.promises.open(span.path);
  try {
    for (let filled = 0; filled < bytes.length; ) {
      const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, span.offset + filled);
      if (bytesRead === 0)
        throw new Error(`${path.basename(span.path)} has become shorter since it was opened: open it again.`);
      filled += bytesRead;
    }
    return bytes;
  } finally {
    await handle.close();
  }
}
