/** The card beside a node: what it costs and why. */
import { h } from '../dom';
import type { Point } from '../graphView/camera';
import type { Bounds } from '../layout/layout';
import { type GroupedModel, isGroup } from '../model/groupModel';
import type { PanelModel } from '../model/panelModel';
import { type CardSize, placeCard } from './cardPlace';
import { groupCard } from './groupDetails';
import { operatorChip } from './parts';
import { prediction } from './prediction';

/** Milliseconds: a pointer that only crosses a node opens nothing; one that moves on to the card keeps it open. */
const OPEN_DELAY = 140;
const CLOSE_DELAY = 220;
/** Pixels that the card of a line stays clear of the pointer. */
const REACH = 6;

export class HoverCard {
  readonly element = h('div', { id: 'hover-card', role: 'tooltip', hidden: true });
  private timer: ReturnType<typeof setTimeout> | undefined;
  private shown: number | undefined;
  /** The pointer is on a line. */
  private overWire = false;

  private readonly go: (node: number) => void;

  /** `go` shows another node. */
  constructor(go: (node: number) => void) {
    this.go = go;
    this.element.addEventListener('pointerenter', () => clearTimeout(this.timer));
    this.element.addEventListener('pointerleave', () => this.point(undefined, () => {}));
  }

  get isOpen(): boolean {
    return !this.element.hidden;
  }

  /** Node that the card is about; undefined for that of a line. */
  get node(): number | undefined {
    return this.shown;
  }

  /** The pointer went to a node (or away): opens or closes after a moment. */
  point(node: number | undefined, open: () => void): void {
    if (node === undefined && this.overWire) return;
    this.overWire = false;
    clearTimeout(this.timer);
    if (node !== undefined && node === this.shown) return;
    if (node === undefined) this.timer = setTimeout(() => this.close(), CLOSE_DELAY);
    else this.timer = setTimeout(open, this.shown === undefined ? OPEN_DELAY : 40);
  }

  /** `anchor`: the node's box in the coordinates of the card's parent. */
  open(model: GroupedModel, node: number, anchor: Bounds): void {
    clearTimeout(this.timer);
    this.shown = node;
    const content = isGroup(model.scene, node) ? groupCard(model, node) : cardContent(model, node, this.go);
    this.element.replaceChildren(...content);
    this.element.hidden = false;
    this.follow(anchor);
  }

  /** The card of a line, beside the pointer; undefined closes it after a moment. */
  pointWire(open: (() => readonly HTMLElement[]) | undefined, { x, y }: Point): void {
    // From a line to a node: that one's card is on its way.
    if (!open && !this.overWire) return;
    this.overWire = open !== undefined;
    clearTimeout(this.timer);
    if (!open) {
      this.timer = setTimeout(() => this.close(), CLOSE_DELAY);
      return;
    }
    this.timer = setTimeout(() => {
      this.shown = undefined;
      this.element.replaceChildren(...open());
      this.element.hidden = false;
      this.follow({ left: x - REACH, right: x + REACH, top: y - REACH, bottom: y + REACH });
    }, OPEN_DELAY);
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

function cardContent(model: PanelModel, node: number, go: (node: number) => void): HTMLElement[] {
  const { scene } = model;
  const head = h('div', { class: 'card-head' }, operatorChip(model, node), h('b', {}, scene.names[node] ?? ''));
  const shape = h('div', { class: 'dim' }, [scene.notes[node], scene.shapes[node]].filter(Boolean).join('  ·  '));
  return [head, shape, ...prediction(model, node, { short: true, go })];
}
