import assert from 'node:assert/strict';
import type { Model, Tensor, ValueInfo } from '../../src/graph/graph';
import type { Hardware } from '../../src/hardware/hardware';
import { parseHardware } from '../../src/hardware/parse';
import { freeCost, isUnknown, type LayerCost, type OperandBytes, totalBytes } from '../../src/latency/layerCost';
import { costBody } from '../../src/latency/repeated';
import { buildReport } from '../../src/latency/report';
import { inferShapes } from '../../src/operators/inferShapes';
import type { Body } from '../../src/operators/work';
import { int } from '../operatorCase';
import { float32, graph, location, model, type NodeSketch, weights } from '../sketch';
import { contraction, costed } from '../workloads';

/** 1 GB/s off chip, 4 GB/s on chip, one lane at 1 GHz, levels in turn: a byte off chip takes a nanosecond. */
const UNIT = {
  ...{ name: 'unit', engine: 'multicore', n_pes: 1, pe_fp32s: 1, frequency: 1e9, mem_bandwidth: 1e9, fp32_cycles: 1 },
  ...{
    mem_concurrent_fp32: 1,
    l2_speed_frac: 4,
    launch_time: 1e-6,
    overlap: 'add',
    pe_memory: 1e6,
    global_memory: 1e6,
  },
};

/** Without the checks of files: memories of a few bytes make round numbers. */
const unit = (changes: object = {}): Hardware => ({ ...parseHardware(UNIT, 'unit'), ...changes });
const bytes = (input: number, weight: number, output: number): OperandBytes => ({ input, weight, output });

/** The only node of a model on a hardware. */
function costOf(one: Model, hardware: Hardware): LayerCost {
  const cost = buildReport(one, inferShapes(one), hardware).layers[0]?.cost;
  if (!cost || isUnknown(cost)) assert.fail(cost?.unknown);
  return cost;
}

const single = (node: NodeSketch, inputs: readonly ValueInfo[], constants: readonly Tensor[] = []): Model =>
  model({ nodes: [node], inputs, constants });

const nanoseconds = (seconds: number): number => Number((seconds * 1e9).toPrecision(12));

describe('bodies', () => {
  const cost = costed(contraction({ K: 4, C: 2, P: 4, Q: 4, R: 3, S: 3 }), unit());
  const context = {
    ...{ node: { id: 0, name: '', operator: 'Conv', domain: '', inputs: [], outputs: [], attributes: new Map() } },
    ...{ opset: 17, inputs: [], outputs: [], inferBody: () => [], bodyWork: () => [] },
  };
  const body = (parts: number, times: number): Body => ({
    kind: 'body',
    parts: Array.from({ length: parts }, () => ({ work: undefined, context })),
    times,
  });

  it('run their nodes in turn, as often as they loop; what is constant and fits comes from off chip once', () => {
    const whole = costBody(body(3, 3), [cost, freeCost('view'), cost], unit());
    if (isUnknown(whole)) assert.fail();
    assert.deepEqual(whole.offChipBytes, bytes(6 * 128, 2 * 288, 6 * 256));
    // Twice two of 288 bytes are not read again.
    assert.equal(nanoseconds(whole.seconds), nanoseconds(6 * cost.seconds) - 4 * 288);
    assert.ok(Math.abs(whole.terms.launch - 6 * cost.terms.launch) < 1e-15);
    const small = costBody(body(2, 3), [cost, cost], unit({ global_memory: 575 }));
    if (isUnknown(small)) assert.fail();
    assert.equal(small.offChipBytes.weight, 6 * 288);
    const { mac, pe, globalBuffer, offChip } = whole.energyTerms;
    assert.ok(Math.abs(mac + pe + globalBuffer + offChip - whole.energyJoules) < 1e-20);
    assert.ok(Math.abs(offChip / cost.energyTerms.offChip - (6 * 672 - 4 * 288) / 672) < 1e-12);
  });

  it('are unknown where a node is', () => {
    assert.deepEqual(costBody(body(2, 3), [cost, { unknown: 'why' }], unit()), { unknown: 'inside: why' });
  });

  it('a Loop reads the weights of its body once, and launches each node every time', () => {
    const condition: Tensor = { name: 'yes', type: 'bool', shape: [], values: [1], location };
    const inner = graph({
      nodes: [['next', 'MatMul', 'state w']],
      inputs: [{ name: 'i' }, { name: 'goes' }, { name: 'state' }],
      outputs: [{ name: 'yes' }, { name: 'next' }],
    });
    const trips: Tensor = { name: 'trips', type: 'int64', shape: [], values: [5], location };
    const loop = single(
      ['last', 'Loop', 'trips  x', { body: { type: 'graph', value: inner } }],
      [float32('x', 1, 8)],
      [trips, condition, weights('w', 8, 8)],
    );
    const looped = costOf(loop, unit());
    assert.deepEqual(looped.offChipBytes, bytes(5 * 32, 256, 5 * 32));
    assert.equal(nanoseconds(looped.terms.launch), 5000);
    assert.equal(costOf(loop, unit({ global_memory: 255 })).offChipBytes.weight, 5 * 256);
  });
});

describe('a recurrent layer is one kernel of steps that wait for each other', () => {
  // 10 steps of batch 1, 8 features, 4 hidden units. Off chip: x 320 B, W 128 B, R 64 B, y 160 B. Handed on inside: the projected
  // input 160 B, the state and the sums 16 B each.
  const rnn = single(
    ['y', 'RNN', 'x w r', { hidden_size: int(4) }],
    [float32('x', 10, 1, 8)],
    [weights('w', 1, 4, 8), weights('r', 1, 4, 4)],
  );

  it('with everything on chip', () => {
    const cost = costOf(rnn, unit());
    assert.deepEqual(cost.offChipBytes, bytes(320, 128 + 64, 160));
    // 40 outputs of 8 steps at once; then 10 times 4 outputs of 4 steps, and 4·13 operations (an addition and a tanh).
    assert.equal(nanoseconds(cost.terms.compute), 320 + 10 * 16 + 10 * 52);
    assert.equal(nanoseconds(cost.terms.launch), 1000);
  });

  it('R is read again for each step where it does not stay', () => {
    assert.equal(costOf(rnn, unit({ global_memory: 256 })).offChipBytes.weight, 128 + 64);
    assert.equal(costOf(rnn, unit({ global_memory: 255 })).offChipBytes.weight, 128 + 10 * 64);
  });

  it('more PEs do not shorten the chain of steps, only the projection', () => {
    const wide = costOf(rnn, unit({ n_pes: 1000 }));
    // At best each of the 4 units has a PE: 4 + 13 cycles a step.
    assert.ok(nanoseconds(wide.terms.compute) >= 10 * 4 + 10 * 13);
  });
});

describe('attention is one kernel', () => {
  const heads = (name: string, count: number, rows: number): ValueInfo => float32(name, 1, count, rows, 8);

  it('scores never leave the chip; heads that share K and V read them once', () => {
    const grouped = single(['y', 'Attention', 'q k v'], [heads('q', 2, 16), heads('k', 1, 32), heads('v', 1, 32)]);
    const cost = costOf(grouped, unit());
    assert.deepEqual(cost.offChipBytes, bytes(3 * 1024, 0, 1024));
    assert.equal(nanoseconds(cost.terms.launch), 1000);
    const all = single(['y', 'Attention', 'q k v'], [heads('q', 2, 16), heads('k', 2, 32), heads('v', 2, 32)]);
    assert.equal(totalBytes(costOf(all, unit()).offChipBytes), 1024 + 2048 + 2048 + 1024);
  });

  it('off-chip bytes grow with the sequence, not with its square', () => {
    const of = (rows: number): number => {
      const one = single(['y', 'Attention', 'q k v'], [heads('q', 1, rows), heads('k', 1, rows), heads('v', 1, rows)]);
      return totalBytes(costOf(one, unit()).offChipBytes);
    };
    assert.equal(of(512) / of(256), 2);
  });

  it('on an array its scores stay in the global buffer row by row', () => {
    const array = parseHardware(
      {
        ...{ name: 'array', engine: 'spatial', rows: 8, cols: 8, frequency: 1e9, register_file: 64, dataflow: 'os' },
        ...{ global_buffer: 65536, mem_bandwidth: 1e9 },
      },
      'array',
    );
    const one = single(['y', 'Attention', 'q k v'], [heads('q', 2, 16), heads('k', 2, 32), heads('v', 2, 32)]);
    const cost = costOf(one, array);
    assert.equal(totalBytes(cost.offChipBytes), 1024 + 2048 + 2048 + 1024);
    assert.ok(cost.terms.compute > 0 && cost.terms.globalBuffer >= 0);
  });
});
