/** How the elements of a tensor are spread, as bars over an axis. */
import { counted, percent, significant, whole } from '../../src/display/format';
import type { TensorStatistics } from '../../src/protocol/graphPanel';
import { h } from '../dom';

const SVG = 'http://www.w3.org/2000/svg';
const WIDTH = 320;
const HEIGHT = 64;
const GAP = 1;
/** Pixels: what has elements is seen. */
const LEAST = 1.5;

export function histogram({ histogram: { low, high, counts }, sampled }: TensorStatistics): HTMLElement {
  const most = counts.reduce((a, b) => Math.max(a, b), 0);
  const step = WIDTH / counts.length;
  const border = (bin: number) => low + ((high - low) * bin) / counts.length;
  const svg = shape('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', role: 'img' });
  svg.setAttribute('aria-label', spoken(counts, border));
  for (const [bin, count] of counts.entries()) {
    const height = count === 0 ? 0 : Math.max(LEAST, (count / most) * HEIGHT);
    const bar = shape('rect', { x: bin * step, y: HEIGHT - height, width: Math.max(LEAST, step - GAP), height });
    const title = shape('title', {});
    title.textContent = `${tick(border(bin))} … ${tick(border(bin + 1))}: ${whole(count)} (${percent(count / sampled)})`;
    bar.append(title);
    svg.append(bar);
  }
  const zero = low < 0 && high > 0 ? h('span', { class: 'zero' }, '0') : undefined;
  if (zero) zero.style.left = `${(100 * -low) / (high - low)}%`;
  return h(
    'div',
    { class: 'histogram' },
    h('div', { class: 'histogram-most' }, `${whole(most)} in a bar at the most`),
    svgHolder(svg),
    h('div', { class: 'histogram-axis' }, h('span', {}, tick(low)), zero, h('span', {}, tick(high))),
  );
}

function svgHolder(svg: SVGElement): HTMLElement {
  const holder = h('div', { class: 'histogram-bars' });
  holder.append(svg);
  return holder;
}

function shape(tag: 'svg' | 'rect' | 'title', attributes: Readonly<Record<string, string | number>>): SVGElement {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  return element;
}

function spoken(counts: readonly number[], border: (bin: number) => number): string {
  const bin = counts.indexOf(counts.reduce((a, b) => Math.max(a, b), 0));
  const range = `from ${tick(border(0))} to ${tick(border(counts.length))}`;
  return `Histogram ${range} in ${counted(counts.length, 'bar')}; most between ${tick(border(bin))} and ${tick(border(bin + 1))}`;
}

function tick(value: number): string {
  return significant(value, 3);
}
