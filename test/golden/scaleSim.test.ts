import assert from 'node:assert/strict';
import { parseHardware } from '../../src/hardware/parse';
import { isUnknown } from '../../src/latency/layerCost';
import { buildReport } from '../../src/latency/report';
import { inferShapes } from '../../src/operators/inferShapes';
import { needsShared } from '../shared';
import { smallModel } from '../smallModel';
import { scaleSimCases } from '../truth/scaleSim';

describe('engine scale-sim against SCALE-Sim v3', () => {
  before(function () {
    needsShared(this);
  });

  it('cycles and overall utilization of all 948 rows', () => {
    const cases = scaleSimCases();
    assert.equal(cases.length, 948);
    for (const { name, cycles, utilization, truth } of cases) {
      assert.equal(cycles, truth.cycles, name);
      assert.ok(Math.abs(utilization / truth.utilization - 1) < 1e-12, `${name}: ${utilization} %`);
    }
  });
});

describe('engine scale-sim', () => {
  it('a convolution by hand: 8 filters of 3×3×3 over 16×16 on 8 × 8 PEs, weight stationary', () => {
    const file = { name: 'array', engine: 'scale-sim', rows: 8, cols: 8, dataflow: 'ws', frequency: 1e9 };
    const hardware = parseHardware(file, 'test');
    for (const batch of [1, 2]) {
      const model = smallModel();
      const cost = buildReport(model, inferShapes(model, { batch }), hardware).layers[0]?.cost;
      assert.ok(cost && !isUnknown(cost));
      // ⌈27/8⌉ folds of 2·8 + 8 + pixels − 2 cycles.
      const cycles = 4 * (22 + batch * 256) - 1;
      assert.ok(Math.abs(cost.seconds * 1e9 - cycles) < 1e-6, `${cost.seconds * 1e9}, expected ${cycles}`);
      const { compute, peFill, ramp } = cost.terms;
      assert.ok(Math.abs(compute + peFill + ramp - cost.seconds) < 1e-15);
      assert.ok(Math.abs(cost.utilization - (batch * 256 * 8 * 27) / (cycles * 64)) < 1e-12);
    }
  });
});
