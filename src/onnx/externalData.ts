import fs from 'node:fs';
import path from 'node:path';
import type { DataLocation } from '../graph/graph';

type FileOrReason = { readonly file: string; readonly size: number } | { readonly reason: string };

/**
 * Resolves TensorProto.external_data against the model's folder. A model comes from strangers: what is not a plain
 * file inside that folder (symbolic links followed) is refused.
 */
export class ExternalData {
  readonly #folder: string;
  readonly #files = new Map<string, FileOrReason>();

  constructor(modelPath: string) {
    this.#folder = path.dirname(path.resolve(modelPath));
  }

  /** `entries`: the keys `location`, `offset`, `length`; without a length the data has `byteLength` bytes. */
  locate(entries: ReadonlyMap<string, string>, byteLength: number): DataLocation {
    const location = entries.get('location');
    if (!location) return missing('its external data names no file');
    const found = this.#find(location);
    if ('reason' in found) return missing(found.reason);
    const offset = Number(entries.get('offset') ?? 0);
    const length = Number(entries.get('length') ?? byteLength);
    if (!Number.isSafeInteger(offset) || !Number.isSafeInteger(length) || offset < 0 || length < 0) {
      return missing(`its place in '${location}' is no valid range`);
    }
    if (offset + length > found.size) {
      const end = (offset + length).toLocaleString('en-US');
      return missing(`'${location}' has ${found.size.toLocaleString('en-US')} bytes, but the data ends at byte ${end}`);
    }
    return { kind: 'file', path: found.file, offset, length };
  }

  #find(location: string): FileOrReason {
    let found = this.#files.get(location);
    if (!found) {
      found = this.#inspect(location);
      this.#files.set(location, found);
    }
    return found;
  }

  #inspect(location: string): FileOrReason {
    const refused = { reason: `'${location}' lies outside the model's folder and is not read` };
    const file = path.resolve(this.#folder, location);
    if (path.isAbsolute(location) || path.win32.isAbsolute(location) || !isInside(this.#folder, file)) return refused;
    try {
      const real = fs.realpathSync(file);
      if (!isInside(fs.realpathSync(this.#folder), real)) return refused;
      const stats = fs.statSync(real);
      return stats.isFile() ? { file: real, size: stats.size } : { reason: `'${location}' is not a file` };
    } catch (error) {
      const absent = error instanceof Error && 'code' in error && error.code === 'ENOENT';
      return { reason: absent ? `the file '${location}' is missing` : `'${location}' cannot be read: ${error}` };
    }
  }
}

const missing = (reason: string): DataLocation => ({ kind: 'missing', reason });

/** Whether a file lies in a folder or below; symbolic links are not followed. */
export function isInside(folder: string, file: string): boolean {
  const relative = path.relative(folder, file);
  return relative !== '' && relative.split(path.sep)[0] !== '..' && !path.isAbsolute(relative);
}
