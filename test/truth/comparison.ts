import fs from 'node:fs';
import { shared } from '../shared';

/** One figure that somebody else measured, published or computed, and ours. */
export interface Row {
  readonly name: string;
  readonly predicted: number;
  readonly truth: number;
}

/** A table of the shared truths and what we say to each of its rows. */
export interface Comparison {
  /** Stable key of docs/accuracy.json. */
  readonly id: string;
  readonly title: string;
  /** Where the truth is from. */
  readonly source: string;
  readonly target: string;
  readonly rows: readonly Row[];
  /** Why it is off where it is off most. */
  readonly why: string;
  /** The preset that the predictions are of, where they are of one. */
  readonly preset?: string;
  /** The one constant that all predictions of this device are multiplied by, if any is fitted; and what it is, in words. */
  readonly constant?: number;
  readonly fitted?: string;
  /** What else of the preset was settled with these rows in view, a list in words: not a blind prediction. */
  readonly chosen?: string;
  /** Rows further off than this share are listed one by one. */
  readonly tolerance?: number;
}

/** What is kept of a comparison: docs/accuracy.json, and a section of docs/accuracy.md. */
export interface Figures extends Omit<Comparison, 'rows' | 'tolerance'> {
  readonly rows: number;
  /** Rows that agree to 1e-9 relative. */
  readonly equal: number;
  /** |predicted / truth − 1|. */
  readonly meanError: number;
  readonly maxError: number;
  readonly worst: string;
  /** Rows outside the tolerance and by how much; '' where there is none. */
  readonly outside: string;
}

const EXACT = 1e-9;

export function signedError({ predicted, truth }: Row): number {
  return predicted === truth ? 0 : predicted / truth - 1;
}

export function figuresOf(comparison: Comparison): Figures {
  const { rows, tolerance = Number.POSITIVE_INFINITY, ...rest } = comparison;
  const errors = rows.map((row) => Math.abs(signedError(row)));
  const maxError = Math.max(...errors);
  const equal = errors.filter((error) => error <= EXACT).length;
  return {
    ...rest,
    rows: rows.length,
    equal,
    meanError: rounded(errors.reduce((sum, error) => sum + error, 0) / rows.length),
    maxError: rounded(maxError),
    worst: equal === rows.length ? '' : (rows[errors.indexOf(maxError)]?.name ?? ''),
    outside: rows
      .filter((row) => Math.abs(signedError(row)) > tolerance)
      .map((row) => `${row.name} ${percent(signedError(row))}`)
      .join('; '),
  };
}

/** `+12 %`. */
function percent(share: number): string {
  const points = Math.round(100 * share);
  return `${points < 0 ? '−' : '+'}${Math.abs(points)} %`;
}

/** Errors are kept to six digits behind the point; what is below 1e-9 is rounding. */
function rounded(error: number): number {
  return error <= EXACT ? 0 : Number(error.toFixed(6));
}

export function truthJson<T>(file: string): T {
  return JSON.parse(fs.readFileSync(shared(`data/truth/${file}`), 'utf8')) as T;
}

/** Lines of cells; the tables quote only numbers with thousands separators. */
export function truthCells(file: string): readonly (readonly string[])[] {
  const text = fs.readFileSync(shared(`data/truth/${file}`), 'utf8').trim();
  const plain = text.replace(/"([^"\n]*)"/g, (_, quoted: string) => quoted.replaceAll(',', ''));
  return plain.split(/\r?\n/).map((line) => line.split(',').map((cell) => cell.trim()));
}

/** The lines below a header, by its names. */
export function truthRows(file: string): readonly Readonly<Record<string, string>>[] {
  const [header = [], ...lines] = truthCells(file);
  return lines.map((cells) => Object.fromEntries(cells.map((cell, i) => [header[i] ?? '', cell])));
}
