import assert from 'node:assert/strict';
import { parseHardware } from '../../src/hardware/parse';
import { isUnknown, type LayerCost, type UnknownCost } from '../../src/latency/layerCost';
import { buildReport } from '../../src/latency/report';
import { inferShapes } from '../../src/operators/inferShapes';
import { needsShared } from '../shared';
import { smallModel } from '../smallModel';
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

describe('engine nvdla', () => {
  const small = { name: 'small', engine: 'nvdla', macs: 64, conv_buffer: 131072, mem_bandwidth: 1e9, frequency: 1e9 };

  function first(file: object, batch: number, width = 16): LayerCost | UnknownCost {
    const model = smallModel();
    const report = buildReport(
      model,
      inferShapes(model, { inputShapes: new Map([['x', [batch, 3, 16, width]]]) }),
      parseHardware({ ...small, ...file }, 'test'),
    );
    return report.layers[0]?.cost ?? assert.fail('no layer');
  }

  it('a convolution by hand: 8 filters of 3×3×3 over 16×16', () => {
    for (const [winograd, factor] of [
      [false, 1],
      [true, 2.25],
    ] as const) {
      const cost = first({ winograd }, 2);
      assert.ok(!isUnknown(cost));
      // Per image: 16 channels, 16² pixels, 128 filters, 9 taps on 64 MACs; 4 KiB in, 4 KiB out, 1.125 KiB of weights (· 16/9).
      const cycles = (2 * 16 * 256 * 128 * 9) / 64 / factor;
      const bytes = 2 * 1024 * (4 + 4 + 1.125 * (winograd ? 16 / 9 : 1));
      assert.ok(Math.abs(cost.terms.compute * 1e9 - cycles) < 1e-6, `${cost.terms.compute * 1e9}, expected ${cycles}`);
      const { input, weight, output } = cost.offChipBytes;
      assert.ok(
        Math.abs(input + weight + output - bytes) < 1e-6,
        `${input + weight + output} bytes, expected ${bytes}`,
      );
      assert.equal(cost.bound, 'compute');
      assert.ok(cost.lowerBoundSeconds <= cost.seconds);
    }
  });

  it('a convolution buffer that cannot hold a window of rows is named', () => {
    const cost = first({ winograd: false }, 1, 65536);
    assert.ok(isUnknown(cost));
    assert.match(cost.unknown, /conv_buffer/);
  });
});
