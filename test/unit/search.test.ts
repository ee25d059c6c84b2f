import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import type { Hardware, SpatialHardware } from '../../src/hardware/hardware';
import { parseHardware } from '../../src/hardware/parse';
import { costLayer } from '../../src/latency/costLayer';
import { freeCost, isUnknown } from '../../src/latency/layerCost';
import { fastestOf, type Mapped, OFF_CHIP, type OnChip } from '../../src/latency/mapped';
import { Annealing } from '../../src/latency/spatial/anneal';
import { ArrayLayer, type ArraySeconds } from '../../src/latency/spatial/arrayLayer';
import { mapArray } from '../../src/latency/spatial/costArray';
import { ORDERS } from '../../src/latency/spatial/dataflow';
import { Judge } from '../../src/latency/spatial/judge';
import { BUFFER_INPUT_TILE, C, COUNTS, K, KEEP_ALL, type Mapping, P } from '../../src/latency/spatial/mapping';
import { leastCycles, placements } from '../../src/latency/spatial/placements';
import { fits } from '../../src/latency/spatial/registerTiles';
import { searchMapping } from '../../src/latency/spatial/search';
import { tileBound } from '../../src/latency/spatial/tileBound';
import type { LoopNest } from '../../src/operators/work';
import { onEngine } from '../hardware';
import { root } from '../shared';
import { contraction } from '../workloads';

const ARRAY = {
  ...{ name: 'array', engine: 'spatial', rows: 2, cols: 2, frequency: 1e9, mem_bandwidth: 1e12 },
  ...{ register_file: 64, global_buffer: 65536 },
};

function problemOf(sizes: Partial<LoopNest>, changes: object): ArrayLayer {
  const workload = contraction(sizes, { type: 'int8' });
  if (workload.work.kind !== 'loopNest') assert.fail();
  return new ArrayLayer(
    workload,
    workload.work.nest,
    onEngine(parseHardware({ ...ARRAY, ...changes }, 'array'), 'spatial'),
  );
}

/** All vectors of whole numbers from 1 to `most`. */
function* vectors(most: Int32Array, d = 0, head: readonly number[] = []): Generator<Int32Array> {
  if (d === most.length) yield Int32Array.of(...head);
  else for (let value = 1; value <= (most[d] ?? 1); value++) yield* vectors(most, d + 1, [...head, value]);
}

/** Loops on the rows and on the columns of 2 × 2 PEs. */
const FLEXIBLE = [0, 1, 2, 3, 4, 5, 6];
const SIDES: Readonly<Record<string, readonly [readonly number[], readonly number[]]>> = {
  ws: [[2, 5, 6], [1]],
  os: [[0, 3, 4], [1]],
  is: [
    [2, 5, 6],
    [0, 3, 4],
  ],
  flexible: [FLEXIBLE, FLEXIBLE],
};

/** Every way to put one loop on the two rows and one on the two columns. */
function placementsOf(dataflow: string, sizes: Int32Array): readonly Int32Array[] {
  const [rows, columns] = SIDES[dataflow] ?? assert.fail(dataflow);
  const found = new Map<string, Int32Array>();
  for (const row of [-1, ...rows]) {
    for (const column of [-1, ...columns]) {
      const spatial = sizes.map((size, d) => Math.min(size, (d === row ? 2 : 1) * (d === column ? 2 : 1)));
      found.set(spatial.join(), spatial);
    }
  }
  return [...found.values()];
}

/** Inner orders that leave in the PEs what the dataflow leaves there. */
function ordersOf(dataflow: string): readonly (readonly number[])[] {
  const last = { ws: P, os: C, is: K }[dataflow];
  if (last === undefined) return ORDERS;
  return ORDERS.filter((order) => Math.max(...[P, C, K].map((d) => order.indexOf(d))) === order.indexOf(last));
}

/** Whether the innermost of all loops that run more than once is one under which the dataflow's operand stays, if any of those does. */
function stays(dataflow: string, sizes: Int32Array, mapping: Mapping): boolean {
  const stationary = { ws: [0, 3, 4], os: [2, 5, 6], is: [1] }[dataflow];
  if (!stationary) return true;
  const { spatial, registerTile, bufferTile, dramOrder, bufferOrder } = mapping;
  const trips = (whole: Int32Array, part: (d: number) => number, order: readonly number[]): number[] =>
    order.filter((d) => Math.ceil((whole[d] ?? 1) / part(d)) > 1);
  const loops = [
    ...trips(sizes, (d) => bufferTile[d] ?? 1, dramOrder),
    ...trips(bufferTile, (d) => (spatial[d] ?? 1) * (registerTile[d] ?? 1), bufferOrder),
  ];
  return stationary.includes(loops.at(-1) ?? 0) || !loops.some((d) => stationary.includes(d));
}

/** The fastest of all mappings: placements × tiles of the buffer × of the registers × orders of both levels × what is kept whole. */
function exhaustive(problem: ArrayLayer): number {
  const { sizes } = problem.layer;
  const { dataflow } = problem.hardware;
  const counts = new Float64Array(COUNTS);
  const seconds: ArraySeconds = { compute: 0, globalBuffer: 0, offChip: 0, peFill: 0, ramp: 0, drain: 0, total: 0 };
  const orders = ordersOf(dataflow);
  let best = Number.POSITIVE_INFINITY;
  for (const spatial of placementsOf(dataflow, sizes)) {
    for (const bufferTile of vectors(sizes)) {
      const share = bufferTile.map((tile, d) => Math.ceil(tile / (spatial[d] ?? 1)));
      for (const registerTile of vectors(share)) {
        if (!fits(problem, registerTile)) continue;
        for (const dramOrder of ORDERS) {
          for (const bufferOrder of orders) {
            for (let kept = 0; kept <= KEEP_ALL; kept++) {
              const loops = { dramOrder, bufferOrder, spatialGroups: 1, kept };
              const mapping: Mapping = { spatial, registerTile, bufferTile, ...loops };
              if (!stays(dataflow, sizes, mapping)) continue;
              problem.count(mapping, counts);
              const [i = 0, w = 0, o = 0] = counts.subarray(BUFFER_INPUT_TILE);
              if (!problem.fitsBuffer(i, w, o)) continue;
              problem.time(mapping, counts, seconds);
              best = Math.min(best, seconds.total);
            }
          }
        }
      }
    }
  }
  return best;
}

describe('mapping search against every mapping there is', function () {
  this.timeout(60_000);
  const layers: readonly (readonly [string, Partial<LoopNest>])[] = [
    ['product 4 × 3 × 4', { P: 4, C: 3, K: 4 }],
    ['product 2 × 6 × 3', { P: 2, C: 6, K: 3 }],
    ['matrix-vector 8 × 6', { C: 8, K: 6 }],
    ['rows under a window of 3', { P: 4, C: 2, K: 2, R: 3, H: 6 }],
    ['stride 2', { P: 3, C: 2, K: 2, R: 3, H: 7, strideH: 2 }],
  ];
  const arrays: readonly (readonly [string, object])[] = [
    ['weight stationary', { dataflow: 'ws' }],
    ['output stationary, slow memory', { dataflow: 'os', mem_bandwidth: 1e9 }],
    ['weight stationary, slow memory and a small buffer', { dataflow: 'ws', mem_bandwidth: 0.5e9, global_buffer: 256 }],
    [
      'weight stationary, slow way for inputs, a word of each in a PE',
      { dataflow: 'ws', noc_bandwidth: { input: 1 }, register_file: { input: 1, weight: 1, output: 4 } },
    ],
    [
      'input stationary, slow ways to the array, hardly any registers',
      { dataflow: 'is', noc_bandwidth: 1, register_file: { input: 2, weight: 1, output: 4 } },
    ],
    [
      'any dataflow, slow ways to the array, few registers',
      { noc_bandwidth: { input: 1, weight: 1, output: 1 }, register_file: 16 },
    ],
  ];
  for (const [what, sizes] of layers) {
    for (const [kind, changes] of arrays) {
      it(`${what}, ${kind}: within 2 % of the best, none beats the bound`, () => {
        const problem = problemOf(sizes, changes);
        const found = searchMapping(problem) ?? assert.fail('nothing found');
        const best = exhaustive(problem);
        assert.ok(found.seconds.total <= 1.02 * best, `${found.seconds.total} s, best ${best} s`);
        assert.ok(
          best <= found.seconds.total * (1 + 1e-12),
          `the search left the space: ${found.seconds.total} < ${best}`,
        );
        assert.ok(found.lowerBoundSeconds <= best * (1 + 1e-12), `bound ${found.lowerBoundSeconds} s, best ${best} s`);
        const bound = tileBound(problem, leastSeconds(problem), Number.POSITIVE_INFINITY);
        assert.ok(bound <= best * (1 + 1e-12), `bound over tiles ${bound} s, best ${best} s`);
      });
    }
  }
});

/** The bound of a layer before its tiles are looked at. */
function leastSeconds(problem: ArrayLayer): number {
  const { macs, layer, hardware } = problem;
  return problem.lowerBound(leastCycles(macs, placements(problem, 1).fewestCycles, layer, hardware));
}

describe('bound over tiles', function () {
  this.timeout(60_000);
  const eyeriss = {
    ...{ rows: 12, cols: 14, frequency: 2e8, mem_bandwidth: 4.8e8, dataflow: 'rs', halo: 'sliding' },
    ...{ register_file: { input: 24, weight: 448, output: 48 }, global_buffer: 110592 },
    ...{ noc_bandwidth: { input: 2, weight: 8, output: 8 } },
    precision: { input: 16, weight: 16, output: 16, partial_sum: 16 },
  };
  const small = { rows: 8, cols: 8, global_buffer: 8192, mem_bandwidth: 1e9, noc_bandwidth: 4 };
  const arrays = [
    eyeriss,
    { ...small, dataflow: 'ws', register_file: { input: 1, weight: 2, output: 4 } },
    { ...small, dataflow: 'os', halo: 'sliding' },
    { ...small, dataflow: 'is', double_buffered: false },
    { ...small, dataflow: 'flexible', overlap: 0.4 },
    { ...small, dataflow: 'rs', global_buffer: { input: 4096, weight: 2048, output: 4096 } },
  ];
  const layers: readonly Partial<LoopNest>[] = [
    { K: 256, C: 512, P: 14, Q: 14 },
    { K: 96, C: 48, P: 28, Q: 28, R: 3, S: 3 },
    { K: 64, C: 3, P: 56, Q: 56, R: 7, S: 7, strideH: 2, strideW: 2 },
    { K: 48, C: 40, P: 17, Q: 17, R: 3, S: 3, dilationH: 2, dilationW: 2, H: 17, W: 17 },
    { K: 8, C: 8, P: 9, Q: 9, R: 5, S: 5, H: 5, W: 5 },
    { G: 48, P: 28, Q: 28, R: 3, S: 3 },
    { G: 4, K: 24, C: 16, P: 20, Q: 20, R: 3, S: 1 },
    { N: 3, K: 500, C: 600 },
  ];

  for (const array of arrays) {
    it(`${array.dataflow}: a long search for something faster finds nothing, on eight kinds of layers`, () => {
      for (const sizes of layers) {
        const problem = problemOf(sizes, array);
        const bound = tileBound(problem, leastSeconds(problem), Number.POSITIVE_INFINITY);
        const judge = new Judge(problem);
        judge.best.dramOrder = ordersOf(array.dataflow)[0] ?? [];
        judge.best.bufferOrder = judge.best.dramOrder;
        const annealing = new Annealing(problem, judge, ordersOf(array.dataflow), placements(problem, 200).best);
        for (let round = 0; round < 3; round++) annealing.run(4000, 0);
        const found = Math.min(judge.seconds, searchMapping(problem)?.seconds.total ?? Number.POSITIVE_INFINITY);
        const what = JSON.stringify({ ...sizes, found, bound });
        assert.ok(Number.isFinite(found) && bound <= found * (1 + 1e-9), what);
      }
    });
  }

  it('knows that one way to the array is too slow for what its PEs hold', () => {
    // 32 rows that ask for a new byte each in every step, of which 16 come: twice the steps.
    const registers = { input: 1, weight: 2, output: 4 };
    const array = { rows: 32, cols: 16, dataflow: 'ws', register_file: registers, noc_bandwidth: { input: 16 } };
    for (const window of [1, 3]) {
      const problem = problemOf({ K: 64, C: 64, P: 28, Q: 28, R: window, S: window }, array);
      const found = searchMapping(problem) ?? assert.fail();
      assert.ok(found.lowerBoundSeconds > 1.95 * leastSeconds(problem), `${found.lowerBoundSeconds} s`);
      assert.ok(found.seconds.total < 1.05 * found.lowerBoundSeconds, `${found.seconds.total} s`);
      assert.ok(found.evaluated < 100, `${found.evaluated} mappings for nothing`);
    }
  });

  it('knows that a buffer is too small for every word to come once', () => {
    // ResNet-50's 1024 × 256 product of 14 × 14 pixels on Eyeriss: 88 % above what arithmetic and bytes alone ask for.
    const problem = problemOf({ K: 1024, C: 256, P: 14, Q: 14 }, eyeriss);
    const least = leastSeconds(problem);
    const bound = tileBound(problem, least, Number.POSITIVE_INFINITY);
    const found = searchMapping(problem) ?? assert.fail();
    assert.ok(bound > 1.8 * least, `${bound} s, ${least} s`);
    assert.ok(found.seconds.total < 1.05 * bound, `${found.seconds.total} s, bound ${bound} s`);
    assert.equal(tileBound(problem, least, 1.2 * least), 1.2 * least);
  });
});

describe('mapping search', () => {
  it('does the same every time', () => {
    const problem = problemOf(
      { K: 256, C: 512, P: 14, Q: 14 },
      { rows: 12, cols: 14, dataflow: 'rs', noc_bandwidth: 4 },
    );
    assert.deepEqual(searchMapping(problem), searchMapping(problem));
  });

  it('a tile that changes is held twice, one that is there whole once', () => {
    // Inputs 4 × 2 of 4 × 12 B, weights all 8 × 4 B, sums 8 × 6 of 8 × 12 at 4 B.
    const bytes = 2 * 8 + 32 + 2 * 48 * 4;
    for (const [room, fitting] of [
      [bytes, true],
      [bytes - 1, false],
    ] as const) {
      assert.equal(problemOf({ K: 8, C: 4, P: 12 }, { global_buffer: room }).fitsBuffer(8, 32, 48), fitting);
    }
  });

  it('never beats its bound, and fits its memories, whatever the array', () => {
    for (const dataflow of ['ws', 'os', 'is', 'rs', 'nlr', 'flexible']) {
      for (const overlap of ['max', 'add', 0.3]) {
        for (const sizes of [
          { K: 64, C: 64, P: 28, Q: 28, R: 3, S: 3 },
          { K: 128, C: 3, P: 56, Q: 56, R: 7, S: 7, strideH: 2, strideW: 2 },
          { G: 96, P: 14, Q: 14, R: 3, S: 3 },
          { K: 1000, C: 2048, N: 4 },
        ]) {
          const file = {
            rows: 12,
            cols: 14,
            register_file: 512,
            global_buffer: 108e3,
            mem_bandwidth: 4e9,
            overlap,
            dataflow,
          };
          const problem = problemOf(sizes, file);
          const found = searchMapping(problem) ?? assert.fail('nothing found');
          const what = JSON.stringify({ dataflow, overlap, ...sizes });
          assert.ok(found.lowerBoundSeconds <= found.seconds.total * (1 + 1e-12), what);
          assert.ok(fits(problem, found.mapping.registerTile), what);
          const [i = 0, w = 0, o = 0] = found.counts.subarray(BUFFER_INPUT_TILE);
          assert.ok(problem.fitsBuffer(i, w, o), what);
          assert.ok(found.mapping.spatial.reduce((a, b) => a * b, found.mapping.spatialGroups) <= 12 * 14, what);
        }
      }
    }
  });

  it('more of anything is hardly ever slower: within 2 %', () => {
    const base = { rows: 8, cols: 8, global_buffer: 32768, mem_bandwidth: 2e9, noc_bandwidth: 8, dataflow: 'ws' };
    const better = [
      ...[{ mem_bandwidth: 4e9 }, { frequency: 2e9 }, { global_buffer: 65536 }, { noc_bandwidth: 16 }],
      ...[{ rows: 16 }, { register_file: 128 }, { dataflow: 'flexible' }],
    ];
    for (const sizes of [
      { K: 64, C: 64, P: 14, Q: 14, R: 3, S: 3 },
      { K: 256, C: 128 },
      { K: 32, C: 96, P: 28, Q: 28 },
    ]) {
      const before = searchMapping(problemOf(sizes, base))?.seconds.total ?? assert.fail();
      for (const change of better) {
        const after = searchMapping(problemOf(sizes, { ...base, ...change }))?.seconds.total ?? assert.fail();
        assert.ok(after <= 1.02 * before, `${JSON.stringify({ ...sizes, ...change })}: ${after} after ${before}`);
      }
    }
  });
});

describe('what is on chip and the mapping', () => {
  const tpu = onEngine(presetNamed('tpu-v1'), 'spatial');
  const everything = { ...OFF_CHIP, input: 1, output: 1 };

  function mapped(sizes: Partial<LoopNest>, hardware: SpatialHardware): Mapped {
    const workload = contraction(sizes, { type: 'int8' });
    if (workload.work.kind !== 'loopNest') assert.fail();
    const found = mapArray(workload, workload.work.nest, hardware);
    if ('unknown' in found) assert.fail(found.unknown);
    return found;
  }

  it('a bound counts on the placement of the fewest cycles, also where off-chip traffic hid that there is one', () => {
    const depthwise = { G: 48, P: 12, Q: 12, R: 3, S: 3, H: 24, W: 24, strideH: 2, strideW: 2 };
    for (const array_fill_cycles of [0, tpu.rows + tpu.cols - 2]) {
      const { seconds, lowerBoundSeconds } = mapped(depthwise, { ...tpu, array_fill_cycles }).cost(everything);
      assert.ok(lowerBoundSeconds <= seconds * (1 + 1e-12), `bound ${lowerBoundSeconds} s, ${seconds} s`);
    }
    const problem = problemOf(depthwise, { rows: 256, cols: 256, dataflow: 'ws', mem_bandwidth: 1e7 });
    const all = placements(problem, 1000);
    assert.equal(all.fewestCycles, Math.min(...all.best.map(({ cycles }) => cycles)));
    assert.equal(placements(problem, 1).fewestCycles, all.fewestCycles);
  });

  it('another mapping is taken where its operands stay', () => {
    // ResNet-50, batch 8: traffic hides that inputs come to the array again and again; without it they must not.
    const way = mapped({ N: 8, K: 128, C: 256, P: 56, Q: 56 }, tpu);
    const [alone, inside] = [way.cost(OFF_CHIP), way.cost(everything)];
    assert.notEqual(inside.mapping, alone.mapping);
    assert.ok(inside.seconds < 1.05 * inside.lowerBoundSeconds, `${inside.seconds} s, ${inside.lowerBoundSeconds} s`);
  });

  it('of several ways the fastest whose tiles fit beside what stays, of equally fast ones the one that moves less', () => {
    const way = (rest: number, seconds: number, moved: number): Mapped => ({
      tiles: { input: 100, output: 10, rest },
      cost: () => ({ ...freeCost(''), seconds, offChipBytes: { input: moved, weight: 0, output: 0 } }),
    });
    const ways = fastestOf(way(5, 3, 1), [way(50, 2, 9), way(60, 2, 7), way(70, 1, 1)]);
    const chosen = (onChip: Partial<OnChip>): readonly number[] => {
      const { seconds, offChipBytes } = ways.cost({ ...OFF_CHIP, ...onChip });
      return [seconds, offChipBytes.input];
    };
    assert.deepEqual(chosen({ input: 1 }), [1, 1]);
    assert.deepEqual(chosen({ input: 1, room: 79 }), [2, 7]);
    assert.deepEqual(chosen({ input: 1, output: 1, room: 59 }), [2, 9]);
    assert.deepEqual(chosen({ input: 1, room: 59 }), [3, 1]);
    assert.deepEqual(chosen({ output: 0.5, room: 169 }), [2, 9]);
    assert.equal(ways.cost(OFF_CHIP).seconds, 3);
  });

  it('more registers are not slower where all stays on chip', () => {
    const expand = { K: 256, C: 32, P: 27, Q: 27 };
    const [before, after] = [1, 2].map((input) => {
      const register_file = { input, weight: 2, output: 4 };
      return mapped(expand, { ...tpu, register_file }).cost(everything).seconds;
    });
    assert.ok((after ?? 1) <= (before ?? 0) * (1 + 1e-9), `${before} s, then ${after} s`);
  });

  it('a loop that is too long for a mapping is said, not wrapped around', () => {
    const workload = contraction({ P: 3e9, C: 16, K: 16 }, { type: 'int8' });
    if (workload.work.kind !== 'loopNest') assert.fail();
    const found = mapArray(workload, workload.work.nest, tpu);
    assert.match('unknown' in found ? found.unknown : '', /^a loop of the layer is longer than 2147483647 steps/);
    assert.ok(mapped({ P: 2 ** 31 - 1, C: 16, K: 16 }, tpu).cost(OFF_CHIP).energyJoules > 0);
  });

  it('a quick search depends on the hardware where it began, not on those before', () => {
    const eyeriss = presetNamed('eyeriss-v1');
    const workload = contraction({ K: 208, C: 96, P: 14, Q: 14, R: 3, S: 3 }, { type: 'int8' });
    const seconds = (hardware: Hardware, similar: Hardware): number => {
      const cost = costLayer(workload, hardware, similar);
      return isUnknown(cost) ? assert.fail(cost.unknown) : cost.seconds;
    };
    const [searched, unknown] = [{ ...eyeriss }, { ...eyeriss }];
    costLayer(workload, searched);
    const [moved, again] = [{ ...eyeriss }, { ...eyeriss }];
    const fromNothing = seconds(moved, unknown);
    assert.equal(seconds(moved, searched), seconds(again, searched));
    assert.ok(seconds(again, searched) < fromNothing, 'both begin with nothing: nothing was tested');
  });
});

function presetNamed(id: string): Hardware {
  return parseHardware(fs.readFileSync(path.join(root, `media/hardware/${id}.json`), 'utf8'), id);
}
