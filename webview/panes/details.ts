/** The pane beside the graph: all about the selected node, or, with none, what is slowest. */
import { bytes, counted } from '../../src/display/format';
import { CATEGORIES, type NodeDetails, type TensorDetails } from '../../src/protocol/graphPanel';
import { h, on } from '../dom';
import { icon } from '../icons';
import { at } from '../layout/adjacency';
import type { PanelModel } from '../model/panelModel';
import type { Reading, TrailKind } from '../reading';
import { button } from '../toolkit';
import { factList } from './facts';
import { operatorChip, section } from './parts';
import { prediction } from './prediction';
import { slowestList, slowestNodes } from './slowest';
import { StatisticsPanes, type TensorSource } from './tensorStatistics';

export interface DetailsEvents extends TensorSource {
  /** Trails and pins. */
  readonly reading: Pick<Reading, 'toggle' | 'isOn' | 'isPinned' | 'togglePin' | 'openBody'>;
  selected(node: number): void;
  /** Shows the node in the graph. */
  located(node: number): void;
  copied(text: string): void;
  gradCam(node: number): void;
}

/** What is known of the node: nothing yet, everything, or why not. */
export type Loaded = 'loading' | NodeDetails | { readonly problem: string };

const SLOWEST = 10;
const SHOWN_READERS = 20;

export class DetailsPane {
  readonly element = h('aside', { id: 'details', tabindex: -1, 'aria-label': 'Details' });
  private readonly events: DetailsEvents;
  private readonly statistics: StatisticsPanes;
  private about: number | undefined;

  constructor(events: DetailsEvents) {
    this.events = events;
    this.statistics = new StatisticsPanes(events);
  }

  /** Another model: what was read of the one before holds no more. */
  forget(): void {
    this.statistics.forget();
  }

  /** What another pane has made. */
  show(content: readonly HTMLElement[]): void {
    this.turnTo(undefined);
    this.element.replaceChildren(...content);
  }

  showModel(model: PanelModel): void {
    this.turnTo(undefined);
    const { scene } = model;
    const facts = [['Model', scene.title] as const, ...scene.facts.map(({ label, value }) => [label, value] as const)];
    this.element.replaceChildren(
      section(
        'Slowest layers',
        slowestList(model, slowestNodes(model, SLOWEST), (node) => this.choose(node)),
      ),
      section('Model', factList(facts)),
      section('Keys', factList(KEYS)),
    );
  }

  showNode(model: PanelModel, node: number, loaded: Loaded): void {
    this.turnTo(node);
    const { scene } = model;
    const name = scene.names[node] ?? '';
    const where = this.action('Show in the graph', 'target', () => this.events.located(node));
    const head = h(
      'div',
      { class: 'details-head' },
      operatorChip(model, node),
      h('span', { class: 'spacer' }),
      this.copyButton(name),
      where,
    );
    const title = h('b', { class: 'breakable' }, name);
    const shape = h('div', { class: 'dim' }, [scene.notes[node], scene.shapes[node]].filter(Boolean).join('  ·  '));
    this.element.replaceChildren(
      head,
      title,
      shape,
      this.ways(node),
      ...this.latency(model, node),
      ...this.loaded(model, node, loaded),
    );
  }

  private turnTo(node: number | undefined): void {
    if (node !== this.about) this.statistics.leave();
    this.about = node;
  }

  /** What can be highlighted from here. */
  private ways(node: number): HTMLElement {
    const { reading } = this.events;
    const toggle = (label: string, title: string, isOn: boolean, run: () => void) => {
      const attributes = { type: 'button', class: 'toggle', title, 'aria-pressed': isOn ? 'true' : 'false' };
      return on(h('button', attributes, label), 'click', run);
    };
    const way = (kind: TrailKind, label: string, title: string) =>
      toggle(label, title, reading.isOn(kind, node), () => reading.toggle(kind, node));
    return h(
      'div',
      { class: 'ways', role: 'group', 'aria-label': 'Highlight' },
      way('up', '↑ Upstream', 'All that this node depends on (U)'),
      way('down', '↓ Downstream', 'All that depends on this node (D)'),
      way('path', '⇢ Path', 'Paths from here to the node that is selected next (P, or Ctrl+click the other node)'),
      toggle('Pin', 'Keep this node at hand (B)', reading.isPinned(node), () => reading.togglePin(node)),
    );
  }

  private latency(model: PanelModel, node: number): HTMLElement[] {
    const content = prediction(model, node, { short: false, go: (other) => this.choose(other) });
    return content.length > 0 ? [section('Predicted latency', ...content)] : [];
  }

  private loaded(model: PanelModel, node: number, loaded: Loaded): HTMLElement[] {
    if (loaded === 'loading') return [h('p', { class: 'dim' }, 'Reading the node …')];
    if ('problem' in loaded) return [h('p', { class: 'notice error', role: 'alert' }, icon('error'), loaded.problem)];
    const sections: HTMLElement[] = [];
    const pairs = (title: string, list: NodeDetails['attributes']) => {
      if (list.length > 0) sections.push(section(title, factList(list.map(({ name, value }) => [name, value]))));
    };
    const tensors = (title: string, list: readonly TensorDetails[], direction: 'up' | 'down') => {
      if (list.length === 0) return;
      sections.push(section(title, ...list.map((tensor) => this.tensor(model, node, tensor, direction))));
    };
    if (model.opening.runBlocked === '' && CATEGORIES[model.scene.category[node] ?? 0] === 'convolution') {
      sections.push(
        h(
          'p',
          {},
          button('Show Grad-CAM at this layer', () => this.events.gradCam(node)),
        ),
      );
    }
    if (loaded.bodies.length > 0) {
      const open = loaded.bodies.map(({ label, nodes }, body) =>
        button(`Open ${label}: ${counted(nodes, 'node')}`, () => this.events.reading.openBody(node, body)),
      );
      sections.push(section('Graphs inside', h('div', { class: 'bodies' }, ...open)));
    }
    pairs('Attributes', loaded.attributes);
    tensors('Inputs', loaded.inputs, 'up');
    tensors('Outputs', loaded.outputs, 'down');
    pairs('Metadata', loaded.metadata);
    if (loaded.domain) pairs('Domain', [{ name: 'domain', value: loaded.domain }]);
    if (loaded.doc) sections.push(section('Documentation', h('p', { class: 'breakable' }, loaded.doc)));
    return sections;
  }

  private tensor(model: PanelModel, node: number, tensor: TensorDetails, direction: 'up' | 'down'): HTMLElement {
    const size = Number.isFinite(tensor.bytes) ? bytes(tensor.bytes) : '';
    const line = [tensor.type, tensor.shape, size].filter(Boolean).join('  ·  ');
    const ends = endsOf(model, node, tensor.name, direction).map((other) =>
      this.link(`${direction === 'up' ? '↑' : '↓'} ${model.scene.names[other] ?? '?'}`, other),
    );
    return h(
      'div',
      { class: 'tensor' },
      h('div', { class: 'tensor-name' }, h('b', { class: 'breakable' }, tensor.name), this.copyButton(tensor.name)),
      h('div', { class: 'dim' }, line),
      ...this.constant(model, node, tensor),
      ...ends,
    );
  }

  /** First values, statistics, and who else reads it. */
  private constant({ scene }: PanelModel, node: number, tensor: TensorDetails): HTMLElement[] {
    const { constant } = tensor;
    if (!constant) return [];
    const content: HTMLElement[] = [h('code', { class: 'breakable' }, constant.values)];
    const others = constant.readers.filter((reader) => reader !== node);
    if (others.length > 0) {
      const links = others.slice(0, SHOWN_READERS).map((other) => this.link(`↓ ${scene.names[other] ?? '?'}`, other));
      const rest = others.length - links.length;
      const summary = h('summary', {}, `Used by ${counted(constant.readers.length, 'node')}`);
      content.push(h('details', {}, summary, ...links, rest > 0 && h('span', { class: 'dim' }, `and ${rest} more`)));
    }
    if (constant.readable) content.push(this.statistics.element(tensor));
    return content;
  }

  private choose(node: number): void {
    this.events.selected(node);
    this.events.located(node);
  }

  private link(label: string, node: number): HTMLElement {
    return on(h('button', { type: 'button', class: 'link' }, label), 'click', () => this.choose(node));
  }

  private copyButton(text: string): HTMLElement {
    return this.action('Copy the name', 'copy', () => this.events.copied(text));
  }

  private action(label: string, picture: 'copy' | 'target', run: () => void): HTMLElement {
    const element = button('', run, 'icon');
    element.setAttribute('aria-label', label);
    element.title = label;
    element.append(icon(picture));
    return element;
  }
}

const KEYS = [
  ['↑ ↓', 'to the producer, to the consumer'],
  ['← →', 'beside in the same rank'],
  ['Enter', 'to the details; opens or closes a group'],
  ['Backspace', 'closes the group around'],
  ['+ − 0', 'zoom in, zoom out, fit'],
  ['/ · F3', 'search · next result'],
  ['U D', 'highlights what is upstream, downstream'],
  ['P', 'paths from here to the node selected next; Ctrl+click a node: to it'],
  ['B', 'pins the node'],
  ['O', 'out of a graph inside a node'],
  ['Esc', 'closes card, search, highlight, selection'],
  ['Wheel', 'zooms; Shift+wheel and drag move'],
] as const;

/** Nodes at the other end of a node's tensor. */
function endsOf(
  { scene, incoming, outgoing, sources, targets }: PanelModel,
  node: number,
  tensor: string,
  to: 'up' | 'down',
) {
  const rows = to === 'up' ? incoming : outgoing;
  const ends = new Set<number>();
  for (let i = at(rows.start, node); i < at(rows.start, node + 1); i++) {
    const edge = at(rows.items, i);
    if (scene.tensors[scene.edgeTensor[edge] ?? 0] === tensor) ends.add(at(to === 'up' ? sources : targets, edge));
  }
  return [...ends];
}
