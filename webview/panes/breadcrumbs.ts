/** The way from the model's own graph to the one that is shown. */
import type { GraphOpening } from '../../src/protocol/graphPanel';
import { h, on } from '../dom';

/** `inside`: the nodes entered, outermost first. A click on a step goes back to it. */
export function breadcrumbs(
  title: string,
  inside: GraphOpening['inside'],
  leave: (depth: number) => void,
): HTMLElement {
  const list = h('ol', { class: 'breadcrumbs' });
  for (const [depth, label] of [title, ...inside.map(({ node, body }) => `${node} · ${body}`)].entries()) {
    const isHere = depth === inside.length;
    const step = isHere
      ? h('span', { 'aria-current': 'location' }, label)
      : on(h('button', { type: 'button', class: 'link' }, label), 'click', () => leave(depth));
    list.append(h('li', {}, step));
  }
  return h('nav', { 'aria-label': 'Where this graph is in the model' }, list);
}
