import assert from 'node:assert/strict';
import { needsShared } from '../shared';
import { nvdlaCases, nvdlaRates } from '../truth/nvdla';

describe('engine nvdla against NVIDIA’s sheet', () => {
  before(function () {
    needsShared(this);
  });

  it('traffic, memory, MAC and layer cycles of all 54 layers', () => {
    const cases = nvdlaCases();
    assert.equal(cases.length, 54);
    for (const { name, count, truth } of cases) {
      const { trafficKib, memoryCycles, macCycles } = count;
      const ours = [trafficKib, memoryCycles, macCycles, Math.max(memoryCycles, macCycles)];
      ours.forEach((value, i) => {
        const expected = truth[i] ?? assert.fail('a column is missing');
        assert.ok(Math.abs(value - expected) <= 1e-12 * expected, `${name}, column ${i}: ${value}, sheet ${expected}`);
      });
    }
  });

  it('the seven rates of the primer, at the digits it prints', () => {
    const rates = nvdlaRates();
    assert.equal(rates.length, 7);
    for (const { name, predicted, truth, formula } of rates) {
      const digits = Number.isInteger(truth) ? 0 : 1;
      assert.equal(Number(predicted.toFixed(digits)), truth, name);
      assert.ok(Math.abs(predicted - formula) < 0.006, `${name}: ${predicted}, ${formula}`);
    }
  });
});
