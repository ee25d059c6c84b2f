import { printable } from '../display/format';

/** A cell of a table for people or of a CSV file. */
export type Cell = string | number;

/** Columns padded with spaces: text to the left, columns of `right` to the right; the first row is the header. */
export function textTable(cells: readonly (readonly string[])[], right: readonly boolean[]): string {
  const rows = cells.map((row) => row.map(printable));
  const widths = right.map((_, column) =>
    rows.reduce((widest, row) => Math.max(widest, displayWidth(row[column] ?? '')), 0),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => {
        const gap = ' '.repeat(Math.max(0, (widths[column] ?? 0) - displayWidth(cell)));
        return right[column] ? gap + cell : cell + gap;
      })
      .join('  ')
      .trimEnd();
  const [header = [], ...body] = rows;
  const rule = widths.map((width) => '─'.repeat(width)).join('  ');
  return [line(header), rule, ...body.map(line)].join('\n');
}

/** Characters as a terminal counts them, good enough for Latin text and our symbols. */
function displayWidth(text: string): number {
  return [...text].length;
}

/** At most `length` characters, the middle left out. */
export function shortened(text: string, length: number): string {
  const characters = [...text];
  if (characters.length <= length) return text;
  const head = Math.ceil((length - 1) / 2);
  return `${characters.slice(0, head).join('')}…${characters.slice(characters.length - (length - 1 - head)).join('')}`;
}

/**
 * RFC 4180 with \n; numbers that are not known are left empty. Text that a spreadsheet would run as a formula gets an
 * apostrophe in front (OWASP, CSV injection).
 */
export function csv(rows: readonly (readonly Cell[])[]): string {
  return `${rows.map((row) => row.map(csvCell).join(',')).join('\n')}\n`;
}

function csvCell(cell: Cell): string {
  if (typeof cell === 'number') return Number.isFinite(cell) ? String(cell) : '';
  const text = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
