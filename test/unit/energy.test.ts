import assert from 'node:assert/strict';
import type { LayerCost } from '../../src/latency/layerCost';
import { unit } from '../hardware';
import { contraction, costed, costedOnChip, vector } from '../workloads';

describe('energy, worked by hand on the multicore engine', () => {
  const picojoules = ({ energyTerms }: LayerCost): readonly number[] => {
    const { mac, pe, globalBuffer, offChip } = energyTerms;
    return [mac, pe, globalBuffer, offChip].map((joules) => Number((joules * 1e12).toPrecision(10)));
  };
  const energy = { mac: 1, pe: 1, global: 10, off_chip: 100 };

  it('one MAC', () => {
    // float32: 4.6 pJ; 3 operands read and one written in the PE, 16 B: 8 accesses · 1.5; on chip and off chip 12 B: 6 · 12 and 6 · 300.
    const cost = costed(contraction({}), unit());
    assert.ok(Math.abs(cost.energyJoules - (4.6 + 8 * 1.5 + 6 * 12 + 6 * 300) * 1e-12) < 1e-20);
    const given = costed(contraction({}), unit({ energy: { mac: 1, pe: 1, global: 10, off_chip: 100 } }));
    assert.ok(Math.abs(given.energyJoules - (1 + 8 + 60 + 600) * 1e-12) < 1e-20);
    const picojoules = Object.entries(given.energyTerms).map(([level, joules]) => [level, Math.round(joules * 1e12)]);
    assert.deepEqual(Object.fromEntries(picojoules), { mac: 1, pe: 8, globalBuffer: 60, offChip: 600 });
  });

  it('a vector operation is half a multiply-accumulate', () => {
    // 10 operations on 3 float32 in and out: 5 · 4.6 pJ; 24 B are 12 accesses of 16 bits: 1.5, 12 and 300 pJ each.
    const relu = vector({ elements: 3, operations: 10 });
    const cost = costed(relu, unit());
    assert.deepEqual(picojoules(cost), [23, 18, 144, 3600]);
    assert.ok(Math.abs(cost.energyJoules - 3785e-12) < 1e-20);
    assert.deepEqual(picojoules(costed(relu, unit({ energy }))), [5, 12, 120, 1200]);
  });

  it('so is one of a fused layer', () => {
    // One MAC and 6 operations; 16 B in the PE, 4 + 4 B in, 4 B out, 8 B read by the fused layer.
    const fused = contraction({}, { epilogue: { operations: 6, input: 8, weight: 0 } });
    assert.deepEqual(picojoules(costed(fused, unit({ energy }))), [1 + 3, 8, 100, 1000]);
  });

  it('what is on chip takes none off chip', () => {
    const relu = vector({ elements: 3, operations: 10 });
    assert.deepEqual(picojoules(costedOnChip(relu, unit({ energy }), { input: 1 })), [5, 12, 120, 600]);
    assert.deepEqual(
      picojoules(costedOnChip(contraction({}), unit({ energy }), { input: 1, output: 1 })),
      [1, 8, 60, 200],
    );
  });
});
