/** Layers by predicted time, the slowest first. */
import { percent, seconds } from '../../src/display/format';
import { h, on } from '../dom';
import { at } from '../layout/adjacency';
import { nodeCost, operatorOf, type PanelModel } from '../model/panelModel';

/** As many nodes as cost something, at the most `most`; `counts` leaves out the others. */
export function slowestNodes(
  { report, nodeOfRow }: PanelModel,
  most: number,
  counts: (node: number) => boolean = () => true,
): number[] {
  const rows = Array.from(report.rank.keys()).filter((row) => (report.rank[row] ?? 0) > 0);
  rows.sort((a, b) => (report.rank[a] ?? 0) - (report.rank[b] ?? 0));
  const slowest: number[] = [];
  for (const row of rows) {
    if (slowest.length === most) break;
    const node = at(nodeOfRow, row);
    if (counts(node)) slowest.push(node);
  }
  return slowest;
}

/** With a bar each, as long as its time is beside the first one's; a click goes there. */
export function slowestList(model: PanelModel, nodes: readonly number[], choose: (node: number) => void): HTMLElement {
  const list = h('ol', { class: 'slowest' });
  let longest = 0;
  for (const node of nodes) {
    const cost = nodeCost(model, node);
    if (!cost) continue;
    const bar = h('span', { class: 'bar', 'aria-hidden': 'true' });
    longest ||= cost.seconds;
    bar.style.width = `${(100 * cost.seconds) / longest}%`;
    const row = h(
      'button',
      { type: 'button' },
      h('b', {}, operatorOf(model.scene, node)),
      h('span', { class: 'name' }, h('bdi', {}, model.scene.names[node] ?? '')),
      h('span', { class: 'number' }, `${seconds(cost.seconds)} · ${percent(cost.share)}`),
      bar,
    );
    const item = h('li');
    item.append(on(row, 'click', () => choose(node)));
    list.append(item);
  }
  if (list.childElementCount === 0) return h('p', { class: 'dim' }, 'No layer of this model could be costed.');
  return list;
}
