/** What more than one pane is made of. */
import { CATEGORIES } from '../../src/protocol/graphPanel';
import { h } from '../dom';
import { CATEGORY_COLORS } from '../graphView/colors';
import { operatorOf, type PanelModel } from '../model/panelModel';

export function operatorChip(model: PanelModel, node: number): HTMLElement {
  const chip = h('span', { class: 'operator-chip' }, operatorOf(model.scene, node));
  chip.style.backgroundColor = CATEGORY_COLORS[CATEGORIES[model.scene.category[node] ?? 0] ?? 'other'];
  return chip;
}

export function section(title: string, ...content: readonly (HTMLElement | false)[]): HTMLElement {
  return h('section', {}, h('h2', {}, title), ...content);
}
