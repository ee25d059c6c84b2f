/** Where a card goes: beside its node, and always inside the view. */
import type { Bounds } from '../layout/layout';

export interface CardSize {
  readonly width: number;
  readonly height: number;
}

const GAP = 12;
const MARGIN = 6;

/** Right of the anchor, else left of it, else below or above where there is more room. */
export function placeCard(anchor: Bounds, card: CardSize, view: CardSize): { x: number; y: number } {
  const clamp = (value: number, size: number, room: number) => Math.max(MARGIN, Math.min(value, room - size - MARGIN));
  const beside = clamp(anchor.top - 4, card.height, view.height);
  if (anchor.right + GAP + card.width + MARGIN <= view.width)
    return { x: Math.max(MARGIN, anchor.right + GAP), y: beside };
  if (anchor.left - GAP - card.width >= MARGIN) {
    return { x: clamp(anchor.left - GAP - card.width, card.width, view.width), y: beside };
  }
  const under = view.height - anchor.bottom >= anchor.top;
  const y = under ? anchor.bottom + GAP : anchor.top - GAP - card.height;
  const x = (anchor.left + anchor.right - card.width) / 2;
  return { x: clamp(x, card.width, view.width), y: clamp(y, card.height, view.height) };
}
