/** The differences as a table: sorted by any column, filtered, only the visible rows in the document. */
import { counted } from '../../src/display/format';
import type { ComparedFigure, ComparisonData } from '../../src/protocol/comparison';
import { h, on } from '../dom';
import {
  DIFFERENCE_COLUMNS,
  type Difference,
  differencesCsv,
  differencesOf,
  filterDifferences,
  sortDifferences,
} from '../model/compare';
import { textField } from '../toolkit';

const ROW = 26;
const OVERSCAN = 8;

export interface CompareTableEvents {
  selected(node: number): void;
  /** A double click or Enter: show it in the graph. */
  opened(node: number): void;
}

export class CompareTable {
  readonly element: HTMLElement;
  private readonly events: CompareTableEvents;
  private readonly filter = textField('Filter differences', 'Filter by name, operator, “only in”', () =>
    this.arrange(),
  );
  private readonly summary = h('span', { class: 'dim', 'aria-live': 'polite' });
  private readonly header = h('div', { class: 'row header', role: 'row', 'aria-rowindex': 1 });
  private readonly rows = h('div', { class: 'rows', role: 'rowgroup' });
  private readonly scroller: HTMLElement;
  private data: ComparisonData | undefined;
  private unit = '';
  private all: readonly Difference[] = [];
  private shown: readonly Difference[] = [];
  private sorting = { column: 'change', descending: true };
  /** Row of the comparison. */
  private chosen: number | undefined;
  private largest = 0;

  constructor(events: CompareTableEvents) {
    this.events = events;
    for (const { id, label, numeric } of DIFFERENCE_COLUMNS) {
      const title = h('button', { type: 'button' }, label);
      on(title, 'click', () => this.sortBy(id, numeric));
      const kind = `c-${id}${numeric ? ' number' : ''}`;
      this.header.append(h('div', { role: 'columnheader', class: kind, 'data-column': id }, title));
    }
    this.scroller = h(
      'div',
      { class: 'table compare-table', role: 'grid', tabindex: 0, 'aria-label': 'Differences' },
      h('div', { role: 'rowgroup', class: 'head' }, this.header),
      this.rows,
    );
    this.element = h(
      'div',
      { id: 'difference', role: 'tabpanel', 'aria-label': 'Difference', hidden: true },
      h('div', { class: 'table-tools' }, this.filter, this.summary),
      this.scroller,
    );
    on(this.scroller, 'scroll', () => this.render());
    on(this.scroller, 'keydown', (event) => this.key(event));
    new ResizeObserver(() => this.render()).observe(this.scroller);
  }

  show(data: ComparisonData, figure: ComparedFigure): void {
    this.data = data;
    this.unit = figure.unit;
    this.all = differencesOf(data, figure);
    this.largest = this.all.reduce((most, { change }) => Math.max(most, Math.abs(change) || 0), 0);
    this.arrange();
  }

  set selected(node: number | undefined) {
    const row = node === undefined ? undefined : this.all.find((difference) => difference.node === node)?.row;
    if (row === this.chosen) return;
    this.chosen = row;
    this.reveal();
    this.render();
  }

  csv(): string {
    return this.data ? differencesCsv(this.data, this.shown) : '';
  }

  private sortBy(column: string, numeric: boolean): void {
    const again = this.sorting.column === column;
    this.sorting = { column, descending: again ? !this.sorting.descending : numeric };
    this.arrange();
  }

  private arrange(): void {
    const { column, descending } = this.sorting;
    this.shown = sortDifferences(filterDifferences(this.all, this.filter.value), column, descending);
    for (const cell of this.header.children) {
      const sorted = cell.getAttribute('data-column') === column;
      if (sorted) cell.setAttribute('aria-sort', descending ? 'descending' : 'ascending');
      else cell.removeAttribute('aria-sort');
    }
    this.rows.style.height = `${this.shown.length * ROW}px`;
    this.scroller.setAttribute('aria-rowcount', String(this.shown.length + 1));
    this.summary.textContent = this.summaryText();
    this.render();
  }

  private summaryText(): string {
    const number = (match: Difference['match']) => this.shown.filter((one) => one.match === match).length;
    const which =
      this.shown.length === this.all.length
        ? counted(this.all.length, 'layer')
        : `${this.shown.length} of ${counted(this.all.length, 'layer')}`;
    const parts = [
      [number('name') + number('same'), 'matched by name'],
      [number('structure'), 'by structure'],
      [number('onlyA'), 'only in A'],
      [number('onlyB'), 'only in B'],
    ] as const;
    return [which, ...parts.flatMap(([many, what]) => (many > 0 ? [`${many} ${what}`] : []))].join(', ');
  }

  private render(): void {
    const first = Math.max(0, Math.floor(this.scroller.scrollTop / ROW) - OVERSCAN);
    const end = Math.min(this.shown.length, first + Math.ceil(this.scroller.clientHeight / ROW) + 2 * OVERSCAN);
    this.rows.replaceChildren(...this.shown.slice(first, end).map((one, i) => this.row(one, first + i)));
  }

  private row(difference: Difference, index: number): HTMLElement {
    const { row: id, match, change } = difference;
    const attributes = { role: 'row', 'aria-rowindex': index + 2, 'aria-selected': String(id === this.chosen) };
    const row = h('div', { class: `row ${match}`, ...attributes, 'data-row': id });
    row.style.transform = `translateY(${index * ROW}px)`;
    for (const column of DIFFERENCE_COLUMNS) {
      const text = column.text(difference, this.unit);
      const kind = `c-${column.id}${column.numeric ? ' number' : ''}`;
      const cell = h('div', { role: 'gridcell', class: kind, title: text }, text);
      if (column.id === 'change' && change !== 0 && this.largest > 0) {
        cell.classList.add(change > 0 ? 'more' : 'less');
        cell.style.setProperty('--bar', `${(100 * Math.abs(change)) / this.largest}%`);
      }
      row.append(cell);
    }
    on(row, 'click', () => this.choose(difference));
    on(row, 'dblclick', () => difference.node !== undefined && this.events.opened(difference.node));
    return row;
  }

  private choose(difference: Difference): void {
    this.chosen = difference.row;
    this.reveal();
    this.render();
    if (difference.node !== undefined) this.events.selected(difference.node);
  }

  private key(event: KeyboardEvent): void {
    const current = this.shown.findIndex(({ row }) => row === this.chosen);
    const page = Math.max(1, Math.floor(this.scroller.clientHeight / ROW) - 2);
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page };
    const step = steps[event.key];
    const node = this.shown[current]?.node;
    if (event.key === 'Enter' && node !== undefined) this.events.opened(node);
    else if (step === undefined) return;
    else {
      const next = this.shown[Math.min(this.shown.length - 1, Math.max(0, current + step))];
      if (next) this.choose(next);
    }
    event.preventDefault();
  }

  /** Scrolls no more than needed to show the chosen row. */
  private reveal(): void {
    const place = this.shown.findIndex(({ row }) => row === this.chosen);
    if (place < 0) return;
    const room = this.scroller.clientHeight - 2 * ROW;
    const top = this.scroller.scrollTop;
    if (place * ROW < top) this.scroller.scrollTop = place * ROW;
    else if (place * ROW > top + room) this.scroller.scrollTop = place * ROW - room;
  }
}
