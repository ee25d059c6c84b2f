/** The card beside a node: what it costs and why. */
import { CATEGORIES } from '../../src/protocol/graphPanel';
import { h } from '../dom';
import { CATEGORY_COLORS } from '../graphView/colors';
import type { Bounds } from '../layout/layout';
import { operatorOf, type PanelModel } from '../model/panelModel';
import { type CardSize, placeCard } from './cardPlace';
import { prediction } from './prediction';

/** Milliseconds: a pointer that only crosses a node opens nothing; one that moves on to the card keeps it open. */
const OPEN_DELAY = 140;
const CLOSE_DELAY = 220;

export class HoverCard {
  readonly element = h('div', { id: 'hover-card', role: 'tooltip', hidden: true });
  private timer: ReturnType<typeof setTimeout> | undefined;
  private shown: number | undefined;

  private readonly go: (node: number) => void;

  /** `go` shows another node. */
  constructor(go: (node: number) => void) {
    this.go = go;
    this.element.addEventListener('pointerenter', () => clearTimeout(this.timer));
    this.element.addEventListener('pointerleave', () => this.point(undefined, () => {}));
  }

  /** Node that the card is about. */
  get node(): number | undefined {
    return this.shown;
  }

  /** The pointer went to a node (or away): opens or closes after a moment. */
  point(node: number | undefined, open: () => void): void {
    clearTimeout(this.timer);
    if (node === this.shown) return;
    if (node === undefined) this.timer = setTimeout(() => this.close(), CLOSE_DELAY);
    else this.timer = setTimeout(open, this.shown === undefined ? OPEN_DELAY : 40);
  }

  /** `anchor`: the node's box in the coordinates of the card's parent. */
  open(model: PanelModel, node: number, anchor: Bounds): void {
    clearTimeout(this.timer);
    this.shown = node;
    this.element.replaceChildren(...cardContent(model, node, this.go));
    this.element.hidden = false;
    this.follow(anchor);
  }

  /** Another place of the same node. */
  follow(anchor: Bounds): void {
    const parent = this.element.parentElement;
    if (!parent || this.element.hidden) return;
    const size: CardSize = { width: this.element.offsetWidth, height: this.element.offsetHeight };
    const { x, y } = placeCard(anchor, size, { width: parent.clientWidth, height: parent.clientHeight });
    this.element.style.transform = `translate(${Math.round(x)}px, ${Math.round(y)}px)`;
  }

  close(): void {
    clearTimeout(this.timer);
    this.shown = undefined;
    this.element.hidden = true;
  }
}

export function operatorChip(model: PanelModel, node: number): HTMLElement {
  const chip = h('span', { class: 'operator-chip' }, operatorOf(model.scene, node));
  chip.style.backgroundColor = CATEGORY_COLORS[CATEGORIES[model.scene.category[node] ?? 0] ?? 'other'];
  return chip;
}

function cardContent(model: PanelModel, node: number, go: (node: number) => void): HTMLElement[] {
  const { scene } = model;
  const head = h('div', { class: 'card-head' }, operatorChip(model, node), h('b', {}, scene.names[node] ?? ''));
  const shape = h('div', { class: 'dim' }, [scene.notes[node], scene.shapes[node]].filter(Boolean).join('  ·  '));
  return [head, shape, ...prediction(model, node, { short: true, go })];
}
