/** A cell of a table for people or of a CSV file. */
export type Cell = string | number;

/** Columns padded with spaces: text to the left, columns of `right` to the right; the first row is the header. */
export function textTable(rows: readonly (readonly string[])[], right: readonly boolean[]): string {
  const widths = right.map((_, column) => Math.max(...rows.map((row) => displayWidth(row[column] ?? ''))));
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
  const printable = [...text].map((character) => (character < ' ' ? ' ' : character));
  if (printable.length <= length) return printable.join('');
  const head = Math.ceil((length - 1) / 2);
  return `${printable.slice(0, head).join('')}…${printable.slice(printable.length - (length - 1 - head)).join('')}`;
}

/** RFC 4180 with \n; numbers that are not known are left empty. */
export function csv(rows: readonly (readonly Cell[])[]): string {
  return `${rows.map((row) => row.map(csvCell).join(',')).join('\n')}\n`;
}

function csvCell(cell: Cell): string {
  if (typeof cell === 'number') return Number.isFinite(cell) ? String(cell) : '';
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
