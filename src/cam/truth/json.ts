import fs from 'node:fs/promises';
import path from 'node:path';

export type Json = Readonly<Record<string, unknown>>;

function parseJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${name} is no JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

export function record(value: unknown): Json {
  return typeof value === 'object' && value !== null ? (value as Json) : {};
}

export function records(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.map(record) : [];
}

/** @throws one sentence where it cannot be read. */
export async function read(file: string): Promise<string> {
  return fs.readFile(file, 'utf8').catch((error: Error) => {
    throw new Error(`${file} cannot be read: ${error.message}`);
  });
}

/** @throws one sentence where it is no JSON. */
export async function readJson(file: string): Promise<Json> {
  return record(parseJson(await read(file), path.basename(file)));
}
