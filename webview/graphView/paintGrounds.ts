/** The grounds of open groups, outermost first. */
import type { Ink } from '../draw/ink';
import type { Bounds } from '../layout/layout';
import { groupsAround, isInside } from '../model/groupTree';
import { overlap } from '../model/labels';
import { type Frame, visibleWorld } from './frame';
import type { Ground } from './grounds';
import { nodeBox } from './visible';

const RADIUS = 14;
/** World pixels around a card that stands among those of a group without being of it. */
const CLEARING = 9;
/** Screen pixels: a smaller ground is not seen. */
const LEAST_GROUND = 8;

/** `nodes`: those that are painted. */
export function paintGrounds(context: Ink, frame: Frame, nodes: readonly number[]): void {
  const { camera, theme, selected } = frame;
  const edge = Math.max(1, 1 / camera.scale);
  const tone = (depth: number) => (depth < 0 ? theme.background : (theme.grounds[depth % 2] ?? theme.background));
  const ground = (box: Bounds, color: string, outline: string, width: number) => {
    context.beginPath();
    context.roundRect(box.left - camera.x, box.top - camera.y, box.right - box.left, box.bottom - box.top, RADIUS);
    context.fillStyle = color;
    context.fill();
    context.strokeStyle = outline;
    context.lineWidth = width;
    context.stroke();
  };
  for (const { id, depth, box, alone } of groundsOnScreen(frame)) {
    if (id === selected) ground(box, tone(depth), theme.focus, 2 * edge);
    else ground(box, tone(depth), theme.groundEdge, edge);
    if (alone) continue;
    // What lies in the box and is not of the group stands on a ground of its own.
    for (const node of nodes) {
      const card = nodeBox(frame.drawing, node);
      if (isInside(frame.model.tree, id - frame.model.tree.nodeCount, node) || !overlap(card, box)) continue;
      ground(widened(card, CLEARING), tone(groupsAround(frame.model.tree, node).length - 1), theme.groundEdge, edge);
    }
  }
}

function widened({ left, right, top, bottom }: Bounds, by: number): Bounds {
  return { left: left - by, right: right + by, top: top - by, bottom: bottom + by };
}

export function groundsOnScreen(frame: Frame): readonly Ground[] {
  const { drawing, camera } = frame;
  const world = visibleWorld(frame, 4);
  const least = LEAST_GROUND / camera.scale;
  return drawing.grounds.filter(({ box }) => overlap(box, world) && box.bottom - box.top >= least);
}
