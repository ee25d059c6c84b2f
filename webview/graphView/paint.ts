/** One picture of the graph. */
import type { Ink } from '../draw/ink';
import type { Frame } from './frame';
import { type JumpTag, paintJumps } from './jumps';
import type { Overview } from './overview';
import { paintGrounds } from './paintGrounds';
import { paintKernels } from './paintKernels';
import { nodesOnScreen, paintNodes } from './paintNodes';
import { paintTitles, type TitleTag } from './paintTitles';
import { paintTrail } from './paintTrail';
import { paintWires } from './paintWires';

export interface Painted {
  readonly nodes: number;
  readonly tags: readonly JumpTag[];
  readonly titles: readonly TitleTag[];
}

/** `ratio`: pixels of the canvas per CSS pixel. `overview` keeps crowded pictures; absent where the ink is no canvas. */
export function paint(context: Ink, frame: Frame, ratio: number): Painted;
export function paint(context: CanvasRenderingContext2D, frame: Frame, ratio: number, overview: Overview): Painted;
export function paint(
  context: Ink | CanvasRenderingContext2D,
  frame: Frame,
  ratio: number,
  overview?: Overview,
): Painted {
  const nodes =
    overview && 'drawImage' in context
      ? overview.show(context, frame, ratio, paintGraph)
      : paintGraph(context, frame, ratio);
  moveToCamera(context, frame, ratio);
  const tags = frame.change ? [] : paintJumps(context, frame, nodes);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  const titles = paintTitles(context, frame);
  return { nodes: nodes.length, tags, titles };
}

/** All but what can be clicked besides the nodes; answers the nodes. */
function paintGraph(context: Ink, frame: Frame, ratio: number): readonly number[] {
  const { view, theme, change } = frame;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.fillStyle = theme.background;
  context.fillRect(0, 0, view.width, view.height);
  moveToCamera(context, frame, ratio);
  const nodes = change?.nodes ?? nodesOnScreen(frame);
  // Lines and grounds are at their new places at once, and fade in.
  context.globalAlpha = change?.progress ?? 1;
  paintGrounds(context, frame, nodes);
  paintKernels(context, frame, nodes);
  paintWires(context, frame);
  context.globalAlpha = 1;
  paintNodes(context, frame, nodes);
  paintTrail(context, frame, nodes);
  return nodes;
}

function moveToCamera(context: Ink, { camera, view }: Frame, ratio: number): void {
  const zoom = camera.scale * ratio;
  context.setTransform(zoom, 0, 0, zoom, (view.width / 2) * ratio, (view.height / 2) * ratio);
}
