import assert from 'node:assert/strict';
import type { Attribute, Graph, Model, Node } from '../../src/graph/graph';
import { functionKey } from '../../src/graph/graph';
import { ModelFormatError } from '../../src/graph/modelFormatError';
import { validate } from '../../src/graph/validate';
import { printModel } from '../fixtures/print';

/** `a b -> c`: a node called after its first output. */
function node(text: string, attributes: Readonly<Record<string, Attribute>> = {}): Node {
  const [inputs = [], outputs = []] = text.split('->').map((side) => side.split(' ').filter((name) => name !== ''));
  const omitted = inputs.map((name) => (name === '_' ? '' : name));
  return {
    id: -1,
    name: `n_${outputs[0]}`,
    operator: 'Op',
    domain: '',
    inputs: omitted,
    outputs,
    attributes: new Map(Object.entries(attributes)),
  };
}

function graph(inputs: string, outputs: string, ...nodes: readonly Node[]): Graph {
  const values = (names: string) =>
    names
      .split(' ')
      .filter((name) => name !== '')
      .map((name) => ({ name }));
  return {
    name: 'g',
    nodes,
    inputs: values(inputs),
    outputs: values(outputs),
    constants: new Map(),
    declared: new Map(),
  };
}

function model(main: Graph, body?: Graph): Model {
  const local = { name: 'F', domain: 'd', overload: '', attributes: [], defaults: new Map(), opsets: new Map() };
  const functions = new Map(body ? [[functionKey('d', 'F'), { ...local, body }]] : []);
  return {
    path: 'm.onnx',
    format: 'ONNX',
    irVersion: 8,
    producer: '',
    opsets: new Map([['', 17]]),
    graph: main,
    functions,
    metadata: new Map(),
    weightBytes: 0,
  };
}

const order = ({ nodes }: Graph): string[] => nodes.map(({ name }) => name);
const rejects = (main: Graph, expected: RegExp, body?: Graph): void =>
  assert.throws(
    () => validate(model(main, body)),
    (error) => error instanceof ModelFormatError && expected.test(error.message),
  );

describe('graph/validate', () => {
  it('keeps a sorted graph as it is and numbers its nodes', () => {
    const sorted = graph('x', 'z', node('x -> a'), node('x -> b'), node('b _ a -> z'));
    const { nodes } = validate(model(sorted)).graph;
    assert.deepEqual(
      nodes.map(({ name, id }) => [name, id]),
      [
        ['n_a', 0],
        ['n_b', 1],
        ['n_z', 2],
      ],
    );
  });

  it('sorts a graph that is not, moving only what must move', () => {
    const unsorted = graph('x', 'z', node('x -> a'), node('c b -> z'), node('x -> d'), node('b -> c'), node('a -> b'));
    const { graph: sorted } = validate(model(unsorted));
    assert.deepEqual(order(sorted), ['n_a', 'n_b', 'n_c', 'n_z', 'n_d']);
    assert.deepEqual(
      sorted.nodes.map(({ id }) => id),
      [0, 1, 2, 3, 4],
    );
  });

  it('names a node on a cycle', () => {
    rejects(
      graph('x', 'z', node('x -> a'), node('a c -> b'), node('b -> c'), node('c -> z')),
      /Node 'n_[bc]' \(Op\) lies on a cycle/,
    );
    rejects(graph('', 'a', node('a -> a')), /Node 'n_a' \(Op\) lies on a cycle: its input 'a'/);
  });

  it('names both producers of a tensor', () => {
    rejects(graph('x', 'a', node('x -> a'), node('x -> b a')), /'a' is produced twice: by 'n_a' and by 'n_b' \(Op\)/);
    rejects(graph('x', 'x', node('-> x')), /'x' is produced twice: by an input or a constant and by 'n_x'/);
    const constant = { name: 'w', type: 'float32', shape: [], location: { kind: 'missing', reason: '' } } as const;
    rejects({ ...graph('', 'w', node('-> w')), constants: new Map([['w', constant]]) }, /by an input or a constant/);
    rejects(graph('', 'a', node('-> a a')), /'a' is produced twice: by 'n_a' and by 'n_a'/);
  });

  it('names the node and the tensor that nothing produces', () => {
    rejects(
      graph('x', 'a', node('x nowhere -> a')),
      /Node 'n_a' \(Op\) reads 'nowhere', which nothing in the model produces/,
    );
    rejects(graph('x', 'a b', node('x -> a')), /The output 'b' is produced by nothing in the model/);
    validate(model(graph('x', 'x a', node('x _ -> a'))));
  });

  it('lets bodies see the scope around them and orders by what they take from it', () => {
    const inner = graph('', 'i', node('late k -> i'));
    const body = graph('k', 'o', node('i2 -> o'), node('k -> i2', { body: { type: 'graph', value: inner } }));
    const main = graph('x', 'y', node('x -> y', { body: { type: 'graphs', value: [body] } }), node('x -> late'));
    const { graph: sorted } = validate(model(main));
    assert.deepEqual(order(sorted), ['n_late', 'n_y']);
    const attribute = sorted.nodes[1]?.attributes.get('body');
    assert(attribute?.type === 'graphs' && attribute.value[0]);
    assert.deepEqual(order(attribute.value[0]), ['n_i2', 'n_o']);
  });

  it('finds what is missing in bodies and in local functions', () => {
    const body: Attribute = { type: 'graph', value: graph('', 'i', node('nowhere -> i')) };
    rejects(graph('x', 'y', node('x -> y', { body })), /Node 'n_y' \(Op\) reads 'nowhere'/);
    const main = graph('x', 'y', node('x -> y'));
    rejects(main, /Node 'n_b' \(Op\) of function 'F' reads 'x'/, graph('a', 'b', node('a x -> b')));
    rejects(main, /The output 'c' of function 'F'/, graph('a', 'c', node('a -> b')));
  });

  it('handles long chains and many nodes without recursion', () => {
    const length = 50_000;
    const chain = Array.from({ length }, (_, index) => node(`t${length - index} -> t${length - index - 1}`));
    const { nodes } = validate(model(graph(`t${length}`, 't0', ...chain.toReversed()))).graph;
    assert.equal(nodes.length, length);
    assert.deepEqual([nodes[0]?.name, nodes.at(-1)?.name], [`n_t${length - 1}`, 'n_t0']);
  });
});

describe('graph/print', () => {
  it('prints a model line by line', () => {
    const body = graph('', 'i', node('k -> i'));
    const attributes: Readonly<Record<string, Attribute>> = {
      axis: { type: 'int', value: -1 },
      pads: { type: 'ints', value: [0, 1] },
      mode: { type: 'string', value: 'edge' },
      body: { type: 'graph', value: body },
      alpha: { type: 'reference', value: 'outer' },
    };
    const constant = {
      name: 'k',
      type: 'int64',
      shape: [2],
      values: [3, 4],
      location: { kind: 'missing', reason: '' },
    } as const;
    const main = { ...graph('x', 'y', node('x _ k -> y', attributes)), constants: new Map([['k', constant]]) };
    assert.equal(
      printModel(
        validate(
          model(
            { ...main, inputs: [{ name: 'x', type: 'float16', shape: ['n', null, 3] }] },
            graph('a', 'b', node('a -> b')),
          ),
        ),
      ),
      [
        'ONNX IR 8, opset ai.onnx 17',
        "graph 'g': 1 nodes",
        '  input x: float16[n,?,3]',
        '  constant k: int64[2] = 3, 4',
        "  0 Op 'n_y' (x, _, k) → y {axis: -1, pads: [0,1], mode: \"edge\", body: graph 'g', alpha: @outer}",
        "    graph 'g': 1 nodes",
        "      0 Op 'n_i' (k) → i",
        '      output i: ?[?]',
        '  output y: ?[?]',
        'function d:F()',
        "graph 'g': 1 nodes",
        '  input a: ?[?]',
        "  0 Op 'n_b' (a) → b",
        '  output b: ?[?]',
      ].join('\n'),
    );
  });
});
