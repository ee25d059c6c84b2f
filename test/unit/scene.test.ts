import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { readModel } from '../../src/formats/modelReader';
import type { Attribute, Graph, Model, Node } from '../../src/graph/graph';
import { parseHardware } from '../../src/hardware/parse';
import { buildReport } from '../../src/latency/report';
import { inferShapes } from '../../src/operators/inferShapes';
import { CATEGORIES } from '../../src/protocol/graphPanel';
import { nodeDetails } from '../../src/scene/details';
import { reportData } from '../../src/scene/reportData';
import { buildScene } from '../../src/scene/scene';
import { root } from '../shared';

const file = path.join(root, 'sample', 'shapes-resnet8.onnx');

describe('scene', () => {
  it('holds inputs, nodes and outputs, and an edge for every tensor that is passed on', async () => {
    const model = await readModel(file);
    const { infos } = inferShapes(model);
    const { data, nodeOf } = buildScene(model, infos, 'resnet8');
    const nodes = model.graph.nodes.filter(({ operator }) => operator !== 'Constant');
    assert.equal(data.nodeCount, nodes.length + 2);
    assert.equal(data.operators[data.operator[0] ?? -1], 'Input');
    assert.equal(data.shapes[0], '1×3×96×96');
    assert.equal(nodeOf(0), undefined);
    assert.equal(nodeOf(1)?.operator, 'Conv');
    assert.equal(CATEGORIES[data.category[1] ?? -1], 'convolution');
    assert.equal(data.notes[1], '3×3 /2');
    const passed = new Set(nodes.flatMap(({ outputs }) => outputs));
    const expected = nodes.flatMap(({ inputs }) =>
      inputs.filter((name) => passed.has(name) || name === 'input'),
    ).length;
    assert.equal(data.edges.length / 2, expected + 1);
    for (let edge = 0; edge < data.edges.length; edge += 2) {
      assert.ok((data.edges[edge] ?? 0) < (data.edges[edge + 1] ?? 0), 'edges follow execution order');
    }
  });

  it('shows a node with its attributes, weights and shapes', async () => {
    const model = await readModel(file);
    const { infos } = inferShapes(model);
    const [first] = model.graph.nodes;
    assert.ok(first);
    const details = nodeDetails(first, model.graph, infos);
    assert.deepEqual(details.attributes.find(({ name }) => name === 'kernel_shape')?.value, '[3, 3]');
    assert.equal(details.inputs[1]?.shape, '16×3×3×3');
    assert.equal(details.inputs[1]?.bytes, 16 * 27 * 4);
    assert.notEqual(details.inputs[1]?.constant, undefined);
  });

  it('draws an edge into an If whose branch reads an outer tensor', () => {
    const node = (id: number, operator: string, inputs: string[], outputs: string[]): Node => {
      return { id, name: '', operator, domain: '', inputs, outputs, attributes: new Map() };
    };
    const graph = (nodes: readonly Node[], inputs: string[], outputs: string[]): Graph => ({
      name: '',
      nodes,
      inputs: inputs.map((name) => ({ name })),
      outputs: outputs.map((name) => ({ name })),
      constants: new Map(),
      declared: new Map(),
    });
    const branch = graph([node(0, 'Relu', ['outer'], ['y'])], [], ['y']);
    const attributes = new Map<string, Attribute>([['then_branch', { type: 'graph', value: branch }]]);
    const nodes = [node(0, 'Neg', ['x'], ['outer']), { ...node(1, 'If', ['condition'], ['z']), attributes }];
    const model: Model = {
      ...{ path: '', format: 'ONNX', irVersion: 8, producer: '', opsets: new Map([['', 13]]), weightBytes: 0 },
      ...{ graph: graph(nodes, ['x', 'condition'], ['z']), functions: new Map(), metadata: new Map() },
    };
    const { data } = buildScene(model, new Map(), 'if');
    // Scene: x, condition, Neg, If, z.
    const pairs = Array.from({ length: data.edges.length / 2 }, (_, edge) =>
      data.edges.slice(2 * edge, 2 * edge + 2).join(),
    );
    assert.deepEqual(pairs.sort(), ['0,2', '1,3', '2,3', '3,4']);
    assert.equal(data.names[2], 'Neg → outer');
    assert.deepEqual(data.shapes, ['?', '?', '?', '?', '?']);
  });
});

describe('reportData', () => {
  it('ranks layers by time and keeps the totals', async () => {
    const model = await readModel(file);
    const hardware = parseHardware(fs.readFileSync(path.join(root, 'media/hardware/jetson-tx2.json'), 'utf8'), 'tx2');
    const report = buildReport(model, inferShapes(model), hardware);
    const data = reportData(report, 'jetson-tx2');
    const slowest = data.rank.indexOf(1);
    assert.equal(data.seconds[slowest], Math.max(...data.seconds));
    const sum = data.seconds.reduce((total, value) => total + value, 0);
    assert.ok(Math.abs(sum - data.totals.seconds) < 1e-12 * sum + Number.EPSILON);
    assert.ok(data.advice[slowest]);
  });
});
