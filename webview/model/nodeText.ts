/** The words on and about a node. */
import { count, percent, seconds } from '../../src/display/format';
import type { SceneData } from '../../src/protocol/graphPanel';
import type { LayoutInput } from '../layout/layout';
import { type GroupedModel, isGroup } from './groupModel';
import { type NodeCost, nodeCost, operatorOf } from './panelModel';

/** The lowest line of a card: time and share on the left, cycles on the right; a fused node names its kernel there. */
export interface CostLine {
  readonly left: string;
  readonly right: string;
}

export function costLine(model: GroupedModel, node: number): CostLine | undefined {
  const cost = nodeCost(model, node);
  if (!cost) return undefined;
  if (cost.fusedInto !== undefined) return { left: 'fused into', right: model.scene.names[cost.fusedInto] ?? '?' };
  if (cost.state === 'unknown') return { left: cost.state, right: '' };
  const left = cost.state === 'known' ? timeAndShare(cost) : cost.state;
  const cycles = cost.state === 'known' ? `${count(cost.cycles)} cyc` : '';
  return { left, right: unknownInside(model, node) || cycles };
}

function timeAndShare(cost: NodeCost): string {
  return `${seconds(cost.seconds)} · ${percent(cost.share)}`;
}

/** `2 unknown`: layers of a group that its sums leave out; '' where there are none. */
export function unknownInside({ tree, unknown }: GroupedModel, id: number): string {
  const number = unknown[id - tree.nodeCount] ?? 0;
  return number === 0 ? '' : `${number} unknown`;
}

/** What stands on a card for its name: of a group its own part of the path. */
export function shortName({ scene, tree }: GroupedModel, id: number): string {
  return scene.groups.names[id - tree.nodeCount] ?? scene.names[id] ?? '';
}

/** What a screen reader says of a node: `conv1, Conv, 1.23 ms, 8.9 %`; of a group `layer1, BasicBlock, 12 layers, 1.23 ms, 8.9 %`. */
export function spokenNode(model: GroupedModel, node: number): string {
  const { scene } = model;
  const group = isGroup(scene, node);
  const parts = [scene.names[node] ?? '', operatorOf(scene, node), ...(group ? [scene.notes[node] ?? ''] : [])];
  const cost = nodeCost(model, node);
  if (!cost) parts.push(scene.shapes[node] ?? '?');
  else if (cost.state === 'known') parts.push(seconds(cost.seconds), percent(cost.share));
  else if (cost.fusedInto !== undefined) parts.push(`fused into ${scene.names[cost.fusedInto] ?? '?'}`);
  else parts.push(cost.state);
  if (group) parts.push(unknownInside(model, node));
  return parts.filter((part) => part !== '').join(', ');
}

const CARD_HEIGHT = 68;
const PILL_HEIGHT = 40;
const PILL_WIDTH = 96;
const CARD_WIDTH = 192;
const MAX_WIDTH = 300;
/** Pixels per character of the canvas's text, on the wide side; text that is wider still is shortened when drawn. */
const PER_CHARACTER = 7.4;
const PADDING = 32;
const STEP = 8;

/**
 * What the layout needs of a scene, or of those of its ids that are drawn: its columns and its edges count places in `ids`.
 * Sizes do not depend on the report, so another hardware moves nothing.
 */
export function layoutInput(scene: SceneData, ids: Uint32Array = everyId(scene)): LayoutInput {
  const widths = new Float64Array(ids.length);
  const heights = new Float64Array(ids.length);
  const anchors = new Uint8Array(ids.length);
  const place = new Uint32Array(scene.nodeCount);
  const length = (texts: readonly string[], id: number) => texts[id]?.length ?? 0;
  for (const [i, id] of ids.entries()) {
    const card = scene.kind[id] === 0;
    const shape = length(scene.shapes, id);
    const characters = card ? shape + length(scene.notes, id) : Math.max(shape, length(scene.names, id));
    const width = Math.ceil((characters * PER_CHARACTER + PADDING) / STEP) * STEP;
    widths[i] = Math.min(MAX_WIDTH, Math.max(card ? CARD_WIDTH : PILL_WIDTH, width));
    heights[i] = card ? CARD_HEIGHT : PILL_HEIGHT;
    anchors[i] = scene.kind[id] === 1 ? 1 : 0;
    place[id] = i;
  }
  return { widths, heights, anchors, edges: scene.edges.map((id) => place[id] ?? 0) };
}

function everyId({ nodeCount }: SceneData): Uint32Array {
  return Uint32Array.from({ length: nodeCount }, (_, id) => id);
}
