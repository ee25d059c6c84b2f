/** What is predicted of a node and why: the same on the hover card, in short, and in the details. */
import { count, percent, seconds, significant } from '../../src/display/format';
import type { Advice } from '../../src/protocol/graphPanel';
import { h, on, unbroken } from '../dom';
import { icon } from '../icons';
import { type NodeCost, nodeCost, operatorOf, type PanelModel } from '../model/panelModel';
import { overlapNote, stackedTerms, termBars } from './breakdown';
import { costFacts, factList, shortFacts } from './facts';

/** On the card only what helps most. */
const CARD_ADVICE = 3;

export interface PredictionOptions {
  /** On the hover card, where room is short. */
  readonly short: boolean;
  /** Shows another node. */
  go(node: number): void;
}

/** Nothing for graph inputs and outputs. */
export function prediction(model: PanelModel, node: number, options: PredictionOptions): HTMLElement[] {
  const cost = nodeCost(model, node);
  if (!cost) return [];
  if (cost.state !== 'known') return withoutCost(model, cost, options);
  const note = overlapNote(cost);
  const content = [timeLine(model, cost), ...kernelLine(model, node, options)];
  content.push(options.short ? stackedTerms(cost) : termBars(cost));
  if (note !== '') content.push(h('p', { class: 'dim small' }, note));
  content.push(factList(options.short ? shortFacts(cost) : costFacts(cost)));
  return [...content, ...adviceList(cost.advice, options)];
}

function timeLine(model: PanelModel, cost: NodeCost): HTMLElement {
  return h(
    'div',
    { class: 'card-time' },
    h('span', { class: 'big' }, seconds(cost.seconds)),
    h('span', {}, `${percent(cost.share)} of the model`),
    h('span', {}, `${count(cost.cycles)} cycles`),
    h('span', { class: 'dim' }, placeByTime(model, cost.rank)),
  );
}

/** `#2 of 11 by time`, among the layers that have a time of their own; groups have no rank. */
function placeByTime({ report }: PanelModel, rank: number): string {
  const layers = report.rank.reduce((count, one) => count + (one > 0 ? 1 : 0), 0);
  return `#${significant(rank)} of ${significant(layers)} by time`;
}

/** `+ BatchNormalization, Relu in the same kernel`, each a link. */
function kernelLine(model: PanelModel, node: number, { go }: PredictionOptions): HTMLElement[] {
  const fused = model.fused.get(node) ?? [];
  if (fused.length === 0) return [];
  const line = h('p', { class: 'kernel' }, '+ ');
  for (const [i, other] of fused.entries()) line.append(i > 0 ? ', ' : '', operatorLink(model, other, go));
  line.append(' in the same kernel');
  return [line];
}

/** Why a layer has no time of its own. */
function withoutCost(model: PanelModel, cost: NodeCost, options: PredictionOptions): HTMLElement[] {
  const head = cost.fusedInto;
  if (head !== undefined) {
    const kernel = nodeCost(model, head);
    const time = kernel ? unbroken(` (${seconds(kernel.seconds)} · ${percent(kernel.share)})`) : '';
    return [h('p', { class: 'kernel' }, 'Runs in the kernel of ', nodeLink(model, head, options.go), time, '.')];
  }
  const word = cost.state === 'unknown' ? 'Latency unknown' : 'Free';
  const why = cost.mapping && ` – ${cost.mapping}`;
  return [h('p', {}, h('b', {}, word), why), ...adviceList(cost.advice, options)];
}

type Go = PredictionOptions['go'];

function nodeLink(model: PanelModel, node: number, go: Go): HTMLElement {
  return link(labelOf(model, node), labelOf(model, node), () => go(node));
}

/** Without the name, which is much like the head's. */
function operatorLink(model: PanelModel, node: number, go: Go): HTMLElement {
  return link(operatorOf(model.scene, node), labelOf(model, node), () => go(node));
}

function labelOf({ scene }: PanelModel, node: number): string {
  return `${operatorOf(scene, node)} ${scene.names[node] ?? ''}`.trimEnd();
}

function link(text: string, label: string, show: () => void): HTMLElement {
  return on(h('button', { type: 'button', class: 'link inline', title: `Show ${label}` }, text), 'click', show);
}

/** One line each, as the host has ordered them: the bound, then what gains most. */
function adviceList(list: readonly Advice[], { short }: PredictionOptions): HTMLElement[] {
  const helping = list.filter(({ gain }) => gain === undefined || gain > 0);
  const shown = short ? helping.slice(0, CARD_ADVICE) : list;
  if (shown.length === 0) return [];
  const lines = shown.map(({ text, gain }) =>
    h('li', { class: gain !== undefined && gain <= 0 && 'dim' }, unbroken(text)),
  );
  return [h('div', { class: 'advice' }, icon('advice'), h('ul', {}, ...lines))];
}
