/** What a trail leaves out recedes behind a veil. */
import type { Ink } from '../draw/ink';
import { realAt } from '../layout/adjacency';
import type { Frame } from './frame';

const VEIL = 0.68;

export function paintTrail(context: Ink, { drawing, camera, theme, trail }: Frame, nodes: readonly number[]): void {
  if (!trail) return;
  context.globalAlpha = VEIL;
  context.fillStyle = theme.background;
  for (const node of nodes) {
    if (trail.nodes.has(node)) continue;
    const [w, h] = [realAt(drawing.widths, node) + 12, realAt(drawing.heights, node) + 12];
    context.fillRect(realAt(drawing.x, node) - camera.x - w / 2, realAt(drawing.y, node) - camera.y - h / 2, w, h);
  }
  context.globalAlpha = 1;
}
