/** The titles of open groups, which stay in sight as long as anything of the group is. In CSS pixels of the canvas. */
import { percent, seconds } from '../../src/display/format';
import type { Ink } from '../draw/ink';
import type { Bounds } from '../layout/layout';
import { isInside } from '../model/groupTree';
import { overlap } from '../model/labels';
import { shortName, unknownInside } from '../model/nodeText';
import { nodeCost } from '../model/panelModel';
import { type Camera, type Size, toScreen } from './camera';
import type { Frame } from './frame';
import { TITLE } from './grounds';
import { groundsOnScreen } from './paintGrounds';

/** A title on screen, and the open group that it is of. */
export interface TitleTag {
  readonly box: Bounds;
  /** Id of the group. */
  readonly group: number;
  /** It has stopped at the edge of the canvas, the ground's own corner is out of sight. */
  readonly stopped: boolean;
}

const [LEAST_HEIGHT, MOST_HEIGHT] = [15, 24];
const [LEAST_FONT, MOST_FONT] = [10, 12];
/** A title stands on its ground where so much of that is seen, else beside it. */
const LEAST_ROOM = 90;
const MOST_BESIDE = 150;
/** Between a title and the edges of its ground, and between two titles. */
const EDGE = 6;
const BETWEEN = 3;
const PAD = 7;
const RADIUS = 5;

/** Where two titles would lie on each other, the outer group has the place. Answers where they are, to be clicked. */
export function paintTitles(context: Ink, frame: Frame): readonly TitleTag[] {
  const { camera, view } = frame;
  const tags: TitleTag[] = [];
  const height = Math.max(LEAST_HEIGHT, Math.min(MOST_HEIGHT, (TITLE - 4) * camera.scale));
  context.textBaseline = 'middle';
  context.textAlign = 'left';
  const grounds = groundsOnScreen(frame).map(({ id, box }) => ({ id, ground: toScreenBox(box, camera, view) }));
  for (const { id, ground } of grounds) {
    const place = roomFor(ground, view);
    if (!place || ground.bottom - ground.top < height + BETWEEN) continue;
    const title = titleOf(context, frame, id, place.room);
    const top = topOf(ground, height, tags, frame, id);
    const tag = { left: place.left, right: place.left + title.width, top, bottom: top + height };
    if (tag.bottom < 0 || tags.some((other) => overlap(other.box, tag))) continue;
    if (place.left > ground.right && grounds.some((other) => hides(frame, tag, id, other))) continue;
    tags.push({ box: tag, group: id, stopped: top > ground.top + EDGE });
    paintTitle(context, frame, id, tag, title);
  }
  return tags;
}

/** Whether a title beside its ground would lie on the ground of another group, none of those around it. */
function hides(
  { model: { tree } }: Frame,
  tag: Bounds,
  id: number,
  other: { readonly id: number; readonly ground: Bounds },
): boolean {
  return overlap(tag, other.ground) && !isInside(tree, other.id - tree.nodeCount, id);
}

/** On the ground, or beside one that is too narrow. */
function roomFor({ left, right }: Bounds, view: Size): { readonly left: number; readonly room: number } | undefined {
  const from = Math.max(left, 0) + EDGE;
  const inside = Math.min(right, view.width) - EDGE - from;
  if (inside >= LEAST_ROOM) return { left: from, room: inside };
  const beside = Math.min(MOST_BESIDE, view.width - right - 2 * EDGE);
  return beside >= LEAST_ROOM && right > 0 ? { left: right + EDGE, room: beside } : undefined;
}

/** At the ground's upper edge; below the titles of the groups around it, where these have stopped at the top of the canvas. */
function topOf(
  ground: Bounds,
  height: number,
  tags: readonly TitleTag[],
  { model: { tree } }: Frame,
  id: number,
): number {
  const least = tags
    .filter(({ group, stopped }) => stopped && isInside(tree, group - tree.nodeCount, id))
    .reduce((lowest, { box: outer }) => Math.max(lowest, outer.bottom + BETWEEN), EDGE);
  return Math.min(Math.max(ground.top + EDGE, least), ground.bottom - height - EDGE);
}

interface Title {
  readonly name: string;
  readonly nameWidth: number;
  readonly more: string;
  readonly width: number;
}

function titleOf(context: Ink, frame: Frame, id: number, room: number): Title {
  const { model, text } = frame;
  const cost = nodeCost(model, id);
  const time = cost?.state === 'known' ? `${seconds(cost.seconds)} · ${percent(cost.share)}` : (cost?.state ?? '');
  const kind = model.scene.groups.kinds[id - model.tree.nodeCount] ?? '';
  context.font = fontOf(frame, true);
  const name = text.fit(`▾ ${shortName(model, id)}`, room - 2 * PAD);
  const nameWidth = text.width(name);
  context.font = fontOf(frame, false);
  const about = [time, unknownInside(model, id), kind].filter(Boolean).join('  ·  ');
  const rest = room - 3 * PAD - nameWidth;
  const more = text.width(time) > rest ? '' : text.fit(about, rest);
  return { name, nameWidth, more, width: 2 * PAD + nameWidth + (more === '' ? 0 : PAD + text.width(more)) };
}

function paintTitle(context: Ink, frame: Frame, id: number, { left, top, right, bottom }: Bounds, title: Title): void {
  const { theme, selected, hovered } = frame;
  context.beginPath();
  context.roundRect(left, top, right - left, bottom - top, RADIUS);
  context.fillStyle = theme.card;
  context.fill();
  context.strokeStyle = id === selected ? theme.focus : id === hovered ? theme.hover : theme.border;
  context.lineWidth = 1;
  context.stroke();
  const y = (top + bottom) / 2 + 0.5;
  context.font = fontOf(frame, true);
  context.fillStyle = theme.foreground;
  context.fillText(title.name, left + PAD, y);
  context.font = fontOf(frame, false);
  context.fillStyle = theme.dim;
  context.fillText(title.more, left + 2 * PAD + title.nameWidth, y);
}

/** In whole pixels: each size of text is measured anew. */
function fontOf({ camera, theme }: Frame, bold: boolean): string {
  const size = Math.max(LEAST_FONT, Math.min(MOST_FONT, Math.round(MOST_FONT * camera.scale)));
  return `${bold ? '600 ' : ''}${size}px ${theme.fontFamily}`;
}

function toScreenBox(box: Bounds, camera: Camera, view: Size): Bounds {
  const low = toScreen(camera, view, { x: box.left, y: box.top });
  const high = toScreen(camera, view, { x: box.right, y: box.bottom });
  return { left: low.x, right: high.x, top: low.y, bottom: high.y };
}
