import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { parseAxis } from '../../src/cli/sweep';
import { paretoFront } from '../../src/display/pareto';
import { readModel } from '../../src/formats/modelReader';
import type { Hardware } from '../../src/hardware/hardware';
import { overrideHardware, parseHardware } from '../../src/hardware/parse';
import { buildReport } from '../../src/latency/report';
import { type Cost, candidates, judged, predict, type Sized, sweepCsv } from '../../src/latency/sweep';
import { type Axis, axesOf, combinations, spaced } from '../../src/latency/sweepAxes';
import { inferShapes } from '../../src/operators/inferShapes';
import { root } from '../shared';
import { model as sketched } from '../sketch';

const file = path.join(root, 'sample', 'shapes-resnet8.onnx');
const preset = (name: string): Hardware =>
  parseHardware(fs.readFileSync(path.join(root, 'media/hardware', `${name}.json`), 'utf8'), name);
const hardware = preset('jetson-tx2');

const sweep = (sized: (batch?: number) => Sized, on: Hardware, axes: readonly Axis[], cost?: Cost) =>
  judged(
    candidates(on, axes).map((candidate) => predict(candidate, sized)),
    cost,
  );

describe('sweep', () => {
  it('spaces values in equal steps or equal ratios, both ends included', () => {
    assert.deepEqual(spaced(0.5e9, 2e9, 4), [0.5e9, 1e9, 1.5e9, 2e9]);
    const ratios = spaced(1, 1000, 4, true);
    for (const [i, expected] of [1, 10, 100, 1000].entries()) assert.ok(Math.abs((ratios[i] ?? 0) - expected) < 1e-9);
    assert.equal(ratios.at(-1), 1000);
    assert.deepEqual(spaced(7, 9, 1), [7]);
    assert.deepEqual(spaced(0.1, 0.4, 4), [0.1, 0.2, 0.3, 0.4]);
  });

  it('combines the axes, the last one fastest', () => {
    const axes = [
      { key: 'a', values: [1, 2] },
      { key: 'b', values: [3, 4] },
    ];
    const expected = [
      { a: 1, b: 3 },
      { a: 1, b: 4 },
      { a: 2, b: 3 },
      { a: 2, b: 4 },
    ];
    assert.deepEqual(combinations(axes), expected);
  });

  it('keeps on the front what nothing else is as good as, ties included', () => {
    const points = [
      [1, 5],
      [2, 2],
      [3, 3],
      [5, 1],
      [2, 2],
      [Number.NaN, 0],
    ];
    assert.deepEqual(paretoFront(points), [true, true, false, true, true, false]);
  });

  it('predicts each point as a single prediction does, with the fields and the batch changed', async () => {
    const model = await readModel(file);
    const sized = (batch?: number) => ({ model, shapes: inferShapes(model, batch === undefined ? {} : { batch }) });
    const axes = [
      { key: 'frequency', values: [0.5e9, 2e9] },
      { key: 'batch', values: [1, 4] },
    ];
    const points = sweep(sized, hardware, axes);
    assert.equal(points.length, 4);
    for (const { settings, seconds, energyJoules, utilization } of points) {
      const changed = overrideHardware(hardware, [`frequency=${settings['frequency']}`]);
      const report = buildReport(model, sized(settings['batch']).shapes, changed);
      assert.equal(seconds, report.totals.seconds);
      assert.equal(energyJoules, report.totals.energyJoules);
      assert.ok(utilization > 0 && utilization < 1);
    }
    assert.ok(points.some(({ pareto }) => pareto));
    assert.throws(() => sweep(sized, hardware, [{ key: 'frequncy', values: [1] }]), /did you mean 'frequency'/);
  });

  it('does not call a point better for leaving out a layer that another one knows', () => {
    const model = sketched({
      nodes: [
        ['y', 'Relu', 'x'],
        ['w', 'Relu', 'z'],
      ],
      inputs: [
        { name: 'x', type: 'float32', shape: ['N', 8] },
        { name: 'z', type: 'float32', shape: ['N', 'h'] },
      ],
      outputs: [{ name: 'y' }, { name: 'w' }],
    });
    // The second layer is known at batch 2 only, so that batch 1 seems to cost next to nothing.
    const sized = (batch = 1) => ({
      model,
      shapes: inferShapes(model, { batch, bindings: new Map(batch === 2 ? [['h', 1e6]] : []) }),
    });
    const points = sweep(sized, hardware, [{ key: 'batch', values: [1, 2] }]);
    const [partial, whole] = points;
    assert.deepEqual([partial?.unknownNodes, whole?.unknownNodes], [1, 0]);
    assert.ok(2 * (partial?.seconds ?? 0) < (whole?.seconds ?? 0));
    assert.deepEqual(
      points.map(({ partial, pareto }) => [partial, pareto]),
      [
        [true, false],
        [false, true],
      ],
    );
  });

  it('keeps a point that no hardware can have as unknown, with its reason, and computes the rest', async () => {
    const model = await readModel(file);
    const shapes = inferShapes(model, {});
    const array = preset('gemmini-16x16');
    // Registers hold one weight of each PE: 8 bits fit into one byte, 64 do not.
    const axes = axesOf(
      [
        { key: 'register_file.weight', values: [1, 8] },
        { key: 'precision.weight', values: [8, 64] },
      ],
      array.engine,
      100,
    );
    const points = sweep(() => ({ model, shapes }), array, axes);
    assert.deepEqual(
      points.map(({ problem }) => problem !== undefined),
      [false, true, false, false],
    );
    const [possible, impossible] = points;
    assert.match(impossible?.problem ?? '', /register_file\.weight/);
    assert.ok(Number.isNaN(impossible?.seconds) && Number.isNaN(impossible?.energyJoules) && !impossible?.pareto);
    const report = buildReport(
      model,
      shapes,
      overrideHardware(array, ['register_file.weight=1', 'precision.weight=8']),
    );
    assert.equal(possible?.seconds, report.totals.seconds);
    const [header, first, second] = sweepCsv(axes, points).split('\n');
    assert.equal(
      header,
      'register_file.weight,precision.weight,seconds,cycles,energy_j,utilization,unknown_nodes,pareto,problem',
    );
    assert.match(first ?? '', /^1,8,[\d.e-]+,[\d.e-]+,[\d.e-]+,[\d.e-]+,0,[01],$/);
    assert.match(second ?? '', /^1,64,,,,,,0,.*register_file\.weight/);
  });

  it('searches quickly from one point to the next, a few per cent from what a whole search finds', async () => {
    const model = await readModel(file);
    const shapes = inferShapes(model, {});
    const sized = () => ({ model, shapes });
    const axes = [{ key: 'cols', values: [8, 14, 32] }];
    const [array, gpu] = [preset('eyeriss-v1'), hardware];
    let similar: Hardware | undefined;
    for (const candidate of candidates(array, axes)) {
      const whole = predict(candidate, sized);
      const [fresh] = candidates(array, [{ key: 'cols', values: [candidate.settings['cols'] ?? 0] }]);
      assert.ok(fresh && 'hardware' in fresh);
      const quick = predict(fresh, sized, { similar });
      assert.ok(Math.abs(quick.seconds / whole.seconds - 1) < 0.06, `${quick.seconds} s, not ${whole.seconds} s`);
      similar = fresh.hardware;
    }
    // A GPU's tiles are not searched for from others: nothing is less than whole.
    const [first, second] = candidates(gpu, [{ key: 'frequency', values: [1e9, 2e9] }]);
    assert.ok(first && second && 'hardware' in first);
    assert.equal(predict(second, sized, { similar: first.hardware }).seconds, predict(second, sized).seconds);
  });

  it('weighs the time against energy, or against the fields that are varied', async () => {
    const model = await readModel(file);
    const shapes = inferShapes(model, {});
    const axes = [{ key: 'mem_bandwidth', values: [30e9, 60e9, 120e9] }];
    const front = (cost: Cost) => sweep(() => ({ model, shapes }), hardware, axes, cost).map(({ pareto }) => pareto);
    // More bandwidth is faster, so that no point beats another one that has less.
    assert.deepEqual(front('resources'), [true, true, true]);
    // The founding predictor's energy does not depend on the bandwidth: then only the fastest is left.
    const founding = overrideHardware(hardware, ['parity=true']);
    const points = sweep(() => ({ model, shapes }), founding, axes, 'energy');
    assert.equal(new Set(points.map(({ energyJoules }) => energyJoules.toPrecision(3))).size, 1);
    assert.deepEqual(
      points.map(({ pareto }) => pareto),
      [false, false, true],
    );
  });

  it('rounds steps of counts, bytes and batches, and nothing else', () => {
    const values = (key: string, low: number, high: number, count: number, log = false) =>
      axesOf([{ key, low, high, count, log }], 'multicore', 100)[0]?.values;
    assert.deepEqual(values('n_pes', 1, 8, 3, true), [1, 3, 8]);
    assert.deepEqual(values('n_pes', 1, 3, 5), [1, 2, 3]);
    assert.deepEqual(values('batch', 1, 4, 3), [1, 3, 4]);
    assert.deepEqual(values('pe_memory', 1024, 2048, 4), [1024, 1365, 1707, 2048]);
    assert.deepEqual(values('l2_speed_frac', 1, 2, 3), [1, 1.5, 2]);
  });

  it('says in one sentence what is wrong with an axis', () => {
    const range = { key: 'frequency', low: 1e9, high: 2e9, count: 3 };
    const refused: readonly (readonly [Parameters<typeof axesOf>[0], RegExp])[] = [
      [[{ ...range, low: 2e9 }], /^frequency: .*below its high end, not 2e9 to 2e9$/],
      [[{ ...range, low: 3e9 }], /not 3e9 to 2e9$/],
      [[{ ...range, count: 0 }], /^frequency: the number of values is a whole number from 1, not 0$/],
      [[{ ...range, count: 2.5 }], /not 2\.5$/],
      [[{ ...range, high: Number.NaN }], /both ends must be numbers/],
      [[{ ...range, low: 0, log: true }], /equal ratios need a low end above zero/],
      [[{ key: 'frequency', values: [] }], /at least one value/],
      [[{ key: 'batch', values: [1.5] }], /a batch is a whole number from 1/],
      [[range, range], /^frequency is given twice/],
      [
        [
          { ...range, count: 20 },
          { ...range, key: 'mem_bandwidth', count: 30 },
        ],
        /^frequency and mem_bandwidth: 20 × 30 are too many points; take fewer steps, at most 500 points in all$/,
      ],
      [[{ ...range, count: 1e9 }], /too many points/],
    ];
    for (const [specs, message] of refused) {
      assert.throws(() => axesOf(specs, 'multicore', 500), { name: 'AxisError', message });
    }
  });

  it('reads axes as they are typed', () => {
    assert.deepEqual(parseAxis('frequency=0.5e9:2e9:4'), {
      key: 'frequency',
      ...{ low: 0.5e9, high: 2e9, count: 4, log: false },
    });
    assert.deepEqual(parseAxis('n_pes=1:8:3:log'), { key: 'n_pes', low: 1, high: 8, count: 3, log: true });
    assert.deepEqual(parseAxis('mem_bandwidth=25e9,50e9'), { key: 'mem_bandwidth', values: [25e9, 50e9] });
    for (const wrong of ['frequency', 'frequency=1:2', 'frequency=1:2:x', 'frequency=a', 'x=1:2:3:4', 'x=']) {
      assert.throws(() => parseAxis(wrong), /--over/, wrong);
    }
  });
});
