import assert from 'node:assert/strict';
import { overrideHardware, parseHardware } from '../../src/hardware/parse';
import { isUnknown, type LayerCost } from '../../src/latency/layerCost';
import { buildReport } from '../../src/latency/report';
import { inferShapes } from '../../src/operators/inferShapes';
import { fullyConnected } from '../truth/networks';

/** 1 GB/s, nothing overlaps, activations always off chip. */
const ARRAY = parseHardware(
  {
    ...{ name: 'array', engine: 'spatial', rows: 8, cols: 8, frequency: 1e9, mem_bandwidth: 1e9, overlap: 'add' },
    ...{ register_file: 64, global_buffer: 1e6, dataflow: 'ws', residency: false, array_fill_cycles: 0 },
  },
  'array',
);

/** Weights and biases: 8 × 40 + 40, 40 × 20 + 20 and 20 × 10 + 10 bytes, that is 360, 820 and 210. */
const MODEL = fullyConnected([8, 40, 20, 10], 'int8');
const SHAPES = inferShapes(MODEL, { batch: 1 });

function costs(weightMemory: number | undefined): readonly LayerCost[] {
  const hardware = weightMemory === undefined ? ARRAY : overrideHardware(ARRAY, [`weight_memory=${weightMemory}`]);
  const { layers } = buildReport(MODEL, SHAPES, hardware);
  return layers.flatMap(({ macs, cost }) => (macs > 0 && !isUnknown(cost) ? [cost] : []));
}

const weights = (memory: number | undefined): readonly number[] => costs(memory).map((one) => one.offChipBytes.weight);

describe('weights that stay on chip from run to run', () => {
  it('are all fetched where there is no memory for them', () => {
    assert.deepEqual(weights(undefined), [360, 820, 210]);
  });

  it('are those of the kernels that fit, in the order of the network', () => {
    assert.deepEqual(weights(1390), [0, 0, 0]);
    assert.deepEqual(weights(1180), [0, 0, 210]);
    assert.deepEqual(weights(700), [0, 820, 0]);
    assert.deepEqual(weights(359), [360, 820, 0]);
  });

  it('take no time and no energy, and no more than that', () => {
    const [before, after] = [costs(undefined), costs(1390)];
    [360, 820, 210].forEach((bytes, i) => {
      const [fetched, kept] = [before[i], after[i]];
      assert.ok(fetched && kept);
      assert.ok(Math.abs(fetched.seconds - kept.seconds - bytes / 1e9) < 1e-15, `${fetched.seconds - kept.seconds}`);
      assert.ok(kept.energyJoules < fetched.energyJoules && kept.lowerBoundSeconds <= kept.seconds);
      assert.match(kept.mapping, /^weights stay on chip; /);
      assert.deepEqual({ ...kept.offChipBytes, weight: bytes }, fetched.offChipBytes);
    });
  });

  it('of float32 count with the bits that the array computes in', () => {
    const wide = fullyConnected([8, 40, 20, 10], 'float32');
    const shapes = inferShapes(wide, { batch: 1 });
    const hardware = overrideHardware(ARRAY, ['precision.weight=8', 'weight_memory=359']);
    const kept = buildReport(wide, shapes, hardware).layers.filter(
      ({ macs, cost }) => macs > 0 && !isUnknown(cost) && cost.offChipBytes.weight === 0,
    );
    assert.equal(kept.length, 1);
  });
});
