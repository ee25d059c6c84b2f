/** The graph for the keyboard and for screen readers: a hidden tree that mirrors what is drawn in reading order. */
import { h, on } from '../dom';
import type { Drawing } from '../graphView/visible';
import type { GroupedModel } from '../model/groupModel';
import { groupAround } from '../model/groupTree';
import type { Move } from '../model/navigate';
import { spokenNode } from '../model/nodeText';

/** Up to this many entries the tree holds all of them, beyond it a part around the active one. */
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

export type ReadingKey = 'up' | 'down' | 'path' | 'pin' | 'out';

const READING: Readonly<Record<string, ReadingKey>> = { u: 'up', d: 'down', p: 'path', b: 'pin', o: 'out' };

export interface NodeListEvents {
  moved(move: Move): void;
  opened(): void;
  /** The group around what is active is to be closed. */
  closed(): void;
  zoomed(step: 1 | -1 | 0): void;
  escaped(): void;
  /** One of the letters of READING. */
  read(action: ReadingKey): void;
  focused(focused: boolean): void;
}

/** A node, a closed group, or an open one, which stands before its members. */
interface Entry {
  readonly id: number;
  /** 1 at the top. */
  readonly level: number;
  /** Among the entries with the same group around them. */
  readonly place: number;
  readonly siblings: number;
}

export class NodeList {
  readonly element = h('div', {
    id: 'graph-nodes',
    role: 'tree',
    tabindex: 0,
    class: 'visually-hidden',
    'aria-label':
      'Nodes of the graph: arrow keys follow the edges, Enter opens the details or a group, Backspace closes the group around',
    'aria-describedby': 'hover-card',
  });
  private model: GroupedModel | undefined;
  private entries: readonly Entry[] = [];
  private place: ReadonlyMap<number, number> = new Map();
  private active: number | undefined;

  constructor(events: NodeListEvents) {
    on(this.element, 'keydown', (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const move = MOVES[event.key];
      const action = READING[event.key.toLowerCase()];
      if (move) events.moved(move);
      else if (action) events.read(action);
      else if (event.key === 'Enter') events.opened();
      else if (event.key === 'Backspace') events.closed();
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

  /** Call again when what is said of the nodes changed. */
  setNodes(model: GroupedModel, drawing: Drawing): void {
    this.model = model;
    this.entries = entriesOf(model, drawing);
    this.place = new Map(this.entries.map(({ id }, i) => [id, i]));
    this.render();
  }

  setActive(node: number | undefined): void {
    this.active = node;
    const shown = node === undefined ? null : document.getElementById(idOf(node));
    if (this.entries.length > ALL && !shown) this.render();
    else this.mark();
  }

  private render(): void {
    const { model, entries } = this;
    if (!model) return;
    const centre = this.active === undefined ? 0 : (this.place.get(this.active) ?? 0);
    const first = entries.length <= ALL ? 0 : Math.max(0, centre - WINDOW);
    const end = entries.length <= ALL ? entries.length : Math.min(entries.length, centre + WINDOW);
    this.element.replaceChildren(...entries.slice(first, end).map((entry) => itemOf(model, entry, this.isOpen(entry))));
    this.mark();
  }

  /** An open group is followed by what is inside of it. */
  private isOpen({ id, level }: Entry): boolean {
    const next = this.entries[(this.place.get(id) ?? 0) + 1];
    return next !== undefined && next.level > level;
  }

  private mark(): void {
    for (const item of this.element.querySelectorAll('[aria-selected]')) item.removeAttribute('aria-selected');
    const item = this.active === undefined ? null : document.getElementById(idOf(this.active));
    item?.setAttribute('aria-selected', 'true');
    if (item) this.element.setAttribute('aria-activedescendant', item.id);
    else this.element.removeAttribute('aria-activedescendant');
  }
}

/** In reading order, members after their group: that is where the first of them is. */
function entriesOf({ tree }: GroupedModel, { ranks }: Drawing): readonly Entry[] {
  /** By group, -1 for none: what is directly inside of it, in reading order. */
  const inside = new Map<number, number[]>();
  const put = (id: number) => {
    const group = groupAround(tree, id);
    const known = inside.get(group);
    if (known) known.push(id);
    else {
      inside.set(group, [id]);
      if (group >= 0) put(tree.nodeCount + group);
    }
  };
  for (const id of ranks.items) put(id);
  const entries: Entry[] = [];
  const tell = (group: number, level: number) => {
    const members = inside.get(group) ?? [];
    for (const [i, id] of members.entries()) {
      entries.push({ id, level, place: i + 1, siblings: members.length });
      if (id >= tree.nodeCount) tell(id - tree.nodeCount, level + 1);
    }
  };
  tell(-1, 1);
  return entries;
}

function itemOf(model: GroupedModel, { id, level, place, siblings }: Entry, open: boolean): HTMLElement {
  const group = id >= model.tree.nodeCount;
  const about = group ? { 'data-group': id, 'aria-expanded': open ? 'true' : 'false' } : { 'data-node': id };
  return h(
    'div',
    {
      ...{ id: idOf(id), role: 'treeitem', ...about },
      ...{ 'aria-level': level, 'aria-posinset': place, 'aria-setsize': siblings },
    },
    spokenNode(model, id),
  );
}

function idOf(node: number): string {
  return `node-${node}`;
}
