/** A constant piece by piece, so that one of any size takes no more memory than a piece. */
import fs from 'node:fs';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { BITS, type DataLocation, elementCount, type Tensor } from '../graph/graph';
import { varintElements } from './elements';
import type { Span } from './files';

/** A multiple of 8, so that pieces of sub-byte elements begin at whole bytes. */
export const BLOCK_ELEMENTS = 2 ** 16;
const VARINT_WINDOW_BYTES = 2 ** 18;

/** Little-endian and packed. */
export interface Block {
  readonly bytes: Uint8Array;
  readonly count: number;
}

type FileSpan = Span & { readonly path: string };

/**
 * The elements of a constant in their order, of a sparse tensor those that are stored. `every`: one block of so many is read;
 * packed varints, whose places are not known beforehand, are always read whole. Others get a turn between two blocks. Throws an
 * Error with one sentence where the data is not to be had, and the signal's reason when aborted.
 */
export async function* elementBlocks(tensor: Tensor, signal?: AbortSignal, every = 1): AsyncGenerator<Block> {
  const { location } = tensor;
  for await (const block of blocksAt(tensor, location, every)) {
    yield block;
    await setImmediate();
    signal?.throwIfAborted();
  }
}

function blocksAt(tensor: Tensor, location: DataLocation, every: number): AsyncGenerator<Block> {
  switch (location.kind) {
    case 'bytes':
      return fixedBlocks(tensor, location.bytes.length, every, async (offset, length) =>
        location.bytes.slice(offset, offset + length),
      );
    case 'file':
      return fileBlocks(tensor, location, every);
    case 'varints':
      return varintBlocks(tensor, location);
    case 'strings':
      throw new Error(`Tensor '${tensor.name}' holds strings, not numbers.`);
    case 'missing':
      throw new Error(`The data of tensor '${tensor.name}' is not to be had: ${location.reason}.`);
  }
}

async function* fixedBlocks(
  { type, shape, sparse }: Tensor,
  byteLength: number,
  every: number,
  read: (offset: number, length: number) => Promise<Uint8Array>,
): AsyncGenerator<Block> {
  const bits = BITS[type];
  const stored = Math.floor((byteLength * 8) / bits);
  const total = sparse ? stored : Math.min(stored, elementCount(shape) ?? 0);
  for (let first = 0; first < total; first += BLOCK_ELEMENTS * every) {
    const count = Math.min(BLOCK_ELEMENTS, total - first);
    yield { bytes: await read((first * bits) / 8, Math.ceil((count * bits) / 8)), count };
  }
}

async function* fileBlocks(tensor: Tensor, span: FileSpan, every: number): AsyncGenerator<Block> {
  const handle = await fs.promises.open(span.path);
  try {
    yield* fixedBlocks(tensor, span.length, every, (offset, length) => readPart(handle, span, offset, length));
  } finally {
    await handle.close();
  }
}

async function* varintBlocks({ type, shape, sparse }: Tensor, span: FileSpan): AsyncGenerator<Block> {
  const perVarint = 8 / Math.min(8, BITS[type]);
  let left = sparse ? Infinity : (elementCount(shape) ?? 0);
  const handle = await fs.promises.open(span.path);
  try {
    for (let offset = 0; offset < span.length && left > 0; ) {
      const window = await readPart(handle, span, offset, Math.min(VARINT_WINDOW_BYTES, span.length - offset));
      const end = window.findLastIndex((byte) => byte < 0x80) + 1;
      if (end === 0) throw new Error(`The data of a tensor in ${path.basename(span.path)} is damaged.`);
      const elements = varintElements(type, window.subarray(0, end));
      const held = Math.max(1, BITS[type] / 8);
      const count = Math.min(left, (elements.length / held) * perVarint);
      yield { bytes: elements.subarray(0, Math.ceil((count * BITS[type]) / 8)), count };
      left -= count;
      offset += end;
    }
  } finally {
    await handle.close();
  }
}

async function readPart(handle: fs.promises.FileHandle, span: FileSpan, offset: number, length: number) {
  const bytes = new Uint8Array(length);
  for (let filled = 0; filled < length; ) {
    const { bytesRead } = await handle.read(bytes, filled, length - filled, span.offset + offset + filled);
    if (bytesRead === 0)
      throw new Error(`${path.basename(span.path)} has become shorter since it was opened: open it again.`);
    filled += bytesRead;
  }
  return bytes;
}
