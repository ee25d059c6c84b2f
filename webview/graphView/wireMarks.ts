/** Which pieces of lines stand out because of a trail, or of a line under the pointer. */
import { at, realAt } from '../layout/adjacency';
import type { Frame } from './frame';

export type Marks = (piece: number) => boolean;

/** By source how far down the edges of a set reach; worked out once for a set, which is of one drawing. */
const REACHES = new WeakMap<ReadonlySet<number>, ReadonlyMap<number, number>>();

/** The pieces that lead to an edge of `edges`: those that end with one, and on the way there those shared with others. */
export function piecesOf(frame: Frame, edges: ReadonlySet<number>): Marks {
  const { wires } = frame.drawing;
  const reach = REACHES.get(edges) ?? reachOf(frame, edges);
  REACHES.set(edges, reach);
  return (piece) => {
    const edge = at(wires.edge, piece);
    if (edge >= 0) return edges.has(edge);
    return realAt(wires.y2, piece) < (reach.get(at(wires.source, piece)) ?? -Infinity);
  };
}

function reachOf({ model, drawing: { rank, top } }: Frame, edges: ReadonlySet<number>): ReadonlyMap<number, number> {
  const reach = new Map<number, number>();
  for (const edge of edges) {
    const source = at(model.sources, edge);
    const height = realAt(top, at(rank, at(model.targets, edge)));
    reach.set(source, Math.max(reach.get(source) ?? -Infinity, height));
  }
  return reach;
}

/** Of the line under the pointer: everything that carries the same tensor. */
export function piecesUnder(frame: Frame): Marks | undefined {
  const { wire, model } = frame;
  return wire && piecesOf(frame, new Set(edgesOfWire(model, wire)));
}

/** The edges that a line stands for: those of its tensor, or all of its node where they run together. */
export function edgesOfWire(
  { scene, outgoing }: Frame['model'],
  { source, edge }: NonNullable<Frame['wire']>,
): number[] {
  const all = Array.from(outgoing.items.subarray(at(outgoing.start, source), at(outgoing.start, source + 1)));
  return edge < 0 ? all : all.filter((other) => scene.edgeTensor[other] === scene.edgeTensor[edge]);
}
