import assert from 'node:assert/strict';
import { parseHardware } from '../../src/hardware/parse';
import { ArrayLayer, type ArraySeconds } from '../../src/latency/spatial/arrayLayer';
import { ORDERS } from '../../src/latency/spatial/bufferTiles';
import { BUFFER_INPUT_TILE, C, COUNTS, K, type Mapping, P } from '../../src/latency/spatial/mapping';
import { fits } from '../../src/latency/spatial/registerTiles';
import { searchMapping } from '../../src/latency/spatial/search';
import type { LoopNest } from '../../src/operators/work';
import { onEngine } from '../hardware';
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

/** The fastest of all mappings: placements × tiles of the buffer × tiles of the registers × orders of both levels. */
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
            const mapping: Mapping = { spatial, registerTile, bufferTile, dramOrder, bufferOrder, spatialGroups: 1 };
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
  return best;
}

describe('mapping search against every mapping there is', function () {
  this.timeout(60_000);
  const layers: readonly (readonly [string, Partial<LoopNest>])[] = [
    ['product 4 × 3 × 4', { P: 4, C: 3, K: 4 }],
    ['product 2 × 6 × 3', { P: 2, C: 6, K: 3 }],
    ['matrix-vector 8 × 6', { C: 8, K: 6 }],
    ['rows under a window of 3', { P: 5, C: 2, K: 2, R: 3, H: 7 }],
    ['stride 2', { P: 3, C: 2, K: 2, R: 3, H: 7, strideH: 2 }],
  ];
  const arrays: readonly (readonly [string, object])[] = [
    ['weight stationary', { dataflow: 'ws' }],
    ['output stationary, slow memory', { dataflow: 'os', mem_bandwidth: 1e9 }],
    ['weight stationary, slow memory and a small buffer', { dataflow: 'ws', mem_bandwidth: 0.5e9, global_buffer: 256 }],
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
      });
    }
  }
});

describe('mapping search', () => {
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
