/** Ways through the graph: all that a node depends on, all that depends on it, and what lies between two nodes. */
import { at } from '../layout/adjacency';
import type { PanelModel } from './panelModel';

export type Direction = 'up' | 'down';

/** What the reader wants to see. */
export type TrailRequest =
  | { readonly kind: Direction; readonly node: number }
  | { readonly kind: 'path'; readonly from: number; readonly to: number };

/** Ids and edges that belong together; everything else recedes. */
export interface Trail {
  /** The nodes asked about included. */
  readonly nodes: ReadonlySet<number>;
  readonly edges: ReadonlySet<number>;
  /** Of a path: the nodes and edges of a shortest one. */
  readonly shortest: { readonly nodes: readonly number[]; readonly edges: ReadonlySet<number> } | undefined;
}

type Wiring = Pick<PanelModel, 'sources' | 'targets' | 'incoming' | 'outgoing'>;

/** Undefined where no path leads from one to the other, whichever of them comes first. */
export function trailOf(graph: Wiring, request: TrailRequest): Trail | undefined {
  if (request.kind !== 'path') {
    const nodes = reachable(graph, request.node, request.kind);
    return { nodes, edges: edgesWithin(graph, nodes), shortest: undefined };
  }
  return between(graph, request.from, request.to) ?? between(graph, request.to, request.from);
}

/** All nodes that a node depends on (up) or that depend on it (down), and itself. */
export function reachable(graph: Wiring, node: number, direction: Direction): Set<number> {
  const found = new Set([node]);
  for (const id of found) eachStep(graph, id, direction, (_, other) => found.add(other));
  return found;
}

/** All nodes on any path from one node down to another. */
function between(graph: Wiring, from: number, to: number): Trail | undefined {
  const shortest = shortestPath(graph, from, to);
  if (!shortest) return undefined;
  const above = reachable(graph, to, 'up');
  const nodes = new Set([...reachable(graph, from, 'down')].filter((node) => above.has(node)));
  return { nodes, edges: edgesWithin(graph, nodes), shortest };
}

function shortestPath(graph: Wiring, from: number, to: number): Trail['shortest'] {
  /** By node the edge that reached it first. */
  const edgeTo = new Map<number, number>([[from, -1]]);
  for (const node of edgeTo.keys()) {
    if (node === to) break;
    eachStep(graph, node, 'down', (edge, other) => {
      if (!edgeTo.has(other)) edgeTo.set(other, edge);
    });
  }
  if (!edgeTo.has(to)) return undefined;
  const nodes = [to];
  const edges = new Set<number>();
  for (let edge = edgeTo.get(to) ?? -1; edge >= 0; edge = edgeTo.get(at(graph.sources, edge)) ?? -1) {
    edges.add(edge);
    nodes.push(at(graph.sources, edge));
  }
  return { nodes: nodes.reverse(), edges };
}

function eachStep(
  { sources, targets, incoming, outgoing }: Wiring,
  node: number,
  direction: Direction,
  use: (edge: number, other: number) => void,
): void {
  const { start, items } = direction === 'up' ? incoming : outgoing;
  const ends = direction === 'up' ? sources : targets;
  for (let i = at(start, node); i < at(start, node + 1); i++) use(at(items, i), at(ends, at(items, i)));
}

function edgesWithin(graph: Wiring, nodes: ReadonlySet<number>): Set<number> {
  const edges = new Set<number>();
  for (const node of nodes)
    eachStep(graph, node, 'down', (edge, other) => {
      if (nodes.has(other)) edges.add(edge);
    });
  return edges;
}
