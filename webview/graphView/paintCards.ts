/** Near: cards with a head in the category's colour, shape and note, and the cost on its heat; inputs and outputs as pills. */

import { percent } from '../../src/display/format';
import type { Ink } from '../draw/ink';
import type { Bounds } from '../layout/layout';
import { isGroup } from '../model/groupModel';
import { type CostLine, costLine, shortName } from '../model/nodeText';
import { kernelOf, nodeCost, operatorOf, reportRow } from '../model/panelModel';
import { categoryColor, heatFill, isAlone } from './fills';
import type { Frame } from './frame';
import { nodeBox } from './visible';

const RADIUS = 7;
const HEAD = 25;
const BAND = 21;
const PAD = 10;
/** How much of its colour the head of a fused card keeps. */
const TINT = 0.3;
/** A group's card has others behind it. */
const STACK = [6, 3] as const;
const CLOSED = '▸ ';

export function paintCards(context: Ink, frame: Frame, nodes: readonly number[], detail: 'full' | 'label'): void {
  context.textBaseline = 'middle';
  const { camera, theme, drawing, model } = frame;
  const relative = (node: number): Bounds => {
    const box = nodeBox(drawing, node);
    return {
      left: box.left - camera.x,
      right: box.right - camera.x,
      top: box.top - camera.y,
      bottom: box.bottom - camera.y,
    };
  };
  const cards = nodes.filter((node) => model.scene.kind[node] === 0);
  const pills = nodes.filter((node) => model.scene.kind[node] !== 0);
  const [head, band] = detail === 'full' ? [HEAD, BAND] : [34, 34];
  for (const node of cards) paintCard(context, frame, node, relative(node), head, band);
  for (const node of pills) paintPill(context, frame, relative(node));

  const [large, small, tiny] = detail === 'full' ? [12.5, 11.5, 10.5] : [21, 20, 16];
  const font = (size: number, weight = '') => `${weight} ${size}px ${theme.fontFamily}`.trim();
  context.font = font(large, '600');
  for (const node of cards) writeTitle(context, frame, node, relative(node), head);
  for (const node of pills) writeInPill(context, frame, node, relative(node), detail === 'full' ? -7 : 0, 'names');
  if (detail === 'label') {
    context.font = font(small, '600');
    for (const node of cards) writeShare(context, frame, node, relative(node), band);
    return;
  }
  context.font = font(tiny);
  for (const node of cards) writeSubtitle(context, frame, node, relative(node), large);
  for (const node of pills) writeInPill(context, frame, node, relative(node), 9, 'shapes');
  context.font = font(small);
  for (const node of cards) {
    writeShape(context, frame, node, relative(node));
    writeCost(context, frame, node, relative(node));
  }
}

function paintCard(
  context: Ink,
  frame: Frame,
  node: number,
  { left, top, right, bottom }: Bounds,
  head: number,
  band: number,
): void {
  const { theme } = frame;
  const [width, height] = [right - left, bottom - top];
  if (isGroup(frame.model.scene, node)) paintStack(context, frame, { left, top, right, bottom });
  else fillRound(context, theme.shadow, left - 0.5, top + 2, width + 1, height, RADIUS);
  fillRound(context, theme.card, left, top, width, height, RADIUS);
  // What runs in another kernel recedes: its head is only tinted.
  context.globalAlpha = isFused(frame, node) ? TINT : 1;
  fillRound(context, categoryColor(frame, node), left, top, width, head, [RADIUS, RADIUS, 0, 0]);
  context.globalAlpha = 1;
  const heat = heatFill(frame, node);
  if (heat) fillRound(context, heat.fill, left, bottom - band, width, band, [0, 0, RADIUS, RADIUS]);
  if (isAlone(frame, node) || (!heat && nodeCost(frame.model, node)?.state === 'unknown'))
    hatch(context, frame, left, bottom - band, width, band);
  strokeRound(context, theme.border, left, top, width, height, RADIUS);
}

function paintStack(context: Ink, { theme }: Frame, { left, top, right, bottom }: Bounds): void {
  for (const step of STACK) {
    fillRound(context, theme.card, left + step, top + step, right - left - step, bottom - top, RADIUS);
    strokeRound(context, theme.border, left + step, top + step, right - left - step, bottom - top, RADIUS);
  }
}

function paintPill(context: Ink, { theme }: Frame, { left, top, right, bottom }: Bounds): void {
  const [width, height] = [right - left, bottom - top];
  fillRound(context, theme.card, left, top, width, height, height / 2);
  strokeRound(context, theme.dim, left, top, width, height, height / 2);
}

/** What stands first on a card: a node's operator, a group's name. */
function titleOf({ model }: Frame, node: number): string {
  return isGroup(model.scene, node) ? `${CLOSED}${shortName(model, node)}` : operatorOf(model.scene, node);
}

/** What stands beside it: a node's name, a group's class. */
function subtitleOf({ model }: Frame, node: number): string {
  const { scene, tree } = model;
  return (isGroup(scene, node) ? scene.groups.kinds[node - tree.nodeCount] : scene.names[node]) ?? '';
}

function writeTitle(context: Ink, frame: Frame, node: number, box: Bounds, head: number): void {
  context.textAlign = 'left';
  context.fillStyle = isFused(frame, node) ? frame.theme.foreground : '#ffffff';
  const room = box.right - box.left - 2 * PAD;
  context.fillText(frame.text.fit(titleOf(frame, node), room), box.left + PAD, box.top + head / 2 + 0.5);
}

/** The end of it, on the right of the head, in what room the title leaves. */
function writeSubtitle(context: Ink, frame: Frame, node: number, box: Bounds, titleSize: number): void {
  const own = context.font;
  context.font = `600 ${titleSize}px ${frame.theme.fontFamily}`;
  const taken = frame.text.width(titleOf(frame, node));
  context.font = own;
  const room = box.right - box.left - 2 * PAD - taken - 14;
  if (room < 24) return;
  context.textAlign = 'right';
  context.fillStyle = isFused(frame, node) ? frame.theme.dim : 'rgb(255 255 255 / 0.86)';
  const keep = isGroup(frame.model.scene, node) ? 'start' : 'end';
  const subtitle = frame.text.fit(subtitleOf(frame, node), room, keep);
  context.fillText(subtitle, box.right - PAD, box.top + HEAD / 2 + 0.5);
}

function writeShape(context: Ink, frame: Frame, node: number, box: Bounds): void {
  const { scene } = frame.model;
  const y = (box.top + HEAD + box.bottom - BAND) / 2 + 0.5;
  const shape = scene.shapes[node] ?? '?';
  const note = scene.notes[node] ?? '';
  const room = box.right - box.left - 2 * PAD;
  context.textAlign = 'right';
  context.fillStyle = frame.theme.dim;
  const shown = frame.text.fit(shape, room);
  context.fillText(shown, box.right - PAD, y);
  if (note === '') return;
  context.textAlign = 'left';
  context.fillStyle = frame.theme.foreground;
  context.fillText(frame.text.fit(note, room - frame.text.width(shown) - 8), box.left + PAD, y);
}

function writeCost(context: Ink, frame: Frame, node: number, box: Bounds): void {
  const line = shownLine(frame, node);
  if (!line) return;
  const y = box.bottom - BAND / 2;
  const color = heatFill(frame, node)?.text;
  const room = box.right - box.left - 2 * PAD;
  context.textAlign = 'left';
  const known = nodeCost(frame.model, node)?.state === 'known';
  context.fillStyle = color ?? (known ? frame.theme.foreground : frame.theme.dim);
  const left = frame.text.fit(line.left, room);
  context.fillText(left, box.left + PAD, y);
  const rest = room - frame.text.width(left) - 8;
  if (line.right === '' || rest < 24) return;
  const right = known && frame.text.width(line.right) > rest ? '' : frame.text.fit(line.right, rest, 'end');
  context.textAlign = 'right';
  context.fillText(right, box.right - PAD, y);
}

/** While two graphs are compared the difference stands in the place of the cycles. */
function shownLine({ model, scale: { metric } }: Frame, node: number): CostLine | undefined {
  const line = costLine(model, node);
  if (!line || metric.scale !== 'diverging') return line;
  const value = metric.value(model.report, reportRow(model.scene, node));
  return Number.isNaN(value) || value === 0 ? line : { left: line.left, right: metric.format(value) };
}

function writeShare(context: Ink, frame: Frame, node: number, box: Bounds, band: number): void {
  const cost = nodeCost(frame.model, node);
  if (!cost) return;
  context.textAlign = 'left';
  context.fillStyle = heatFill(frame, node)?.text ?? frame.theme.dim;
  context.fillText(cost.state === 'known' ? percent(cost.share) : cost.state, box.left + PAD, box.bottom - band / 2);
}

function writeInPill(
  context: Ink,
  frame: Frame,
  node: number,
  box: Bounds,
  offset: number,
  what: 'names' | 'shapes',
): void {
  context.textAlign = 'center';
  context.fillStyle = what === 'names' ? frame.theme.foreground : frame.theme.dim;
  const text = frame.text.fit(frame.model.scene[what][node] ?? '', box.right - box.left - 2 * PAD, 'end');
  context.fillText(text, (box.left + box.right) / 2, (box.top + box.bottom) / 2 + offset);
}

function isFused({ model }: Frame, node: number): boolean {
  return kernelOf(model, node) !== node;
}

/** Stripes say: not known. */
function hatch(context: Ink, { theme }: Frame, x: number, y: number, width: number, height: number): void {
  context.save();
  context.beginPath();
  context.roundRect(x, y, width, height, [0, 0, RADIUS, RADIUS]);
  context.clip();
  context.beginPath();
  for (let offset = -height; offset < width; offset += 7) {
    context.moveTo(x + offset, y + height);
    context.lineTo(x + offset + height, y);
  }
  context.strokeStyle = theme.border;
  context.lineWidth = 1.5;
  context.stroke();
  context.restore();
}

function fillRound(
  context: Ink,
  color: string,
  x: number,
  y: number,
  width: number,
  height: number,
  radius: number | number[],
): void {
  context.fillStyle = color;
  context.beginPath();
  context.roundRect(x, y, width, height, radius);
  context.fill();
}

function strokeRound(
  context: Ink,
  color: string,
  x: number,
  y: number,
  width: number,
  height: number,
  radius: number,
): void {
  context.strokeStyle = color;
  context.lineWidth = 1;
  context.beginPath();
  context.roundRect(x, y, width, height, radius);
  context.stroke();
}
