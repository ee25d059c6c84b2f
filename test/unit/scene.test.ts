import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { readModel } from '../../src/formats/modelReader';
import type { Attribute, Graph, Model, Node, Tensor } from '../../src/graph/graph';
import { parseHardware } from '../../src/hardware/parse';
import { buildReport } from '../../src/latency/report';
import { inferShapes } from '../../src/operators/inferShapes';
import { CATEGORIES } from '../../src/protocol/graphPanel';
import { nodeDetails, tensorDetails } from '../../src/scene/details';
import { ranks, reportData } from '../../src/scene/reportData';
import { buildScene } from '../../src/scene/scene';
import { changedHardware, choicesOf, hardwareFile, knobsOf } from '../../src/scene/whatIf';
import { constant } from '../fixtures/onnxFiles';
import { int } from '../operatorCase';
import { root } from '../shared';
import { float32, list, model as sketched, weights } from '../sketch';

const file = path.join(root, 'sample', 'shapes-resnet8.onnx');

describe('scene', () => {
  it('holds inputs, nodes and outputs, and an edge for every tensor that is passed on', async () => {
    const model = await readModel(file);
    const { data, nodeOf } = buildScene(model, inferShapes(model), 'resnet8');
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
    const shapes = inferShapes(model);
    const [first] = model.graph.nodes;
    assert.ok(first);
    const details = await nodeDetails(first, model, shapes.infos, buildScene(model, shapes, 'resnet8').readers());
    assert.deepEqual(details.attributes.find(({ name }) => name === 'kernel_shape')?.value, '[3, 3]');
    assert.equal(details.inputs[1]?.shape, '16×3×3×3');
    assert.equal(details.inputs[1]?.bytes, 16 * 27 * 4);
    const weight = constant(model, first.inputs[1] ?? '');
    assert.equal(weight.location.kind, 'file');
    const { path: from, offset, length } = weight.location.kind === 'file' ? weight.location : assert.fail();
    const stored = new Float32Array(new Uint8Array(fs.readFileSync(from).subarray(offset, offset + length)).buffer);
    const { values: text = '', readable, readers } = details.inputs[1]?.constant ?? {};
    assert.deepEqual([readable, readers], [true, [1]]);
    const shown = [...text.matchAll(/-?\d+(\.\d+)?/g)].map(([number]) => Number(number));
    const expected = [...stored.slice(0, 16), stored.length];
    assert.equal(shown.length, expected.length, text);
    for (const [index, value] of expected.entries()) {
      assert.ok(
        Math.abs((shown[index] ?? Number.NaN) - value) <= 1e-4 * Math.abs(value),
        `${index}: ${value} in ${text}`,
      );
    }
  });

  it('reads only the first elements of a large weight, and says why one is not to be had', async () => {
    const data = new Uint8Array(Float32Array.from({ length: 2 ** 18 + 1 }, (_, index) => index).buffer);
    const tensor = (name: string, location: Tensor['location'], size: number): Tensor => {
      return { name, type: 'float32', shape: [size], location };
    };
    const bytes = { kind: 'bytes', bytes: data } as const;
    const text = async (location: Tensor['location'], size: number): Promise<string | undefined> =>
      (await tensorDetails('w', tensor('w', location, size), undefined)).constant?.values;
    assert.equal(
      await text(bytes, 2 ** 18 + 1),
      '[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, … 262,145 in all]',
    );
    assert.match((await text(bytes, 2 ** 18 + 2)) ?? '', /^\[0, 1, /);
    assert.match((await text(bytes, 2 ** 20)) ?? '', /^\[0, 1, /);
    assert.equal(await text({ kind: 'missing', reason: 'it is gone' }, 4), 'it is gone');
    const short = { kind: 'bytes', bytes: data.subarray(0, 8) } as const;
    assert.equal(await text(short, 4), "Tensor 'w' holds 8 bytes where 4 elements of float32 are declared.");
  });

  it('does not draw what is known before the run', () => {
    const sketch = sketched({
      inputs: [float32('x', 1, 6)],
      constants: [list('target', 2, 3), weights('w', 3, 4)],
      nodes: [
        ['half', 'Cast', 'w', { to: int(10) }],
        ['whole', 'Cast', 'half', { to: int(1) }],
        ['shaped', 'Reshape', 'x target'],
        ['y', 'MatMul', 'shaped whole'],
      ],
      outputs: [{ name: 'y' }],
    });
    const { data, nodeOf } = buildScene(sketch, inferShapes(sketch), 'constants');
    assert.deepEqual(data.names, ['x', 'Reshape → shaped', 'MatMul → y', 'y']);
    assert.deepEqual([...data.edges], [0, 1, 1, 2, 2, 3]);
    assert.deepEqual([...data.reportIndex], [-1, 2, 3, -1]);
    assert.equal(nodeOf(2)?.operator, 'MatMul');
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
    const { data } = buildScene(model, { infos: new Map(), constants: new Set() }, 'if');
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
        const offChip = data.offChipBytes.subarray(3 * row, 3 * row + 3).reduce((sum, bytes) => sum + bytes, 0);
        assert.ok(offChip <= bandwidth * seconds * (1 + 1e-9), `${id} row ${row}: bytes`);
      }
    }
  });

  it('gives no rank to layers without a time', () => {
    assert.deepEqual([...ranks(Float64Array.of(Number.NaN, 2, 0, 5, 2, Number.NaN))], [0, 2, 0, 1, 3, 0]);
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
