/** The words on and about a node. */
import { count, percent, seconds } from '../../src/display/format';
import type { SceneData } from '../../src/protocol/graphPanel';
import type { LayoutInput } from '../layout/layout';
import { nodeCost, operatorOf, type PanelModel } from './panelModel';

/** The lowest line of a card: time and share on the left, cycles on the right; a fused node names its kernel there. */
export interface CostLine {
  readonly left: string;
  readonly right: string;
}

export function costLine(model: PanelModel, node: number): CostLine | undefined {
  const cost = nodeCost(model, node);
  if (!cost) return undefined;
  if (cost.fusedInto !== undefined) return { left: 'fused into', right: model.scene.names[cost.fusedInto] ?? '?' };
  if (cost.state !== 'known') return { left: cost.state, right: '' };
  return { left: `${seconds(cost.seconds)} · ${percent(cost.share)}`, right: `${count(cost.cycles)} cyc` };
}

/** What a screen reader says of a node: `conv1, Conv, 1.23 ms, 8.9 %`. */
export function spokenNode(model: PanelModel, node: number): string {
  const { scene } = model;
  const parts = [scene.names[node] ?? '', operatorOf(scene, node)];
  const cost = nodeCost(model, node);
  if (!cost) parts.push(scene.shapes[node] ?? '?');
  else if (cost.state === 'known') parts.push(seconds(cost.seconds), percent(cost.share));
  else if (cost.fusedInto !== undefined) parts.push(`fused into ${scene.names[cost.fusedInto] ?? '?'}`);
  else parts.push(cost.state);
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

/** What the layout needs of a scene. Sizes do not depend on the report, so another hardware moves nothing. */
export function layoutInput(scene: SceneData): LayoutInput {
  const widths = new Float64Array(scene.nodeCount);
  const heights = new Float64Array(scene.nodeCount);
  const length = (text: string | undefined) => text?.length ?? 0;
  for (let node = 0; node < scene.nodeCount; node++) {
    const card = scene.kind[node] === 0;
    const [shape, note, name] = [scene.shapes[node], scene.notes[node], scene.names[node]].map(length);
    const characters = card ? (shape ?? 0) + (note ?? 0) : Math.max(shape ?? 0, name ?? 0);
    const width = Math.ceil((characters * PER_CHARACTER + PADDING) / STEP) * STEP;
    widths[node] = Math.min(MAX_WIDTH, Math.max(card ? CARD_WIDTH : PILL_WIDTH, width));
    heights[node] = card ? CARD_HEIGHT : PILL_HEIGHT;
  }
  return { widths, heights, edges: scene.edges, anchors: scene.kind.map((kind) => (kind === 1 ? 1 : 0)) };
}
