/** A point on the page: the card under the pointer, and the bar of the selected point with what can be done with it. */
import { BATCH_KNOB } from '../../src/protocol/graphPanel';
import { h } from '../dom';
import type { Bounds } from '../layout/layout';
import { placeCard } from '../panes/cardPlace';
import { button } from '../toolkit';
import type { Shown } from './drawing';
import { placeText, pointFacts, pointNote } from './pointText';
import { figure, inSentence, METRICS } from './sweep';

/** All values of the point under the pointer. */
export class PointCard {
  readonly element = h('div', { id: 'sweep-card', role: 'tooltip', hidden: true });

  open(shown: Shown, index: number, anchor: Bounds): void {
    const point = shown.sweep.points[index];
    const parent = this.element.parentElement;
    if (!point || !parent) return;
    const facts = h('dl', {});
    for (const [label, value] of pointFacts(shown, index)) facts.append(h('dt', {}, label), h('dd', {}, value));
    const note = pointNote(point);
    this.element.replaceChildren(h('b', {}, placeText(shown.sweep, point)), facts, ...(note ? [h('p', {}, note)] : []));
    this.element.hidden = false;
    const size = { width: this.element.offsetWidth, height: this.element.offsetHeight };
    const { x, y } = placeCard(anchor, size, { width: parent.clientWidth, height: parent.clientHeight });
    this.element.style.transform = `translate(${Math.round(x)}px, ${Math.round(y)}px)`;
  }

  close(): void {
    this.element.hidden = true;
  }
}

export interface PointActions {
  /** Shows the point in the graph, which is opened where it is not. */
  open(): void;
  save(): void;
}

/** The selected point in one line that is read out, and its actions. */
export class PointBar {
  readonly element: HTMLElement;
  private readonly text = h('span', { id: 'sweep-point', 'aria-live': 'polite' });
  private readonly open: ReturnType<typeof button>;
  private readonly save: ReturnType<typeof button>;

  constructor(actions: PointActions) {
    this.open = button('Show in graph', () => actions.open());
    this.open.id = 'sweep-open';
    this.save = button('Save as *.evohw.json…', () => actions.save());
    this.save.id = 'sweep-save-hardware';
    this.element = h('div', { class: 'point-bar' }, this.text, this.open, this.save);
  }

  /** `inGraph`: the graph panel shows the point's values. */
  show(shown: Shown, index: number | undefined, inGraph: boolean): void {
    const point = index === undefined ? undefined : shown.sweep.points[index];
    this.element.classList.toggle('empty', !point);
    this.open.disabled = point?.problem !== '';
    const { x, y } = shown.sweep;
    // The batch is no part of a hardware file.
    this.save.disabled = this.open.disabled || [x, y].every(({ key }) => key === BATCH_KNOB);
    if (!point) {
      this.text.replaceChildren(
        h(
          'span',
          { class: 'dim' },
          'Click a point to try its values in the graph, or to save them as a hardware file.',
        ),
      );
      return;
    }
    const note = pointNote(point);
    const figures = METRICS.map((metric) => `${inSentence(metric.label)} ${figure(metric, point)}`).join(', ');
    this.text.replaceChildren(
      h('b', {}, placeText(shown.sweep, point)),
      h('span', {}, note || figures),
      ...(inGraph ? [h('span', { class: 'dim' }, 'shown in the graph')] : []),
    );
  }
}
