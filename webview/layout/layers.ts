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
  const source = column(edges, 0);
  const target = column(edges, 1);
  const outgoing = groupBy(source, nodeCount);
  const upper: number[] = [];
  const lower: number[] = [];
  const linkEdge: number[] = [];
  const dummyRank: number[] = [];
  const dummyOrigin: number[] = [];
  const stubs: number[] = [];
  const link = (from: number, to: number, edge: number) => {
    upper.push(from);
    lower.push(to);
    linkEdge.push(edge);
  };

  for (let node = 0; node < nodeCount; node++) {
    const own = Array.from(outgoing.items.subarray(at(outgoing.start, node), at(outgoing.start, node + 1)));
    const span = (edge: number) => at(ranks.rank, at(target, edge)) - at(ranks.rank, node);
    const far = own.reduce((count, edge) => count + (!ranks.back[edge] && span(edge) > FAR ? 1 : 0), 0);
    const limit = far > FEW ? FAR : VERY_FAR;
    const drawn: number[] = [];
    for (const edge of own) (ranks.back[edge] || span(edge) > limit ? stubs : drawn).push(edge);

    const first = nodeCount + dummyRank.length;
    const length = drawn.reduce((most, edge) => Math.max(most, span(edge) - 1), 0);
    const vertexAt = (step: number) => (step === 0 ? node : first + step - 1);
    for (const edge of drawn) link(vertexAt(span(edge) - 1), at(target, edge), edge);
    for (let step = 1; step <= length; step++) {
      dummyRank.push(at(ranks.rank, node) + step);
      dummyOrigin.push(node);
      link(vertexAt(step - 1), vertexAt(step), -1);
    }
  }

  const vertexCount = nodeCount + dummyRank.length;
  const rank = new Uint32Array(vertexCount);
  rank.set(ranks.rank);
  rank.set(dummyRank, nodeCount);
  const origin = Uint32Array.from({ length: nodeCount }, (_, node) => node);
  return {
    nodeCount,
    vertexCount,
    rank,
    rankCount: ranks.rankCount,
    upper: Uint32Array.from(upper),
    lower: Uint32Array.from(lower),
    linkEdge: Int32Array.from(linkEdge),
    origin: concat(origin, dummyOrigin),
    stubs: Uint32Array.from(stubs),
  };
}

function concat(head: Uint32Array, tail: readonly number[]): Uint32Array {
  const all = new Uint32Array(head.length + tail.length);
  all.set(head);
  all.set(tail, head.length);
  return all;
}
