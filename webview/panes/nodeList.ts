/** The graph for the keyboard and for screen readers: a hidden list that mirrors the nodes in reading order. */
import { h, on } from '../dom';
import type { Move } from '../model/navigate';
import { spokenNode } from '../model/nodeText';
import type { PanelModel } from '../model/panelModel';

/** Up to this many nodes the list holds all of them, beyond it a part around the active one. */
const ALL = 500;
const WINDOW = 100;

const MOVES: Readonly<Record<string, Move>> = {
  ArrowUp: 'up',
  ArrowDown: 'down',
  ArrowLeft: 'left',
  ArrowRight: 'right',
  Home: 'first',
  End: 'last',
};

export interface NodeListEvents {
  moved(move: Move): void;
  opened(): void;
  zoomed(step: 1 | -1 | 0): void;
  escaped(): void;
  focused(focused: boolean): void;
}

export class NodeList {
  readonly element = h('div', {
    id: 'graph-nodes',
    role: 'listbox',
    tabindex: 0,
    class: 'visually-hidden',
    'aria-label': 'Nodes of the graph: arrow keys follow the edges, Enter opens the details',
    'aria-describedby': 'hover-card',
  });
  private model: PanelModel | undefined;
  private order: Uint32Array = new Uint32Array();
  private place: Uint32Array = new Uint32Array();
  private active: number | undefined;

  constructor(events: NodeListEvents) {
    on(this.element, 'keydown', (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const move = MOVES[event.key];
      if (move) events.moved(move);
      else if (event.key === 'Enter') events.opened();
      else if (event.key === 'Escape') events.escaped();
      else if (event.key === '+' || event.key === '=') events.zoomed(1);
      else if (event.key === '-') events.zoomed(-1);
      else if (event.key === '0') events.zoomed(0);
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    on(this.element, 'focus', () => events.focused(true));
    on(this.element, 'blur', () => events.focused(false));
  }

  /** `order`: all nodes as they are read. Call again when what is said of them changed. */
  setNodes(model: PanelModel, order: Uint32Array): void {
    this.model = model;
    this.order = order;
    this.place = new Uint32Array(order.length);
    for (const [i, node] of order.entries()) this.place[node] = i;
    this.render();
  }

  setActive(node: number | undefined): void {
    this.active = node;
    const shown = node === undefined ? null : document.getElementById(idOf(node));
    if (this.order.length > ALL && !shown) this.render();
    else this.mark();
  }

  private render(): void {
    const { model, order } = this;
    if (!model) return;
    const centre = this.active === undefined ? 0 : (this.place[this.active] ?? 0);
    const first = order.length <= ALL ? 0 : Math.max(0, centre - WINDOW);
    const end = order.length <= ALL ? order.length : Math.min(order.length, centre + WINDOW);
    const options = Array.from(order.subarray(first, end), (node, i) =>
      h(
        'div',
        {
          id: idOf(node),
          role: 'option',
          'aria-setsize': order.length,
          'aria-posinset': first + i + 1,
          'data-node': node,
        },
        spokenNode(model, node),
      ),
    );
    this.element.replaceChildren(...options);
    this.mark();
  }

  private mark(): void {
    for (const option of this.element.querySelectorAll('[aria-selected]')) option.removeAttribute('aria-selected');
    const option = this.active === undefined ? null : document.getElementById(idOf(this.active));
    option?.setAttribute('aria-selected', 'true');
    if (option) this.element.setAttribute('aria-activedescendant', option.id);
    else this.element.removeAttribute('aria-activedescendant');
  }
}

function idOf(node: number): string {
  return `node-${node}`;
}
