/**
 * Columns: what has to stand exactly below one another. A run of vertices that only continue each other is one column; forks and
 * merges begin new ones. A lane (the dummies of a skip connection) is a column too, but it gives way to everything else.
 */
import { at, groupBy, type Rows } from './adjacency';
import type { Layers } from './layers';

export interface Columns {
  /** Column of each vertex. */
  readonly of: Uint32Array;
  readonly count: number;
  /** Vertices of each column, from top to bottom. */
  readonly members: Rows;
  /** 1 for vertices that move aside: lanes of skip connections, and inputs and outputs at the side of a longer path. */
  readonly light: Uint8Array;
  /** Per vertex the neighbours above and below that decide where it stands. */
  readonly above: Rows;
  readonly below: Rows;
}

/** `anchors`: 1 for the inputs of the graph; one at the top begins a path, other sources stand beside one. */
export function findColumns(layers: Layers, anchors: Uint8Array): Columns {
  const light = lightVertices(layers, anchors);
  const above = deciding(layers, layers.lower, layers.upper, light);
  const below = deciding(layers, layers.upper, layers.lower, light);
  const degree = (rows: Rows, vertex: number) => at(rows.start, vertex + 1) - at(rows.start, vertex);
  const first = (rows: Rows, vertex: number) => at(rows.items, at(rows.start, vertex));

  const of = new Uint32Array(layers.vertexCount);
  let count = 0;
  const byRank = groupBy(layers.rank, layers.rankCount).items;
  for (let i = 0; i < byRank.length; i++) {
    const vertex = at(byRank, i);
    const up = first(above, vertex);
    const continues =
      degree(above, vertex) === 1 &&
      (light[vertex]
        ? at(layers.origin, vertex) === at(layers.origin, up) && up >= layers.nodeCount
        : !light[up] && degree(below, up) === 1 && first(below, up) === vertex);
    of[vertex] = continues ? at(of, up) : count++;
  }
  const order = groupBy(
    byRank.map((vertex) => at(of, vertex)),
    count,
  );
  const members = { start: order.start, items: order.items.map((place) => at(byRank, place)) };
  return { of, count, members, light, above, below };
}

/** Skips of a node that also has a direct successor, and sources or sinks beside a path that goes on. */
function lightVertices(layers: Layers, anchors: Uint8Array): Uint8Array {
  const { nodeCount, vertexCount, rank, upper, lower, linkEdge, origin } = layers;
  const fanIn = new Uint32Array(vertexCount);
  const fanOut = new Uint32Array(vertexCount);
  const direct = new Uint8Array(nodeCount);
  for (let link = 0; link < upper.length; link++) {
    fanOut[at(upper, link)] = at(fanOut, at(upper, link)) + 1;
    fanIn[at(lower, link)] = at(fanIn, at(lower, link)) + 1;
    if (at(linkEdge, link) >= 0 && at(upper, link) < nodeCount) direct[at(upper, link)] = 1;
  }
  const isThrough = (vertex: number) => at(fanIn, vertex) > 0 || (at(rank, vertex) === 0 && anchors[vertex] === 1);
  const throughIn = new Uint32Array(vertexCount);
  const throughOut = new Uint32Array(vertexCount);
  for (let link = 0; link < upper.length; link++) {
    const [from, to] = [at(upper, link), at(lower, link)];
    if (isThrough(from)) throughIn[to] = at(throughIn, to) + 1;
    if (at(fanOut, to) > 0) throughOut[from] = at(throughOut, from) + 1;
  }
  const light = new Uint8Array(vertexCount);
  for (let vertex = nodeCount; vertex < vertexCount; vertex++) light[vertex] = direct[at(origin, vertex)] ?? 0;
  for (let link = 0; link < upper.length; link++) {
    const [from, to] = [at(upper, link), at(lower, link)];
    if (!isThrough(from) && at(throughIn, to) > 0) light[from] = 1;
    if (to < nodeCount && at(fanOut, to) === 0 && at(throughOut, from) > 0) light[to] = 1;
  }
  return light;
}

/** Per vertex its neighbours on one side, without the light ones where there are others (a light vertex heeds all). */
function deciding(layers: Layers, own: Uint32Array, other: Uint32Array, light: Uint8Array): Rows {
  const heavy = new Uint32Array(layers.vertexCount);
  for (let link = 0; link < own.length; link++) {
    if (!light[at(other, link)]) heavy[at(own, link)] = at(heavy, at(own, link)) + 1;
  }
  const isKept = (link: number) => {
    const vertex = at(own, link);
    return light[vertex] === 1 || !light[at(other, link)] || heavy[vertex] === 0;
  };
  const start = new Uint32Array(layers.vertexCount + 1);
  for (let link = 0; link < own.length; link++) {
    if (isKept(link)) start[at(own, link) + 1] = at(start, at(own, link) + 1) + 1;
  }
  for (let vertex = 0; vertex < layers.vertexCount; vertex++)
    start[vertex + 1] = at(start, vertex + 1) + at(start, vertex);
  const next = start.slice();
  const items = new Uint32Array(start.at(-1) ?? 0);
  for (let link = 0; link < own.length; link++) {
    if (!isKept(link)) continue;
    const vertex = at(own, link);
    items[at(next, vertex)] = at(other, link);
    next[vertex] = at(next, vertex) + 1;
  }
  return { start, items };
}
