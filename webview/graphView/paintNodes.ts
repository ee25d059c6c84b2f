/** Cards and pills, in four levels of detail. */
import type { Ink } from '../draw/ink';
import { at, realAt } from '../layout/adjacency';
import { warmth } from '../model/metrics';
import { reportRow } from '../model/panelModel';
import { categoryColor, heatFill } from './fills';
import { detailAt, type Frame, visibleWorld } from './frame';
import { paintCards } from './paintCards';
import { visibleInRank, visibleRanks } from './visible';

/** Screen pixels: a node is never painted smaller. */
const LEAST = 1.5;

/** The nodes that are painted. */
export function nodesOnScreen(frame: Frame): readonly number[] {
  return detailAt(frame.camera.scale) === 'pixel' ? nodesByPixel(frame) : visibleNodes(frame);
}

export function paintNodes(context: Ink, frame: Frame, nodes: readonly number[]): void {
  const detail = detailAt(frame.camera.scale);
  if (detail === 'full' || detail === 'label') paintCards(context, frame, nodes, detail);
  else paintBlocks(context, frame, nodes, detail === 'block');
  paintMarks(context, frame, nodes, detail === 'full' || detail === 'label');
}

function visibleNodes(frame: Frame): number[] {
  const { drawing } = frame;
  const world = visibleWorld(frame, 8);
  const { first, end } = visibleRanks(drawing, world.top, world.bottom);
  const nodes: number[] = [];
  for (let rank = first; rank < end; rank++) pushRank(frame, rank, nodes);
  return nodes;
}

function pushRank(frame: Frame, rank: number, nodes: number[]): void {
  const world = visibleWorld(frame, 8);
  const inside = visibleInRank(frame.drawing, rank, world.left, world.right);
  for (let place = inside.first; place < inside.end; place++) nodes.push(at(frame.drawing.ranks.items, place));
}

/** Far out, of all ranks that share a row of pixels only the hottest is painted: hot spots never vanish. */
function nodesByPixel(frame: Frame): number[] {
  const { drawing, camera, scale, model } = frame;
  const world = visibleWorld(frame);
  const { first, end } = visibleRanks(drawing, world.top, world.bottom);
  const nodes: number[] = [];
  let row: number | undefined;
  let [best, hottest] = [-1, -1];
  for (let rank = first; rank < end; rank++) {
    const here = Math.floor((realAt(drawing.top, rank) - camera.y) * camera.scale);
    if (row !== undefined && here !== row) {
      pushRank(frame, best, nodes);
      hottest = -1;
    }
    row = here;
    const heat = Math.max(
      0,
      hottestIn(drawing.ranks, rank, (node) => warmth(scale, scale.heat[reportRow(model.scene, node)] ?? 0)),
    );
    if (heat > hottest) [best, hottest] = [rank, heat];
  }
  if (best >= 0) pushRank(frame, best, nodes);
  return nodes;
}

function hottestIn({ start, items }: Frame['drawing']['ranks'], rank: number, heat: (node: number) => number): number {
  let most = 0;
  for (let place = at(start, rank); place < at(start, rank + 1); place++) {
    const value = heat(at(items, place));
    if (value > most) most = value;
  }
  return most;
}

/** Small: a block of heat, with the category's colour on top where there is room for both. */
function paintBlocks(context: Ink, frame: Frame, nodes: readonly number[], both: boolean): void {
  const { drawing, camera, scale, theme } = frame;
  const plain = scale.metric.scale === 'none';
  const least = LEAST / camera.scale;
  for (const node of nodes) {
    const [w, h] = [Math.max(least, realAt(drawing.widths, node)), Math.max(least, realAt(drawing.heights, node))];
    const [x, y] = [realAt(drawing.x, node) - camera.x - w / 2, realAt(drawing.y, node) - camera.y - h / 2];
    context.fillStyle = plain ? categoryColor(frame, node) : (heatFill(frame, node)?.fill ?? theme.idle);
    context.fillRect(x, y, w, h);
    if (!both || plain) continue;
    context.fillStyle = categoryColor(frame, node);
    context.fillRect(x, y, w, h * 0.4);
  }
}

/** Outlines of search hits, of the hovered and of the selected node, at least so thick that they are seen. */
function paintMarks(context: Ink, frame: Frame, nodes: readonly number[], round: boolean): void {
  const { drawing, camera, theme, found, selected, hovered } = frame;
  const outline = (node: number, color: string, thickness: number) => {
    const width = Math.max(thickness, thickness / camera.scale);
    const gap = round ? 2 + width / 2 : 0;
    const [w, h] = [realAt(drawing.widths, node) + 2 * gap, realAt(drawing.heights, node) + 2 * gap];
    context.beginPath();
    const radius = frame.model.scene.kind[node] === 0 ? 9 : h / 2;
    context.roundRect(
      realAt(drawing.x, node) - camera.x - w / 2,
      realAt(drawing.y, node) - camera.y - h / 2,
      w,
      h,
      radius,
    );
    context.strokeStyle = color;
    context.lineWidth = width;
    context.stroke();
  };
  for (const node of nodes) if (found.has(node)) outline(node, theme.found, 2);
  if (hovered !== undefined && hovered !== selected) outline(hovered, theme.hover, 1.2);
  if (selected !== undefined) outline(selected, theme.focus, 2.4);
}
