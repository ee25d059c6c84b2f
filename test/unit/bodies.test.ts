import assert from 'node:assert/strict';
import type { Attribute, Graph, LocalFunction, Model, Node } from '../../src/graph/graph';
import { inferShapes } from '../../src/operators/inferShapes';
import { bodiesOf, bodyModel } from '../../src/scene/bodies';
import { nodeDetails } from '../../src/scene/details';
import { buildScene } from '../../src/scene/scene';
import { searchText } from '../../src/scene/searchText';
import { int } from '../operatorCase';
import { float32, graph, list, model, weights } from '../sketch';

const inside = (value: Graph): Attribute => ({ type: 'graph', value });

function nodeOf({ graph: { nodes } }: Model, index = 0): Node {
  const node = nodes[index];
  assert.ok(node);
  return node;
}

function enter(whole: Model, node: Node, body = 0): Model {
  const wanted = bodiesOf(node, whole)[body];
  assert.ok(wanted);
  return bodyModel(whole, inferShapes(whole), node, wanted);
}

/** Inputs of the drawing with their shapes, and what its nodes compute. */
function seen(inner: Model) {
  const { data } = buildScene(inner, inferShapes(inner), 'inner');
  const of = (kind: number) =>
    data.names.flatMap((name, i) => (data.kind[i] === kind ? [`${name} ${data.shapes[i]}`] : []));
  return { inputs: of(1), nodes: of(0), outputs: of(2) };
}

describe('scene/bodies', () => {
  it('shows a branch with what it takes from around: inputs with their shapes, constants as constants', () => {
    const branch = graph({
      nodes: [
        ['m', 'MatMul', 'x w'],
        ['b', 'Add', 'm bias'],
      ],
      constants: [weights('bias', 4)],
      outputs: [{ name: 'b' }],
    });
    const other = graph({ nodes: [['n', 'Neg', 'x']], outputs: [{ name: 'n' }] });
    const whole = model({
      nodes: [['y', 'If', 'condition', { then_branch: inside(branch), else_branch: inside(other) }]],
      inputs: [float32('x', 2, 3), { name: 'condition', type: 'bool', shape: [] }],
      constants: [weights('w', 3, 4)],
      outputs: [{ name: 'y' }],
    });
    const node = nodeOf(whole);
    assert.deepEqual(
      bodiesOf(node, whole).map(({ label }) => label),
      ['then_branch', 'else_branch'],
    );
    const inner = enter(whole, node);
    assert.deepEqual([...inner.graph.constants.keys()], ['w', 'bias']);
    assert.deepEqual(seen(inner), {
      inputs: ['x 2×3'],
      nodes: ['MatMul → m 2×4', 'Add → b 2×4'],
      outputs: ['b 2×4'],
    });
    assert.deepEqual(seen(enter(whole, node, 1)).nodes, ['Neg → n 2×3']);
  });

  it('gives the body of a loop the types that it has in every iteration', () => {
    const body = graph({
      nodes: [
        ['on', 'Identity', 'keep'],
        ['next', 'Add', 'state state'],
      ],
      inputs: [{ name: 'i' }, { name: 'keep' }, { name: 'state' }],
      outputs: [{ name: 'on' }, { name: 'next' }],
    });
    const whole = model({
      nodes: [['last', 'Loop', 'trips  x', { body: inside(body) }]],
      inputs: [float32('x', 5, 6)],
      constants: [list('trips', 3)],
      outputs: [{ name: 'last' }],
    });
    const { inputs } = enter(whole, nodeOf(whole)).graph;
    assert.deepEqual(
      inputs.map(({ name, type, shape }) => [name, type, shape]),
      [
        ['i', 'int64', []],
        ['keep', 'bool', []],
        ['state', 'float32', [5, 6]],
      ],
    );
  });

  it('shows a local function as the call has it: its inputs’ shapes, references to its attributes replaced', () => {
    const called: LocalFunction = {
      ...{ name: 'Turn', domain: 'my', overload: '', attributes: ['to'], defaults: new Map() },
      body: graph({
        nodes: [['t', 'Flatten', 'a', { axis: { type: 'reference', value: 'to' } }]],
        inputs: [{ name: 'a' }],
        outputs: [{ name: 't' }],
      }),
      opsets: new Map([['', 17]]),
    };
    const whole = model(
      { nodes: [['y', 'my:Turn', 'x', { to: int(2) }]], inputs: [float32('x', 2, 3, 4)], outputs: [{ name: 'y' }] },
      [called],
    );
    const node = nodeOf(whole);
    assert.deepEqual(
      bodiesOf(node, whole).map(({ label }) => label),
      ['function Turn'],
    );
    assert.deepEqual(seen(enter(whole, node)), { inputs: ['a 2×3×4'], nodes: ['Flatten → t 6×4'], outputs: ['t 6×4'] });
  });
});

describe('scene/details', () => {
  it('shows a shared constant once, with all who read it, also where a node of its own holds it', async () => {
    const value: Attribute = {
      type: 'tensor',
      value: { ...weights('', 2), location: { kind: 'missing', reason: 'gone' } },
    };
    const whole = model({
      nodes: [
        ['c', 'Constant', '', { value }],
        ['a', 'Mul', 'x w'],
        ['b', 'Mul', 'w w'],
        ['d', 'Add', 'b c'],
      ],
      inputs: [float32('x', 3)],
      constants: [weights('w', 3)],
      outputs: [{ name: 'a' }, { name: 'd' }],
    });
    const shapes = inferShapes(whole);
    const readers = buildScene(whole, shapes, 'shared').readers();
    const { inputs } = await nodeDetails(nodeOf(whole, 2), whole, shapes.infos, readers);
    assert.deepEqual(
      inputs.map(({ name, constant }) => [name, constant?.readers]),
      [['w', [1]]],
    );
    const sum = await nodeDetails(nodeOf(whole, 3), whole, shapes.infos, readers);
    assert.deepEqual(sum.inputs.at(-1)?.constant, { values: 'gone', readable: false, sampled: false, readers: [2] });
  });
});

describe('scene/searchText', () => {
  it('has attributes, tensors and metadata, a line each, and only the beginning of what is endless', () => {
    const attributes = new Map<string, Attribute>([
      ['kernel_shape', { type: 'ints', value: [3, 3] }],
      ['note', { type: 'string', value: 'x'.repeat(1e6) }],
    ]);
    const node: Node = {
      ...{ id: 0, name: 'n', operator: 'Conv', domain: '', inputs: ['x', '', 'w'], outputs: ['y'], attributes },
      metadata: new Map([['scope', 'layer1']]),
    };
    const lines = searchText(node).split('\n');
    assert.deepEqual([lines[0], ...lines.slice(2)], ['kernel_shape=3,3', 'x', 'w', 'y', 'scope=layer1']);
    assert.equal(lines[1]?.length, 400);
  });
});
