import assert from 'node:assert/strict';
import { costFounding } from '../../src/latency/founding';
import { foundingTileSizes } from '../../src/latency/tiles';
import { needsShared } from '../shared';
import { foundingCases, foundingHardware, foundingRow } from '../truth/founding';

function assertClose(actual: number, expected: number, what: string): void {
  const error = Math.abs(actual - expected) / Math.max(Math.abs(expected), Number.MIN_VALUE);
  assert.ok(actual === expected || error <= 1e-9, `${what}: ${actual}, expected ${expected}`);
}

describe('multicore engine, founding mode', () => {
  it('tries the tile sizes of the founding predictor', () => {
    assert.deepEqual(foundingTileSizes(1), [1, 2]);
    assert.deepEqual(foundingTileSizes(7), [1, 2, 3, 4, 5, 6, 7, 8]);
    assert.deepEqual(foundingTileSizes(56), [1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 19, 28, 32, 56, 64]);
  });

  it('a 1×1 convolution worked by hand', () => {
    // cin = cout = 1, 1×1 image, TX2: BW = 59.7e9/4 words/s, BW₂ = 4·BW. Tile 1×1×1: DRAM 3 words, L2 3 words, eff 1 (1 of 1 word);
    // compute: one output occupies 512 slots: 512/(1.3e9·128) s; two tiles would not be fewer.
    const tx2 = {
      ...{
        hw: 'TX2',
        n_pes: '2',
        pe_fp32s: '128',
        frequency_Hz: '1.3e9',
        mem_bandwidth_Bps: '59.7e9',
        fp32_cycles: '4',
      },
      ...{ mem_concurrent_fp32: '8', l2_speed_frac: '4', launch_time_s: '8e-6', latency_mode: 'add' },
    };
    const cost = costFounding(foundingRow('conv', 'cin=1;cout=1;inh=1;inw=1;ks=1'), 1, foundingHardware(tx2));
    assertClose(cost.compute, 512 / (1.3e9 * 128), 'compute');
    assertClose(cost.offChip, 3 / (59.7e9 / 4), 'off-chip');
    assertClose(cost.globalBuffer, 3 / 59.7e9, 'on-chip');
    assert.deepEqual(cost.tile, { c: 1, h: 1, w: 1, count: 1 });
  });

  describe('against the table of the founding predictor', () => {
    before(function () {
      needsShared(this);
    });

    it('every row: compute, memory and latency to 1e-9 relative', () => {
      const cases = foundingCases();
      assert.equal(cases.length, 303);
      for (const { name, cost, latency, truth } of cases) {
        assertClose(cost.compute, truth.compute, `${name} compute`);
        assertClose(cost.offChip + cost.globalBuffer, truth.memory, `${name} memory`);
        assertClose(latency, truth.latency, `${name} latency`);
      }
    });
  });
});
