/** Rows of label and value, the same on the hover card and in the details. */
import { BOUND_NAMES } from '../../src/display/bounds';
import { bytes, count, joules, percent, seconds } from '../../src/display/format';
import { h } from '../dom';

import type { NodeCost } from '../model/panelModel';

export type Fact = readonly [label: string, value: string];

/** What there is to say of a costed layer, apart from its time. */
export function costFacts(cost: NodeCost): readonly Fact[] {
  const { inputBytes, weightBytes, outputBytes } = cost;
  const moved = `${bytes(inputBytes + weightBytes + outputBytes)} (in ${bytes(inputBytes)}, weights ${bytes(weightBytes)}, out ${bytes(outputBytes)})`;
  return [
    ['Bound', BOUND_NAMES[cost.bound]],
    ['MACs', count(cost.macs, 'MAC')],
    ['FLOPs', count(cost.flops, 'FLOP')],
    ['Bytes moved', moved],
    ['Parameters', count(cost.parameters)],
    ['Utilization', percent(cost.utilization)],
    ['Mapping', cost.mapping || '?'],
    ['At least', `${seconds(cost.lowerBound)} on this hardware, whatever the mapping`],
    ...(Number.isFinite(cost.energy) ? [['Energy', joules(cost.energy)] as const] : []),
  ];
}

export function factList(facts: readonly Fact[]): HTMLElement {
  const list = h('dl', { class: 'facts' });
  for (const [label, value] of facts) list.append(h('dt', {}, label), h('dd', {}, value));
  return list;
}
