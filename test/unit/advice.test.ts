import assert from 'node:assert/strict';
import type { Model } from '../../src/graph/graph';
import type { Hardware } from '../../src/hardware/hardware';
import { overrideHardware, parseHardware } from '../../src/hardware/parse';
import type { Advice } from '../../src/latency/advice/advice';
import { Adviser } from '../../src/latency/advice/adviser';
import { isContraction, resized } from '../../src/latency/advice/resized';
import { buildReport, planFor } from '../../src/latency/report';
import type { Workload } from '../../src/latency/workload';
import { inferShapes } from '../../src/operators/inferShapes';
import { ints } from '../operatorCase';
import { TX2 } from '../reports';
import { float32, type NodeSketch, model as sketched, weights } from '../sketch';
import { smallModel } from '../smallModel';

/** 2 × 2 PEs, weights stationary, 1 GHz, one byte per nanosecond off chip; 8-bit words. */
const ARRAY = parseHardware(
  {
    ...{ name: 'array', engine: 'spatial', rows: 2, cols: 2, frequency: 1e9, mem_bandwidth: 1e9, dataflow: 'ws' },
    ...{ register_file: { input: 1, weight: 1, output: 4 }, global_buffer: 65536, vector_lanes: 4 },
    array_fill_cycles: 0,
    precision: { input: 8, weight: 8, output: 8, partial_sum: 32 },
  },
  'array',
);
const SYSTOLIC = parseHardware(
  { name: 'systolic', engine: 'scale-sim', rows: 64, cols: 64, frequency: 1e9, dataflow: 'ws' },
  'systolic',
);

/** A matrix product of M × C with C × K. */
function product(M: number, C: number, K: number): Model {
  return sketched({ inputs: [float32('x', M, C)], constants: [weights('w', C, K)], nodes: [['y', 'MatMul', 'x w']] });
}

async function adviceOn(model: Model, hardware: Hardware, node = 0): Promise<readonly Advice[]> {
  return new Adviser(model, buildReport(model, inferShapes(model), hardware)).adviceFor(node);
}

const textsOf = (advice: readonly Advice[], kind: Advice['kind']): readonly string[] =>
  advice.filter((one) => one.kind === kind).map(({ text }) => text);

describe('advice: the bound and the resources', () => {
  it('of a product that waits for off-chip memory: 8 + 4 + 8 bytes at one a nanosecond, 4 cycles of arithmetic', async () => {
    const advice = await adviceOn(product(4, 2, 2), ARRAY);
    assert.equal(advice[0]?.text, 'off-chip bound: 20 ns of 20 ns (100 %)');
    // All of the time is bytes: 1 − 1/1.1.
    assert.deepEqual(textsOf(advice, 'resource'), [
      'mem_bandwidth +10 %: 9.1 % less time',
      'frequency, rows, cols, pe_macs, vector_lanes, register_file, global_buffer: no gain',
    ]);
    assert.ok(Math.abs((advice.find(({ kind }) => kind === 'resource')?.gain ?? 0) - (1 - 1 / 1.1)) < 1e-12);
  });

  it('where terms add up each has its share, the largest gain first', async () => {
    // 20 ns off chip, 4 ns of arithmetic: a tenth more of one saves 20/11 and 4/11 of 24 ns.
    const advice = await adviceOn(product(4, 2, 2), overrideHardware(ARRAY, ['overlap=add']));
    const [bandwidth, clock] = textsOf(advice, 'resource');
    assert.equal(bandwidth, 'mem_bandwidth +10 %: 7.6 % less time');
    assert.equal(clock, 'frequency +10 %: 1.5 % less time');
  });

  it('a launch that takes less', async () => {
    const launched = overrideHardware(ARRAY, ['launch_time=80e-9']);
    const advice = await adviceOn(product(4, 2, 2), launched);
    assert.equal(advice[0]?.text, 'launch bound: 80 ns of 100 ns (80 %)');
    assert.equal(textsOf(advice, 'resource')[0], 'launch_time −10 %: 8 % less time');
  });

  it('of an unknown layer its bytes alone, and nothing of one that runs in another’s kernel or not at all', async () => {
    const model = smallModel({ mystery: true });
    const adviser = new Adviser(model, buildReport(model, inferShapes(model, { batch: 1 }), TX2));
    const [unknown] = await adviser.adviceFor(9);
    assert.equal(unknown?.kind, 'unknown');
    assert.match(unknown.text, /^not costed: .*Mystery/);
    assert.deepEqual(await adviser.adviceFor(1), []); // batch normalization, fused
    assert.deepEqual(await adviser.adviceFor(7), []); // Flatten
    assert.equal(adviser.adviceFor(0), adviser.adviceFor(0), 'worked out once');
  });
});

describe('advice: channels', () => {
  it('65 output channels take two folds of a systolic array where 64 take one', async () => {
    // SCALE-Sim, ws: folds · (2·64 + 64 + T − 2) − 1 cycles with T = 100 rows: 579 for 65 and 128 channels, 289 for 64.
    const advice = await adviceOn(product(100, 64, 65), SYSTOLIC);
    assert.deepEqual(textsOf(advice, 'channels'), [
      '65 output channels need 2 passes of 64: 64 take 50.1 % less time, 128 take no more',
    ]);
    assert.ok(
      Math.abs((advice.find(({ kind }) => kind === 'channels')?.gain ?? 0) - (1 - 289 / 64 / (579 / 65))) < 1e-12,
    );
  });

  it('input channels: 70 fill two folds of the rows as 128 do', async () => {
    const advice = await adviceOn(product(100, 70, 64), SYSTOLIC);
    assert.deepEqual(textsOf(advice, 'channels'), ['70 input channels: 64 take 50.1 % less time, 128 take no more']);
  });

  it('are not spoken of where they fill the array', async () => {
    assert.deepEqual(textsOf(await adviceOn(product(100, 64, 64), SYSTOLIC), 'channels'), []);
    // Off-chip bound: fewer channels would idle as well, but nobody waits for the array.
    assert.deepEqual(textsOf(await adviceOn(product(64, 3, 3), ARRAY), 'channels'), []);
  });
});

describe('advice: batch and fusion', () => {
  it('eight times the batch shares the weights', async () => {
    // 2 + 4 + 2 bytes for one row, 16 + 4 + 16 for eight: 4.5 instead of 8 for each.
    const advice = await adviceOn(product(1, 2, 2), ARRAY);
    assert.deepEqual(textsOf(advice, 'batch'), ['8 times the batch: 43.8 % less time for each image']);
  });

  it('a transpose that the convolution before it could do as it writes', async () => {
    const nodes: readonly NodeSketch[] = [
      ['c', 'Conv', 'x w'],
      ['t', 'Transpose', 'c', { perm: ints(0, 2, 3, 1) }],
    ];
    const model = (...outputs: readonly string[]) =>
      sketched({
        inputs: [float32('x', 1, 8, 16, 16)],
        constants: [weights('w', 8, 8, 1, 1)],
        nodes,
        outputs: outputs.map((name) => ({ name })),
      });
    // 2,048 words read and written at a byte per nanosecond: 4.1 µs, all of which is saved.
    const spilling = overrideHardware(ARRAY, ['residency=false']);
    const [fusion] = textsOf(await adviceOn(model('t'), spilling, 1), 'fusion');
    assert.equal(fusion, 'written in this order by Conv → c → 4.1 µs less (100 % of its time)');
    assert.deepEqual(
      textsOf(await adviceOn(model('t', 'c'), spilling, 1), 'fusion'),
      [],
      'its input is needed as it is',
    );
    assert.deepEqual(textsOf(await adviceOn(model('t'), ARRAY, 1), 'fusion'), [], 'its input is still on chip');
  });
});

describe('advice: a layer with other sizes', () => {
  /** The only kernel of a convolution with bias, activation and an addition fused into it. */
  function kernelOf(images: number, inputs: number, outputs: number): Workload {
    const nodes: readonly NodeSketch[] = [
      ['c', 'Conv', 'x w b', { kernel_shape: ints(3, 3), pads: ints(1, 1, 1, 1) }],
      ['a', 'Add', 'c skip'],
      ['r', 'Relu', 'a'],
    ];
    const model = sketched({
      inputs: [float32('x', images, inputs, 10, 10), float32('skip', images, outputs, 10, 10)],
      constants: [weights('w', outputs, inputs, 3, 3), weights('b', outputs)],
      nodes,
      outputs: [{ name: 'r' }],
    });
    return onlyWorkload(model);
  }

  function onlyWorkload(model: Model): Workload {
    const { workloads } = planFor(model, inferShapes(model), TX2);
    assert.equal(workloads.length, 1);
    return workloads[0] ?? assert.fail();
  }

  it('is what a model with those sizes has', () => {
    const layer = kernelOf(1, 12, 20);
    assert.ok(isContraction(layer));
    assert.deepEqual(resized(layer, { K: 16 }), kernelOf(1, 12, 16));
    assert.deepEqual(resized(layer, { C: 16 }), kernelOf(1, 16, 20));
    assert.deepEqual(resized(layer, { N: 8 }), kernelOf(8, 12, 20));
    const matrix = onlyWorkload(product(3, 5, 7));
    assert.ok(isContraction(matrix));
    assert.deepEqual(resized(matrix, { P: 24, H: 24 }), onlyWorkload(product(24, 5, 7)));
    assert.deepEqual(resized(matrix, { K: 8 }), onlyWorkload(product(3, 5, 8)));
  });
});
