/** What runs as one kernel stands on one ground: behind its cards, and along the lines between them. */
import type { Ink } from '../draw/ink';
import { at, realAt } from '../layout/adjacency';
import { kernelOf, neighbours } from '../model/panelModel';
import { detailAt, type Frame } from './frame';
import { tracePiece, visiblePieces } from './paintWires';

/** World pixels: how far the ground reaches beyond a card, and how wide it is between two. */
const REACH = 7;
const NECK = 46;
const RADIUS = 12;

/** `nodes`: those that are painted. */
export function paintKernels(context: Ink, frame: Frame, nodes: readonly number[]): void {
  const { model, drawing, camera, theme } = frame;
  if (model.fused.size === 0 || detailAt(camera.scale) === 'pixel') return;
  const members = nodes.filter((node) => model.fused.has(kernelOf(model, node) ?? -1));
  // Lines are not at their places while cards move.
  const necks = frame.change ? [] : visiblePieces(frame).filter((piece) => isInside(frame, piece));
  const edge = Math.max(1.2, 0.7 / camera.scale);
  for (const [color, more] of [
    [theme.kernelEdge, edge],
    [theme.kernel, 0],
  ] as const) {
    context.beginPath();
    for (const piece of necks) tracePiece(context, drawing.wires, piece, camera, 0);
    context.strokeStyle = color;
    context.lineWidth = NECK + 2 * more;
    context.stroke();
    context.beginPath();
    const reach = REACH + more;
    for (const node of members) {
      const [w, h] = [realAt(drawing.widths, node) + 2 * reach, realAt(drawing.heights, node) + 2 * reach];
      const [x, y] = [realAt(drawing.x, node) - camera.x - w / 2, realAt(drawing.y, node) - camera.y - h / 2];
      context.roundRect(x, y, w, h, RADIUS + more);
    }
    context.fillStyle = color;
    context.fill();
  }
}

/** Whether a piece of line leads from one node of a kernel to another. */
function isInside({ model, drawing: { wires } }: Frame, piece: number): boolean {
  const [source, edge] = [at(wires.source, piece), at(wires.edge, piece)];
  const kernel = kernelOf(model, source);
  if (kernel === undefined || !model.fused.has(kernel)) return false;
  // A piece without an edge is on the way to all readers of the source.
  const targets = edge < 0 ? neighbours(model, source, 'down') : [at(model.targets, edge)];
  return targets.some((target) => kernelOf(model, target) === kernel);
}
