import assert from 'node:assert/strict';
import type { LayerCost } from '../../src/latency/layerCost';
import { unit } from '../hardware';
import { contraction, costed, costedOnChip, vector } from '../workloads';

describe('pipeline: the ends of a layer', () => {
  /** One output of 100 input channels: 4 cycles a step, 400 ns; 804 B: 80.4 ns off chip, 20.1 ns on chip. */
  const single = { fp32_cycles: 4, overlap: 'max', mem_bandwidth: 1e10, mem_concurrent_fp32: 8 };
  const ends = ({ terms }: LayerCost): readonly number[] =>
    [terms.ramp, terms.peFill, terms.drain].map((seconds) => Number((seconds * 1e9).toPrecision(9)));

  it('ramp, fill and drain are exposed where the PEs are the ones to wait for', () => {
    // Convolution: the first of 100 channels is one input and one weight, 8 B, at 10 and 40 B/ns; the output is 4 B.
    const cost = costed(contraction({ C: 100 }), unit(single));
    assert.deepEqual(
      [cost.terms.compute, cost.terms.offChip].map((seconds) => Number((seconds * 1e9).toPrecision(12))),
      [400, 80.4],
    );
    assert.deepEqual(ends(cost), [0.8, 0.2, 0.1]);
    assert.ok(Math.abs(cost.seconds * 1e9 - 401.1) < 1e-9);
    assert.equal(cost.bound, 'compute');
    // Matrix product: channels are innermost, a transaction brings 8 of them.
    assert.deepEqual(ends(costed(contraction({ C: 100 }, { channelsLast: true }), unit(single))), [6.4, 1.6, 0.1]);
  });

  it('they are hidden where off-chip memory is the one to wait for, and counted once where levels take turns', () => {
    for (const change of [{ mem_bandwidth: 1e9 }, { overlap: 'add' }]) {
      const cost = costed(contraction({ C: 100 }), unit({ ...single, ...change }));
      assert.deepEqual(ends(cost), [0, 0, 0]);
    }
    // α exposes 1 − α of them.
    const half = costed(contraction({ C: 100 }), unit({ ...single, overlap: 0.5 }));
    assert.deepEqual(ends(half), [0.4, 0.1, 0.05]);
  });

  it('PEs that find no tile in the last turn do not help to drain it', () => {
    // 3 output channels of one position on 2 PEs of one lane: tiles of one, in 2 turns of 400 ns. Each PE moves 1 B/ns. First 2 · 8 B
    // at 2 B/ns; the last tile is alone: 4 B at 1 B/ns.
    const cost = costed(
      contraction({ K: 3, C: 100 }),
      unit({
        ...single,
        fp32_cycles: 1,
        pe_fp32s: 1,
        n_pes: 2,
        pe_bandwidth: 1e9,
        mem_bandwidth: 1e12,
        frequency: 1e8,
      }),
    );
    assert.equal(cost.tile?.count, 3);
    assert.equal(cost.terms.compute, 2e-6);
    assert.deepEqual(ends(cost).slice(1), [8, 4]);
  });

  it('vector work: the first elements come in, the last go out', () => {
    // 1000 elements, 30 operations each, 10 slots: 3000 ns; 1 % of 4000 B each way at 100 and 400 B/ns.
    const cost = costed(
      vector({ elements: 1000, operations: 30000 }),
      unit({ pe_fp32s: 10, overlap: 'max', mem_bandwidth: 1e11 }),
    );
    assert.deepEqual(ends(cost), [0.4, 0.1, 0.1]);
    assert.ok(Math.abs(cost.seconds * 1e9 - 3000.6) < 1e-9);
  });
});

describe('pipeline: the ends of a layer whose operands are on chip', () => {
  const single = { fp32_cycles: 4, overlap: 'max', mem_bandwidth: 1e10, mem_concurrent_fp32: 8 };
  const ramp = ({ terms }: LayerCost): number => Number((terms.ramp * 1e9).toPrecision(9));

  it('a contraction waits only for what comes from off chip', () => {
    // As above: the first of 100 channels is one input and one weight of 4 B each, at 10 B/ns.
    const workload = contraction({ C: 100 });
    const shares = (own: object): number => ramp(costedOnChip(workload, unit(single), own));
    assert.deepEqual([shares({}), shares({ input: 1 }), shares({ input: 0.5 })], [0.8, 0.4, 0.6]);
    const computed = contraction({ C: 100, dynamicWeights: true });
    const second = (own: object): number => ramp(costedOnChip(computed, unit(single), own));
    assert.deepEqual([second({ second: 1 }), second({ input: 1, second: 1 })], [0.4, 0]);
  });

  it('so does vector work; the shared level hands out all of it', () => {
    const workload = vector({ elements: 1000, operations: 30000 });
    const hardware = unit({ pe_fp32s: 10, overlap: 'max', mem_bandwidth: 1e11 });
    const { terms } = costedOnChip(workload, hardware, { input: 1, output: 1 });
    assert.deepEqual(
      [terms.offChip, terms.ramp, terms.peFill, terms.drain].map((seconds) => Number((seconds * 1e9).toPrecision(9))),
      [0, 0, 0.1, 0.1],
    );
    assert.equal(ramp(costedOnChip(workload, hardware, { input: 0.5 })), 0.2);
  });
});
