/** Which line is under the pointer. */
import { at, realAt } from '../layout/adjacency';
import type { Point } from './camera';
import type { Frame } from './frame';
import { visiblePieces } from './paintWires';

/** A line: that of one edge, or of all edges of a node as far as they run together. */
export interface WireUnder {
  readonly source: number;
  /** -1 where several run together. */
  readonly edge: number;
}

/** Screen pixels beside a line. */
const REACH = 6;
/** Below this zoom lines are too close to be told apart. */
const LEAST_SCALE = 0.2;
/** Bends of a line, as the painter has them. */
const BEND = 0.55;
const HALVINGS = 20;

/** `point` in the world. Of several lines the nearest. */
export function wireAt(frame: Frame, point: Point): WireUnder | undefined {
  const { wires } = frame.drawing;
  const { scale } = frame.camera;
  if (scale < LEAST_SCALE) return undefined;
  let [best, nearest] = [-1, REACH / scale];
  for (const piece of visiblePieces(frame)) {
    const [x1, y1, x2, y2] = [
      realAt(wires.x1, piece),
      realAt(wires.y1, piece),
      realAt(wires.x2, piece),
      realAt(wires.y2, piece),
    ];
    if (point.y < y1 || point.y > y2) continue;
    const away = distanceToCurve({ x: x1, y: y1 }, { x: x2, y: y2 }, point);
    if (away <= nearest) [best, nearest] = [piece, away];
  }
  return best < 0 ? undefined : { source: at(wires.source, best), edge: at(wires.edge, best) };
}

/** From a point at whose height the curve passes; exact for straight lines, by the tangent for bent ones. */
export function distanceToCurve(from: Point, to: Point, point: Point): number {
  const height = to.y - from.y;
  if (height <= 0) return Math.abs(point.x - from.x);
  const [bend, back] = [from.y + BEND * height, to.y - BEND * height];
  let [low, high] = [0, 1];
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (low + high) / 2;
    if (bezier(from.y, bend, back, to.y, middle) < point.y) low = middle;
    else high = middle;
  }
  const t = (low + high) / 2;
  const aside = Math.abs(point.x - bezier(from.x, from.x, to.x, to.x, t));
  const dx = slope(from.x, from.x, to.x, to.x, t);
  const dy = slope(from.y, bend, back, to.y, t);
  return dx === 0 ? aside : (aside * Math.abs(dy)) / Math.hypot(dx, dy);
}

function bezier(a: number, b: number, c: number, d: number, t: number): number {
  const s = 1 - t;
  return s * s * s * a + 3 * s * s * t * b + 3 * s * t * t * c + t * t * t * d;
}

function slope(a: number, b: number, c: number, d: number, t: number): number {
  const s = 1 - t;
  return 3 * (s * s * (b - a) + 2 * s * t * (c - b) + t * t * (d - c));
}
