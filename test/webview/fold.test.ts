import assert from 'node:assert/strict';
import { drawingOf } from '../../webview/graphView/grounds';
import { cardOf, nodeBox } from '../../webview/graphView/visible';
import { layout } from '../../webview/layout/layout';
import { AS_FITS, afterStep, type Expansion, expandedGroups, withGroups } from '../../webview/model/expansion';
import { fold, readingOrder } from '../../webview/model/fold';
import { foldedModel } from '../../webview/model/groupModel';
import { type GroupTree, groupsAround, groupTree, isInside, nodesInside } from '../../webview/model/groupTree';
import { navigate } from '../../webview/model/navigate';
import { layoutInput } from '../../webview/model/nodeText';
import { randomGraph, randomNumbers } from './graphs';
import { BODY, END, groupedModel, groupedOpening, TAIL } from './grouped';

const model = groupedModel();
const { tree } = model;
const { scene } = groupedOpening();
const N = tree.nodeCount;
const name = (id: number) => model.scene.names[id] ?? '?';
const ids = (list: Iterable<number>) => Array.from(list, name);
const foldedWith = (...open: readonly number[]) => {
  const expanded = Uint8Array.from({ length: tree.count }, (_, group) => (open.includes(group) ? 1 : 0));
  return fold(tree, scene.edges, expanded);
};
const edgesOf = ({ edges }: { readonly edges: Uint32Array }) =>
  Array.from({ length: edges.length / 2 }, (_, i) => `${name(edges[2 * i] ?? -1)} → ${name(edges[2 * i + 1] ?? -1)}`);

describe('groupTree', () => {
  it('knows what is inside of what', () => {
    assert.deepEqual([tree.count, [...tree.end], [...tree.depth]], [3, [2, 2, 3], [0, 1, 0]]);
    assert.deepEqual(tree.paths, ['body', 'body/tail', 'end']);
    assert.deepEqual(groupsAround(tree, 3), [TAIL, BODY]);
    assert.deepEqual(groupsAround(tree, N + TAIL), [BODY]);
    assert.ok(isInside(tree, BODY, 3) && isInside(tree, BODY, N + TAIL));
    assert.ok(!isInside(tree, BODY, N + BODY) && !isInside(tree, BODY, 5) && !isInside(tree, TAIL, 1));
    assert.deepEqual(nodesInside(tree, BODY), [1, 2, 3, 4]);
  });

  it('has a path of its own for each of equally named siblings', () => {
    const groups = { ...scene.groups, names: ['a', 'a', 'a'], parent: Int32Array.from([-1, -1, 1]) };
    assert.deepEqual(groupTree({ ...scene, groups }).paths, ['a', 'a (2)', 'a (2)/a']);
  });
});

describe('fold', () => {
  it('shows everything where all is open', () => {
    const all = foldedWith(BODY, TAIL, END);
    assert.deepEqual([...all.shown], [0, 1, 2, 3, 4, 5, 6, 7]);
    assert.deepEqual([...all.edges], [...scene.edges]);
    assert.deepEqual(all.open, [BODY, TAIL, END]);
  });

  it('draws a closed group as one card, and no edge twice', () => {
    const none = foldedWith();
    assert.deepEqual(ids(none.shown), ['image', 'body', 'end', 'scores']);
    assert.deepEqual(edgesOf(none), ['image → body', 'body → end', 'end → scores']);
    assert.deepEqual(none.open, []);
    assert.deepEqual(ids(none.shownAs), [
      'image',
      ...Array(4).fill('body'),
      'end',
      'end',
      'scores',
      'body',
      'body',
      'end',
    ]);
  });

  it('names the first edge of the scene behind each', () => {
    const { edgeOf } = foldedWith();
    const tensors = Array.from(edgeOf, (edge) => scene.tensors[scene.edgeTensor[edge] ?? -1]);
    assert.deepEqual(tensors, ['image:0', 'relu2:0', 'flat:0']);
  });

  it('shows a closed group inside of an open one, and hides an open one inside of a closed one', () => {
    assert.deepEqual(ids(foldedWith(BODY).shown), ['image', 'conv1', 'relu', 'body/tail', 'end', 'scores']);
    const inner = foldedWith(TAIL);
    assert.deepEqual([ids(inner.shown), inner.open], [['image', 'body', 'end', 'scores'], []]);
  });

  it('reads the inside of a closed group where its card is', () => {
    const folded = foldedWith();
    const order = Uint32Array.from([0, N + BODY, N + END, 7]);
    assert.deepEqual([...readingOrder(tree, folded, order)], [0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it('keeps every way from node to node, whatever is closed', () => {
    const count = 120;
    const random = randomNumbers(5);
    const graph = randomGraph(count, 220, 9);
    const groups = Array.from({ length: 20 }, (_, group) => (group === 0 ? -1 : Math.floor(random() * group)));
    const big = treeOf(
      groups,
      Int32Array.from({ length: count }, () => Math.floor(random() * 21) - 1),
    );
    for (let round = 0; round < 10; round++) {
      const expanded = Uint8Array.from({ length: big.count }, () => (random() < 0.6 ? 1 : 0));
      const folded = fold(big, graph.edges, expanded);
      const pairs = new Set(
        Array.from({ length: folded.edges.length / 2 }, (_, i) => `${folded.edges[2 * i]} ${folded.edges[2 * i + 1]}`),
      );
      for (let edge = 0; 2 * edge < graph.edges.length; edge++) {
        const [from, to] = [0, 1].map((end) => folded.shownAs[graph.edges[2 * edge + end] ?? -1]);
        assert.ok(from === to || pairs.has(`${from} ${to}`));
      }
      assert.deepEqual([...folded.shown].sort(), [...new Set(folded.shownAs.subarray(0, count))].sort());
    }
  });
});

/** A tree whose groups come in any order of parents: numbered anew, so that subtrees are runs. */
function treeOf(parents: readonly number[], of: Int32Array): GroupTree {
  const number = new Map<number, number>([[-1, -1]]);
  const parent: number[] = [];
  const visit = (around: number) => {
    for (const [group, own] of parents.entries()) {
      if (own !== around) continue;
      number.set(group, parent.length);
      parent.push(number.get(around) ?? -1);
      visit(group);
    }
  };
  visit(-1);
  const groups = {
    source: 'names' as const,
    names: parent.map((_, group) => `g${group}`),
    kinds: parent.map(() => ''),
    parent: Int32Array.from(parent),
    of: of.map((group) => number.get(group) ?? -1),
  };
  return groupTree({ ...scene, groups });
}

/** `branches` groups, each of `branches` groups, … each of `leaves` nodes. */
function evenTree(levels: number, branches: number, leaves: number): GroupTree {
  const parents: number[] = [];
  const of: number[] = [];
  const grow = (around: number, level: number) => {
    for (let i = 0; i < branches; i++) {
      const group = parents.push(around) - 1;
      if (level + 1 < levels) grow(group, level + 1);
      else for (let leaf = 0; leaf < leaves; leaf++) of.push(group);
    }
  };
  grow(-1, 0);
  return treeOf(parents, Int32Array.from(of));
}

describe('expansion', () => {
  const cards = (big: GroupTree, expansion: Expansion) =>
    fold(big, new Uint32Array(), expandedGroups(big, expansion)).shown.length;

  it('opens everything of a small model, and only the first levels of a large one', () => {
    assert.deepEqual([...expandedGroups(tree, AS_FITS)], [1, 1, 1]);
    assert.equal(cards(evenTree(2, 10, 3), AS_FITS), 300);
    assert.equal(cards(evenTree(2, 10, 4), AS_FITS), 100);
    assert.equal(cards(evenTree(3, 10, 30), AS_FITS), 100);
    assert.equal(cards(evenTree(1, 400, 2), AS_FITS), 400);
  });

  it('opens single groups where the level as a whole is too much and there is next to nothing to see', () => {
    const features = Array.from({ length: 500 }, () => 0);
    const classifier = Array.from({ length: 5 }, () => 1);
    const lopsided = treeOf([-1, -1], Int32Array.from([...features, ...classifier]));
    assert.deepEqual([...expandedGroups(lopsided, AS_FITS)], [0, 1]);
  });

  it('remembers what differs from the levels, by path', () => {
    const opened = withGroups(tree, { levels: 0, toggled: [] }, [BODY, TAIL], true);
    assert.deepEqual(opened, { levels: 0, toggled: ['body', 'body/tail'] });
    assert.deepEqual([...expandedGroups(tree, opened)], [1, 1, 0]);
    assert.deepEqual(withGroups(tree, opened, [BODY], false), { levels: 0, toggled: ['body/tail'] });
    assert.deepEqual(withGroups(tree, opened, [BODY], true), opened);
    assert.deepEqual([...expandedGroups(tree, { levels: 'all', toggled: ['body/tail', 'gone'] })], [1, 0, 1]);
  });

  it('goes level by level', () => {
    const step = (from: Expansion, ...args: readonly Parameters<typeof afterStep>[2][]) =>
      args.reduce((at, one) => afterStep(tree, fold(tree, scene.edges, expandedGroups(tree, at)), one), from);
    const shown = (expansion: Expansion) => cards(tree, expansion);
    assert.equal(shown(step(AS_FITS, 'none')), 4);
    assert.equal(shown(step(AS_FITS, 'none', 'more')), 7);
    assert.equal(shown(step(AS_FITS, 'none', 'more', 'more')), 8);
    assert.equal(shown(step(AS_FITS, 'none', 'more', 'more', 'more', 'less')), 7);
    assert.equal(shown(step(AS_FITS, 'less', 'less', 'less')), 4);
    assert.equal(shown(step({ levels: 0, toggled: [] }, 'all')), 8);
  });
});

describe('grounds', () => {
  const drawn = (...open: readonly number[]) => {
    const folded = foldedWith(...open);
    const input = layoutInput({ ...model.scene, edges: folded.edges }, folded.shown);
    return { folded, plain: layout(input), drawing: drawingOf(layout(input), input, tree, folded) };
  };

  it('lie around their members and inside of each other, with room for each title', () => {
    const { drawing } = drawn(BODY, TAIL, END);
    assert.deepEqual(
      drawing.grounds.map(({ id, alone }) => [name(id), alone]),
      [
        ['body', true],
        ['body/tail', true],
        ['end', true],
      ],
    );
    const [body, tail, end] = drawing.grounds.map(({ box }) => box);
    assert.ok(body && tail && end);
    for (const member of [1, 2, 3, 4]) {
      const card = nodeBox(drawing, member);
      assert.ok(
        card.left > body.left && card.right < body.right && card.top >= body.top + 26 && card.bottom < body.bottom,
      );
    }
    assert.ok(tail.left > body.left && tail.right < body.right && tail.bottom < body.bottom);
    assert.ok(end.top > body.bottom, 'one below the other, apart');
    assert.ok(drawing.bounds.top <= body.top && drawing.bounds.left <= body.left && drawing.bounds.right >= body.right);
  });

  it('move lines with the cards that they join', () => {
    const { drawing, folded } = drawn(BODY, END);
    const { wires, ranks, rank } = drawing;
    for (const [piece, edge] of wires.edge.entries()) {
      if (edge < 0) continue;
      const target = folded.edges[2 * edge + 1] ?? -1;
      assert.equal(wires.y2[piece], nodeBox(drawing, target).top);
      assert.ok((wires.y1[piece] ?? 0) < (wires.y2[piece] ?? 0));
    }
    for (const id of ranks.items) {
      const box = nodeBox(drawing, id);
      assert.ok(box.top >= (drawing.top[rank[id] ?? 0] ?? 0) && box.bottom <= (drawing.bottom[rank[id] ?? 0] ?? 0));
    }
  });

  it('leave the layout alone where no group is open, and what is hidden without a place', () => {
    const { plain, drawing } = drawn();
    assert.deepEqual(drawing.grounds, []);
    assert.deepEqual(drawing.top, plain.top);
    assert.deepEqual(ids(drawing.ranks.items), ['image', 'body', 'end', 'scores']);
    assert.ok(Number.isNaN(drawing.x[3]) && Number.isFinite(drawing.x[N + BODY]));
    assert.equal(cardOf(drawing, 3), N + BODY);
  });

  it('are told from what stands among them', () => {
    const beside = treeOf([-1], Int32Array.from([0, -1, 0, 0]));
    const edges = Uint32Array.from([0, 1, 1, 3, 0, 2, 2, 3]);
    const folded = fold(beside, edges, Uint8Array.of(1));
    const sizes = { widths: new Float64Array(4).fill(100), heights: new Float64Array(4).fill(60) };
    const { grounds } = drawingOf(layout({ ...sizes, edges, anchors: new Uint8Array(4) }), sizes, beside, folded);
    assert.equal(grounds.length, 1);
    const all = treeOf([-1], Int32Array.from([0, 0, 0, 0]));
    const whole = drawingOf(
      layout({ ...sizes, edges, anchors: new Uint8Array(4) }),
      sizes,
      all,
      fold(all, edges, Uint8Array.of(1)),
    );
    assert.equal(whole.grounds[0]?.alone, true);
    assert.equal(grounds[0]?.alone, false);
  });

  it('are left and entered with the keys', () => {
    const { drawing, folded } = drawn(BODY);
    const shown = foldedModel(model, folded);
    const go = (from: number, move: Parameters<typeof navigate>[3]) => name(navigate(shown, drawing, from, move) ?? -1);
    assert.equal(go(N + BODY, 'down'), 'conv1');
    assert.equal(go(N + BODY, 'up'), 'image');
    assert.equal(go(2, 'down'), 'body/tail');
    assert.equal(go(N + TAIL, 'down'), 'end');
    assert.equal(go(N + END, 'up'), 'body/tail');
  });
});
