/** The whole model in one line. */
import { BOUND_NAMES, BOUNDS, ENERGY_NAMES } from '../../src/display/bounds';
import { atLeast, count, joules, percent, seconds, significant } from '../../src/display/format';
import type { ReportData } from '../../src/protocol/graphPanel';
import { h } from '../dom';
import { BOUND_COLORS, ENERGY_COLORS } from '../graphView/colors';
import { type PanelModel, totalEnergyTerms } from '../model/panelModel';
import { difference, hardwareTitle, isChanged } from '../model/whatIf';
import { stackedBar } from './breakdown';
import { energyText } from './facts';

export function totalsContent(model: PanelModel): HTMLElement[] {
  const { report, opening } = model;
  const { totals } = report;
  const incomplete = totals.unknownNodes > 0;
  const sum = (value: number, write: (value: number) => string): string => atLeast(value, write, incomplete);
  const unit = (name: string) => (value: number) => count(value, name);
  const rate = `${significant(opening.batch / totals.seconds)} fps`;
  const items = [
    ...time(report),
    item(incomplete && totals.seconds > 0 ? `≤ ${rate}` : rate, opening.batch === 1 ? '' : `batch ${opening.batch}`),
    item(sum(totals.macs, unit('MAC')), ''),
    item(sum(totals.flops, unit('FLOP')), ''),
    item(count(totals.parameters), 'params'),
  ];
  if (totals.macs > 0) {
    const costed = item(percent(totals.costedMacsFraction), 'of MACs costed');
    costed.title = 'Share of the multiply-accumulates that is in the prediction';
    items.push(costed);
  }
  if (incomplete) {
    items.push(
      item(String(totals.unknownNodes), totals.unknownNodes === 1 ? 'layer unknown' : 'layers unknown', 'warn'),
    );
  }
  if (totals.energyJoules > 0) {
    const change = changeOf(report, 'energyJoules');
    const energy = item(sum(totals.energyJoules, joules), change === '' ? 'energy' : `energy, ${change}`);
    energy.append(energySplit(model));
    items.push(energy);
  }
  if (totals.seconds > 0) items.push(boundSplit(totals.boundShare));
  return items;
}

/** The latency; while values are tried out from what to what, and by how much. */
function time(report: ReportData): HTMLElement[] {
  const { totals, whatIf, hardwareName } = report;
  const written = (total: Sums) => atLeast(total.seconds, seconds, total.unknownNodes > 0);
  const unfused = unfusedItem(report);
  if (!isChanged(whatIf)) return [item(written(totals), `predicted @ ${hardwareName}`, 'big'), ...unfused];
  const before = whatIf.preset;
  const now = item(`${written(before)} → ${written(totals)}`, `predicted @ ${hardwareTitle(report)}`, 'big');
  const change = changeOf(report, 'seconds');
  if (change === '') return [now, ...unfused];
  const kind = totals.seconds < before.seconds ? 'better' : totals.seconds > before.seconds ? 'worse' : '';
  return [now, item(change, totals.unknownNodes > 0 ? 'of what is costed' : '', `change ${kind}`.trim()), ...unfused];
}

/** The same network with a kernel for every node; nothing where that is no other figure. */
function unfusedItem({ totals }: ReportData): HTMLElement[] {
  const { unfusedSeconds, seconds: fused } = totals;
  if (Math.abs(unfusedSeconds / fused - 1) <= 0.0005 || !(fused > 0)) return [];
  // Not known while a slider moves.
  const time = Number.isFinite(unfusedSeconds) ? atLeast(unfusedSeconds, seconds, totals.unknownNodes > 0) : '…';
  const element = item(time, 'unfused', 'unfused');
  element.title = 'With a kernel for every layer, which reads and writes off chip: nothing fused, nothing kept on chip';
  return [element];
}

type Sums = Pick<ReportData['totals'], 'seconds' | 'energyJoules' | 'unknownNodes'>;

/** Against the preset; '' where nothing was changed, or where the two sums leave out different layers. */
function changeOf({ totals, whatIf }: ReportData, sum: 'seconds' | 'energyJoules'): string {
  const before: Sums = whatIf.preset;
  if (!isChanged(whatIf) || before.unknownNodes !== totals.unknownNodes) return '';
  return difference(before[sum], totals[sum]);
}

function item(value: string, label: string, kind = ''): HTMLElement {
  return h(
    'span',
    { class: `total ${kind}`.trim() },
    h('b', {}, value),
    ' ',
    label !== '' && h('span', {}, label),
    ' ',
  );
}

/** Share of the time spent in layers of each bound; the largest is named, the others in its tooltip. */
function boundSplit(shares: readonly number[]): HTMLElement {
  const parts = BOUNDS.map((bound, i) => ({ bound, share: shares[i] ?? 0 }))
    .filter(({ share }) => share > 0)
    .sort((a, b) => b.share - a.share);
  const words = parts.map(({ bound, share }) => `${BOUND_NAMES[bound]} ${percent(share)}`);
  const bar = stackedBar(
    parts.map(({ bound, share }, i) => ({ color: BOUND_COLORS[bound], share, title: words[i] ?? '' })),
    `time by bound: ${words.join(', ')}`,
  );
  return h(
    'span',
    { class: 'total bound-split', title: words.join('\n') },
    h('span', {}, 'bound:'),
    ' ',
    h('b', {}, words[0] ?? '?'),
    bar,
  );
}

/** Energy of one inference by level, in the colours of the levels' times. */
function energySplit(model: PanelModel): HTMLElement {
  const terms = totalEnergyTerms(model);
  const all = terms.reduce((total, { joules: part }) => total + part, 0);
  const parts = terms.map(({ level, joules: part }) => ({
    color: ENERGY_COLORS[level],
    share: part / all,
    title: `${ENERGY_NAMES[level]} ${joules(part)}, ${percent(part / all)}`,
  }));
  return stackedBar(parts, `energy: ${energyText(terms)}`);
}

/** For screen readers, after another hardware. */
export function spokenTotals({ report, opening }: PanelModel): string {
  const { seconds: time, unknownNodes } = report.totals;
  const changed = changeOf(report, 'seconds');
  const change = changed === '' ? '' : `, ${changed} to the preset`;
  const rate = `${significant(opening.batch / time)} frames per second`;
  if (unknownNodes === 0 || !(time > 0))
    return `${seconds(time)} predicted on ${report.hardwareName}${change}, ${rate}.`;
  return `at least ${seconds(time)} predicted on ${report.hardwareName}${change}, at most ${rate}.`;
}
