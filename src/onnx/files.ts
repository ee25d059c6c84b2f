import fs from 'node:fs';

/** A stretch of a file. */
export interface Span {
  readonly offset: number;
  readonly length: number;
}

/** Reads until `bytes` is full or the file ends; answers how many bytes were read. */
export function readFully(file: number, bytes: Uint8Array, offset: number): number {
  let filled = 0;
  while (filled < bytes.length) {
    const read = fs.readSync(file, bytes, filled, bytes.length - filled, offset + filled);
    if (read === 0) break;
    filled += read;
  }
  return filled;
}

/** A few bytes of a file that is not open. */
export function readRange({ path, offset, length }: Span & { readonly path: string }): Uint8Array {
  const file = fs.openSync(path, 'r');
  try {
    const bytes = new Uint8Array(length);
    return bytes.subarray(0, readFully(file, bytes, offset));
  } finally {
    fs.closeSync(file);
  }
}
