import assert from 'node:assert/strict';
import type { Rows } from '../../webview/layout/adjacency';
import { buildLayers, type Layers } from '../../webview/layout/layers';
import { type Layout, layout } from '../../webview/layout/layout';
import { orderLayers } from '../../webview/layout/order';
import { assignRanks } from '../../webview/layout/ranks';
import {
  chainWithSkips,
  graphOf,
  randomGraph,
  randomNumbers,
  residualNet,
  type TestGraph,
  transformer,
  tree,
} from './graphs';

const WIDTH = 180;
const HEIGHT = 60;

interface Drawn extends Layout {
  readonly widths: Float64Array;
  readonly heights: Float64Array;
}

function draw({ nodeCount, edges }: TestGraph, size?: () => number): Drawn {
  const widths = Float64Array.from({ length: nodeCount }, () => (size ? 40 + 200 * size() : WIDTH));
  const heights = Float64Array.from({ length: nodeCount }, () => (size ? 20 + 60 * size() : HEIGHT));
  return { ...layout({ widths, heights, edges, anchors: sources(nodeCount, edges) }), widths, heights };
}

/** All that nothing feeds is an input of the graph. */
function sources(nodeCount: number, edges: Uint32Array): Uint8Array {
  const anchors = new Uint8Array(nodeCount).fill(1);
  for (let i = 1; i < edges.length; i += 2) anchors[num(edges, i)] = 0;
  return anchors;
}

const num = (array: ArrayLike<number>, index: number): number => {
  const value = array[index];
  assert.notEqual(value, undefined, `index ${index} is outside of ${array.length}`);
  return value ?? Number.NaN;
};

/** Checks every pair of neighbours of a rank, and that ranks follow each other. */
function assertNoOverlap(drawn: Drawn): void {
  const { ranks, x, y, top, bottom, widths, heights } = drawn;
  assert.equal(ranks.items.length, x.length);
  for (let rank = 0; rank < top.length; rank++) {
    if (rank > 0) assert.ok(num(top, rank) > num(bottom, rank - 1) + 20, `rank ${rank} begins below the one above`);
    for (let i = num(ranks.start, rank); i < num(ranks.start, rank + 1); i++) {
      const node = num(ranks.items, i);
      assert.ok(num(y, node) - num(heights, node) / 2 >= num(top, rank) - 1e-9);
      assert.ok(num(y, node) + num(heights, node) / 2 <= num(bottom, rank) + 1e-9);
      if (i === num(ranks.start, rank)) continue;
      const left = num(ranks.items, i - 1);
      const space = num(x, node) - num(x, left) - (num(widths, node) + num(widths, left)) / 2;
      assert.ok(space >= 20, `nodes ${left} and ${node} are ${space} apart`);
    }
  }
}

function assertDownward({ edges }: TestGraph, { y, stubs }: Layout): void {
  const skipped = new Set(stubs);
  for (let edge = 0; edge < edges.length / 2; edge++) {
    if (skipped.has(edge)) continue;
    assert.ok(num(y, num(edges, 2 * edge)) < num(y, num(edges, 2 * edge + 1)), `edge ${edge} leads down`);
  }
}

/** Every edge that is no stub is one unbroken line from its source's lower side to its target's upper side. */
function assertWired({ edges }: TestGraph, drawn: Drawn): void {
  const { wires, x, y, widths, heights, stubs } = drawn;
  const ends = new Map<string, number>();
  const key = (source: number, px: number, py: number) => `${source} ${px.toFixed(6)} ${py.toFixed(6)}`;
  const last = new Map<number, number>();
  for (let piece = 0; piece < wires.x1.length; piece++) {
    ends.set(key(num(wires.source, piece), num(wires.x2, piece), num(wires.y2, piece)), piece);
    if (num(wires.edge, piece) >= 0) last.set(num(wires.edge, piece), piece);
  }
  assert.equal(last.size + stubs.length, edges.length / 2);
  for (const [edge, end] of last) {
    const [source, target] = [num(edges, 2 * edge), num(edges, 2 * edge + 1)];
    assert.equal(num(wires.y2, end), num(y, target) - num(heights, target) / 2);
    assert.ok(Math.abs(num(wires.x2, end) - num(x, target)) <= num(widths, target) / 2);
    const bottom = num(y, source) + num(heights, source) / 2;
    let piece = end;
    while (num(wires.y1, piece) !== bottom) {
      const above = ends.get(key(source, num(wires.x1, piece), num(wires.y1, piece)));
      assert.ok(above !== undefined, `edge ${edge} has a gap`);
      piece = above;
    }
    assert.ok(Math.abs(num(wires.x1, piece) - num(x, source)) <= num(widths, source) / 2);
  }
}

describe('layout', () => {
  const graphs: Record<string, TestGraph> = {
    'a tree': tree(5, 3),
    'a residual net': residualNet(16),
    'a chain with skips': chainWithSkips(200, 5),
    'a transformer': transformer(12),
    'a random graph': randomGraph(120, 240, 7),
    'repeated edges': graphOf(3, [
      [0, 1],
      [0, 1],
      [1, 2],
      [0, 2],
    ]),
  };
  for (const [name, graph] of Object.entries(graphs)) {
    it(`draws ${name} downward, wired, without overlaps`, () => {
      for (const size of [undefined, randomNumbers(3)]) {
        const drawn = draw(graph, size);
        assertNoOverlap(drawn);
        assertDownward(graph, drawn);
        assertWired(graph, drawn);
      }
    });
  }

  it('draws trees and residual nets without a crossing', () => {
    for (const graph of [tree(6, 2), tree(4, 4), residualNet(1), residualNet(8), chainWithSkips(100, 3)]) {
      assert.equal(draw(graph).crossings, 0);
    }
    const merging = tree(5, 2);
    const reversed = Uint32Array.from(merging.edges, (_, i) => num(merging.edges, i ^ 1));
    assert.equal(draw({ nodeCount: merging.nodeCount, edges: reversed }).crossings, 0);
  });

  it('counts the crossings that cannot be avoided', () => {
    const pairs = [0, 1, 2].flatMap((a) => [3, 4, 5].map((b) => [a, b] as const));
    assert.equal(draw(graphOf(6, pairs)).crossings, 9); // K₃,₃ on two lines: 3·2/2 · 3·2/2
  });

  it('swaps neighbours that sweeps leave crossed, and never makes it worse', () => {
    for (let seed = 1; seed < 12; seed++) {
      const graph = randomGraph(60, 80, seed);
      const layers = buildLayers(60, graph.edges, assignRanks(60, graph.edges, sources(60, graph.edges)));
      const { layers: rows, crossings } = orderLayers(layers);
      const counted = crossingsOneByOne(layers, rows);
      assert.equal(crossings, counted, `seed ${seed}`);
      for (let i = 1; i < rows.items.length; i++) {
        if (rows.start.includes(i)) continue;
        const swapped = rows.items.slice();
        [swapped[i - 1], swapped[i]] = [num(rows.items, i), num(rows.items, i - 1)];
        const after = crossingsOneByOne(layers, { start: rows.start, items: swapped });
        assert.ok(after >= counted, `seed ${seed}: ${after} instead of ${counted} of ${layers.vertexCount} vertices`);
      }
    }
  });

  it('keeps the members of a group side by side in every layer, apart from others', () => {
    // Three branches, interleaved as they are numbered; the first and the last are groups, inside of one around all.
    const pairs = Array.from({ length: 3 }, (_, b) =>
      [0, 1, 2].map((k) => [1 + b + 3 * k, 4 + b + 3 * k] as const),
    ).flat();
    const fans = [0, 1, 2].flatMap((b) => [
      [0, 1 + b] as const,
      [10 + b, 13] as const,
      [1 + b, 4 + ((b + 2) % 3)] as const,
    ]);
    const { nodeCount, edges } = graphOf(14, [...pairs, ...fans]);
    const inner = (node: number) => (node < 1 || node > 12 ? -1 : ([1, 0, 2][(node - 1) % 3] ?? -1));
    const groups = {
      of: Int32Array.from({ length: nodeCount }, (_, node) => inner(node)),
      parent: Int32Array.of(-1, 0, 0),
    };
    const widths = new Float64Array(nodeCount).fill(WIDTH);
    const heights = new Float64Array(nodeCount).fill(HEIGHT);
    const { ranks, x } = layout({ widths, heights, edges, anchors: sources(nodeCount, edges), groups });
    for (let rank = 0; rank + 1 < ranks.start.length; rank++) {
      const row = Array.from(ranks.items.subarray(num(ranks.start, rank), num(ranks.start, rank + 1)));
      for (const group of [1, 2]) {
        const places = row.flatMap((node, place) => (inner(node) === group ? [place] : []));
        assert.ok(
          (places.at(-1) ?? 0) - (places[0] ?? 0) <= Math.max(0, places.length - 1),
          `group ${group} in rank ${rank}`,
        );
      }
      for (let i = 1; i < row.length; i++) {
        const [left, right] = [num(row, i - 1), num(row, i)];
        const space = num(x, right) - num(x, left) - WIDTH;
        if (inner(left) > 0 && inner(right) > 0 && inner(left) !== inner(right)) assert.ok(space >= 31, `${space}`);
      }
    }
  });

  it('keeps the main path of a residual net exactly straight, with the skip beside it', () => {
    const { x, wires } = draw(chainWithSkips(31, 5));
    assert.equal(new Set(x).size, 1);
    const lane = Array.from(wires.edge).flatMap((edge, piece) =>
      edge === -1 && num(wires.x1, piece) === num(wires.x2, piece) ? [num(wires.x1, piece)] : [],
    );
    assert.ok(lane.length > 0 && lane.every((at) => Math.abs(at - num(x, 0)) > WIDTH / 2));
  });

  it('centres a fork and its merge over each other', () => {
    const { x } = draw(
      graphOf(6, [
        [0, 1],
        [0, 2],
        [0, 3],
        [0, 4],
        [1, 5],
        [2, 5],
        [3, 5],
        [4, 5],
      ]),
    );
    assert.equal(num(x, 0), num(x, 5));
    assert.ok(Math.abs(num(x, 1) + num(x, 4) - 2 * num(x, 0)) <= 1);
  });

  it('puts inputs and constants next to their consumer', () => {
    const chain = [0, 1, 1, 2, 2, 3, 3, 4];
    const ranks = (nodeCount: number, edges: readonly number[]) =>
      Array.from(
        assignRanks(
          nodeCount,
          Uint32Array.from(edges),
          Uint8Array.from({ length: nodeCount }, (_, i) => (i === 0 ? 1 : 0)),
        ).rank,
      );
    assert.deepEqual(ranks(6, [...chain, 5, 4]), [0, 1, 2, 3, 4, 3]);
    // What is made of constants goes with them: 5 and 6 feed 7, which feeds 4; 5 also feeds 2.
    assert.deepEqual(ranks(8, [...chain, 5, 7, 6, 7, 7, 4, 5, 2]), [0, 1, 2, 3, 4, 1, 2, 3]);
    // A branch of the input stays where it begins.
    assert.deepEqual(ranks(6, [...chain, 0, 5, 5, 4]), [0, 1, 2, 3, 4, 1]);
  });

  it('draws far edges of one source as jump links, a lone far edge as a line', () => {
    const mask = transformer(12);
    const drawn = draw(mask);
    assert.ok(drawn.stubs.length >= 6);
    for (const edge of drawn.stubs) assert.equal(num(mask.edges, 2 * edge), 1);
    assert.equal(draw(graphOf(51, [...pairsOfChain(51), [0, 50]])).stubs.length, 0);
  });

  it('survives cycles, self loops and the empty graph', () => {
    const cycle = graphOf(4, [
      [0, 1],
      [1, 2],
      [2, 0],
      [2, 2],
      [2, 3],
    ]);
    const drawn = draw(cycle);
    assertNoOverlap(drawn);
    assertDownward(cycle, drawn);
    assert.equal(drawn.stubs.length, 2);
    assert.equal(draw(graphOf(0, [])).x.length, 0);
    assert.equal(draw(graphOf(3, [])).x.length, 3);
    const random = randomNumbers(5);
    const tangle = graphOf(
      500,
      Array.from({ length: 2000 }, () => [Math.floor(500 * random()), Math.floor(500 * random())] as const),
    );
    assertDownward(tangle, draw(tangle));
  });

  it('lays out a chain of 20,000 nodes with skips, and reports its progress in order', () => {
    const graph = chainWithSkips(20_000, 7);
    const fractions: number[] = [];
    const drawn = layout(
      {
        widths: new Float64Array(20_000).fill(WIDTH),
        heights: new Float64Array(20_000).fill(HEIGHT),
        anchors: new Uint8Array(20_000),
        ...graph,
      },
      (fraction) => fractions.push(fraction),
    );
    assert.equal(drawn.crossings, 0);
    assert.equal(drawn.top.length, 20_000);
    assertDownward(graph, drawn);
    assert.deepEqual(
      fractions,
      fractions.toSorted((a, b) => a - b),
    );
    assert.equal(fractions.at(-1), 1);
  });

  it('is deterministic', () => {
    const graph = randomGraph(300, 500, 11);
    assert.deepEqual(draw(graph), draw(graph));
  });
});

function pairsOfChain(nodeCount: number): (readonly [number, number])[] {
  return Array.from({ length: nodeCount - 1 }, (_, node) => [node, node + 1] as const);
}

/** Every pair of links between two layers, by what crossing means. */
function crossingsOneByOne({ upper, lower, rank, vertexCount }: Layers, { items, start }: Rows): number {
  const position = new Uint32Array(vertexCount);
  for (let r = 0; r + 1 < start.length; r++) {
    for (let i = num(start, r); i < num(start, r + 1); i++) position[num(items, i)] = i;
  }
  const way = (ends: Uint32Array, a: number, b: number) => num(position, num(ends, a)) - num(position, num(ends, b));
  let crossings = 0;
  for (let a = 0; a < upper.length; a++) {
    for (let b = 0; b < a; b++) {
      if (num(rank, num(upper, a)) === num(rank, num(upper, b)) && way(upper, a, b) * way(lower, a, b) < 0) crossings++;
    }
  }
  return crossings;
}
