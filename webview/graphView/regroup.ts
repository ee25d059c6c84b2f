/** Cards on their way from where they were to where they are when groups open or close. */
import { at, realAt } from '../layout/adjacency';
import type { Point } from './camera';
import type { Frame } from './frame';
import { cardOf, type Drawing } from './visible';

const MILLISECONDS = 220;

/**
 * What stays where it is on screen: the middle of the card that is drawn for an id; of an open group the middle of its first card
 * sideways, and its title, which stops at the `top` of the canvas.
 */
export function anchorIn(drawing: Drawing, id: number, top = Number.NEGATIVE_INFINITY): Point {
  const card = cardOf(drawing, id);
  const x = realAt(drawing.x, card);
  const ground = drawing.grounds.find((one) => one.id === at(drawing.shownAs, id));
  if (!ground) return { x, y: realAt(drawing.y, card) };
  return { x, y: Math.max(top, ground.box.top) + realAt(drawing.heights, card) / 2 };
}

export class Regrouping {
  private readonly nodes: readonly number[];
  private readonly target: Drawing;
  private readonly drawing: Drawing;
  private readonly from: readonly (Point | undefined)[];
  private began: number | undefined;

  /**
   * `nodes`: those of the drawing that are on screen before or after. `from`: where a node was, in the coordinates of the new
   * drawing; undefined for one that was not seen.
   */
  constructor(drawing: Drawing, nodes: readonly number[], from: (node: number) => Point | undefined) {
    this.nodes = nodes;
    this.from = nodes.map(from);
    this.target = drawing;
    this.drawing = { ...drawing, x: drawing.x.slice(), y: drawing.y.slice() };
  }

  /** What to paint some time after the first call; undefined when everything is in its place. `now`: milliseconds. */
  at(now: number): Pick<Frame, 'drawing' | 'change'> | undefined {
    this.began ??= now;
    const time = (now - this.began) / MILLISECONDS;
    if (time >= 1) return undefined;
    const progress = 1 - (1 - time) ** 3;
    for (const [i, node] of this.nodes.entries()) {
      const [x, y] = [realAt(this.target.x, node), realAt(this.target.y, node)];
      const from = this.from[i] ?? { x, y };
      this.drawing.x[node] = from.x + (x - from.x) * progress;
      this.drawing.y[node] = from.y + (y - from.y) * progress;
    }
    return { drawing: this.drawing, change: { nodes: this.nodes, progress } };
  }
}
