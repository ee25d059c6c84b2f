import assert from 'node:assert/strict';
import type { Hardware } from '../../src/hardware/hardware';
import { parseHardware } from '../../src/hardware/parse';
import { costLayer } from '../../src/latency/costLayer';
import { isUnknown, type LayerCost } from '../../src/latency/layerCost';
import { buildReport } from '../../src/latency/report';
import type { Workload } from '../../src/latency/workload';
import { inferShapes } from '../../src/operators/inferShapes';
import { smallModel } from '../smallModel';
import { contraction, costed, costedOnChip, vector } from '../workloads';

/** 2 × 2 PEs, weights stationary, 1 GHz, one byte per nanosecond off chip; int8 with 32-bit partial sums. */
const ARRAY = {
  ...{ name: 'array', engine: 'spatial', rows: 2, cols: 2, frequency: 1e9, mem_bandwidth: 1e9, dataflow: 'ws' },
  ...{ register_file: { input: 1, weight: 1, output: 4 }, global_buffer: 65536, vector_lanes: 4 },
  array_fill_cycles: 0,
};

const array = (changes: object = {}): Hardware => parseHardware({ ...ARRAY, ...changes }, 'array');

const nanoseconds = ({ terms }: LayerCost) =>
  Object.fromEntries(Object.entries(terms).map(([term, seconds]) => [term, Number((seconds * 1e9).toPrecision(10))]));

/** 4 × 2 times 2 × 2: 16 MACs, 8 B of input, 4 B of weights, 8 B of output. */
const product = contraction({ P: 4, K: 2, C: 2 }, { type: 'int8', channelsLast: true });

describe('spatial engine: contractions worked by hand', () => {
  it('a product that fills the array', () => {
    // 4 steps; every byte once off chip: 20 ns.
    const cost = costed(product, array());
    const terms = { compute: 4, globalBuffer: 0, offChip: 20, peFill: 0, ramp: 0, drain: 0, launch: 0 };
    assert.deepEqual(nanoseconds(cost), terms);
    assert.equal(Number((cost.seconds * 1e9).toPrecision(10)), 20);
    assert.equal(Number((cost.lowerBoundSeconds * 1e9).toPrecision(10)), 20);
    assert.deepEqual(cost.offChipBytes, { input: 8, weight: 4, output: 8 });
    assert.deepEqual(cost.globalBufferBytes, { input: 8, weight: 4, output: 8 });
    assert.equal(cost.spatialUtilization, 1);
    assert.equal(Number(cost.utilization.toPrecision(10)), Number((16 / (4 * 20)).toPrecision(10)));
    assert.equal(cost.bound, 'offChip');
    assert.match(cost.mapping, /^K2 × C2 on the array; whole layer in the buffer; at the bound$/);
  });

  it('ramp and drain where the array is the one to wait for', () => {
    // Before: weights 4 B and the first row of 2 B; after: the last row of 2 B; at 10 B/ns.
    const cost = costed(product, array({ mem_bandwidth: 1e10 }));
    const terms = { compute: 4, globalBuffer: 0, offChip: 2, peFill: 0, ramp: 0.6, drain: 0.2, launch: 0 };
    assert.deepEqual(nanoseconds(cost), terms);
    assert.equal(Number((cost.seconds * 1e9).toPrecision(10)), 4.8);
    assert.match(cost.mapping, /within 20 % of the bound$/);
  });

  it('what is on chip is not waited for, at either end', () => {
    const ends = (own: object) => {
      const { ramp, drain } = nanoseconds(costedOnChip(product, array({ mem_bandwidth: 1e10 }), own));
      return [ramp, drain];
    };
    // As above: 4 B of weights and 2 B of inputs first, 2 B of results last.
    assert.deepEqual(ends({ input: 1 }), [0.4, 0.2]);
    assert.deepEqual(ends({ weight: 1 }), [0.2, 0.2]);
    assert.deepEqual(ends({ input: 1, weight: 1, output: 1 }), [0, 0]);
  });

  it('the bound of a layer that waits for its array is the array’s own: no fewer steps, and no more', () => {
    const fast = array({ mem_bandwidth: 1e15 });
    const bound = (layer: Workload): number => Number((costed(layer, fast).lowerBoundSeconds * 1e9).toPrecision(4));
    assert.equal(bound(product), 4);
    assert.equal(bound(contraction({ P: 4, K: 5, C: 2 }, { type: 'int8', channelsLast: true })), 12);
  });

  it('overlap: add is the sum, α adds a share of the shorter ones', () => {
    const add = costed(product, array({ overlap: 'add' }));
    assert.deepEqual([nanoseconds(add)['ramp'], Number((add.seconds * 1e9).toPrecision(10))], [0, 24]);
    const half = costed(product, array({ overlap: 0.5 }));
    assert.equal(Number((half.seconds * 1e9).toPrecision(10)), 20 + 0.5 * 4);
  });

  it('two ports off chip: the slower one counts', () => {
    const { mem_bandwidth: _, ...rest } = ARRAY;
    const ports = parseHardware({ ...rest, mem_read_bandwidth: 1e9, mem_write_bandwidth: 0.25e9 }, 'ports');
    assert.equal(nanoseconds(costed(product, ports))['offChip'], 32);
  });

  it('each way between buffer and array has its own bandwidth; partial sums go both ways', () => {
    // Weights 2 × 4 channels and one PE: C cannot be summed in space, so 4 rows × 2 filters of partial sums move 32 bits each.
    const one = { rows: 1, cols: 1, mem_bandwidth: 1e12 };
    const sizes = contraction({ P: 4, K: 1, C: 2 }, { type: 'int8', channelsLast: true });
    const cost = costed(sizes, array({ ...one, noc_bandwidth: { output: 1 } }));
    // Weights stay: first channel writes 4 sums, second reads them and writes 4 results of one byte: 16 in, 16 + 4 out.
    assert.equal(nanoseconds(cost)['globalBuffer'], 20);
    assert.deepEqual(cost.globalBufferBytes, { input: 8, weight: 2, output: 36 });
    assert.equal(cost.bound, 'globalBuffer');
    const narrow = { input: 8, weight: 8, output: 8, partial_sum: 16 };
    const cheaper = costed(sizes, array({ ...one, noc_bandwidth: { output: 1 }, precision: narrow }));
    assert.equal(nanoseconds(cheaper)['globalBuffer'], 12);
    const stationary = costed(sizes, array({ ...one, noc_bandwidth: { output: 1 }, dataflow: 'os' }));
    assert.equal(nanoseconds(stationary)['globalBuffer'], 4);
  });

  it('precision of the file replaces that of the model, and lanes by type only count without it', () => {
    const float = contraction({ P: 4, K: 2, C: 2 }, { channelsLast: true });
    const bits = { input: 8, weight: 8, output: 8 };
    assert.deepEqual(costed(float, array({ precision: bits })).offChipBytes, { input: 8, weight: 4, output: 8 });
    // A bias of two elements, and 4 of a fused layer: float32 or float16, they take a byte each.
    for (const [type, width] of [
      ['float32', 4],
      ['float16', 2],
    ] as const) {
      const extras = { type, biasBytes: 2 * width, epilogue: { operations: 0, input: 0, weight: 4 * width } };
      const biased = contraction({ P: 4, K: 2, C: 2 }, { channelsLast: true, ...extras });
      assert.equal(costed(biased, array({ precision: bits })).offChipBytes.weight, 4 + 2 + 4);
      assert.equal(costed(biased, array({ register_file: 64 })).offChipBytes.weight, width * (4 + 2 + 4));
    }
    const registers = { register_file: 64 };
    assert.deepEqual(costed(float, array(registers)).offChipBytes, { input: 32, weight: 16, output: 32 });
    assert.equal(nanoseconds(costed(float, array({ ...registers, lanes: { float32: 0.25 } })))['compute'], 16);
    assert.equal(nanoseconds(costed(float, array({ precision: bits, lanes: { float32: 0.25 } })))['compute'], 4);
  });

  it('replacing the stationary operand costs pass_cycles each time', () => {
    // 4 × 4 weights on 2 × 2 PEs: four tiles of weights.
    const workload = contraction({ P: 8, K: 4, C: 4 }, { type: 'int8', channelsLast: true });
    const cost = costed(workload, array({ pass_cycles: 3, mem_bandwidth: 1e12 }));
    assert.equal(nanoseconds(cost)['peFill'], 12);
    assert.equal(nanoseconds(cost)['compute'], 32);
  });

  it('a systolic array takes rows + cols − 2 cycles longer, others none, unless the file says so', () => {
    const { array_fill_cycles: _, ...rest } = ARRAY;
    const filled = (changes: object): number | undefined => {
      const { terms, seconds, lowerBoundSeconds } = costed(product, parseHardware({ ...rest, ...changes }, 'array'));
      assert.ok(seconds >= lowerBoundSeconds && lowerBoundSeconds >= terms.peFill);
      return Number((1e9 * terms.peFill).toPrecision(10));
    };
    assert.equal(filled({}), 2);
    assert.equal(filled({ rows: 16, cols: 8 }), 22);
    assert.equal(filled({ dataflow: 'os', rows: 16, cols: 8 }), 22);
    assert.equal(filled({ dataflow: 'flexible' }), 0);
    assert.equal(filled({ dataflow: 'rs' }), 0);
    assert.equal(filled({ array_fill_cycles: 7, pass_cycles: 3 }), 10);
  });

  it('one tile of an array: SCALE-Sim’s 2·rows + cols + T − 2, its rows of loading apart', () => {
    // 4 × 4 weights on 4 × 4 PEs under T = 8 rows; weights come in 4 cycles at one row of 4 B each.
    const tile = contraction({ P: 8, C: 4, K: 4 }, { type: 'int8', channelsLast: true });
    const { array_fill_cycles: _, ...rest } = ARRAY;
    const sizes = { rows: 4, cols: 4, noc_bandwidth: { weight: 4 }, mem_bandwidth: 1e13 };
    const { terms } = costed(tile, parseHardware({ ...rest, ...sizes }, 'array'));
    const cycles = (term: number): number => Math.round(1e9 * term);
    assert.deepEqual([cycles(terms.compute), cycles(terms.globalBuffer), cycles(terms.peFill)], [8, 4, 6]);
    assert.equal(8 + 4 + 6, 2 * 4 + 4 + 8 - 2);
  });

  it('remainders are exact: 5 filters on 2 columns take 3 steps', () => {
    const cost = costed(contraction({ P: 4, K: 5, C: 2 }, { type: 'int8', channelsLast: true }), array());
    assert.equal(nanoseconds(cost)['compute'], 12);
    assert.equal(cost.spatialUtilization, 40 / (12 * 4));
  });

  it('depthwise: groups stand block-diagonally, or side by side where the array unrolls them', () => {
    const depthwise = contraction({ G: 8, P: 4, Q: 4, R: 3, S: 3 }, { type: 'int8' });
    const compute = (changes: object): number | undefined =>
      nanoseconds(costed(depthwise, array({ rows: 9, cols: 8, mem_bandwidth: 1e12, ...changes })))['compute'];
    // Nine rows hold one group, eight rows and eight columns one weight each of eight, 18 rows two groups of nine.
    assert.equal(compute({}), 8 * 16);
    assert.equal(compute({ rows: 18 }), 4 * 16);
    assert.equal(compute({ rows: 72 }), 16);
    assert.equal(compute({ unroll_groups: true }), 16);
    assert.equal(compute({ dataflow: 'flexible' }), 16);
    assert.equal(compute({ dataflow: 'flexible', unroll_groups: false, cols: 2 }), (8 * 16) / 2);
  });

  it('no local reuse: every step reads its operands anew', () => {
    const cost = costed(product, array({ dataflow: 'nlr' }));
    // 16 MACs on 2 × 2: inputs shared by 2 filters 8 reads, weights 16 reads, sums over both channels in space 8.
    assert.deepEqual(cost.globalBufferBytes, { input: 8, weight: 16, output: 8 });
  });

  it('a fused layer runs on the vector unit behind the array', () => {
    const epilogue = { operations: 80, input: 8, weight: 0 };
    const fused = contraction({ P: 4, K: 2, C: 2 }, { type: 'int8', channelsLast: true, epilogue });
    const cost = costed(fused, array());
    assert.equal(nanoseconds(cost)['compute'], 20);
    assert.equal(cost.offChipBytes.input, 16);
  });

  it('the smallest buffer of all still holds a tile of a large window', () => {
    const wide = contraction({ K: 2, C: 2, P: 2, Q: 2, R: 64, S: 64, H: 65, W: 65 }, { type: 'int8' });
    const cost = costed(wide, array({ global_buffer: 256 }));
    assert.ok(cost.seconds > cost.lowerBoundSeconds);
    assert.match(cost.mapping, /outer loops .*R/);
  });
});

describe('spatial engine: what is not a contraction', () => {
  it('the longer of operations and bytes', () => {
    const cost = costed(vector({ elements: 64, operations: 4096 }), array({ launch_time: 1e-6 }));
    const terms = { compute: 1024, globalBuffer: 0, offChip: 512, peFill: 0, ramp: 0, drain: 0, launch: 1000 };
    assert.deepEqual(nanoseconds(cost), terms);
    assert.equal(Number((cost.seconds * 1e9).toPrecision(10)), 2024);
  });

  it('joules: a vector operation is half a multiply-accumulate', () => {
    // 10 operations; 24 B are 12 accesses of 16 bits in the lanes' registers, the buffer and off chip.
    const energy = { mac: 1, pe: 1, global: 10, off_chip: 100 };
    const { mac, pe, globalBuffer, offChip } = costed(
      vector({ elements: 3, operations: 10 }),
      array({ energy }),
    ).energyTerms;
    assert.deepEqual(
      [mac, pe, globalBuffer, offChip].map((joules) => Math.round(joules * 1e12)),
      [5, 12, 120, 1200],
    );
  });

  it('what a fused layer reads is read once, however often the input is', () => {
    const buffers = { buffer_read_bandwidth: 4, buffer_write_bandwidth: 4 };
    const softmax = { ...vector({ elements: 1024, operations: 1024, passes: 3 }) };
    const fused = { ...softmax, epilogue: { operations: 1024, input: 4096, weight: 0 } };
    const { offChipBytes, globalBufferBytes } = costed(fused, array(buffers));
    assert.deepEqual([offChipBytes.input, globalBufferBytes.input], [2 * 4096, 4 * 4096]);
    const small = costed(fused, array({ ...buffers, global_buffer: 4095 }));
    assert.equal(small.offChipBytes.input, 4 * 4096);
  });

  it('constants of a network in floating point are as wide as the weights of the array; indices keep their width', () => {
    const bits = { input: 8, weight: 16, output: 8 };
    const scaled = {
      ...vector({ elements: 64, operations: 64 }),
      epilogue: { operations: 64, input: 256, weight: 128 },
    };
    const sized: Workload = { ...scaled, bytes: { ...scaled.bytes, weight: 256 } };
    const moved = { input: 64 + 64, weight: (256 + 128) / 2, output: 64 };
    assert.deepEqual(costed(sized, array({ precision: bits, register_file: 64 })).offChipBytes, moved);
    const nvdla = { name: 'n', engine: 'nvdla', macs: 64, conv_buffer: 131072, frequency: 1e9, mem_bandwidth: 1e9 };
    const precision = { input: 8, weight: 16 };
    assert.deepEqual(costed(sized, parseHardware({ ...nvdla, precision }, 'n')).offChipBytes, moved);
    const indices: Workload = { ...sized, types: { input: 'int64', weight: 'int64', output: 'int64' } };
    const { offChipBytes } = costed(indices, array({ precision: bits, register_file: 64 }));
    assert.deepEqual(offChipBytes, { input: 256 + 256, weight: 384, output: 256 });
  });

  it('passes read the buffer again, and off-chip memory where the input does not stay', () => {
    const buffers = { buffer_read_bandwidth: 4, buffer_write_bandwidth: 4 };
    const softmax = vector({ elements: 1024, operations: 1024, passes: 3 });
    const stays = nanoseconds(costed(softmax, array(buffers)));
    assert.deepEqual([stays['globalBuffer'], stays['offChip']], [3072, 8192]);
    const small = nanoseconds(costed(softmax, array({ ...buffers, global_buffer: 4095 })));
    assert.deepEqual([small['globalBuffer'], small['offChip']], [3072, 16384]);
  });
});

describe('engines of other tools', () => {
  it('scale-sim: cycles of its formula, other layers unknown unless it has a bandwidth', () => {
    const file = { name: 's', engine: 'scale-sim', rows: 4, cols: 4, dataflow: 'ws', frequency: 1e9 };
    const systolic = parseHardware(file, 's');
    // K = 6 in two folds, N = 4 in one, T = 8: 2 · (2·4 + 4 + 8 − 2) − 1.
    const cost = costed(contraction({ P: 8, C: 6, K: 4 }, { channelsLast: true }), systolic);
    assert.equal(Number(cost.cycles.toPrecision(10)), 35);
    const relu = vector({ elements: 64, operations: 64 });
    assert.ok(isUnknown(costLayer(relu, systolic)));
    assert.equal(nanoseconds(costed(relu, parseHardware({ ...file, mem_bandwidth: 1e9 }, 's')))['offChip'], 512);
  });

  it('nvdla: arithmetic bound by channels in sixteens and filters in 128s', () => {
    const file = { name: 'n', engine: 'nvdla', macs: 64, conv_buffer: 131072, frequency: 1e9, mem_bandwidth: 1e12 };
    const cost = costed(contraction({ P: 4, Q: 4, C: 3, K: 4 }, { type: 'int8' }), parseHardware(file, 'n'));
    assert.equal(nanoseconds(cost)['compute'], (16 * 16 * 128) / 64);
  });

  it('nvdla: pads and holes count: never more multiplications a cycle than there are multipliers', () => {
    const file = { name: 'n', engine: 'nvdla', macs: 64, conv_buffer: 131072, frequency: 1e9, mem_bandwidth: 1e12 };
    const compute = (workload: Workload): number | undefined => {
      const cost = costed(workload, parseHardware({ ...file, winograd: false }, 'n'));
      assert.ok(cost.utilization <= 1 && cost.lowerBoundSeconds <= cost.seconds, `${cost.utilization}`);
      return nanoseconds(cost)['compute'];
    };
    // 5×5 with four pads on each side of 8×8: 12×12 outputs of 128 filters.
    const sizes = { C: 16, K: 128, R: 5, S: 5 };
    assert.equal(compute(contraction({ ...sizes, P: 12, Q: 12, H: 8, W: 8 })), (16 * 128 * 25 * 144) / 64);
    // Two apart and no pads on 16×16: windows of 9×9, 8×8 outputs.
    const apart = { dilationH: 2, dilationW: 2 };
    assert.equal(compute(contraction({ ...sizes, ...apart, P: 8, Q: 8, H: 16, W: 16 })), (16 * 128 * 25 * 64) / 64);
  });
});

describe('reports of an array', () => {
  it('equal layers are searched once; an aborted report stops', () => {
    const hardware = array({ register_file: 64 });
    const model = smallModel();
    const shapes = inferShapes(model, { batch: 2 });
    const report = buildReport(model, shapes, hardware);
    assert.equal(report.totals.unknownNodes, 0);
    assert.ok(report.totals.lowerBoundSeconds > 0 && report.totals.lowerBoundSeconds <= report.totals.seconds);
    const again = buildReport(model, shapes, hardware);
    for (const [index, { cost, fusedInto }] of again.layers.entries()) {
      if (fusedInto === undefined && !isUnknown(cost) && cost.seconds > 0)
        assert.equal(cost, report.layers[index]?.cost);
    }
    const signal = AbortSignal.abort(new Error('the slider moved on'));
    assert.throws(() => buildReport(model, shapes, hardware, { signal }), { message: 'the slider moved on' });
  });
});
