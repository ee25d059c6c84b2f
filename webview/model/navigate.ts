/** Moving through the graph with the keyboard. */

import { cardOf, type Drawing } from '../graphView/visible';
import { at, realAt } from '../layout/adjacency';
import type { Layout } from '../layout/layout';
import { neighbours, type PanelModel } from './panelModel';

export type Move = 'up' | 'down' | 'left' | 'right' | 'first' | 'last';

/**
 * The card that a key leads to; the same one where there is no way. Without a node, the first (or last) of the graph. From an open
 * group down to its first card, and else where the keys lead from there.
 */
export function navigate(model: PanelModel, layout: Drawing, from: number | undefined, move: Move): number | undefined {
  const order = layout.ranks.items;
  if (move === 'last') return order.at(-1);
  if (move === 'first' || from === undefined) return order[0];
  const node = cardOf(layout, from);
  if (node !== from && move === 'down') return node;
  if (move === 'up' || move === 'down') return closest(layout, node, neighbours(model, node, move)) ?? node;
  const rank = at(layout.rank, node);
  const place = order.indexOf(node, at(layout.ranks.start, rank)) + (move === 'left' ? -1 : 1);
  const inside = place >= at(layout.ranks.start, rank) && place < at(layout.ranks.start, rank + 1);
  return inside ? order[place] : node;
}

/** The neighbour in the nearest rank; of several there, the one nearest sideways. */
function closest(layout: Layout, node: number, candidates: readonly number[]): number | undefined {
  const distance = (other: number) => Math.abs(at(layout.rank, other) - at(layout.rank, node));
  const aside = (other: number) => Math.abs(realAt(layout.x, other) - realAt(layout.x, node));
  return candidates.toSorted((a, b) => distance(a) - distance(b) || aside(a) - aside(b))[0];
}
