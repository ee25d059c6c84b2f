/** Layers of a graph: every edge leads at least one layer down (longest path), and nothing hangs higher than it must. */
import { at, column, groupBy, type Rows } from './adjacency';

export interface Ranks {
  readonly rank: Uint32Array;
  readonly rankCount: number;
  /** Per edge 1 where it closes a cycle (a self loop does): such edges are ignored by the layers. */
  readonly back: Uint8Array;
}

/** `edges` are pairs source, target; `anchors` are 1 for the inputs of the graph. O(nodes + edges). */
export function assignRanks(nodeCount: number, edges: Uint32Array, anchors: Uint8Array): Ranks {
  const target = column(edges, 1);
  const source = column(edges, 0);
  const outgoing = groupBy(source, nodeCount);
  const { order, back } = topologicalOrder(nodeCount, target, outgoing);
  const rank = new Uint32Array(nodeCount);
  const fed = anchors.slice();
  for (const node of order) {
    for (let i = at(outgoing.start, node); i < at(outgoing.start, node + 1); i++) {
      const edge = at(outgoing.items, i);
      const to = at(target, edge);
      if (back[edge]) continue;
      rank[to] = Math.max(at(rank, to), at(rank, node) + 1);
      if (fed[node]) fed[to] = 1;
    }
  }
  tighten(rank, fed, order, back, target, outgoing);
  return { rank, rankCount: rank.reduce((most, value) => Math.max(most, value + 1), 0), back };
}

/** Reversed postorder of a depth-first search without recursion; edges to a node still on the path close a cycle. */
function topologicalOrder(nodeCount: number, target: Uint32Array, outgoing: Rows) {
  const back = new Uint8Array(target.length);
  const state = new Uint8Array(nodeCount); // 0 new, 1 on the path, 2 done
  const next = outgoing.start.slice(0, nodeCount);
  const order = new Uint32Array(nodeCount);
  let free = nodeCount;
  const path: number[] = [];
  for (let root = 0; root < nodeCount; root++) {
    if (state[root] !== 0) continue;
    state[root] = 1;
    path.push(root);
    while (path.length > 0) {
      const node = path.at(-1) ?? 0;
      const i = at(next, node);
      if (i === at(outgoing.start, node + 1)) {
        state[node] = 2;
        order[--free] = node;
        path.pop();
        continue;
      }
      next[node] = i + 1;
      const edge = at(outgoing.items, i);
      const to = at(target, edge);
      if (state[to] === 1) back[edge] = 1;
      else if (state[to] === 0) {
        state[to] = 1;
        path.push(to);
      }
    }
  }
  return { order, back };
}

/**
 * Moves down to their nearest consumer: nodes that no input of the graph feeds (constants and what is made of them), and nodes
 * that feed more than they are fed by.
 */
function tighten(
  rank: Uint32Array,
  fed: Uint8Array,
  order: Uint32Array,
  back: Uint8Array,
  target: Uint32Array,
  outgoing: Rows,
): void {
  const fanIn = new Uint32Array(rank.length);
  for (let edge = 0; edge < target.length; edge++) {
    if (!back[edge]) fanIn[at(target, edge)] = at(fanIn, at(target, edge)) + 1;
  }
  for (let k = order.length - 1; k >= 0; k--) {
    const node = at(order, k);
    let nearest = Number.POSITIVE_INFINITY;
    let fanOut = 0;
    for (let i = at(outgoing.start, node); i < at(outgoing.start, node + 1); i++) {
      const edge = at(outgoing.items, i);
      if (back[edge]) continue;
      nearest = Math.min(nearest, at(rank, at(target, edge)));
      fanOut++;
    }
    if (fanOut > (fed[node] ? at(fanIn, node) : 0)) rank[node] = nearest - 1;
  }
}
