/** Rows of label and value, the same on the hover card and in the details. */
import { BOUND_NAMES, ENERGY_NAMES } from '../../src/display/bounds';
import { bytes, count, joules, percent, seconds } from '../../src/display/format';
import { h, unbroken } from '../dom';
import type { NodeCost, Operands } from '../model/panelModel';

export type Fact = readonly [label: string, value: string];

/** What there is to say at a glance, apart from the time. */
export function shortFacts(cost: NodeCost): readonly Fact[] {
  return [
    ['Bound', BOUND_NAMES[cost.bound]],
    ['Work', `${count(cost.macs, 'MAC')}, ${count(cost.flops, 'FLOP')}`],
    ['Off chip', operandsText(cost.offChip)],
    ...residentFact(cost),
    ['Utilization', percent(cost.utilization)],
    ['At least', bestText(cost)],
    ...energyFact(cost),
  ];
}

/** All that there is to say of a costed layer, apart from its time. */
export function costFacts(cost: NodeCost): readonly Fact[] {
  return [
    ['Bound', BOUND_NAMES[cost.bound]],
    ['MACs', count(cost.macs, 'MAC')],
    ['FLOPs', count(cost.flops, 'FLOP')],
    ['Parameters', count(cost.parameters)],
    ['Tensors', operandsText(cost.bytes)],
    ['Off chip', operandsText(cost.offChip)],
    ...residentFact(cost),
    ['Utilization', percent(cost.utilization)],
    ['Mapping', cost.mapping || '?'],
    ['At least', bestText(cost)],
    ...energyFact(cost),
  ];
}

/** `9.15 MiB: input 784 KiB, weights 8 MiB, output 392 KiB`; what is 0 is not named. */
function operandsText({ input, weight, output, all }: Operands): string {
  const parts = [
    ['input', input],
    ['weights', weight],
    ['output', output],
  ] as const;
  const named = parts.flatMap(([name, size]) => (size === 0 ? [] : [`${name} ${bytes(size)}`]));
  return named.length < 2 ? named.join('') || bytes(all) : `${bytes(all)}: ${named.join(', ')}`;
}

/** What does not go off chip between this kernel and its neighbours. */
function residentFact({ resident: { input, output } }: NodeCost): readonly Fact[] {
  const parts = [
    ...(input > 0 ? [`input from on-chip memory, ${bytes(input)}`] : []),
    ...(output > 0 ? [`output stays on chip, ${bytes(output)}`] : []),
  ];
  return parts.length > 0 ? [['On chip', parts.join('; ')]] : [];
}

/** The bound that no mapping beats, and how near this one comes to it. */
function bestText({ lowerBound, seconds: time }: NodeCost): string {
  const above = time / lowerBound - 1;
  const bound = `${seconds(lowerBound)}, whatever the mapping, as this hardware overlaps its terms`;
  if (!Number.isFinite(above)) return bound;
  const near = above < 0.0005 ? 'reached' : `this mapping takes ${percent(above)} more`;
  return `${bound}: ${near}`;
}

function energyFact({ energy, energyTerms }: NodeCost): readonly Fact[] {
  return Number.isFinite(energy) ? [['Energy', `${joules(energy)}: ${energyText(energyTerms)}`]] : [];
}

/** `off-chip 88 %, arithmetic 9 %, PE memory 3 %`, the largest first. */
export function energyText(terms: NodeCost['energyTerms']): string {
  const all = terms.reduce((sum, { joules: part }) => sum + part, 0);
  return terms
    .filter(({ joules: part }) => part > 0)
    .sort((a, b) => b.joules - a.joules)
    .map(({ level, joules: part }) => `${ENERGY_NAMES[level]} ${percent(part / all)}`)
    .join(', ');
}

export function factList(facts: readonly Fact[]): HTMLElement {
  const list = h('dl', { class: 'facts' });
  for (const [label, value] of facts) list.append(h('dt', {}, label), h('dd', {}, unbroken(value)));
  return list;
}
