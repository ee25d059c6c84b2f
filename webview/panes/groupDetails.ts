/** A group on the hover card and in the details: the sums over its layers, and which of them are slowest. */
import { BOUND_NAMES } from '../../src/display/bounds';
import { bytes, count, joules, percent, seconds } from '../../src/display/format';
import { h } from '../dom';
import { type GroupedModel, isGroup } from '../model/groupModel';
import { isInside } from '../model/groupTree';
import { unknownInside } from '../model/nodeText';
import { type NodeCost, nodeCost } from '../model/panelModel';
import { button } from '../toolkit';
import { stackedTerms } from './breakdown';
import { energyText, type Fact, factList } from './facts';
import { operatorChip, section } from './parts';
import { slowestList, slowestNodes } from './slowest';

const SLOWEST = 10;

export interface GroupActions {
  readonly open: boolean;
  /** Opens or closes the group. */
  toggle(): void;
  /** Shows a layer of it. */
  go(node: number): void;
}

/** What the details say of a group. */
export function groupDetails(model: GroupedModel, id: number, { open, toggle, go }: GroupActions): HTMLElement[] {
  const group = id - model.tree.nodeCount;
  const slowest = slowestNodes(
    model,
    SLOWEST,
    (node) => !isGroup(model.scene, node) && isInside(model.tree, group, node),
  );
  const head = h('div', { class: 'details-head' }, operatorChip(model, id), h('span', { class: 'spacer' }));
  head.append(button(open ? 'Close the group' : 'Open the group', toggle));
  return [
    head,
    h('b', { class: 'breakable' }, model.scene.names[id] ?? ''),
    h('div', { class: 'dim' }, partsText(model, id)),
    ...(slowest.length > 0 ? [section('Predicted latency', ...groupSums(model, id))] : groupSums(model, id)),
    ...(slowest.length > 0 ? [section('Slowest layers inside', slowestList(model, slowest, go))] : []),
  ];
}

/** What the hover card says of a group. */
export function groupCard(model: GroupedModel, id: number): HTMLElement[] {
  const head = h('div', { class: 'card-head' }, operatorChip(model, id), h('b', {}, model.scene.names[id] ?? ''));
  return [head, h('div', { class: 'dim' }, partsText(model, id)), ...groupSums(model, id)];
}

/** `12 layers, 1 unknown · 1×64×56×56`. */
function partsText(model: GroupedModel, id: number): string {
  const { scene } = model;
  const layers = [scene.notes[id], unknownInside(model, id)].filter(Boolean).join(', ');
  const source = scene.groups.source === 'structure' ? 'found by its structure' : '';
  return [layers, scene.shapes[id], source].filter(Boolean).join('  ·  ');
}

function groupSums(model: GroupedModel, id: number): HTMLElement[] {
  const cost = nodeCost(model, id);
  if (!cost) return [];
  if (cost.state === 'unknown') return [h('p', {}, h('b', {}, 'Latency unknown'), ' – of no layer inside is it known')];
  if (cost.state !== 'known') return [h('p', {}, h('b', {}, 'Free'), ' – no layer inside takes time of its own')];
  const time = h(
    'div',
    { class: 'card-time' },
    h('span', { class: 'big' }, seconds(cost.seconds)),
    h('span', {}, `${percent(cost.share)} of the model`),
    h('span', {}, `${count(cost.cycles)} cycles`),
  );
  return [time, stackedTerms(cost), factList(sumFacts(cost))];
}

function sumFacts(cost: NodeCost): readonly Fact[] {
  const energy: readonly Fact[] = Number.isFinite(cost.energy)
    ? [['Energy', `${joules(cost.energy)}: ${energyText(cost.energyTerms)}`]]
    : [];
  return [
    ['Most time', BOUND_NAMES[cost.bound]],
    ['Work', `${count(cost.macs, 'MAC')}, ${count(cost.flops, 'FLOP')}`],
    ['Parameters', count(cost.parameters)],
    ['Off chip', bytes(cost.offChip.all)],
    ['Utilization', `${percent(cost.utilization)}, by time`],
    ['At least', seconds(cost.lowerBound)],
    ...energy,
  ];
}
