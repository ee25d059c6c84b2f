import assert from 'node:assert/strict';
import { needsShared } from '../shared';
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
