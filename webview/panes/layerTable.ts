/** The layers as a table: sorted by any column, filtered, only the visible rows in the document. */
import { count, counted, percent, seconds } from '../../src/display/format';
import { h, on } from '../dom';
import {
  filterLayers,
  LAYER_COLUMNS,
  type Layer,
  layersCsv,
  layersOf,
  type Sorting,
  sortLayers,
} from '../model/layers';
import type { PanelModel } from '../model/panelModel';
import { textField } from '../toolkit';

const ROW = 26;
const OVERSCAN = 8;

export interface LayerTableEvents {
  selected(node: number): void;
  /** A double click or Enter: show it in the graph. */
  opened(node: number): void;
}

export class LayerTable {
  readonly element: HTMLElement;
  private readonly events: LayerTableEvents;
  private readonly filter = textField('Filter layers', 'Filter by name, operator, shape, bound', () => this.arrange());
  private readonly summary = h('span', { class: 'dim', 'aria-live': 'polite' });
  private readonly header = h('div', { class: 'row header', role: 'row', 'aria-rowindex': 1 });
  private readonly rows = h('div', { class: 'rows', role: 'rowgroup' });
  private readonly scroller: HTMLElement;
  private model: PanelModel | undefined;
  private stale = false;
  private layers: readonly Layer[] = [];
  private shown: readonly Layer[] = [];
  private sorting: Sorting = { column: 'time', descending: true };
  private selectedNode: number | undefined;
  private longest = 0;

  constructor(events: LayerTableEvents) {
    this.events = events;
    for (const { id, label, numeric } of LAYER_COLUMNS) {
      const title = h('button', { type: 'button' }, label);
      on(title, 'click', () => this.sortBy(id, numeric));
      this.header.append(
        h('div', { role: 'columnheader', class: `c-${id}${numeric ? ' number' : ''}`, 'data-column': id }, title),
      );
    }
    this.scroller = h(
      'div',
      { class: 'table', role: 'grid', tabindex: 0, 'aria-label': 'Layers' },
      h('div', { role: 'rowgroup', class: 'head' }, this.header),
      this.rows,
    );
    this.element = h(
      'div',
      { id: 'layers', role: 'tabpanel', 'aria-label': 'Layers' },
      h('div', { class: 'table-tools' }, this.filter, this.summary),
      this.scroller,
    );
    on(this.scroller, 'scroll', () => this.render());
    on(this.scroller, 'keydown', (event) => this.key(event));
    new ResizeObserver(() => this.render()).observe(this.scroller);
  }

  setModel(model: PanelModel): void {
    this.model = model;
    this.stale = true;
    if (!this.element.hidden) this.refresh();
  }

  set visible(shown: boolean) {
    this.element.hidden = !shown;
    if (!shown) return;
    this.refresh();
    // What was selected elsewhere meanwhile.
    this.reveal();
    this.render();
  }

  set selected(node: number | undefined) {
    if (node === this.selectedNode) return;
    this.selectedNode = node;
    this.reveal();
    this.render();
  }

  /** What the table shows, as a CSV file. */
  csv(): string {
    this.refresh();
    return layersCsv(this.shown);
  }

  /** Rows are made when they are first asked for. */
  private refresh(): void {
    if (!this.stale || !this.model) return;
    this.stale = false;
    this.layers = layersOf(this.model);
    this.longest = this.layers.reduce((most, { cost }) => (cost.seconds > most ? cost.seconds : most), 0);
    this.arrange();
  }

  private sortBy(column: string, numeric: boolean): void {
    const again = this.sorting.column === column;
    this.sorting = { column, descending: again ? !this.sorting.descending : numeric && column !== 'rank' };
    this.arrange();
  }

  private arrange(): void {
    this.shown = sortLayers(filterLayers(this.layers, this.filter.value), this.sorting);
    for (const cell of this.header.children) {
      const sorted = cell.getAttribute('data-column') === this.sorting.column;
      if (sorted) cell.setAttribute('aria-sort', this.sorting.descending ? 'descending' : 'ascending');
      else cell.removeAttribute('aria-sort');
    }
    this.rows.style.height = `${this.shown.length * ROW}px`;
    this.scroller.setAttribute('aria-rowcount', String(this.shown.length + 1));
    this.summary.textContent = summaryOf(this.shown, this.layers.length);
    this.render();
  }

  private render(): void {
    const first = Math.max(0, Math.floor(this.scroller.scrollTop / ROW) - OVERSCAN);
    const end = Math.min(this.shown.length, first + Math.ceil(this.scroller.clientHeight / ROW) + 2 * OVERSCAN);
    this.rows.replaceChildren(...this.shown.slice(first, end).map((layer, i) => this.row(layer, first + i)));
  }

  private row(layer: Layer, index: number): HTMLElement {
    const row = h('div', {
      class: 'row',
      role: 'row',
      'aria-rowindex': index + 2,
      'aria-selected': String(layer.node === this.selectedNode),
      'data-node': layer.node,
    });
    row.style.transform = `translateY(${index * ROW}px)`;
    for (const column of LAYER_COLUMNS) {
      const text = column.text(layer);
      const cell = h(
        'div',
        { role: 'gridcell', class: `c-${column.id}${column.numeric ? ' number' : ''}`, title: text },
        text,
      );
      if (column.id === 'share' && layer.cost.seconds > 0) {
        cell.style.setProperty('--bar', `${(100 * layer.cost.seconds) / this.longest}%`);
      }
      row.append(cell);
    }
    on(row, 'click', () => this.events.selected(layer.node));
    on(row, 'dblclick', () => this.events.opened(layer.node));
    return row;
  }

  private key(event: KeyboardEvent): void {
    const current = this.shown.findIndex(({ node }) => node === this.selectedNode);
    const page = Math.max(1, Math.floor(this.scroller.clientHeight / ROW) - 2);
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page };
    const step = steps[event.key];
    if (event.key === 'Enter' && this.selectedNode !== undefined) this.events.opened(this.selectedNode);
    else if (step === undefined) return;
    else {
      const next = Math.min(this.shown.length - 1, Math.max(0, current + step));
      const layer = this.shown[next];
      if (layer) this.events.selected(layer.node);
    }
    event.preventDefault();
  }

  /** Scrolls no more than needed to show the selected row. */
  private reveal(): void {
    const place = this.shown.findIndex(({ node }) => node === this.selectedNode);
    if (place < 0) return;
    const room = this.scroller.clientHeight - 2 * ROW;
    const top = this.scroller.scrollTop;
    if (place * ROW < top) this.scroller.scrollTop = place * ROW;
    else if (place * ROW > top + room) this.scroller.scrollTop = place * ROW - room;
  }
}

/** Sums over what is shown; layers of unknown cost are counted, not added. */
function summaryOf(shown: readonly Layer[], all: number): string {
  const known = shown.filter(({ cost }) => Number.isFinite(cost.seconds));
  const sum = (value: (layer: Layer) => number) => known.reduce((total, layer) => total + value(layer), 0);
  const time = `${seconds(sum(({ cost }) => cost.seconds))} (${percent(sum(({ cost }) => cost.share))})`;
  const macs = count(
    sum(({ cost }) => cost.macs),
    'MAC',
  );
  const unknown = shown.length - known.length;
  const which = shown.length === all ? counted(all, 'layer') : `${shown.length} of ${counted(all, 'layer')}`;
  return `${which}: ${time}, ${macs}${unknown > 0 ? `, ${unknown} unknown` : ''}`;
}
