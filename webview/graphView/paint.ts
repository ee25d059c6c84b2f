/** One picture of the graph. */
import type { Ink } from '../draw/ink';
import type { Frame } from './frame';
import { type JumpTag, paintJumps } from './jumps';
import { paintKernels } from './paintKernels';
import { nodesOnScreen, paintNodes } from './paintNodes';
import { paintWires } from './paintWires';

export interface Painted {
  readonly nodes: number;
  readonly tags: readonly JumpTag[];
}

/** `ratio`: pixels of the canvas per CSS pixel. */
export function paint(context: Ink, frame: Frame, ratio: number): Painted {
  const { camera, view, theme } = frame;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.fillStyle = theme.background;
  context.fillRect(0, 0, view.width, view.height);
  const zoom = camera.scale * ratio;
  context.setTransform(zoom, 0, 0, zoom, (view.width / 2) * ratio, (view.height / 2) * ratio);
  const nodes = nodesOnScreen(frame);
  paintKernels(context, frame, nodes);
  paintWires(context, frame);
  paintNodes(context, frame, nodes);
  const tags = paintJumps(context, frame, nodes);
  return { nodes: nodes.length, tags };
}
