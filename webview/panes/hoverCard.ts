/** The card beside a node: what it costs and why. */
import { count, percent, seconds, significant } from '../../src/display/format';
import { CATEGORIES } from '../../src/protocol/graphPanel';
import { h } from '../dom';
import { CATEGORY_COLORS } from '../graphView/colors';
import { icon } from '../icons';
import type { Bounds } from '../layout/layout';
import { costState, type NodeCost, nodeCost, operatorOf, type PanelModel } from '../model/panelModel';
import { overlapNote, stackedTerms } from './breakdown';
import { type CardSize, placeCard } from './cardPlace';
import { costFacts, factList } from './facts';

/** Milliseconds: a pointer that only crosses a node opens nothing; one that moves on to the card keeps it open. */
const OPEN_DELAY = 140;
const CLOSE_DELAY = 220;

export class HoverCard {
  readonly element = h('div', { id: 'hover-card', role: 'tooltip', hidden: true });
  private timer: ReturnType<typeof setTimeout> | undefined;
  private shown: number | undefined;

  constructor() {
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
    this.element.replaceChildren(...cardContent(model, node));
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

function cardContent(model: PanelModel, node: number): HTMLElement[] {
  const { scene } = model;
  const head = h('div', { class: 'card-head' }, operatorChip(model, node), h('b', {}, scene.names[node] ?? ''));
  const shape = h('div', { class: 'dim' }, [scene.notes[node], scene.shapes[node]].filter(Boolean).join('  ·  '));
  const cost = nodeCost(model, node);
  return cost ? [head, shape, ...costContent(model, cost)] : [head, shape];
}

function costContent(model: PanelModel, cost: NodeCost): HTMLElement[] {
  if (cost.state !== 'known') return withoutCost(cost);
  const time = h(
    'div',
    { class: 'card-time' },
    h('span', { class: 'big' }, seconds(cost.seconds)),
    h('span', {}, percent(cost.share)),
    h('span', {}, `${count(cost.cycles)} cycles`),
    h('span', { class: 'dim' }, placeByTime(model, cost.rank)),
  );
  const note = overlapNote(cost);
  const content = [time, stackedTerms(cost)];
  if (note) content.push(h('div', { class: 'dim small' }, note));
  content.push(factList(costFacts(cost)));
  if (cost.advice) content.push(advice(cost.advice));
  return content;
}

/** Why a layer has no time of its own. */
export function withoutCost(cost: NodeCost): HTMLElement[] {
  const why = cost.mapping && ` – ${cost.mapping}`;
  const word = { free: 'Free', fused: 'Costs nothing more', unknown: 'Latency unknown', known: '' }[cost.state];
  const content: HTMLElement[] = [h('p', {}, h('b', {}, word), why)];
  if (cost.advice) content.push(advice(cost.advice));
  return content;
}

/** `#2 of 11 by time`, among the layers that have a time of their own. */
export function placeByTime({ report }: PanelModel, rank: number): string {
  const layers = report.seconds.reduce((count, _, row) => count + (costState(report, row) === 'known' ? 1 : 0), 0);
  return `#${significant(rank)} of ${significant(layers)} by time`;
}

export function advice(text: string): HTMLElement {
  return h('p', { class: 'advice' }, icon('advice'), h('span', {}, text));
}
