/** Differences of two figures for people. No difference is told of what is unknown. */
import { bytes, count, joules, seconds, significant } from './format';

/** A figure with its unit: `s`, `B`, `J`; other units are counted, '' has none. */
export function figureText(value: number, unit: string): string {
  if (unit === 's') return seconds(value);
  if (unit === 'B') return bytes(value);
  if (unit === 'J') return joules(value);
  return count(value, unit === 'cycle' ? '' : unit);
}

/** `+1.2 ms`, `−3 KiB`, `0` where nothing changes, '?' where one of the two is unknown. */
export function changeText(before: number, after: number, unit: string): string {
  const change = after - before;
  if (!Number.isFinite(change)) return '?';
  if (change === 0) return '0';
  return `${change > 0 ? '+' : '−'}${figureText(Math.abs(change), unit)}`;
}

/** `×1.25`; '–' where one is nothing, '?' where one is unknown. */
export function ratioText(before: number, after: number): string {
  if (!Number.isFinite(before) || !Number.isFinite(after)) return '?';
  return before === 0 || after === 0 ? '–' : `×${significant(after / before)}`;
}
