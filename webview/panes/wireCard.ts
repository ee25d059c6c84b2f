/** The card of a line: the tensor that it carries, and who reads it. */
import { bytes } from '../../src/display/format';
import { h, on } from '../dom';
import type { WireUnder } from '../graphView/wireAt';
import { edgesOfWire } from '../graphView/wireMarks';
import { at } from '../layout/adjacency';
import type { GroupedModel } from '../model/groupModel';
import type { Fact } from './facts';
import { factList } from './facts';

const SHOWN_TENSORS = 3;
const SHOWN_READERS = 6;

/** Of a line between closed groups the tensor of one edge stands for all. */
export function wireCard(model: GroupedModel, wire: WireUnder, go: (node: number) => void): HTMLElement[] {
  const readers = new Map<number, Set<number>>();
  for (const edge of edgesOfWire(model, wire)) {
    const tensor = at(model.scene.edgeTensor, edge);
    const known = readers.get(tensor) ?? new Set();
    readers.set(tensor, known.add(at(model.targets, edge)));
  }
  const shown = [...readers].slice(0, SHOWN_TENSORS);
  const more = readers.size - shown.length;
  return [
    ...shown.flatMap(([tensor, nodes]) => tensorContent(model, wire.source, tensor, [...nodes], go)),
    ...(more > 0 ? [h('p', { class: 'dim' }, `… and ${more} more tensors`)] : []),
  ];
}

function tensorContent(
  { scene }: GroupedModel,
  source: number,
  tensor: number,
  readers: readonly number[],
  go: (node: number) => void,
): HTMLElement[] {
  const size = scene.tensorBytes[tensor] ?? Number.NaN;
  const facts: Fact[] = [
    ['Shape', scene.tensorShapes[tensor] ?? '?'],
    ['Type', scene.tensorTypes[tensor] ?? '?'],
    ['Size', bytes(size)],
  ];
  const link = (node: number) =>
    on(h('button', { type: 'button', class: 'link' }, scene.names[node] ?? '?'), 'click', () => go(node));
  const rest = readers.length - SHOWN_READERS;
  return [
    h('div', { class: 'card-head' }, h('b', { class: 'breakable' }, scene.tensors[tensor] ?? '?')),
    factList(facts),
    h('div', { class: 'card-links' }, h('span', { class: 'dim' }, 'from '), link(source)),
    h(
      'div',
      { class: 'card-links' },
      h('span', { class: 'dim' }, 'read by '),
      ...readers.slice(0, SHOWN_READERS).map(link),
      rest > 0 && h('span', { class: 'dim' }, `and ${rest} more`),
    ),
  ];
}
