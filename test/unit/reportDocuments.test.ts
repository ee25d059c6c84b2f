import assert from 'node:assert/strict';
import { overrideHardware } from '../../src/hardware/parse';
import { totalBytes } from '../../src/latency/layerCost';
import { reportToDot } from '../../src/latency/reportDot';
import { reportToJson } from '../../src/latency/reportJson';
import { reportToCsv, reportToTable } from '../../src/latency/reportTable';
import { reportToTrace } from '../../src/latency/reportTrace';
import { summarize, summaryToCsv, summaryToJson, summaryToTable } from '../../src/latency/summary';
import { costAt, reportOf, TX2 } from '../reports';
import { smallModel } from '../smallModel';

describe('report documents', () => {
  const model = smallModel({ mystery: true });
  const report = reportOf(model);

  it('JSON is the contract of the command line', () => {
    const document = JSON.parse(JSON.stringify(reportToJson(model, report, [])));
    assert.deepEqual(Object.keys(document), ['model', 'hardware', 'totals', 'warnings', 'layers']);
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
        ...['costedMacsFraction', 'unknownNodes', 'unfusedSeconds'],
      ].sort(),
    );
    assert.deepEqual(Object.keys(document.layers[0]), [
      ...[
        'index',
        'name',
        'operator',
        'kernel',
        'resident',
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
      ...['energyJoules', 'energyTerms', 'mapping'],
    ]);
    assert.deepEqual(document.layers[0].inputShapes, [[1, 3, 16, 16], [8, 3, 3, 3], [8]]);
    assert.deepEqual(document.layers[0].outputShapes, [[1, 8, 16, 16]]);
    assert.equal(document.layers[1].fusedInto, 0);
    assert.deepEqual(document.layers[0].kernel, [0, 1, 2]);
    assert.deepEqual(document.layers[0].resident, { inputs: [], outputs: ['r0'], inputBytes: 0, outputBytes: 8192 });
    assert.equal(document.layers[1].seconds, 0);
    assert.equal(document.layers[1].bound, document.layers[0].bound);
    const { seconds, cycles, bound, terms } = document.layers[9];
    assert.deepEqual([seconds, cycles, bound, terms], [null, null, 'unknown', null]);
    const founding = reportOf(model, overrideHardware(TX2, ['parity=true', 'latency_mode=max', 'overlap=0.5']));
    assert.equal(JSON.parse(JSON.stringify(reportToJson(model, founding, []))).hardware.overlap, 'max');
  });

  it('CSV quotes names, keeps numbers whole and unknowns empty', () => {
    const lines = reportToCsv(report).trimEnd().split('\n');
    assert.equal(lines.length, 11);
    const columns = lines[0]?.split(',').length;
    assert.equal(columns, 31);
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
    assert.match(text, /\? of the MACs costed · 1 node not costed$/);
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
    assert.match(summaryToTable(summary), /340 parameters · ≥ 71\.7 kMAC/);
    assert.match(summaryToTable(summary), /not in the sums, because their work is not known: 1 of 10 nodes$/);
    assert.equal(summaryToCsv(summary).trimEnd().split('\n').length, 11);
    const document = JSON.parse(JSON.stringify(summaryToJson(model, summary, ['why'])));
    assert.deepEqual(document.layers[0].memoryAccess, { input: 3072, weight: 896, output: 8192 });
    assert.equal(document.layers[9].macs, null);
    assert.equal(
      document.totals.memoryAccessBytes,
      totalBytes({ input: 0, weight: 0, output: report.totals.memoryAccessBytes }),
    );
  });
});
