/** A small chart of curves that run from 0 to 1. */

import { significant } from '../../src/display/format';
import type { CamCurve } from '../../src/protocol/camPanel';
import { h } from '../dom';

const SVG = 'http://www.w3.org/2000/svg';
const WIDTH = 220;
const HEIGHT = 120;
const LEFT = 30;
const BOTTOM = 16;
const TOP = 6;

export function curveChart({ title, x, y, area }: CamCurve): HTMLElement {
  const top = Math.max(1e-9, ...y.filter(Number.isFinite), 0);
  const low = Math.min(0, ...y.filter(Number.isFinite));
  const across = (value: number): number => LEFT + (WIDTH - LEFT - 4) * value;
  const up = (value: number): number => TOP + (HEIGHT - TOP - BOTTOM) * (1 - (value - low) / (top - low));
  const points = x.map((one, i) => `${across(one).toFixed(1)},${up(y[i] ?? Number.NaN).toFixed(1)}`);
  const said = `area ${significant(area, 3)}`;
  const chart = svg(
    'svg',
    {
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      role: 'img',
      'aria-label': `${title}: from ${significant(y[0] ?? Number.NaN)} to ${significant(y.at(-1) ?? Number.NaN)}, ${said}`,
    },
    svg('polygon', { class: 'area', points: `${across(0)},${up(low)} ${points.join(' ')} ${across(1)},${up(low)}` }),
    svg('polyline', { class: 'curve', points: points.join(' ') }),
    svg('path', { class: 'axis', d: `M${LEFT} ${TOP}V${HEIGHT - BOTTOM}H${WIDTH - 4}` }),
    text(LEFT - 4, TOP + 8, significant(top, 2), 'end'),
    text(LEFT - 4, HEIGHT - BOTTOM, significant(low, 2), 'end'),
    text(LEFT, HEIGHT - 3, '0 %', 'start'),
    text(WIDTH - 4, HEIGHT - 3, '100 % of the pixels', 'end'),
  );
  const figure = h('figure', { class: 'chart' }, h('figcaption', {}, `${title}, ${said}`));
  figure.prepend(chart);
  return figure;
}

function svg(tag: string, attributes: Readonly<Record<string, string>>, ...children: readonly Element[]): SVGElement {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

function text(x: number, y: number, content: string, anchor: 'start' | 'end'): SVGElement {
  const element = svg('text', { x: String(x), y: String(y), 'text-anchor': anchor });
  element.textContent = content;
  return element;
}
