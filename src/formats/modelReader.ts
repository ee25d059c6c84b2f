import fs from 'node:fs';
import path from 'node:path';
import type { Model } from '../graph/graph';
import { ModelFormatError } from '../graph/modelFormatError';
import { validate } from '../graph/validate';
import { describeLookalike } from '../onnx/lookalike';
import { onnx } from './onnx';

/** One model format: a file in this folder, registered in `readers`. */
export interface ModelReader {
  readonly name: string;
  /** With the dot, lower case. */
  readonly extensions: readonly string[];
  /** Whether this reader should try a file, by its first bytes (up to 512) and its path. */
  match(head: Uint8Array, path: string): boolean;
  /** Throws a ModelFormatError when the file is damaged. */
  read(path: string, signal?: AbortSignal): Promise<Model>;
}

export const readers: readonly ModelReader[] = [onnx];

const HEAD_BYTES = 512;

/**
 * Reads and validates a model of any format we know. Throws a ModelFormatError with one sentence when the file is
 * damaged or of no known format, and the signal's reason when aborted.
 */
export async function readModel(file: string, signal?: AbortSignal): Promise<Model> {
  const head = await readHead(file);
  const reader = readers.find((candidate) => candidate.match(head, file));
  if (reader) return validated(await reader.read(file, signal), path.basename(file));
  const known = readers.map(({ name, extensions }) => `${name} (${extensions.join(', ')})`).join(' or ');
  const what = describeLookalike(head) ?? 'of an unknown format';
  throw new ModelFormatError(`${path.basename(file)} is ${what}; a model must be ${known}.`, 0);
}

/** What contradicts lies between parts of the file: there is no one byte to name. */
function validated(model: Model, name: string): Model {
  try {
    return validate(model);
  } catch (error) {
    throw error instanceof ModelFormatError ? new ModelFormatError(`${name}: ${error.message}`, error.offset) : error;
  }
}

async function readHead(file: string): Promise<Uint8Array> {
  const name = path.basename(file);
  const stats = await fs.promises.stat(file).catch((error: NodeJS.ErrnoException) => {
    throw new ModelFormatError(
      error.code === 'ENOENT' ? `${file} does not exist.` : `${name} cannot be read: ${error}`,
    );
  });
  // Opening a pipe would wait forever.
  if (!stats.isFile())
    throw new ModelFormatError(`${name} is ${stats.isDirectory() ? 'a folder' : 'no file'}; choose a model file.`);
  const handle = await fs.promises.open(file);
  try {
    const { buffer, bytesRead } = await handle.read(new Uint8Array(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}
