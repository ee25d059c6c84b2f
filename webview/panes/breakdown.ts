/** Where a layer's time goes: its terms as one stacked bar, or as a bar each. */
import { BOUND_NAMES, TERM_MEANINGS, type Term } from '../../src/display/bounds';
import { seconds } from '../../src/display/format';
import { h } from '../dom';
import { TERM_COLORS } from '../graphView/colors';

import type { NodeCost } from '../model/panelModel';

/** Always named, even at 0; the others only where they cost something. */
const ALWAYS: readonly Term[] = ['compute', 'globalBuffer', 'offChip', 'launch'];

interface TermTime {
  readonly term: Term;
  readonly seconds: number;
}

function shownTerms(cost: NodeCost): readonly TermTime[] {
  return cost.terms.filter(({ term, seconds: time }) => ALWAYS.includes(term) || time > 0);
}

/** Overlapping terms do not add up to the layer's time: says so, '' where they do. */
export function overlapNote({ terms, seconds: total }: NodeCost): string {
  const sum = terms.reduce((all, { seconds: time }) => all + time, 0);
  if (!(sum > total * 1.005)) return '';
  return `Terms overlap: they add up to ${seconds(sum)}, the layer takes ${seconds(total)}.`;
}

export function swatch(color: string): HTMLElement {
  const element = h('span', { class: 'swatch', 'aria-hidden': 'true' });
  element.style.backgroundColor = color;
  return element;
}

export interface Part {
  readonly color: string;
  readonly share: number;
  readonly title: string;
}

export function stackedBar(parts: readonly Part[], label: string): HTMLElement {
  const bar = h('div', { class: 'stacked', role: 'img', 'aria-label': label });
  for (const { color, share, title } of parts) {
    if (!(share > 0)) continue;
    const part = h('span', { title });
    part.style.backgroundColor = color;
    part.style.flexGrow = String(share);
    bar.append(part);
  }
  return bar;
}

/** For the hover card: the split as one bar, with its numbers below. */
export function stackedTerms(cost: NodeCost): HTMLElement {
  const terms = cost.terms.filter(({ seconds: time }) => time > 0);
  const numbers = terms.map(({ term, seconds: time }) => `${BOUND_NAMES[term]} ${seconds(time)}`);
  const parts = terms.map(({ term, seconds: time }, i) => ({
    color: TERM_COLORS[term],
    share: time / cost.seconds,
    title: `${numbers[i]}: ${TERM_MEANINGS[term]}`,
  }));
  const key = h('div', { class: 'term-key' });
  for (const { term, seconds: time } of terms) {
    const bound = term === cost.bound && 'bound';
    const name = h('span', { class: bound, title: TERM_MEANINGS[term] }, BOUND_NAMES[term]);
    key.append(h('span', {}, swatch(TERM_COLORS[term]), name, h('b', {}, seconds(time))));
  }
  return h('div', { class: 'terms-stacked' }, stackedBar(parts, numbers.join(', ')), key);
}

/** For the details: a bar per term, the longest of them full. */
export function termBars(cost: NodeCost): HTMLElement {
  const terms = shownTerms(cost);
  const longest = Math.max(...terms.map(({ seconds: time }) => time), Number.MIN_VALUE);
  const bars = h('div', { class: 'term-bars' });
  for (const { term, seconds: time } of terms) {
    const fill = h('span', { class: 'fill' });
    fill.style.width = `${(100 * time) / longest}%`;
    fill.style.backgroundColor = TERM_COLORS[term];
    bars.append(
      h(
        'span',
        { class: term === cost.bound ? 'label bound' : 'label', title: TERM_MEANINGS[term] },
        BOUND_NAMES[term],
      ),
      h('span', { class: 'track', 'aria-hidden': 'true' }, fill),
      h('span', { class: 'number' }, seconds(time)),
    );
  }
  return bars;
}
