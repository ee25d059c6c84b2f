/**
 * Rows as RFC 4180 has them. Unknown numbers are empty; a cell that a spreadsheet would take for a formula is kept as text by an
 * apostrophe.
 */
export function csvText(rows: readonly (readonly (number | string)[])[]): string {
  return `${rows.map((row) => row.map(cell).join(',')).join('\r\n')}\r\n`;
}

function cell(value: number | string): string {
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : '';
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
