/** The pane beside the graph: all about the selected node, or, with none, what is slowest. */
import { bytes, percent, seconds } from '../../src/display/format';
import { CATEGORIES, type NodeDetails, type TensorDetails } from '../../src/protocol/graphPanel';
import { h, on } from '../dom';
import { icon } from '../icons';
import { at } from '../layout/adjacency';
import { nodeCost, operatorOf, type PanelModel } from '../model/panelModel';
import { button } from '../toolkit';
import { factList } from './facts';
import { operatorChip } from './hoverCard';
import { prediction } from './prediction';

export interface DetailsEvents {
  selected(node: number): void;
  /** Shows the node in the graph. */
  located(node: number): void;
  copied(text: string): void;
  gradCam(node: number): void;
}

/** What is known of the node: nothing yet, everything, or why not. */
export type Loaded = 'loading' | NodeDetails | { readonly problem: string };

const SLOWEST = 10;

export class DetailsPane {
  readonly element = h('aside', { id: 'details', tabindex: -1, 'aria-label': 'Details' });
  private readonly events: DetailsEvents;

  constructor(events: DetailsEvents) {
    this.events = events;
  }

  showModel(model: PanelModel): void {
    const { scene } = model;
    const facts = [['Model', scene.title] as const, ...scene.facts.map(({ label, value }) => [label, value] as const)];
    this.element.replaceChildren(
      section('Slowest layers', this.slowest(model)),
      section('Model', factList(facts)),
      section('Keys', factList(KEYS)),
    );
  }

  showNode(model: PanelModel, node: number, loaded: Loaded): void {
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
    this.element.replaceChildren(head, title, shape, ...this.latency(model, node), ...this.loaded(model, node, loaded));
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
      tensor.constant !== undefined && h('code', { class: 'breakable' }, tensor.constant),
      ...ends,
    );
  }

  private slowest(model: PanelModel): HTMLElement {
    const list = h('ol', { class: 'slowest' });
    let longest = 0;
    for (const node of slowestNodes(model, SLOWEST)) {
      const cost = nodeCost(model, node);
      if (!cost) continue;
      const bar = h('span', { class: 'bar', 'aria-hidden': 'true' });
      longest ||= cost.seconds;
      bar.style.width = `${(100 * cost.seconds) / longest}%`;
      const row = h(
        'button',
        { type: 'button' },
        h('b', {}, operatorOf(model.scene, node)),
        h('span', { class: 'name' }, h('bdi', {}, model.scene.names[node] ?? '')),
        h('span', { class: 'number' }, `${seconds(cost.seconds)} · ${percent(cost.share)}`),
        bar,
      );
      list.append(
        h(
          'li',
          {},
          on(row, 'click', () => this.choose(node)),
        ),
      );
    }
    if (list.childElementCount === 0) return h('p', { class: 'dim' }, 'No layer of this model could be costed.');
    return list;
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
  ['Enter', 'to the details'],
  ['+ − 0', 'zoom in, zoom out, fit'],
  ['/', 'search'],
  ['Esc', 'closes card, search, selection'],
  ['Wheel', 'zooms; Shift+wheel and drag move'],
] as const;

function section(title: string, ...content: readonly (HTMLElement | false)[]): HTMLElement {
  return h('section', {}, h('h2', {}, title), ...content);
}

/** Nodes by predicted time, slowest first, as many as cost something. */
export function slowestNodes({ report, nodeOfRow }: PanelModel, most: number): number[] {
  const rows = Array.from(report.rank.keys()).filter(
    (row) => (report.rank[row] ?? 0) <= most && (report.seconds[row] ?? 0) > 0,
  );
  return rows.sort((a, b) => (report.rank[a] ?? 0) - (report.rank[b] ?? 0)).map((row) => at(nodeOfRow, row));
}

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
