/** Both sides in one line: what they are, their sums of the chosen figure, and the ratio. */
import { changeText, figureText, ratioText } from '../../src/display/difference';
import { atLeast } from '../../src/display/format';
import type { ComparedFigure, ComparisonData } from '../../src/protocol/comparison';
import { h, on } from '../dom';
import { button, iconButton } from '../toolkit';

export interface CompareBarEvents {
  figure(id: string): void;
  other(): void;
  stop(): void;
}

export class CompareBar {
  readonly element = h('div', { id: 'compare-bar', role: 'group', 'aria-label': 'Comparison', hidden: true });
  private readonly figure = h('select', { id: 'compare-figure', 'aria-label': 'Figure to compare' });
  private readonly sides = h('span', { class: 'compare-sides' });
  private readonly other = button('Show B', () => this.events.other());
  private readonly events: CompareBarEvents;

  constructor(events: CompareBarEvents) {
    this.events = events;
    on(this.figure, 'change', () => events.figure(this.figure.value));
    this.other.id = 'compare-other';
    const stop = iconButton('close', 'Stop comparing', () => events.stop());
    stop.id = 'compare-stop';
    this.element.append(this.figure, this.sides, h('span', { class: 'spacer' }), this.other, stop);
  }

  show(data: ComparisonData, chosen: ComparedFigure): void {
    this.element.hidden = false;
    this.figure.replaceChildren(...data.figures.map(({ id, label }) => h('option', { value: id }, label)));
    this.figure.value = chosen.id;
    const { a, b, unknownA, unknownB } = chosen.totals;
    const total = (value: number, unknown: number) =>
      atLeast(value, (one) => figureText(one, chosen.unit), unknown > 0);
    // Of sums that leave something out no difference is told.
    const [before, after] = [unknownA > 0 ? Number.NaN : a, unknownB > 0 ? Number.NaN : b];
    const change = `${changeText(before, after, chosen.unit)} · ${ratioText(before, after)}`;
    this.sides.replaceChildren(
      side('A', data.a.label, total(a, unknownA)),
      side('B', data.b.label, total(b, unknownB)),
      h('span', { class: 'compare-change' }, h('span', { class: 'dim' }, 'B − A '), h('b', {}, change)),
    );
    this.other.title = `Show the graph of B, ${data.b.label}, compared with A`;
  }

  hide(): void {
    this.element.hidden = true;
  }
}

function side(letter: string, label: string, total: string): HTMLElement {
  const mark = h('span', { class: 'compare-letter' }, letter);
  return h(
    'span',
    { class: 'compare-side', title: label },
    mark,
    h('span', { class: 'compare-name' }, label),
    h('b', {}, total),
  );
}
