/**
 * Lines in pieces, rank by rank, so that only the visible ones are drawn: an S-shaped curve in the gap below a rank, or a straight
 * lane through a rank. A piece of a chain belongs to all edges of its source (edge -1); the last piece belongs to one edge.
 */
import { at, groupBy, realAt } from './adjacency';
import type { Layers } from './layers';
import type { LayoutInput } from './layout';

export interface Wires {
  readonly x1: Float64Array;
  readonly y1: Float64Array;
  readonly x2: Float64Array;
  readonly y2: Float64Array;
  /** Node that the line comes from. */
  readonly source: Uint32Array;
  /** Edge that ends here with an arrow head; -1 for a piece of a chain. */
  readonly edge: Int32Array;
  /** Pieces of rank r are start[r] … start[r + 1] - 1. */
  readonly start: Uint32Array;
}

/** Lines meet a node no closer to its corner than this. */
const CORNER = 16;

export function drawWires(
  layers: Layers,
  centres: Float64Array,
  { widths, heights }: LayoutInput,
  y: Float64Array,
  top: Float64Array,
  bottom: Float64Array,
): Wires {
  const { nodeCount, vertexCount, upper, lower, linkEdge, rank, origin } = layers;
  const linkCount = upper.length;
  const count = linkCount + vertexCount - nodeCount;
  const rankOf = new Uint32Array(count);
  for (let i = 0; i < linkCount; i++) rankOf[i] = at(rank, at(upper, i));
  for (let dummy = nodeCount; dummy < vertexCount; dummy++) rankOf[linkCount + dummy - nodeCount] = at(rank, dummy);
  const byRank = groupBy(rankOf, layers.rankCount);

  const [x1, y1, x2, y2] = [floats(count), floats(count), floats(count), floats(count)];
  const source = new Uint32Array(count);
  const edge = new Int32Array(count).fill(-1);
  const below = groupBy(upper, vertexCount).start;
  const above = groupBy(lower, vertexCount).start;
  const isAlone = (start: Uint32Array, vertex: number) => at(start, vertex + 1) - at(start, vertex) === 1;
  /** Where a line towards `other` meets the vertex: a lone line at the centre, several as nearly straight as the side allows. */
  const port = (vertex: number, other: number, start: Uint32Array) => {
    if (vertex >= nodeCount || isAlone(start, vertex)) return realAt(centres, vertex);
    const reach = Math.max(0, realAt(widths, vertex) / 2 - CORNER);
    return (
      realAt(centres, vertex) + Math.min(reach, Math.max(-reach, realAt(centres, other) - realAt(centres, vertex)))
    );
  };
  const lowerEdge = (v: number) =>
    v < nodeCount ? realAt(y, v) + realAt(heights, v) / 2 : realAt(bottom, at(rank, v));
  const upperEdge = (v: number) => (v < nodeCount ? realAt(y, v) - realAt(heights, v) / 2 : realAt(top, at(rank, v)));

  for (const [place, piece] of byRank.items.entries()) {
    const lane = piece >= linkCount;
    const from = lane ? nodeCount + piece - linkCount : at(upper, piece);
    const to = lane ? from : at(lower, piece);
    x1[place] = port(from, to, below);
    x2[place] = port(to, from, above);
    y1[place] = lane ? upperEdge(from) : lowerEdge(from);
    y2[place] = lane ? lowerEdge(from) : upperEdge(to);
    source[place] = at(origin, from);
    if (!lane) edge[place] = at(linkEdge, piece);
  }
  return { x1, y1, x2, y2, source, edge, start: byRank.start };
}

function floats(length: number): Float64Array {
  return new Float64Array(length);
}
