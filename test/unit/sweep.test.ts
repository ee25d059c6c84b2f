import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { parseAxis } from '../../src/cli/sweep';
import { readModel } from '../../src/formats/modelReader';
import { overrideHardware, parseHardware } from '../../src/hardware/parse';
import { buildReport } from '../../src/latency/report';
import { combinations, paretoFront, spaced, sweep } from '../../src/latency/sweep';
import { inferShapes } from '../../src/operators/inferShapes';
import { root } from '../shared';
import { model as sketched } from '../sketch';

const file = path.join(root, 'sample', 'shapes-resnet8.onnx');
const hardware = parseHardware(fs.readFileSync(path.join(root, 'media/hardware/jetson-tx2.json'), 'utf8'), 'tx2');

describe('sweep', () => {
  it('spaces values in equal steps or equal ratios, both ends included', () => {
    assert.deepEqual(spaced(0.5e9, 2e9, 4), [0.5e9, 1e9, 1.5e9, 2e9]);
    const ratios = spaced(1, 1000, 4, true);
    for (const [i, expected] of [1, 10, 100, 1000].entries()) assert.ok(Math.abs((ratios[i] ?? 0) - expected) < 1e-9);
    assert.equal(ratios.at(-1), 1000);
    assert.deepEqual(spaced(7, 9, 1), [7]);
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

  it('reads axes as they are typed', () => {
    const whole = new Set(['n_pes']);
    assert.deepEqual(parseAxis('frequency=0.5e9:2e9:4', whole).values, [0.5e9, 1e9, 1.5e9, 2e9]);
    assert.deepEqual(parseAxis('mem_bandwidth=25e9,50e9', whole), { key: 'mem_bandwidth', values: [25e9, 50e9] });
    assert.deepEqual(parseAxis('n_pes=1:8:3:log', whole).values, [1, 3, 8]);
    assert.deepEqual(parseAxis('n_pes=1:3:5', whole).values, [1, 2, 3]);
    for (const wrong of ['frequency', 'frequency=1:2', 'frequency=1:2:x', 'frequency=a', 'batch=1.5', 'x=0:4:3:log']) {
      assert.throws(() => parseAxis(wrong, whole), /--over/, wrong);
    }
  });
});
