/** The points as a table: what the charts show, for reading. */
import { h, on } from '../dom';
import { writtenValue } from '../model/whatIf';
import type { Shown } from './drawing';
import { figure, inSentence, METRICS, type Point } from './sweep';

export interface PointTable {
  readonly element: HTMLElement;
  show(shown: Shown): void;
  select(index: number | undefined): void;
}

/** `choose` is called with a row that was clicked or chosen with the keyboard. */
export function pointTable(choose: (index: number) => void): PointTable {
  const head = h('thead');
  const body = h('tbody');
  const caption = h('caption');
  const element = h(
    'div',
    { id: 'sweep-table', role: 'tabpanel', 'aria-label': 'Table', tabindex: 0 },
    h('table', {}, caption, head, body),
  );
  let rows: readonly HTMLElement[] = [];
  let selected: number | undefined;
  const mark = (): void => {
    for (const [index, row] of rows.entries()) row.setAttribute('aria-current', String(index === selected));
  };
  return {
    element,
    show(shown) {
      const { sweep, cost } = shown;
      caption.textContent = `${shown.title}: predicted, a row for each point`;
      const titles = [sweep.x.label, sweep.y.label, ...METRICS.map(({ label }) => label)];
      titles.push(`Pareto front of time and ${inSentence(cost.label)}`);
      head.replaceChildren(h('tr', {}, ...titles.map((title) => h('th', { scope: 'col' }, title))));
      rows = sweep.points.map((point, index) => rowOf(shown, point, index, () => choose(index)));
      body.replaceChildren(...rows);
      mark();
    },
    select(index) {
      selected = index;
      mark();
      if (index !== undefined && !element.hidden) rows[index]?.scrollIntoView({ block: 'nearest' });
    },
  };
}

function rowOf({ sweep, front }: Shown, point: Point, index: number, choose: () => void): HTMLElement {
  const { x, y, presetIndex } = sweep;
  // A button, so that the keyboard reaches every point.
  const first = h('button', { type: 'button' }, writtenValue(x.knob, point.x));
  const onFront = front[index] ? 'yes' : '';
  const figures = point.problem
    ? [h('td', { colspan: METRICS.length + 1, class: 'problem' }, `Not possible: ${point.problem}`)]
    : [...METRICS.map((metric) => h('td', {}, figure(metric, point))), h('td', {}, onFront)];
  const row = h(
    'tr',
    { class: index === presetIndex && 'preset', title: index === presetIndex && 'The preset' },
    h('td', {}, first),
    h('td', {}, writtenValue(y.knob, point.y)),
    ...figures,
  );
  return on(row, 'click', choose);
}
