/** Search with a list of hits: Enter and Shift+Enter step through them, Escape closes. */
import { h, on } from '../dom';
import { icon } from '../icons';
import { operatorOf, type PanelModel } from '../model/panelModel';
import { SearchIndex, stepHit } from '../model/search';
import { button, textField } from '../toolkit';

const SHOWN = 60;

export interface SearchEvents {
  /** The hits changed; none when the search is closed. */
  found(hits: readonly number[]): void;
  /** A hit was stepped to. */
  went(node: number): void;
  closed(): void;
}

export class SearchBox {
  readonly element: HTMLElement;
  private readonly field = textField('Search nodes', 'Search nodes ( / )', () => this.search());
  private readonly counter = h('span', { class: 'search-count', 'aria-live': 'polite' });
  private readonly list = h('div', {
    class: 'search-hits',
    role: 'listbox',
    'aria-label': 'Search results',
    hidden: true,
  });
  private readonly events: SearchEvents;
  private model: PanelModel | undefined;
  private index: SearchIndex | undefined;
  private order: Uint32Array = new Uint32Array();
  private hits: readonly number[] = [];
  private current: number | undefined;

  constructor(events: SearchEvents) {
    this.events = events;
    this.field.id = 'search';
    const glass = icon('search');
    glass.setAttribute('slot', 'start');
    this.field.append(glass);
    const step = (name: 'up' | 'down', label: string, by: 1 | -1) => {
      const element = button('', () => this.step(by), 'icon');
      element.setAttribute('aria-label', label);
      element.append(icon(name));
      return element;
    };
    this.element = h(
      'div',
      { class: 'search', role: 'search' },
      this.field,
      this.counter,
      step('up', 'Previous hit', -1),
      step('down', 'Next hit', 1),
      this.list,
    );
    on(this.element, 'keydown', (event) => this.key(event));
    on(this.element, 'focusout', ({ relatedTarget }) => {
      if (!(relatedTarget instanceof Node && this.element.contains(relatedTarget))) this.list.hidden = true;
    });
    on(this.field, 'focus', () => this.render());
  }

  /** Another scene; `order` is the order of the hits, all nodes in reading order. */
  setScene(model: PanelModel, order: Uint32Array): void {
    this.model = model;
    this.order = order;
    this.index = undefined;
    if (this.field.value !== '') this.search(false);
    else requestIdleCallback(() => this.prepare());
  }

  focus(): void {
    this.field.focus();
    this.field.select();
  }

  /** The index is made before the first letter is typed, when there is nothing else to do. */
  private prepare(): SearchIndex | undefined {
    if (this.model) this.index ??= new SearchIndex(this.model.scene);
    return this.index;
  }

  private search(open = true): void {
    this.hits = this.prepare()?.find(this.field.value, this.order) ?? [];
    this.current = undefined;
    this.events.found(this.hits);
    this.render(open);
  }

  private step(by: 1 | -1): void {
    this.go(stepHit(this.hits, this.current, by));
  }

  private go(node: number | undefined): void {
    if (node === undefined) return;
    this.current = node;
    this.events.went(node);
    this.render();
  }

  private key(event: KeyboardEvent): void {
    if (event.key === 'Escape') {
      this.field.value = '';
      this.search(false);
      this.events.closed();
    } else if (event.key === 'Enter') this.step(event.shiftKey ? -1 : 1);
    else if (event.key === 'ArrowDown') this.step(1);
    else if (event.key === 'ArrowUp') this.step(-1);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  private render(open = true): void {
    const asked = this.field.value.trim() !== '';
    const place = this.current === undefined ? 0 : this.hits.indexOf(this.current) + 1;
    this.counter.textContent = !asked
      ? ''
      : place > 0
        ? `${place} of ${this.hits.length}`
        : `${this.hits.length} found`;
    this.list.hidden = !open || !asked || this.hits.length === 0;
    if (this.list.hidden) return;
    const first = Math.max(0, Math.min(place - SHOWN / 2, this.hits.length - SHOWN));
    const rows = this.hits.slice(first, first + SHOWN).map((node) => this.row(node));
    if (first + SHOWN < this.hits.length)
      rows.push(h('div', { class: 'dim' }, `… ${this.hits.length - first - SHOWN} more`));
    this.list.replaceChildren(...rows);
    this.list.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' });
  }

  private row(node: number): HTMLElement {
    const { scene } = this.model ?? {};
    const row = h(
      'div',
      { role: 'option', 'aria-selected': String(node === this.current) },
      h('b', {}, scene ? operatorOf(scene, node) : ''),
      h('span', {}, scene?.names[node] ?? ''),
      h('span', { class: 'dim' }, scene?.shapes[node] ?? ''),
    );
    // The press, not the click: the field would lose its focus first, which closes the list.
    return on(row, 'pointerdown', (event) => {
      event.preventDefault();
      this.go(node);
    });
  }
}
