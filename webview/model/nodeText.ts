/** The words on and about a node. */
import { count, percent, seconds } from '../../src/display/format';
import type { SceneData } from '../../src/protocol/graphPanel';
import { type Bound, nodeCost, operatorOf, type PanelModel, type Term } from './panelModel';

export const TERM_LABELS: Readonly<Record<Term, string>> = {
  compute: 'compute',
  globalBuffer: 'on-chip',
  offChip: 'off-chip',
  peFill: 'PE fill',
  ramp: 'ramp-up',
  drain: 'drain',
  launch: 'launch',
};

export const BOUND_LABELS: Readonly<Record<Bound, string>> = { ...TERM_LABELS, unknown: 'unknown', free: 'free' };

/** The lowest line of a card: time and share on the left, cycles on the right. */
export interface CostLine {
  readonly time: string;
  readonly cycles: string;
}

export function costLine(model: PanelModel, node: number): CostLine | undefined {
  const cost = nodeCost(model, node);
  if (!cost) return undefined;
  if (cost.state === 'free') return { time: 'free', cycles: '' };
  if (cost.state === 'unknown') return { time: 'unknown', cycles: '' };
  return { time: `${seconds(cost.seconds)} · ${percent(cost.share)}`, cycles: `${count(cost.cycles)} cyc` };
}

/** What a screen reader says of a node: `conv1, Conv, 1.23 ms, 8.9 %`. */
export function spokenNode(model: PanelModel, node: number): string {
  const { scene } = model;
  const parts = [scene.names[node] ?? '', operatorOf(scene, node)];
  const cost = nodeCost(model, node);
  if (!cost) parts.push(scene.shapes[node] ?? '?');
  else if (cost.state === 'known') parts.push(seconds(cost.seconds), percent(cost.share));
  else parts.push(cost.state);
  return parts.filter((part) => part !== '').join(', ');
}

export const CARD_HEIGHT = 68;
export const PILL_HEIGHT = 40;
const CARD_WIDTH = 192;
const MAX_WIDTH = 300;
/** Pixels per character of the canvas's text, on the wide side; text that is wider still is shortened when drawn. */
const PER_CHARACTER = 6.6;

/** Sizes to lay out with. They do not depend on the report, so another hardware moves nothing. */
export function nodeSizes(scene: SceneData): { widths: Float64Array; heights: Float64Array } {
  const widths = new Float64Array(scene.nodeCount);
  const heights = new Float64Array(scene.nodeCount);
  for (let node = 0; node < scene.nodeCount; node++) {
    const card = scene.kind[node] === 0;
    const shape = scene.shapes[node]?.length ?? 0;
    const characters = card
      ? shape + (scene.notes[node]?.length ?? 0) + 4
      : Math.max(shape, (scene.names[node]?.length ?? 0) + 1) + 4;
    const width = Math.ceil((characters * PER_CHARACTER) / 8) * 8;
    widths[node] = Math.min(MAX_WIDTH, Math.max(card ? CARD_WIDTH : 88, width));
    heights[node] = card ? CARD_HEIGHT : PILL_HEIGHT;
  }
  return { widths, heights };
}
