import assert from 'node:assert/strict';
import fs from 'node:fs';
import { readModel } from '../../src/formats/modelReader';
import { overrideHardware } from '../../src/hardware/parse';
import { freeCost, isUnknown, type LayerCost } from '../../src/latency/layerCost';
import { buildReport, type LayerReport } from '../../src/latency/report';
import { reportToTable } from '../../src/latency/reportTable';
import { summarize } from '../../src/latency/summary';
import { inferShapes } from '../../src/operators/inferShapes';
import { costAt, layer, reportOf, TX2 } from '../reports';
import { needsShared, shared } from '../shared';
import { float32, type NodeSketch, model as sketched, weights } from '../sketch';
import { SMALL_NAMES, smallModel } from '../smallModel';

describe('report: what the model has to do', () => {
  const report = reportOf();

  it('MACs, FLOPs, parameters by hand', () => {
    const column = (value: (one: LayerReport) => number) => report.layers.map(value);
    assert.deepEqual(
      column(({ macs }) => macs),
      [55296, 0, 0, 16384, 0, 0, 0, 0, 32],
    );
    // Running mean and variance are no parameters.
    assert.deepEqual(
      column(({ parameters }) => parameters),
      [224, 16, 0, 64, 0, 0, 0, 0, 36],
    );
    assert.equal(report.totals.macs, 71712);
    assert.equal(report.totals.parameters, 340);
    assert.equal(layer(report, 0).flops, 2 * 55296 + 8 * 256);
  });

  it('memory access: each operand once, views free', () => {
    const access = report.layers.map(({ memoryAccess: { input, weight, output } }) => [input, weight, output]);
    assert.deepEqual(access, [
      ...[
        [3072, 896, 8192],
        [8192, 128, 8192],
        [8192, 0, 8192],
        [8192, 256, 8192],
        [16384, 0, 8192],
      ],
      ...[
        [8192, 0, 8192],
        [8192, 0, 32],
        [0, 0, 0],
        [32, 144, 16],
      ],
    ]);
    assert.equal(
      report.totals.memoryAccessBytes,
      access.flat().reduce((sum, value) => sum + value, 0),
    );
  });

  it('a shared weight counts once', () => {
    const model = smallModel();
    const nodes = model.graph.nodes.map((node) => (node.id === 3 ? { ...node, inputs: ['r0', 'w1'] } : node));
    const twice = { ...(nodes[3] ?? assert.fail()), id: 9, inputs: ['r1', 'w1'], outputs: ['again'] };
    const again = { ...model, graph: { ...model.graph, nodes: [...nodes, twice] } };
    assert.equal(reportOf(again).totals.parameters, 340);
  });
});

describe('report: kernels', () => {
  it('normalization, activation and addition ride with the convolution whose operand is made last', () => {
    const report = reportOf();
    assert.deepEqual(
      report.layers.map(({ fusedInto }) => fusedInto),
      [undefined, 0, 0, undefined, 3, 3, undefined, undefined, undefined],
    );
    for (const id of [1, 2, 4, 5]) {
      const head = layer(report, id).fusedInto ?? assert.fail();
      assert.deepEqual(costAt(report, id), freeCost(`fused into ${SMALL_NAMES[head]}`, costAt(report, head).bound));
    }
    assert.deepEqual(
      report.layers.map(({ kernel }) => kernel),
      [[0, 1, 2], undefined, undefined, [3, 4, 5], ...Array.from({ length: 5 }, () => undefined)],
    );
    // The second kernel reads the skip besides its own operands, and writes once.
    const offChip = reportOf(smallModel(), overrideHardware(TX2, ['residency=false']));
    assert.deepEqual(costAt(offChip, 3).offChipBytes, { input: 2 * 8192, weight: 256, output: 8192 });
    assert.deepEqual(costAt(report, 7), freeCost('a view of the same elements'));
  });

  it('an addition waits for the other operand', () => {
    // The other operand comes from a convolution that runs later: the addition rides with that one.
    const model = smallModel();
    const conv = model.graph.nodes[3] ?? assert.fail();
    const late = { ...conv, id: 4, inputs: ['r0', 'w1'], outputs: ['late'] };
    const add = { ...(model.graph.nodes[4] ?? assert.fail()), id: 5, inputs: ['c1', 'late'] };
    const nodes = [...model.graph.nodes.slice(0, 4), late, add];
    const report = reportOf({ ...model, graph: { ...model.graph, nodes, outputs: [{ name: 'a1' }] } });
    assert.deepEqual(report.layers.map(({ fusedInto }) => fusedInto).slice(3), [undefined, undefined, 4]);
  });

  it('what is also read elsewhere, or is an output of the model, is written: no fusion', () => {
    const model = smallModel();
    const graph = { ...model.graph, outputs: [{ name: 'logits' }, { name: 'c0' }] };
    assert.equal(layer(reportOf({ ...model, graph }), 1).fusedInto, undefined);
  });

  it('unfused: every node is a kernel and costs a launch', () => {
    const report = reportOf(smallModel(), TX2, { fuse: false });
    assert.ok(report.layers.every(({ fusedInto }) => fusedInto === undefined));
    const launches = report.layers.filter((_, id) => costAt(report, id).terms.launch === 8e-6);
    assert.equal(launches.length, 8);
    assert.ok(report.totals.seconds > reportOf().totals.seconds);
    assert.equal(reportOf().totals.unfusedSeconds, report.totals.seconds);
    assert.equal(report.totals.unfusedSeconds, report.totals.seconds);
  });

  it('founding mode: additions have a row of their own, normalization and activation none', () => {
    const report = reportOf(smallModel(), overrideHardware(TX2, ['parity=true']));
    assert.deepEqual(
      report.layers.map(({ fusedInto }) => fusedInto),
      [undefined, 0, 0, undefined, undefined, 4, undefined, undefined, undefined],
    );
    const add = costAt(report, 4);
    // 3·8·16·16 words at 59.7e9/4 words/s; one tile of 512 lanes-cycles per 512 outputs, 4 tiles on 2 PEs.
    assert.ok(Math.abs(add.terms.offChip - (3 * 2048 * 4) / 59.7e9) < 1e-18);
    assert.ok(Math.abs(add.terms.compute - (2 * 4) / 1.3e9) < 1e-18);
  });
});

describe('report: totals and honesty', () => {
  it('totals are sums of the layers; shares of the bounds add up to one', () => {
    const report = reportOf();
    const sum = (value: (cost: LayerCost) => number) =>
      report.layers.reduce((total, _, id) => total + value(costAt(report, id)), 0);
    const { totals } = report;
    assert.equal(
      totals.seconds,
      sum(({ seconds }) => seconds),
    );
    assert.equal(
      totals.lowerBoundSeconds,
      sum(({ lowerBoundSeconds }) => lowerBoundSeconds),
    );
    assert.ok(Math.abs(totals.cycles - totals.seconds * TX2.frequency) < 1e-6);
    assert.ok(Math.abs(totals.boundShare.reduce((total, share) => total + share, 0) - 1) < 1e-12);
    assert.equal(totals.costedMacsFraction, 1);
  });

  it('an unknown operator is unknown, never zero, and totals say so', () => {
    const report = reportOf(smallModel({ mystery: true }));
    const { cost, macs } = layer(report, 9);
    assert.ok(isUnknown(cost));
    assert.match(cost.unknown, /Mystery/);
    assert.ok(Number.isNaN(macs));
    assert.equal(report.totals.unknownNodes, 1);
    assert.equal(report.totals.seconds, reportOf().totals.seconds);
    // The operator may multiply and accumulate: nobody knows.
    assert.ok(Number.isNaN(report.totals.costedMacsFraction));
    const table = reportToTable(report);
    assert.match(table, /\(predicted\): ≥ [\d.]+ .s · ≥ [\d.]+ kcycles/);
    assert.match(table, /≥ 71\.7 kMAC/);
    assert.match(table, /\n\? of the MACs costed · 1 node not costed$/);
    assert.doesNotMatch(reportToTable(reportOf()), /≥/);
  });

  it('what surely has no MACs leaves the share of the MACs known; control flow may hide some', () => {
    const totals = (...[, operator, , attributes]: NodeSketch) => {
      const nodes: readonly NodeSketch[] = [
        ['y', 'MatMul', 'x w'],
        ['z', operator, 'open', attributes ?? {}],
      ];
      const inputs = [float32('x', 1, 3), float32('open', 1, 'h')];
      const model = sketched({ nodes, inputs, constants: [weights('w', 3, 4)] });
      return buildReport(model, inferShapes(model), TX2).totals;
    };
    assert.equal(totals('z', 'Relu', 'open').unknownNodes, 1);
    assert.equal(totals('z', 'Relu', 'open').costedMacsFraction, 1);
    for (const operator of ['If', 'Loop', 'Scan', 'Mystery', 'Gemm', 'Attention', 'com.microsoft:FusedMatMul']) {
      assert.ok(Number.isNaN(totals('z', operator, 'open').costedMacsFraction), operator);
    }
  });

  it('an unknown size is named', () => {
    const model = smallModel();
    const inputs = [{ name: 'x', type: 'float32' as const, shape: [1, 3, 'rows', 16] }];
    const report = buildReport(model, inferShapes({ ...model, graph: { ...model.graph, inputs } }), TX2);
    const { cost } = layer(report, 0);
    assert.deepEqual(cost, { unknown: "the shape of 'x' is unknown" });
    assert.ok(report.totals.unknownNodes >= 7);
    // Convolutions of unknown size: how much of the MACs is costed cannot be known.
    assert.ok(Number.isNaN(report.totals.costedMacsFraction));
  });
});

describe('report: against the developers’ data', () => {
  before(function () {
    needsShared(this);
  });

  it('MACs of nine networks equal torch’s, operation by operation', async () => {
    const names = ['convnext_mini', 'mobilenet_v2_025', 'resnet8', 'simpleconv3', 'squeeze_tiny', 'swin_mini'];
    for (const name of [...names, 'tiny_gapfc', 'vgg_tiny', 'vit_mini']) {
      const truth = JSON.parse(fs.readFileSync(shared(`data/oracle/complexity/${name}.json`), 'utf8'));
      const model = await readModel(shared(`data/oracle/${name}/model.onnx`));
      const summary = summarize(model, inferShapes(model));
      assert.equal(summary.macs, truth.total_macs_ops, name);
      assert.equal(summary.unknownNodes, 0, name);
      // The exporter folded batch normalization (fewer) and swin's position tables and masks (more) into constants.
      const folded = ['mobilenet_v2_025', 'resnet8', 'simpleconv3', 'swin_mini'].includes(name);
      if (!folded) assert.equal(summary.parameters, truth.total_params, name);
    }
  });

  it('parameters and MACs of published networks', async () => {
    for (const [file, truthFile] of [
      ['light_resnet50', 'resnet50'],
      ['squeezenet1.1_fp32', 'squeezenet1_1'],
    ]) {
      const truth = JSON.parse(fs.readFileSync(shared(`data/oracle/complexity/${truthFile}.json`), 'utf8'));
      const model = await readModel(shared(`data/models/${file}.onnx`));
      const summary = summarize(model, inferShapes(model, { batch: 1 }));
      assert.deepEqual([summary.parameters, summary.macs], [truth.total_params, truth.total_macs_ops], file);
    }
  });

  it('ResNet-50 on TX2 in the founding mode: the layers of the table sum to its 18.08 ms', async () => {
    const model = await readModel(shared('data/models/light_resnet50.onnx'));
    const shapes = inferShapes(model, { batch: 1 });
    const report = buildReport(model, shapes, overrideHardware(TX2, ['parity=true']));
    const [header = '', ...lines] = fs
      .readFileSync(shared('data/truth/multicore_founding_mode.csv'), 'utf8')
      .trim()
      .split(/\r?\n/);
    const at = (line: string, key: string) => line.split(',')[header.split(',').indexOf(key)] ?? '';
    const rows = lines.filter((line) => at(line, 'hw') === 'tx2_b1' && at(line, 'net') === 'resnet50');
    const expected = rows.reduce((sum, line) => sum + Number(at(line, 'latency_s')), 0);
    // The table has no rows for max pooling and softmax.
    const compared = report.layers.filter(({ node }) => !['MaxPool', 'Softmax'].includes(node.operator));
    const kernels = compared.filter(({ cost }) => !isUnknown(cost) && cost.seconds > 0);
    const actual = kernels.reduce((sum, { cost }) => sum + (isUnknown(cost) ? Number.NaN : cost.seconds), 0);
    assert.equal(kernels.length, rows.length);
    assert.ok(Math.abs(actual / expected - 1) < 1e-9, `${actual}, expected ${expected}`);
    assert.ok(Math.abs(report.totals.seconds - 18.1e-3) < 0.1e-3);
  });
});
