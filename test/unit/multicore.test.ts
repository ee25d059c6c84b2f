import assert from 'node:assert/strict';
import { parseHardware } from '../../src/hardware/parse';
import { costLayer } from '../../src/latency/costLayer';
import { freeCost, type LayerCost, type OperandBytes } from '../../src/latency/layerCost';
import { tileSizes } from '../../src/latency/tiles';
import type { Workload } from '../../src/latency/workload';
import { onEngine, unit } from '../hardware';
import { contraction, costed, vector } from '../workloads';

const nanoseconds = ({ terms }: LayerCost): readonly number[] =>
  [terms.compute, terms.globalBuffer, terms.offChip].map((seconds) => Number((seconds * 1e9).toPrecision(12)));

const bytes = (input: number, weight: number, output: number): OperandBytes => ({ input, weight, output });

describe('multicore engine, default mode: contractions worked by hand', () => {
  it('one tile when everything fits', () => {
    // 3×3, 2 → 4 channels, 4×4 padded; 4 lanes. Compute ⌈64/4⌉ · 2·9 = 288 cycles. Bytes: weights 4·2·9·4 = 288, input 2·16·4 = 128
    // (the halo lies in the pads), output 4·16·4 = 256: 672 B on chip at 4 B/ns, off chip at 1 B/ns. More tiles would read more.
    const workload = contraction({ K: 4, C: 2, P: 4, Q: 4, R: 3, S: 3 });
    const cost = costed(workload, unit({ pe_fp32s: 4 }));
    assert.deepEqual(nanoseconds(cost), [288, 168, 672]);
    assert.deepEqual(cost.tile, { c: 4, h: 4, w: 4, ci: 2, count: 1 });
    assert.deepEqual(cost.offChipBytes, bytes(128, 288, 256));
    assert.deepEqual(cost.globalBufferBytes, bytes(128, 288, 256));
    assert.equal(cost.bound, 'offChip');
    assert.equal(Math.round(cost.cycles), 288 + 168 + 672);
    assert.equal(cost.lowerBoundSeconds, cost.seconds);
    // 1152 MACs in 1128 ns on 4 lanes at 1 GHz.
    assert.ok(Math.abs(cost.utilization - 1152 / (1128 * 4)) < 1e-12);
  });

  it('terms overlap as the hardware says', () => {
    const workload = contraction({ K: 4, C: 2, P: 4, Q: 4, R: 3, S: 3 });
    const seconds = (overlap: 'max' | number) =>
      Math.round(costed(workload, unit({ pe_fp32s: 4, overlap, launch_time: 1e-6 })).seconds * 1e9);
    assert.equal(seconds('max'), 672 + 1000);
    assert.equal(seconds(0.5), 672 + (288 + 168) / 2 + 1000);
  });

  it('a tile must fit its PE: smaller tiles, input channels in steps, partial sums stay', () => {
    // 1×1, 8 → 8 channels, 1×16 outputs, 600 bytes of PE memory. Whole: partial sums 512 leave 88 < 96 = (8 + 16)·4 for one input
    // channel. Half the columns: sums 256, (8 + 8)·4 = 64 per input channel: 5 fit, so 2 steps of 4; weights are read twice:
    // 512 + 512 + 512. Half the channels (or 7 of 8) would read the input twice: 256 + 1024 + 512.
    const cost = costed(contraction({ K: 8, C: 8, Q: 16 }), unit({ pe_memory: 600 }));
    assert.deepEqual(cost.tile, { c: 8, h: 1, w: 8, ci: 4, count: 2 });
    assert.deepEqual(cost.globalBufferBytes, bytes(512, 512, 512));
    assert.deepEqual(cost.offChipBytes, bytes(512, 256, 512));
    assert.deepEqual(nanoseconds(cost), [8 * 16 * 8, 1536 / 4, 1280]);
  });

  it('an empty tensor costs nothing', () => {
    for (const hardware of [unit(), unit({ parity: true })]) {
      assert.deepEqual(costLayer(contraction({ P: 0, K: 4 }), hardware), freeCost('what it makes is empty'));
    }
  });

  it('a tile that cannot fit is unknown, not free', () => {
    const cost = costLayer(contraction({ C: 1, R: 40, S: 40, H: 40, W: 40 }), unit({ pe_memory: 256 }));
    assert.deepEqual(cost, { unknown: 'no tile fits the 256 bytes of a PE (pe_memory)' });
  });

  it('reading again is free only while it fits global memory', () => {
    // 1×1, 32 → 64 channels, 64 outputs: weights and inputs 8192 B each, outputs 16384 B. 4352 bytes of PE memory hold a 32×32 tile
    // (4096 of sums + (32 + 32)·4 for one input channel): 4 tiles, weights and inputs read twice on chip; slow on-chip memory makes that
    // the best. Inputs stay for the second half of the channels if they (8192), one weight tile (4096) and one output tile (4096)
    // fit; with one byte less they come twice from off chip.
    const workload = contraction({ K: 64, C: 32, Q: 64 });
    const hardware = (global_memory: number) => unit({ pe_memory: 4352, l2_speed_frac: 0.5, global_memory });
    const fits = costed(workload, hardware(16384));
    assert.deepEqual(fits.tile, { c: 32, h: 1, w: 32, ci: 1, count: 4 });
    assert.deepEqual(fits.globalBufferBytes, bytes(16384, 16384, 16384));
    assert.deepEqual(fits.offChipBytes, bytes(8192, 8192, 16384));
    assert.deepEqual(nanoseconds(fits), [131072, 98304, 32768]);
    const short = costed(workload, hardware(16383));
    assert.deepEqual(short.offChipBytes, bytes(16384, 8192, 16384));
    assert.deepEqual(nanoseconds(short), [131072, 98304, 40960]);
  });

  it('where reloads cost more than on-chip reads, the tiles change instead', () => {
    // The same with on-chip memory eight times as fast: tiles of 13 channels × all 64 outputs read inputs five times on chip but each
    // byte once from off chip: 32768 + 65536/4 = 49152 against 40960 + 49152/4 = 53248, for 65/64 of the cycles.
    const cost = costed(contraction({ K: 64, C: 32, Q: 64 }), unit({ pe_memory: 4352, global_memory: 4096 }));
    assert.equal(cost.tile?.count, 5);
    assert.deepEqual(nanoseconds(cost), [133120, 16384, 32768]);
  });

  it('few tiles draw only their PEs’ bandwidth, and PEs work in waves', () => {
    // 1×1, 1 → 3 channels, one output: with max overlap and slow lanes three tiles on 4 PEs take one wave of fp32_cycles · C = 100
    // cycles. 3 PEs · 1 GB/s < 4 GB/s on chip: weights 3·100·4 B, inputs 3 times 400 B, outputs 12 B at 3 B/ns.
    const workload = contraction({ K: 3, C: 100 });
    const cost = costed(
      workload,
      unit({ n_pes: 4, overlap: 'max', pe_bandwidth: 1e9, mem_bandwidth: 1e10, l2_speed_frac: 0.4 }),
    );
    assert.equal(cost.tile?.count, 3);
    assert.deepEqual(nanoseconds(cost), [100, (1200 + 1200 + 12) / 3, 161.2]);
    assert.equal(cost.bound, 'globalBuffer');
    // Two PEs: 3 tiles in 2 waves.
    const two = costed(workload, unit({ n_pes: 2, overlap: 'max', mem_bandwidth: 1e12 }));
    assert.equal(two.terms.compute, 2e-7);
  });

  it('halos follow stride and dilation, and rows that no kernel row touches are not read', () => {
    // 3×3, stride 2, dilation 2 on 12×12, unpadded: output 4×4 reads (4−1)·2 + (3−1)·2 + 1 = 11 rows and columns.
    const dilated = contraction({
      P: 4,
      Q: 4,
      R: 3,
      S: 3,
      H: 12,
      W: 12,
      strideH: 2,
      strideW: 2,
      dilationH: 2,
      dilationW: 2,
    });
    assert.equal(costed(dilated, unit()).offChipBytes.input, 11 * 11 * 4);
    // 1×1, stride 4 on 16×16: 4 of 13 rows, all of whose 13 columns lie in the transactions.
    const strided = contraction({ P: 4, Q: 4, H: 16, W: 16, strideH: 4, strideW: 4 });
    assert.equal(costed(strided, unit()).offChipBytes.input, 4 * 13 * 4);
  });

  it('short runs waste transactions', () => {
    // 1×1, one channel, 4 rows of 6 columns out of 8; transactions of 8 words. The tile reads rows of 6 (efficiency 6/8), writes
    // one run of 24 (3 whole transactions).
    const workload = contraction({ P: 4, Q: 6, H: 4, W: 8 });
    const cost = costed(workload, unit({ mem_concurrent_fp32: 8 }));
    assert.deepEqual(cost.tile, { c: 1, h: 4, w: 6, ci: 1, count: 1 });
    assert.deepEqual(nanoseconds(cost), [24, (96 / 0.75 + 96 + 4) / 4, 96 + 96 + 4]);
  });

  it('widths and lanes are those of the type; partial sums are 32 bits', () => {
    // As the first case in int8 with 16 lanes: 64/16 · 18 = 72 cycles, a quarter of the bytes.
    const workload = contraction({ K: 4, C: 2, P: 4, Q: 4, R: 3, S: 3 }, { type: 'int8' });
    const cost = costed(workload, unit({ pe_fp32s: 4, lanes: { int8: 16 } }));
    assert.deepEqual(nanoseconds(cost), [72, 42, 168]);
    // Sums 64·4 = 256, 4·9 + 16 = 52 B per input channel: 360 bytes hold both, 359 only one.
    const steps = (pe_memory: number) =>
      costed(workload, unit({ pe_fp32s: 4, pe_memory, lanes: { int8: 16 } })).tile?.ci;
    assert.deepEqual([steps(360), steps(359)], [2, 1]);
  });

  it('groups: depthwise layers take whole groups per tile', () => {
    // 8 groups of 1 → 1, 3×3 on 4×4, 128 lanes: all 8·16 outputs at once, 9 cycles; weights 8·9·4 bytes, input and output 8·16·4.
    const cost = costed(contraction({ G: 8, P: 4, Q: 4, R: 3, S: 3 }), unit({ pe_fp32s: 128 }));
    assert.deepEqual(cost.tile, { c: 8, h: 4, w: 4, ci: 1, groups: 8, count: 1 });
    assert.deepEqual(nanoseconds(cost), [9, (288 + 512 + 512) / 4, 288 + 512 + 512]);
  });

  it('batch: whole images share a tile’s weights', () => {
    const cost = costed(contraction({ N: 4, K: 2, C: 2, P: 2, Q: 2 }), unit());
    assert.deepEqual(cost.tile, { c: 2, h: 2, w: 2, ci: 2, images: 4, count: 1 });
    assert.deepEqual(cost.globalBufferBytes, bytes(4 * 2 * 4 * 4, 16, 4 * 2 * 4 * 4));
  });

  it('bias and fused layers: their operands are read once, their operations run on the float32 lanes', () => {
    const epilogue = { operations: 40, input: 256, weight: 16 };
    const workload = contraction({ K: 4, C: 2, P: 4, Q: 4, R: 3, S: 3 }, { biasBytes: 16, epilogue });
    const cost = costed(workload, unit({ pe_fp32s: 4 }));
    assert.deepEqual(cost.offChipBytes, bytes(128 + 256, 288 + 16 + 16, 256));
    assert.deepEqual(nanoseconds(cost), [288 + 10, 960 / 4, 960]);
  });

  it('a second operand that is computed counts as input', () => {
    const workload = contraction({ G: 2, P: 4, K: 4, C: 8, dynamicWeights: true }, { channelsLast: true });
    const cost = costed({ ...workload, bytes: { ...workload.bytes, weight: 0 } }, unit());
    assert.deepEqual(cost.offChipBytes, bytes(2 * 4 * 8 * 4 * 2, 0, 2 * 16 * 4));
  });
});

describe('multicore engine, default mode: whole turns of all PEs', () => {
  /**
   * A100: 108 SMs, 1024 float16 multiply-accumulates per cycle each; a thread block of 256 × 128 outputs fills an SM. NVIDIA's guide
   * "Matrix Multiplication Background" (wave quantization): 108 such tiles are one wave, one more takes a second.
   */
  const A100 = {
    ...{ name: 'a100', engine: 'multicore', n_pes: 108, pe_fp32s: 1024, fp32_cycles: 32, frequency: 1.41e9 },
    ...{
      mem_bandwidth: 1555e9,
      l2_speed_frac: 3,
      overlap: 'max',
      launch_time: 0,
      pe_memory: 196608,
      global_memory: 40e6,
    },
  };
  const product = (M: number, K: number): Workload =>
    contraction({ P: M, K, C: 4096 }, { type: 'float16', channelsLast: true });
  const turn = (32 * 4096) / 1.41e9;

  it('2304 × 1536 outputs are 108 tiles and one wave; 109 tiles are two', () => {
    const hardware = parseHardware(A100, 'a100');
    const whole = costed(product(2304, 1536), hardware);
    assert.equal(whole.tile?.count, 108);
    assert.ok(Math.abs(whole.terms.compute / turn - 1) < 1e-12);
    assert.ok(whole.lowerBoundSeconds <= whole.seconds && whole.lowerBoundSeconds >= turn);
    // One column more: 117 tiles, two waves, half the throughput. No choice of tiles avoids the second: the bound knows it.
    const more = costed(product(2304, 1537), hardware);
    assert.ok(Math.abs(more.terms.compute / turn - 2) < 1e-12);
    assert.ok(more.lowerBoundSeconds >= 2 * turn);
    assert.ok(Math.abs(more.utilization / whole.utilization - 0.5) < 0.03);
    // Exactly one tile more than there are SMs.
    const fast = parseHardware({ ...A100, mem_bandwidth: 1e13 }, 'fast');
    const prime = costed(product(256 * 109, 128), fast);
    assert.ok(Math.abs(prime.terms.compute / turn - 2) < 1e-12);
    assert.ok(prime.utilization < 109 / 216);
    assert.match(more.mapping, /within \d+ % of the bound|at the bound/);
  });
});

describe('multicore engine, default mode: weights narrower than the arithmetic', () => {
  it('a matrix-vector product is bound by its weights: 4 bits take an eighth of float32’s time', () => {
    const sizes = { K: 64, C: 64 };
    const wide = contraction(sizes, { channelsLast: true });
    const packed: Workload = {
      ...wide,
      types: { ...wide.types, weight: 'uint4' },
      bytes: { ...wide.bytes, weight: (64 * 64) / 2 },
    };
    const hardware = unit({ pe_fp32s: 64, overlap: 'max' });
    assert.deepEqual(costed(packed, hardware).offChipBytes, bytes(256, 2048, 256));
    assert.equal(
      costed(wide, hardware).terms.offChip / costed(packed, hardware).terms.offChip,
      (16384 + 512) / (2048 + 512),
    );
  });
});

describe('multicore engine, default mode: vector work and data movement', () => {
  it('the longest of arithmetic and bytes', () => {
    // 1000 elements, 3 operations each on 2 lanes: 1500 cycles; 8000 bytes.
    const cost = costed(vector({ elements: 1000, operations: 3000 }), unit({ pe_fp32s: 2, overlap: 'max' }));
    assert.deepEqual(nanoseconds(cost), [1500, 2000, 8000]);
    assert.equal(Math.round(cost.seconds * 1e9), 8000);
    assert.equal(cost.utilization, 3000 / 8000 / 2);
  });

  it('passes read the input again, from off chip only where it does not stay', () => {
    const workload = vector({ elements: 2000, operations: 10000, passes: 3 });
    const stays = costed(workload, unit());
    assert.deepEqual(nanoseconds(stays), [10000, (3 * 8000 + 8000) / 4, 16000]);
    const leaves = costed(workload, unit({ global_memory: 7999 }));
    assert.deepEqual(nanoseconds(leaves), [10000, 8000, 32000]);
  });

  it('short bursts carry whole transactions when read', () => {
    // Runs of 2 words in transactions of 8: 4 times the bytes.
    const cost = costed(vector({ elements: 1000, operations: 0, burst: 2 }), unit({ mem_concurrent_fp32: 8 }));
    assert.deepEqual(nanoseconds(cost), [0, (16000 + 4000) / 4, 20000]);
    assert.deepEqual(cost.offChipBytes, bytes(4000, 0, 4000));
  });
});

describe('multicore engine, default mode: what must hold for every layer', () => {
  const V100 = {
    ...{ name: 'v100', engine: 'multicore', n_pes: 80, pe_fp32s: 64, frequency: 1.5e9, mem_bandwidth: 700e9 },
    ...{ overlap: 'add', pe_memory: 131072, global_memory: 6291456, pe_bandwidth: 96e9 },
  };

  /** A fixed sequence of layers of many kinds (linear congruential generator). */
  function layers(count: number): readonly Workload[] {
    let state = 12345;
    const pick = (...values: readonly number[]): number => {
      state = (state * 1103515245 + 12345) % 2 ** 31;
      return values[Math.floor((state / 2 ** 31) * values.length)] ?? 1;
    };
    return Array.from({ length: count }, () => {
      const [kernel, stride] = [pick(1, 3, 5, 7), pick(1, 2, 3)];
      const [P, Q] = [pick(1, 7, 14, 33), pick(1, 5, 28, 56)];
      const sizes = { N: pick(1, 1, 4), G: pick(1, 1, 32), K: pick(1, 24, 64), C: pick(1, 3, 48, 160), P, Q };
      return contraction({
        ...{ ...sizes, R: kernel, S: kernel, strideH: stride, strideW: stride },
        ...{ H: (P - 1) * stride + kernel, W: (Q - 1) * stride + kernel },
      });
    });
  }

  it('no layer beats its lower bound; the tile fits; bytes are at least the tensors', () => {
    const hardware = onEngine(parseHardware(V100, 'v100'), 'multicore');
    for (const workload of layers(60)) {
      const cost = costed(workload, hardware);
      const { work } = workload;
      if (work.kind !== 'loopNest') assert.fail();
      const { R, S, K, C, G, strideH, strideW } = work.nest;
      const what = JSON.stringify(work.nest);
      assert.ok(cost.lowerBoundSeconds <= cost.seconds * (1 + 1e-12), what);
      assert.ok(cost.utilization > 0 && cost.utilization <= 1, what);
      const { c, h, w, ci = 0, images = 1, groups = 1 } = cost.tile ?? assert.fail(what);
      const inputs = groups * ci * Math.min(h * R, (h - 1) * strideH + R) * ((w - 1) * strideW + S) * images;
      assert.ok(4 * (c * ci * R * S + inputs + c * h * w * images) <= hardware.pe_memory, what);
      assert.ok(c <= G * K && ci <= C, what);
      assert.ok(cost.offChipBytes.weight >= 4 * G * K * C * R * S - 1e-6, what);
      assert.ok(cost.globalBufferBytes.input >= cost.offChipBytes.input / Math.max(1, cost.tile?.count ?? 1), what);
      const { compute, globalBuffer, offChip, launch } = cost.terms;
      assert.ok(Math.abs(compute + globalBuffer + offChip + launch - cost.seconds) <= 1e-12 * cost.seconds, what);
      assert.ok(Math.abs(cost.cycles - cost.seconds * hardware.frequency) <= 1e-6, what);
    }
  });

  it('more of anything is never slower', () => {
    const better = [
      ...[{ mem_bandwidth: 800e9 }, { frequency: 1.6e9 }, { global_memory: 2 ** 30 }, { pe_memory: 262144 }],
      ...[{ pe_bandwidth: 200e9 }, { l2_speed_frac: 8 }, { launch_time: 0 }, { overlap: 'max' }, { pe_fp32s: 128 }],
    ];
    const base = parseHardware(V100, 'v100');
    const improved = better.map((change) => parseHardware({ ...V100, ...change }, 'v100'));
    for (const workload of layers(12)) {
      const { seconds } = costed(workload, base);
      for (const [index, hardware] of improved.entries()) {
        assert.ok(costed(workload, hardware).seconds <= seconds * (1 + 1e-12), JSON.stringify(better[index]));
      }
    }
  });

  it('tries no tile beyond the axis, and always the whole axis', () => {
    assert.deepEqual(tileSizes(1), [1]);
    assert.deepEqual(tileSizes(7), [1, 2, 3, 4, 5, 6, 7]);
    assert.equal(tileSizes(1000).at(-1), 1000);
  });
});
