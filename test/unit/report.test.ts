import assert from 'node:assert/strict';
import fs from 'node:fs';
import { readModel } from '../../src/formats/modelReader';
import type { Hardware } from '../../src/hardware/hardware';
import { overrideHardware, parseHardware } from '../../src/hardware/parse';
import { BOUNDS, freeCost, isUnknown, type LayerCost, totalBytes } from '../../src/latency/layerCost';
import { repeated } from '../../src/latency/repeated';
import { buildReport, type LatencyReport, type LayerReport } from '../../src/latency/report';
import { reportToDot } from '../../src/latency/reportDot';
import { reportToJson } from '../../src/latency/reportJson';
import { reportToCsv, reportToTable } from '../../src/latency/reportTable';
import { reportToTrace } from '../../src/latency/reportTrace';
import { summarize, summaryToCsv, summaryToJson, summaryToTable } from '../../src/latency/summary';
import { inferShapes } from '../../src/operators/inferShapes';
import { BOUNDS as PROTOCOL_BOUNDS, type Totals } from '../../src/protocol/graphPanel';
import { needsShared, root, shared } from '../shared';
import { SMALL_NAMES, smallModel } from '../smallModel';

const TX2 = parseHardware(fs.readFileSync(`${root}/media/hardware/jetson-tx2.json`, 'utf8'), 'jetson-tx2.json');

function reportOf(model = smallModel(), hardware: Hardware = TX2, options = {}): LatencyReport {
  return buildReport(model, inferShapes(model, { batch: 1 }), hardware, options);
}

function layer(report: LatencyReport, id: number): LayerReport {
  return report.layers[id] ?? assert.fail(`no layer ${id}`);
}

function costAt(report: LatencyReport, id: number): LayerCost {
  const { cost } = layer(report, id);
  return isUnknown(cost) ? assert.fail(cost.unknown) : cost;
}

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
    // The second kernel reads the skip besides its own operands, and writes once.
    assert.deepEqual(costAt(report, 3).offChipBytes, { input: 2 * 8192, weight: 256, output: 8192 });
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

  it('bodies run their nodes in turn, as often as they loop', () => {
    const cost = costAt(reportOf(), 0);
    const whole = repeated([cost, freeCost('view'), cost], 3, TX2);
    if (isUnknown(whole)) assert.fail();
    assert.ok(Math.abs(whole.seconds - 6 * cost.seconds) < 1e-15);
    assert.ok(Math.abs(whole.terms.launch - 6 * cost.terms.launch) < 1e-15);
    assert.equal(whole.bound, cost.bound);
    assert.deepEqual(repeated([cost, { unknown: 'why' }], 3, TX2), { unknown: 'inside: why' });
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
    const asTheProtocolHasIt: Totals = totals;
    assert.equal(asTheProtocolHasIt.costedMacsFraction, 1);
    assert.deepEqual(BOUNDS, PROTOCOL_BOUNDS);
  });

  it('an unknown operator is unknown, never zero, and totals say so', () => {
    const report = reportOf(smallModel({ mystery: true }));
    const { cost, advice, macs } = layer(report, 9);
    assert.ok(isUnknown(cost));
    assert.match(cost.unknown, /Mystery/);
    assert.match(advice, /^not costed: /);
    assert.ok(Number.isNaN(macs));
    assert.equal(report.totals.unknownNodes, 1);
    assert.equal(report.totals.seconds, reportOf().totals.seconds);
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

  it('advice is the layer costed again with the field a tenth better', () => {
    const report = reportOf(smallModel(), overrideHardware(TX2, ['launch_time=0', 'overlap=max', 'mem_bandwidth=1e9']));
    assert.equal(costAt(report, 0).bound, 'offChip');
    // All of the time is off-chip bytes: 1 − 1/1.1 = 9.1 %.
    assert.equal(layer(report, 0).advice, 'off-chip bound: 10 % more mem_bandwidth → 9.1 % less time');
    const launched = reportOf();
    assert.equal(costAt(launched, 6).bound, 'launch');
    const { seconds } = costAt(launched, 6);
    const saved = `${Number(((100 * 0.8e-6) / seconds).toFixed(1))} % less time`;
    assert.equal(layer(launched, 6).advice, `launch bound, fuse it or batch more: 10 % less launch_time → ${saved}`);
    assert.equal(layer(launched, 7).advice, '');
  });
});

describe('report: documents', () => {
  const model = smallModel({ mystery: true });
  const report = reportOf(model);

  it('JSON is the contract of the command line', () => {
    const document = JSON.parse(JSON.stringify(reportToJson(model, report)));
    assert.deepEqual(Object.keys(document), ['model', 'hardware', 'totals', 'layers']);
    assert.deepEqual(document.model, {
      ...{ path: 'small.onnx', format: 'ONNX', producer: 'by hand', opset: 17 },
      inputs: [{ name: 'x', type: 'float32', shape: [1, 3, 16, 16] }],
      outputs: [{ name: 'end', type: null, shape: null }],
      ...{ nodes: 10, parameters: 340, weightBytes: 1424 },
    });
    assert.equal(document.hardware.overlap, 'add');
    assert.deepEqual(
      Object.keys(document.totals).sort(),
      [
        ...[
          'cycles',
          'seconds',
          'macs',
          'flops',
          'parameters',
          'memoryAccessBytes',
          'energyJoules',
          'lowerBoundSeconds',
        ],
        ...['costedMacsFraction', 'unknownNodes'],
      ].sort(),
    );
    assert.deepEqual(Object.keys(document.layers[0]), [
      ...[
        'index',
        'name',
        'operator',
        'inputShapes',
        'outputShapes',
        'macs',
        'flops',
        'parameters',
        'memoryAccessBytes',
      ],
      ...[
        'cycles',
        'seconds',
        'bound',
        'terms',
        'offChipBytes',
        'globalBufferBytes',
        'utilization',
        'lowerBoundSeconds',
      ],
      ...['energyJoules', 'mapping'],
    ]);
    assert.deepEqual(document.layers[0].inputShapes, [[1, 3, 16, 16], [8, 3, 3, 3], [8]]);
    assert.deepEqual(document.layers[0].outputShapes, [[1, 8, 16, 16]]);
    assert.equal(document.layers[1].fusedInto, 0);
    assert.equal(document.layers[1].seconds, 0);
    assert.equal(document.layers[1].bound, document.layers[0].bound);
    const { seconds, cycles, bound, terms } = document.layers[9];
    assert.deepEqual([seconds, cycles, bound, terms], [null, null, 'unknown', null]);
    const founding = reportOf(model, overrideHardware(TX2, ['parity=true', 'latency_mode=max', 'overlap=0.5']));
    assert.equal(JSON.parse(JSON.stringify(reportToJson(model, founding))).hardware.overlap, 'max');
  });

  it('CSV quotes names, keeps numbers whole and unknowns empty', () => {
    const lines = reportToCsv(report).trimEnd().split('\n');
    assert.equal(lines.length, 11);
    const columns = lines[0]?.split(',').length;
    assert.equal(columns, 29);
    assert.ok(lines[1]?.startsWith('0,"stem, ""first""",Conv,,1×8×16×16,55296,'));
    assert.ok(lines[3]?.startsWith('2,relu,Relu,0,'));
    const unknown = lines[10]?.split(',') ?? [];
    assert.deepEqual(unknown.slice(9, 12), ['', '', 'unknown']);
    assert.ok(lines[9]?.includes(String(costAt(report, 8).seconds)));
  });

  it('the table shows unknown as ?, and what it covers', () => {
    const text = reportToTable(report);
    const lines = text.split('\n');
    assert.match(lines.find((line) => line.includes('Mystery')) ?? '', /\? +\? {2}unknown/);
    assert.match(text, /NVIDIA Jetson TX2 \(predicted\): /);
    assert.match(text, /100 % of the MACs costed · 1 node not costed$/);
    assert.match(lines.find((line) => line.includes(' bn ')) ?? '', /in #0/);
  });

  it('the trace lays kernels end to end', () => {
    const trace = JSON.parse(JSON.stringify(reportToTrace(report)));
    const kernels = trace.traceEvents.filter(
      (event: { ph: string; tid: number }) => event.ph === 'X' && event.tid === 0,
    );
    assert.deepEqual(
      kernels.map((event: { args: { node: number } }) => event.args.node),
      [0, 3, 6, 8],
    );
    let now = 0;
    for (const { ts, dur } of kernels) {
      assert.ok(Math.abs(ts - now) < 1e-9);
      now = ts + dur;
    }
    assert.ok(Math.abs(now - report.totals.seconds * 1e6) < 1e-6);
    assert.equal(trace.otherData.notCosted, 'Mystery → end');
  });

  it('DOT escapes what stands in the model', () => {
    const dot = reportToDot(model.graph, report);
    assert.ok(dot.includes('&lt;/script&gt;&lt;b&gt;&amp;'));
    assert.ok(!dot.includes('</script>'));
    assert.equal(dot.match(/^ {2}n\d+ \[/gm)?.length, 10);
    assert.equal(dot.match(/ -> /g)?.length, 12);
    assert.ok(dot.includes('time unknown'));
  });

  it('summary: columns of torchsummary and torchstat, whatever the hardware', () => {
    const summary = summarize(model, report.shapes);
    assert.deepEqual([summary.macs, summary.parameters, summary.unknownNodes], [71712, 340, 1]);
    assert.equal(summary.flops, report.totals.flops);
    assert.match(summaryToTable(summary), /340 parameters · 71\.7 kMAC/);
    assert.match(summaryToTable(summary), /not in the sums, because their work is not known: 1 of 10 nodes$/);
    assert.equal(summaryToCsv(summary).trimEnd().split('\n').length, 11);
    const document = JSON.parse(JSON.stringify(summaryToJson(model, summary)));
    assert.deepEqual(document.layers[0].memoryAccess, { input: 3072, weight: 896, output: 8192 });
    assert.equal(document.layers[9].macs, null);
    assert.equal(
      document.totals.memoryAccessBytes,
      totalBytes({ input: 0, weight: 0, output: report.totals.memoryAccessBytes }),
    );
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
