import fs from 'node:fs/promises';
import path from 'node:path';

export interface Command {
  readonly name: string;
  /** One line: the command with its arguments. */
  readonly usage: string;
  /** One line per option. */
  readonly help: string;
  /** Answers the exit code. */
  run(args: readonly string[]): Promise<number>;
}

/** Wrong usage: exit code 2. */
export class UsageError extends Error {}

/** The single positional argument; `what` it is, e.g. `model file`. */
export function onePositional(positionals: readonly string[], what: string): string {
  const [first, ...more] = positionals;
  if (first === undefined) throw new UsageError(`give a ${what}`);
  if (more.length > 0) throw new UsageError(`one ${what} at a time; '${more[0]}' is one too many`);
  return first;
}

export function oneOf<T extends string>(
  option: string,
  value: string | undefined,
  allowed: readonly T[],
  fallback: T,
): T {
  if (value === undefined) return fallback;
  const found = allowed.find((one) => one === value);
  if (found === undefined) throw new UsageError(`${option} ${value}: choose one of ${allowed.join(', ')}`);
  return found;
}

/** A positive number, at most `most`; undefined when the option is absent. */
export function positive(
  option: string,
  value: string | undefined,
  whole = false,
  most = Number.POSITIVE_INFINITY,
): number | undefined {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (!(number > 0) || (whole && !Number.isInteger(number))) {
    throw new UsageError(`${option} ${value}: give a ${whole ? 'whole ' : ''}number above zero`);
  }
  if (number > most) throw new UsageError(`${option} ${value}: at most ${most}`);
  return number;
}

/** Numbers separated by `separator`, e.g. `0.485,0.456,0.406` or `1x3x224x224`. */
export function numbers(option: string, value: string, separator: string | RegExp): readonly number[] {
  const list = finiteNumbers(value, separator);
  if (!list) throw new UsageError(`${option} ${value}: not a list of numbers`);
  return list;
}

/** Undefined where one of them is no number. */
export function finiteNumbers(value: string, separator: string | RegExp): readonly number[] | undefined {
  const list = value.split(separator).map((one) => (one.trim() === '' ? Number.NaN : Number(one)));
  return list.every(Number.isFinite) ? list : undefined;
}

/** Throws wrong usage where a file cannot be written: asked before the work that would be lost. */
export async function checkWritable(option: string, file: string | undefined): Promise<void> {
  if (file === undefined) return;
  const folder = path.dirname(path.resolve(file));
  const stat = (name: string) => fs.stat(name).catch(() => undefined);
  const existing = await stat(file);
  if (existing?.isDirectory()) throw new UsageError(`${option} ${file}: this is a folder; name a file`);
  if (!(await stat(folder))?.isDirectory()) throw new UsageError(`${option} ${file}: there is no folder ${folder}`);
  await fs.access(existing ? file : folder, fs.constants.W_OK).catch(() => {
    throw new UsageError(`${option} ${file}: you may not write there`);
  });
}

/** Writes to a file, or to standard output when there is none. */
export async function emit(text: string, file: string | undefined): Promise<void> {
  if (file === undefined) process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
  else await writeWhole(file, text);
}

/** Writes a file; one that is there is replaced only when all is written. Throws with the file's name. */
export async function writeWhole(file: string, content: string | Uint8Array): Promise<void> {
  const part = `${file}.part`;
  // What is no plain file, as /dev/stdout, is written to as it is.
  const isPlain = (await fs.stat(file).catch(() => undefined))?.isFile() ?? true;
  try {
    await fs.writeFile(isPlain ? part : file, content);
    if (isPlain) await fs.rename(part, file);
  } catch (error) {
    if (isPlain) await fs.rm(part, { force: true });
    throw new Error(`${file} cannot be written: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** A line on stderr that the next one replaces; nothing unless stderr is a terminal. */
export function progress(message: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${message}`);
}

/** The bundled CLI lies in dist/, beside media/. */
export const packageRoot = path.resolve(__dirname, '..');
