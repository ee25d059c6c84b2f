/** The small model with groups: `body` around conv1 … relu2, `body/tail` of conv2 and relu2 inside of it, `end` of add and flat. */
import type { GraphOpening, GroupData } from '../../src/protocol/graphPanel';
import { groupModel } from '../../webview/model/groupModel';
import { buildModel } from '../../webview/model/panelModel';
import { testOpening } from './scene';

export const [BODY, TAIL, END] = [0, 1, 2] as const;

const GROUPS: GroupData = {
  source: 'names',
  names: ['body', 'tail', 'end'],
  kinds: ['Backbone', '', 'Head'],
  parent: Int32Array.from([-1, BODY, -1]),
  // image conv1 relu conv2 relu2 add flat scores
  of: Int32Array.from([-1, BODY, BODY, TAIL, TAIL, END, END, -1]),
};

export function groupedOpening(): GraphOpening {
  const opening = testOpening();
  return { ...opening, scene: { ...opening.scene, groups: GROUPS } };
}

export function groupedModel() {
  return groupModel(buildModel(groupedOpening()));
}
