/** The whole model in one line. */
import { count, joules, percent, seconds, significant } from '../../src/display/format';
import { BOUNDS, type ReportData } from '../../src/protocol/graphPanel';
import { h } from '../dom';
import { BOUND_COLORS } from '../graphView/colors';
import { BOUND_LABELS } from '../model/nodeText';
import type { PanelModel } from '../model/panelModel';
import { difference, isChanged } from '../model/whatIf';
import { stackedBar } from './breakdown';

export function totalsContent({ report, opening }: PanelModel): HTMLElement[] {
  const { totals, whatIf } = report;
  const images = `${significant(opening.batch / totals.seconds)} fps`;
  const items = [
    ...time(report),
    item(images, opening.batch === 1 ? '' : `batch ${opening.batch}`),
    item(count(totals.macs, 'MAC'), ''),
    item(count(totals.flops, 'FLOP'), ''),
    item(count(totals.parameters), 'params'),
  ];
  if (totals.macs > 0) items.push(item(percent(totals.costedMacsFraction), 'of MACs costed'));
  if (totals.unknownNodes > 0) {
    items.push(
      item(String(totals.unknownNodes), totals.unknownNodes === 1 ? 'layer unknown' : 'layers unknown', 'warn'),
    );
  }
  if (totals.energyJoules > 0) {
    const change = isChanged(whatIf) ? difference(whatIf.preset.energyJoules, totals.energyJoules) : '';
    items.push(item(joules(totals.energyJoules), change === '' ? 'energy' : `energy, ${change}`));
  }
  if (totals.seconds > 0) items.push(boundSplit(totals.boundShare));
  return items;
}

/** The latency; while values are tried out from what to what, and by how much. */
function time({ totals, whatIf, hardwareName }: ReportData): HTMLElement[] {
  if (!isChanged(whatIf)) return [item(seconds(totals.seconds), `predicted @ ${hardwareName}`, 'big')];
  const before = whatIf.preset.seconds;
  const change = difference(before, totals.seconds);
  const kind = totals.seconds < before ? 'better' : totals.seconds > before ? 'worse' : '';
  const now = item(`${seconds(before)} → ${seconds(totals.seconds)}`, `predicted @ ${hardwareName}, changed`, 'big');
  return change === '' ? [now] : [now, item(change, '', `change ${kind}`.trim())];
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
  const words = parts.map(({ bound, share }) => `${BOUND_LABELS[bound]} ${percent(share)}`);
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

/** For screen readers, after another hardware. */
export function spokenTotals({ report, opening }: PanelModel): string {
  const { seconds: time } = report.totals;
  const change = isChanged(report.whatIf) ? `, ${difference(report.whatIf.preset.seconds, time)} to the preset` : '';
  return `${seconds(time)} predicted on ${report.hardwareName}${change}, ${significant(opening.batch / time)} frames per second.`;
}
