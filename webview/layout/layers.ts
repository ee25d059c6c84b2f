/**
 * The proper layered graph: every link joins neighbouring layers. An edge over several layers runs through dummy vertices, one
 * chain of them per source, which all edges of that source share.
 */
import { at, column, groupBy } from './adjacency';
import type { Ranks } from './ranks';

export interface Layers {
  readonly nodeCount: number;
  /** Real nodes first, then dummies. */
  readonly vertexCount: number;
  readonly rank: Uint32Array;
  readonly rankCount: number;
  /** Links between neighbouring layers: upper and lower vertex, and the edge that ends there (-1 inside a chain). */
  readonly upper: Uint32Array;
  readonly lower: Uint32Array;
  readonly linkEdge: Int32Array;
  /** Per vertex: the real node that its chain starts from (itself for a real node). */
  readonly origin: Uint32Array;
  /** Edges drawn as jump links: too long for a line, or part of a cycle. */
  readonly stubs: Uint32Array;
}

/** A source with several consumers further away than this gets jump links (an attention mask feeds every block). */
const FAR = 30;
/** Even a lone edge longer than this is no line that anyone can follow. */
const VERY_FAR = 300;
const FEW = 2;

export function buildLayers(nodeCount: number, edges: Uint32Array, ranks: Ranks): Layers {
  const { back, rank: rankOf } = ranks;
  const source = column(edges, 0);
  const target = column(edges, 1);
  const span = Int32Array.from(source, (from, edge) => at(rankOf, at(target, edge)) - at(rankOf, from));
  const { stubs, length } = chains(nodeCount, source, span, back);
  const first = new Uint32Array(nodeCount);
  let vertexCount = nodeCount;
  for (let node = 0; node < nodeCount; node++) {
    first[node] = vertexCount;
    vertexCount += at(length, node);
  }

  const rank = new Uint32Array(vertexCount);
  const origin = new Uint32Array(vertexCount);
  const linkCount = source.length - stubs.length + vertexCount - nodeCount;
  const upper = new Uint32Array(linkCount);
  const lower = new Uint32Array(linkCount);
  const linkEdge = new Int32Array(linkCount).fill(-1);
  const vertexAt = (node: number, step: number) => (step === 0 ? node : at(first, node) + step - 1);
  const outgoing = groupBy(source, nodeCount);
  const isStub = new Uint8Array(source.length);
  for (const edge of stubs) isStub[edge] = 1;
  let link = 0;
  for (let node = 0; node < nodeCount; node++) {
    rank[node] = at(rankOf, node);
    origin[node] = node;
    for (let i = at(outgoing.start, node); i < at(outgoing.start, node + 1); i++) {
      const edge = at(outgoing.items, i);
      if (isStub[edge]) continue;
      upper[link] = vertexAt(node, at(span, edge) - 1);
      lower[link] = at(target, edge);
      linkEdge[link++] = edge;
    }
    for (let step = 1; step <= at(length, node); step++) {
      const dummy = vertexAt(node, step);
      rank[dummy] = at(rankOf, node) + step;
      origin[dummy] = node;
      upper[link] = vertexAt(node, step - 1);
      lower[link++] = dummy;
    }
  }
  return { nodeCount, vertexCount, rank, rankCount: ranks.rankCount, upper, lower, linkEdge, origin, stubs };
}

/** Which edges are no lines, and how many dummies each node's longest line runs through. */
function chains(nodeCount: number, source: Uint32Array, span: Int32Array, back: Uint8Array) {
  const far = new Uint32Array(nodeCount);
  const length = new Uint32Array(nodeCount);
  for (let edge = 0; edge < source.length; edge++) {
    if (!back[edge] && at(span, edge) > FAR) far[at(source, edge)] = at(far, at(source, edge)) + 1;
  }
  const stubs: number[] = [];
  for (let edge = 0; edge < source.length; edge++) {
    const node = at(source, edge);
    const limit = at(far, node) > FEW ? FAR : VERY_FAR;
    if (back[edge] || at(span, edge) > limit) stubs.push(edge);
    else length[node] = Math.max(at(length, node), at(span, edge) - 1);
  }
  return { stubs: Uint32Array.from(stubs), length };
}
