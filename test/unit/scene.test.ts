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
import { changedHardware, choicesOf, hardwareFile, knobsOf } from '../../src/scene/whatIf';
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
    assert.ok(reportData(report, 'jetson-tx2', { advise: false }).advice.every((advice) => advice === ''));
  });

  it('says what the roofs are: 2 PEs × 128 lanes × 2 FLOP × 1.3 GHz, and the bandwidths', async () => {
    const model = await readModel(file);
    const { roofs } = reportData(buildReport(model, inferShapes(model), preset('jetson-tx2')), 'jetson-tx2');
    assert.deepEqual(roofs, [
      { label: 'float32', flopsPerSecond: 2 * 2 * 128 * 1.3e9 },
      { label: 'off-chip', bytesPerSecond: 59.7e9 },
      { label: 'on-chip', bytesPerSecond: 4 * 59.7e9 },
    ]);
    const [array] = reportData(buildReport(model, inferShapes(model), preset('gemmini-16x16')), 'gemmini').roofs;
    assert.deepEqual(array, { label: '8-bit', flopsPerSecond: 2 * 16 * 16 * 1e9 });
  });

  it('no layer exceeds the roofs of its hardware', async () => {
    const model = await readModel(file);
    for (const id of ['jetson-tx2', 'v100', 'gemmini-16x16', 'eyeriss-v1']) {
      const data = reportData(buildReport(model, inferShapes(model), preset(id)), id);
      const peak = Math.max(...data.roofs.map(({ flopsPerSecond = 0 }) => flopsPerSecond));
      const bandwidth = data.roofs.find(({ label }) => label === 'off-chip')?.bytesPerSecond ?? Number.NaN;
      for (const [row, seconds] of data.seconds.entries()) {
        if (!(seconds > 0)) continue;
        assert.ok(2 * (data.macs[row] ?? 0) <= peak * seconds * (1 + 1e-9), `${id} row ${row}: arithmetic`);
        assert.ok((data.offChipBytes[row] ?? 0) <= bandwidth * seconds * (1 + 1e-9), `${id} row ${row}: bytes`);
      }
    }
  });
});

describe('whatIf', () => {
  const tx2 = { hardware: preset('jetson-tx2'), batch: 1 };
  const keys = (id: string) => knobsOf({ hardware: preset(id), batch: 1 }, { hardware: preset(id), batch: 1 });

  it('offers the numbers that an engine has, the ones that matter first', () => {
    const main = (id: string) => keys(id).flatMap(({ key, minor }) => (minor ? [] : [key]));
    assert.deepEqual(main('jetson-tx2').toSorted(), [
      ...['batch', 'frequency', 'global_memory', 'mem_bandwidth', 'n_pes', 'pe_fp32s', 'pe_memory'],
    ]);
    for (const key of ['rows', 'cols', 'frequency']) assert.ok(main('gemmini-16x16').includes(key), key);
    assert.ok(!main('gemmini-16x16').includes('n_pes'));
    assert.ok(choicesOf(preset('gemmini-16x16'), preset('gemmini-16x16')).some(({ key }) => key === 'dataflow'));
  });

  it('leaves out what the founding mode does not look at', () => {
    const founding = changedHardware(tx2.hardware, { parity: 'true' });
    const founded = knobsOf({ hardware: founding, batch: 1 }, tx2).map(({ key }) => key);
    assert.ok(!founded.includes('pe_memory') && founded.includes('n_pes'));
    assert.ok(choicesOf(founding, tx2.hardware).some(({ key }) => key === 'latency_mode'));
    assert.ok(!choicesOf(tx2.hardware, tx2.hardware).some(({ key }) => key === 'latency_mode'));
  });

  it('keeps what was there before beside what is tried, and refuses what cannot be in one sentence', () => {
    const hardware = changedHardware(tx2.hardware, { frequency: 2e9, 'lanes.float16': 512, batch: 8 });
    const knobs = new Map(knobsOf({ hardware, batch: 8 }, tx2).map((knob) => [knob.key, knob]));
    assert.deepEqual([knobs.get('frequency')?.value, knobs.get('frequency')?.preset], [2e9, 1.3e9]);
    assert.deepEqual([knobs.get('lanes.float16')?.value, knobs.get('lanes.float16')?.preset], [512, 256]);
    assert.deepEqual([knobs.get('batch')?.value, knobs.get('batch')?.preset], [8, 1]);
    assert.equal(changedHardware(tx2.hardware, { batch: 8 }), tx2.hardware);
    assert.throws(() => changedHardware(tx2.hardware, { frequency: 2 }), /^Error: frequency is in Hz/);
  });

  it('writes a file that reads back as the changed hardware and says what was changed', () => {
    for (const id of ['jetson-tx2', 'cpu', 'gemmini-16x16', 'nvdla-small']) {
      const changed = changedHardware(preset(id), { frequency: 2e9 });
      const { name, source, ...read } = parseHardware(hardwareFile(changed, preset(id)), 'saved.evohw.json');
      const { name: before, source: _, ...rest } = changed;
      assert.equal(name, `${before} (changed)`);
      assert.match(source ?? '', /frequency [\d.e+]+ → 2000000000/);
      assert.deepEqual(read, { ...rest, ...('this_machine' in rest && { this_machine: false }) });
    }
  });
});

function preset(id: string) {
  return parseHardware(fs.readFileSync(path.join(root, `media/hardware/${id}.json`), 'utf8'), id);
}
