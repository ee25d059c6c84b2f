/** Search with a list of hits: Enter and Shift+Enter step through them, Escape closes. */
import { h, on } from '../dom';
import { icon } from '../icons';
import { operatorOf, type PanelModel } from '../model/panelModel';
import { SearchIndex, stepHit } from '../model/search';
import { button, textField } from '../toolkit';

const SHOWN = 60;
/** Pixels between the list of results and the edge of the panel. */
const MARGIN = 10;

export interface SearchEvents {
  /** The hits changed; none when the search is closed. */
  found(hits: readonly number[]): void;
  /** A hit was stepped to. */
  went(node: number): void;
  closed(): void;
  /** Of every node of the scene what only the host knows: attributes, tensors. */
  texts(): Promise<readonly string[]>;
}

export class SearchBox {
  readonly element: HTMLElement;
  private readonly field = textField('Search nodes', 'Search nodes ( / )', () => this.search());
  /** The toolkit makes a span in its field as small as an icon. */
  private readonly counter = h('div', { slot: 'end', class: 'search-count', 'aria-live': 'polite' });
  private readonly list = h('div', {
    class: 'search-hits',
    role: 'listbox',
    'aria-label': 'Search results',
    hidden: true,
  });
  private readonly events: SearchEvents;
  private model: PanelModel | undefined;
  private index: SearchIndex | undefined;
  /** From the host, and of the scene whose names these are; asked for when the field is first used. */
  private texts: { readonly of: readonly string[]; readonly lines: readonly string[] } | undefined;
  private order: Uint32Array = new Uint32Array();
  private hits: readonly number[] = [];
  private current: number | undefined;

  constructor(events: SearchEvents) {
    this.events = events;
    this.field.id = 'search';
    const glass = icon('search');
    glass.setAttribute('slot', 'start');
    this.field.append(glass, this.counter);
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
      step('up', 'Previous hit', -1),
      step('down', 'Next hit', 1),
      this.list,
    );
    on(this.element, 'keydown', (event) => this.key(event));
    on(this.element, 'focusout', ({ relatedTarget }) => {
      if (!(relatedTarget instanceof Node && this.element.contains(relatedTarget))) this.list.hidden = true;
    });
    on(this.field, 'focus', () => {
      this.render();
      this.ask();
    });
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
    const { model, texts } = this;
    if (model && !this.index) {
      this.index = new SearchIndex(model.scene);
      if (texts?.of === model.scene.names) this.index.add(texts.lines);
    }
    return this.index;
  }

  private ask(): void {
    const names = this.model?.scene.names;
    if (!names || this.texts?.of === names) return;
    this.texts = { of: names, lines: [] };
    this.events.texts().then(
      (lines) => {
        if (this.model?.scene.names !== names) return;
        this.texts = { of: names, lines };
        this.prepare()?.add(lines);
        if (this.field.value !== '') this.search(!this.list.hidden || document.activeElement === this.field);
      },
      () => {
        // Names, operators and shapes are found all the same; the next use of the field asks again.
        this.texts = undefined;
      },
    );
  }

  private search(open = true): void {
    this.hits = this.prepare()?.find(this.field.value, this.order) ?? [];
    this.current = undefined;
    this.events.found(this.hits);
    this.render(open);
  }

  /** To the next result (or the one before), from the last one visited. */
  step(by: 1 | -1): void {
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
    this.keepInside();
    this.list.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' });
  }

  /** The list begins with the field, unless the panel ends before it does. */
  private keepInside(): void {
    const room = document.documentElement.clientWidth - this.element.getBoundingClientRect().left;
    this.list.style.left = `${Math.min(0, room - this.list.offsetWidth - MARGIN)}px`;
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
    const excerpt = this.excerptOf(node);
    if (excerpt !== '') row.append(h('span', { class: 'excerpt' }, excerpt));
    // The press, not the click: the field would lose its focus first, which closes the list.
    return on(row, 'pointerdown', (event) => {
      event.preventDefault();
      this.go(node);
    });
  }

  /** Where the query is found in what the row does not show. */
  private excerptOf(node: number): string {
    const excerpt = this.index?.excerpt(this.field.value, node) ?? '';
    return excerpt === this.model?.scene.names[node] ? '' : excerpt;
  }
}
