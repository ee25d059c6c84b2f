/** Lines between the nodes, from the pieces of the visible ranks only. */
import type { Ink } from '../draw/ink';
import { at, realAt } from '../layout/adjacency';
import { isResident, neighbours } from '../model/panelModel';
import type { Point } from './camera';
import { TERM_COLORS } from './colors';
import { type Frame, visibleWorld } from './frame';
import { visibleRanks } from './visible';
import { type Marks, piecesOf, piecesUnder } from './wireMarks';

const ARROW = 7;
const LABELS_FROM = 0.8;
/** What is left of a line that a trail leaves out. */
const RECEDING = 0.35;
const ALL_LABELS_FROM = 1.3;
/** Below this many screen pixels between ranks the nodes touch each other and lines are not seen. */
const MIN_PITCH = 3;

/** Paints in coordinates relative to the camera, so that places far from the origin stay exact. */
export function paintWires(context: Ink, frame: Frame): void {
  const { camera, theme } = frame;
  const arrows = camera.scale >= 0.2;
  const [ordinary, resident, aside, marked]: [number[], number[], number[], number[]] = [[], [], [], []];
  const isMarked = markedBy(frame);
  const isAside = asideBy(frame);
  for (const piece of visiblePieces(frame)) {
    const strong = isMarked(piece) ? marked : isAside(piece) ? aside : undefined;
    (strong ?? (staysOnChip(frame, piece) ? resident : ordinary)).push(piece);
  }
  context.lineCap = 'round';
  const { globalAlpha } = context;
  if (frame.trail) context.globalAlpha = globalAlpha * RECEDING;
  strokePieces(context, frame, ordinary, theme.wire, Math.max(1.4, 0.6 / camera.scale), arrows);
  strokePieces(context, frame, resident, TERM_COLORS.globalBuffer, Math.max(2.2, 0.9 / camera.scale), arrows);
  context.globalAlpha = globalAlpha;
  strokePieces(context, frame, aside, theme.found, Math.max(2, 1.2 / camera.scale), arrows);
  strokePieces(context, frame, marked, theme.focus, Math.max(2.4, 1.6 / camera.scale), arrows);
  if (camera.scale >= LABELS_FROM) paintShapes(context, frame, [...ordinary, ...resident, ...aside, ...marked]);
}

/** Whether a line carries a tensor that stays on chip. */
function staysOnChip({ model, drawing: { wires } }: Frame, piece: number): boolean {
  if (model.resident.size === 0) return false;
  const edge = at(wires.edge, piece);
  if (edge >= 0) return isResident(model, edge);
  // A piece without an edge is on the way to all readers of its source.
  const { start, items } = model.outgoing;
  const source = at(wires.source, piece);
  return items.subarray(at(start, source), at(start, source + 1)).some((one) => isResident(model, one));
}

/** The pieces on screen; none where nodes are too close for lines. */
export function visiblePieces(frame: Frame): number[] {
  const { drawing, camera } = frame;
  const world = visibleWorld(frame);
  const { first, end } = visibleRanks(drawing, world.top, world.bottom);
  const pieces: number[] = [];
  if (end <= first) return pieces;
  const pitch = ((realAt(drawing.bottom, end - 1) - realAt(drawing.top, first)) / (end - first)) * camera.scale;
  if (pitch < MIN_PITCH) return pieces;
  const { wires } = drawing;
  for (let piece = at(wires.start, first); piece < at(wires.start, end); piece++) {
    const [a, b] = [realAt(wires.x1, piece), realAt(wires.x2, piece)];
    if (Math.max(a, b) >= world.left - 20 && Math.min(a, b) <= world.right + 20) pieces.push(piece);
  }
  return pieces;
}

/** Of a path the lines that a shortest one leaves out. */
function asideBy(frame: Frame): Marks {
  return frame.trail?.shortest ? piecesOf(frame, frame.trail.edges) : () => false;
}

/**
 * Lines of the trail, else the one under the pointer, else those of the selected (or hovered) node: all that leave it, and of its
 * producers the ones that reach it.
 */
function markedBy(frame: Frame): Marks {
  const { model, drawing, selected, hovered, trail } = frame;
  if (trail) return piecesOf(frame, trail.shortest?.edges ?? trail.edges);
  const under = piecesUnder(frame);
  if (under) return under;
  const node = selected ?? hovered;
  if (node === undefined) return () => false;
  const { wires, top } = drawing;
  const producers = new Set(neighbours(model, node, 'up'));
  const height = realAt(top, at(drawing.rank, node));
  return (piece) => {
    const source = at(wires.source, piece);
    if (source === node) return true;
    if (!producers.has(source)) return false;
    const edge = at(wires.edge, piece);
    return edge < 0 ? realAt(wires.y2, piece) < height : at(model.targets, edge) === node;
  };
}

function strokePieces(
  context: Ink,
  { drawing: { wires }, camera }: Frame,
  pieces: readonly number[],
  color: string,
  width: number,
  arrows: boolean,
): void {
  if (pieces.length === 0) return;
  const isPointed = (piece: number) => arrows && at(wires.edge, piece) >= 0;
  context.beginPath();
  for (const piece of pieces) tracePiece(context, wires, piece, camera, isPointed(piece) ? ARROW - 1 : 0);
  context.strokeStyle = color;
  context.lineWidth = width;
  context.stroke();
  context.beginPath();
  for (const piece of pieces.filter(isPointed)) {
    const [x, y] = [realAt(wires.x2, piece) - camera.x, realAt(wires.y2, piece) - camera.y];
    context.moveTo(x, y);
    context.lineTo(x - ARROW * 0.55, y - ARROW);
    context.lineTo(x + ARROW * 0.55, y - ARROW);
    context.closePath();
  }
  context.fillStyle = color;
  context.fill();
}

/** One piece as a path that ends `short` before its end. */
export function tracePiece(
  context: Ink,
  wires: Frame['drawing']['wires'],
  piece: number,
  camera: Point,
  short: number,
): void {
  const [x1, y1] = [realAt(wires.x1, piece) - camera.x, realAt(wires.y1, piece) - camera.y];
  const [x2, y2] = [realAt(wires.x2, piece) - camera.x, realAt(wires.y2, piece) - camera.y - short];
  context.moveTo(x1, y1);
  if (Math.abs(x2 - x1) < 0.5) context.lineTo(x2, y2);
  else context.bezierCurveTo(x1, y1 + (y2 - y1) * 0.55, x2, y2 - (y2 - y1) * 0.55, x2, y2);
}

/** The tensor's shape beside the arrow; unless there is much room, only where the card that it comes from says another one. */
function paintShapes(context: Ink, frame: Frame, pieces: readonly number[]): void {
  const { drawing, camera, model, theme } = frame;
  const { scene } = model;
  context.font = `10.5px ${theme.fontFamily}`;
  context.textAlign = 'left';
  context.textBaseline = 'middle';
  context.fillStyle = theme.dim;
  for (const piece of pieces) {
    const edge = at(drawing.wires.edge, piece);
    if (edge < 0) continue;
    const shape = scene.tensorShapes[scene.edgeTensor[edge] ?? 0] ?? '';
    if (shape === '' || (camera.scale < ALL_LABELS_FROM && shape === scene.shapes[at(model.sources, edge)])) continue;
    const x = realAt(drawing.wires.x2, piece) - camera.x + 8;
    context.fillText(shape, x, realAt(drawing.wires.y2, piece) - camera.y - 14);
  }
}
