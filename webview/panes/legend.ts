/** What the colours mean; always visible beside the graph. */
import { BOUND_NAMES, BOUNDS } from '../../src/display/bounds';

import { h } from '../dom';
import { BOUND_COLORS, heatIndex } from '../graphView/colors';
import { colorsOf } from '../graphView/fills';
import type { Theme } from '../graphView/theme';
import { type Scale, valueAt } from '../model/metrics';

import { swatch } from './breakdown';

const TICKS = [0, 0.5, 1];
const STOPS = 24;

export interface LegendOptions {
  /** Whether layers run in kernels of others, and whether tensors stay on chip. */
  readonly fused: boolean;
  readonly resident: boolean;
}

export function legend(scale: Scale, theme: Theme, { fused, resident }: LegendOptions): HTMLElement {
  const element = colorLegend(scale, theme);
  if (scale.metric.isAlone)
    element.append(h('span', { class: 'legend-line' }, h('span', { class: 'alone-mark' }), 'only here'));
  if (fused) element.append(h('span', { class: 'legend-line' }, h('span', { class: 'kernel-mark' }), 'one kernel'));
  if (resident)
    element.append(h('span', { class: 'legend-line' }, h('span', { class: 'on-chip-mark' }), 'stays on chip'));
  return element;
}

function colorLegend(scale: Scale, theme: Theme): HTMLElement {
  const { metric, most, heat } = scale;
  const title = h('span', { class: 'legend-title' }, metric.label);
  if (metric.scale === 'none') return h('div', { class: 'legend' }, 'No colours');
  if (most === 0)
    return h(
      'div',
      { class: 'legend' },
      `${metric.label}: ${metric.scale === 'diverging' ? 'no layer differs' : 'no layer has any'}`,
    );
  if (metric.scale === 'bound') {
    const present = new Set(heat);
    const names = BOUNDS.filter((bound, i) => present.has(i) && BOUND_COLORS[bound] !== 'transparent');
    const key = h('span', { class: 'legend-key' });
    for (const bound of names) key.append(h('span', {}, swatch(BOUND_COLORS[bound]), BOUND_NAMES[bound]));
    return h('div', { class: 'legend' }, title, key);
  }
  const colors = colorsOf(theme, scale);
  const stops = Array.from({ length: STOPS + 1 }, (_, i) => colors.fill[heatIndex(i / STOPS)] ?? 'transparent');
  const ramp = h('span', { class: 'ramp', 'aria-hidden': 'true' });
  ramp.style.backgroundImage = `linear-gradient(to right, ${stops.join(', ')})`;
  const ticks = h('span', { class: 'ticks' });
  for (const tick of TICKS) ticks.append(h('span', {}, metric.format(valueAt(metric, most, tick))));
  return h('div', { class: 'legend' }, title, h('span', { class: 'legend-scale' }, ramp, ticks));
}
