import { percent, significant } from '../../src/display/format';
import type { CamMetric } from '../../src/protocol/camPanel';

/** NaN crosses to the panel as null. */
export function valueText({ value, unit }: Pick<CamMetric, 'unit'> & { readonly value: number | null }): string {
  if (value === null || !Number.isFinite(value)) return '?';
  if (unit === 'yes/no') return value > 0 ? 'yes' : 'no';
  return unit === 'fraction' ? fraction(value) : significant(value);
}

function fraction(value: number): string {
  return value < 0 ? `−${percent(-value)}` : percent(value);
}
