/** Jump links: edges too far for a line are a small tag at either end that leads to the other one. */
import type { Ink } from '../draw/ink';
import { at } from '../layout/adjacency';
import type { Bounds } from '../layout/layout';
import type { PanelModel } from '../model/panelModel';
import { toScreen } from './camera';
import { detailAt, type Frame, type Jumps } from './frame';
import { nodeBox } from './visible';

export function findJumps(model: PanelModel, stubs: Uint32Array): Jumps {
  const toSource = new Map<number, number[]>();
  const toTarget = new Map<number, number[]>();
  for (const edge of stubs) {
    const [source, target] = [at(model.sources, edge), at(model.targets, edge)];
    push(toSource, target, source);
    push(toTarget, source, target);
  }
  return { toSource, toTarget };
}

function push(map: Map<number, number[]>, key: number, value: number): void {
  const list = map.get(key);
  if (!list) map.set(key, [value]);
  else if (!list.includes(value)) list.push(value);
}

/** A tag on screen and the nodes that it leads to. */
export interface JumpTag {
  readonly box: Bounds;
  readonly nodes: readonly number[];
}

const HEIGHT = 17;
const PAD = 6;
const GAP = 5;
const MAX_TEXT = 130;

/** Paints the tags of the given nodes and answers where they are on screen, to be clicked. */
export function paintJumps(context: Ink, frame: Frame, nodes: Iterable<number>): JumpTag[] {
  if (detailAt(frame.camera.scale) !== 'full') return [];
  const { drawing, jumps, model } = frame;
  const tags: JumpTag[] = [];
  context.font = `10.5px ${frame.theme.fontFamily}`;
  context.textBaseline = 'middle';
  context.textAlign = 'left';
  for (const node of nodes) {
    const box = nodeBox(drawing, node);
    const sources = jumps.toSource.get(node);
    const targets = jumps.toTarget.get(node);
    const label = (list: readonly number[], many: string) =>
      list.length === 1 ? (model.scene.names[list[0] ?? 0] ?? '?') : `${list.length} ${many}`;
    if (sources) {
      const text = frame.text.fit(`↑ ${label(sources, 'far inputs')}`, MAX_TEXT);
      tags.push(paintTag(context, frame, text, box.left, box.top - HEIGHT - GAP, sources));
    }
    if (targets) {
      const text = frame.text.fit(`↓ ${label(targets, 'far consumers')}`, MAX_TEXT);
      tags.push(paintTag(context, frame, text, box.right - tagWidth(frame, text), box.bottom + GAP, targets));
    }
  }
  return tags;
}

function tagWidth(frame: Frame, text: string): number {
  return frame.text.width(text) + 2 * PAD;
}

function paintTag(
  context: Ink,
  frame: Frame,
  text: string,
  left: number,
  top: number,
  nodes: readonly number[],
): JumpTag {
  const { camera, view, theme } = frame;
  const width = tagWidth(frame, text);
  context.beginPath();
  context.roundRect(left - camera.x, top - camera.y, width, HEIGHT, HEIGHT / 2);
  context.fillStyle = theme.card;
  context.strokeStyle = theme.wire;
  context.lineWidth = 1;
  context.fill();
  context.stroke();
  context.fillStyle = theme.foreground;
  context.fillText(text, left - camera.x + PAD, top - camera.y + HEIGHT / 2 + 0.5);
  const corner = toScreen(camera, view, { x: left, y: top });
  const box = {
    left: corner.x,
    top: corner.y,
    right: corner.x + width * camera.scale,
    bottom: corner.y + HEIGHT * camera.scale,
  };
  return { box, nodes };
}
