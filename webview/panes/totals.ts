/** The whole model in one line. */
import { atLeast, count, joules, percent, seconds, significant } from '../../src/display/format';
import { BOUNDS } from '../../src/protocol/graphPanel';
import { h } from '../dom';
import { BOUND_COLORS } from '../graphView/colors';
import { BOUND_LABELS } from '../model/nodeText';
import type { PanelModel } from '../model/panelModel';
import { stackedBar } from './breakdown';

export function totalsContent({ report, opening }: PanelModel): HTMLElement[] {
  const { totals } = report;
  const incomplete = totals.unknownNodes > 0;
  const sum = (value: number, write: (value: number) => string): string => atLeast(value, write, incomplete);
  const unit = (name: string) => (value: number) => count(value, name);
  const rate = `${significant(opening.batch / totals.seconds)} fps`;
  const items = [
    item(sum(totals.seconds, seconds), `predicted @ ${report.hardwareName}`, 'big'),
    item(incomplete && totals.seconds > 0 ? `≤ ${rate}` : rate, opening.batch === 1 ? '' : `batch ${opening.batch}`),
    item(sum(totals.macs, unit('MAC')), ''),
    item(sum(totals.flops, unit('FLOP')), ''),
    item(count(totals.parameters), 'params'),
  ];
  if (totals.macs > 0) items.push(item(percent(totals.costedMacsFraction), 'of MACs costed'));
  if (incomplete) {
    items.push(
      item(String(totals.unknownNodes), totals.unknownNodes === 1 ? 'layer unknown' : 'layers unknown', 'warn'),
    );
  }
  if (totals.energyJoules > 0) items.push(item(sum(totals.energyJoules, joules), 'energy'));
  if (totals.seconds > 0) items.push(boundSplit(totals.boundShare));
  return items;
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
  return `${seconds(time)} predicted on ${report.hardwareName}, ${significant(opening.batch / time)} frames per second.`;
}
