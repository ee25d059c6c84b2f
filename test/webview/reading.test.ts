import assert from 'node:assert/strict';
import { distanceToCurve } from '../../webview/graphView/wireAt';
import { column, groupBy } from '../../webview/layout/adjacency';
import { reachable, trailOf } from '../../webview/model/paths';
import { SearchIndex } from '../../webview/model/search';
import { pinnedNode, pinOf } from '../../webview/panes/pins';
import { graphOf, randomGraph, type TestGraph } from './graphs';
import { testOpening } from './scene';

function wiring({ nodeCount, edges }: TestGraph) {
  const [sources, targets] = [column(edges, 0), column(edges, 1)];
  return { sources, targets, outgoing: groupBy(sources, nodeCount), incoming: groupBy(targets, nodeCount) };
}

/** Whether a leads to b, from all pairs (Warshall). */
function closure({ nodeCount, edges }: TestGraph): (a: number, b: number) => boolean {
  const leads = Array.from({ length: nodeCount }, (_, a) => Array.from({ length: nodeCount }, (_, b) => a === b));
  for (let i = 0; i < edges.length; i += 2) {
    const row = leads[edges[i] ?? 0];
    if (row) row[edges[i + 1] ?? 0] = true;
  }
  for (const [k, through] of leads.entries())
    for (const row of leads) if (row[k]) for (const [b, yes] of through.entries()) if (yes) row[b] = true;
  return (a, b) => leads[a]?.[b] === true;
}

describe('paths', () => {
  // 0 → 1 → 2 → 5, 0 → 3 → 5, 4 apart, 5 → 6
  const small = wiring(
    graphOf(7, [
      [0, 1],
      [1, 2],
      [2, 5],
      [0, 3],
      [3, 5],
      [5, 6],
    ]),
  );
  const sorted = (nodes: Iterable<number>) => [...nodes].sort((a, b) => a - b);

  it('finds what a node depends on and what depends on it', () => {
    assert.deepEqual(sorted(reachable(small, 5, 'up')), [0, 1, 2, 3, 5]);
    assert.deepEqual(sorted(reachable(small, 1, 'down')), [1, 2, 5, 6]);
    assert.deepEqual(sorted(trailOf(small, { kind: 'down', node: 3 })?.edges ?? []), [4, 5]);
  });

  it('shows all paths between two nodes and a shortest one, whichever comes first', () => {
    for (const [from, to] of [
      [0, 6],
      [6, 0],
    ] as const) {
      const trail = trailOf(small, { kind: 'path', from, to });
      assert.deepEqual(sorted(trail?.nodes ?? []), [0, 1, 2, 3, 5, 6]);
      assert.deepEqual(trail?.shortest?.nodes, [0, 3, 5, 6]);
      assert.deepEqual(sorted(trail?.shortest?.edges ?? []), [3, 4, 5]);
      assert.equal(trail?.edges.size, 6);
    }
    assert.equal(trailOf(small, { kind: 'path', from: 1, to: 3 }), undefined);
    assert.deepEqual(trailOf(small, { kind: 'path', from: 2, to: 2 })?.shortest?.nodes, [2]);
  });

  it('agrees with the transitive closure of graphs drawn by lot', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const graph = randomGraph(40, 70, seed);
      const leads = closure(graph);
      const wires = wiring(graph);
      const all = Array.from({ length: graph.nodeCount }, (_, node) => node);
      for (const [from, to] of [
        [0, 39],
        [3, 30],
        [25, 7],
      ] as const) {
        assert.deepEqual(
          sorted(reachable(wires, from, 'down')),
          all.filter((node) => leads(from, node)),
        );
        const [a, b] = leads(from, to) ? [from, to] : [to, from];
        const between = all.filter((node) => leads(a, node) && leads(node, b));
        assert.deepEqual(sorted(trailOf(wires, { kind: 'path', from, to })?.nodes ?? []), between);
      }
    }
  });

  it('walks 200,000 nodes in a row without growing the stack', () => {
    const count = 200_000;
    const chain = wiring(
      graphOf(
        count,
        Array.from({ length: count - 1 }, (_, i) => [i, i + 1] as const),
      ),
    );
    assert.equal(trailOf(chain, { kind: 'path', from: count - 1, to: 0 })?.shortest?.nodes.length, count);
  });
});

describe('wires', () => {
  it('are met where they are drawn', () => {
    const near = (a: number, b: number, reach: number) => assert.ok(Math.abs(a - b) <= reach, `${a} is not ${b}`);
    near(distanceToCurve({ x: 5, y: 0 }, { x: 5, y: 100 }, { x: 9, y: 40 }), 4, 1e-9);
    // Half way down a bent line is half way across, where it runs at 100 across to 1.5 · 45 down.
    near(distanceToCurve({ x: 0, y: 0 }, { x: 100, y: 100 }, { x: 50, y: 50 }), 0, 1e-3);
    near(distanceToCurve({ x: 0, y: 0 }, { x: 100, y: 100 }, { x: 0, y: 0 }), 0, 1e-3);
    const aside = distanceToCurve({ x: 0, y: 0 }, { x: 100, y: 100 }, { x: 60, y: 50 });
    assert.ok(aside > 2 && aside < 10, `${aside}`);
  });
});

describe('pins', () => {
  it('find a node again, also the second of one name', () => {
    const { scene } = testOpening();
    const twice = { ...scene, names: scene.names.map((name) => (name === 'relu2' ? 'relu' : name)) };
    for (const node of twice.names.keys()) assert.equal(pinnedNode(twice, pinOf(twice, node)), node);
    assert.equal(pinnedNode(scene, { name: 'relu', place: 1 }), undefined);
  });
});

describe('search in what the host knows', () => {
  const { scene } = testOpening();
  const order = Uint32Array.from(scene.names.keys());

  it('finds attributes and tensors once they are there, and shows the line', () => {
    const index = new SearchIndex(scene);
    assert.deepEqual(index.find('kernel_shape', order), []);
    index.add(scene.names.map((name) => (name === 'conv2' ? 'Kernel_Shape=1,1\nconv2.weight' : '')));
    const [hit, ...more] = index.find('kernel_shape=1', order);
    assert.deepEqual([scene.names[hit ?? -1], more], ['conv2', []]);
    assert.equal(index.excerpt('kernel_shape=1', hit ?? -1), 'Kernel_Shape=1,1');
    assert.equal(index.excerpt('conv', 1), '');
    // All words, wherever each of them stands.
    assert.equal(index.find('conv weight', order).length, 1);
  });
});
