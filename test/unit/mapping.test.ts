import assert from 'node:assert/strict';
import {
  evaluate,
  KEEP_INPUT,
  KEEP_OUTPUT,
  KEEP_WEIGHT,
  type Mapping,
  type SpatialLayer,
  spatialLayerOf,
} from '../../src/latency/spatial/mapping';

const NEST = {
  ...{ N: 1, G: 1, K: 1, C: 1, P: 1, Q: 1, R: 1, S: 1, H: 1, W: 1 },
  ...{ strideH: 1, strideW: 1, dilationH: 1, dilationW: 1 },
};
const ORDER = [0, 1, 2, 3, 4, 5, 6];
const ONES = [1, 1, 1, 1, 1, 1, 1];

function layerOf(nest: Partial<typeof NEST>): SpatialLayer {
  const all = { ...NEST, ...nest };
  const H = (all.P - 1) * all.strideH + (all.R - 1) * all.dilationH + 1;
  const W = (all.Q - 1) * all.strideW + (all.S - 1) * all.dilationW + 1;
  return spatialLayerOf({ ...all, H: nest.H ?? H, W: nest.W ?? W });
}

interface Sketch {
  readonly sp?: readonly number[];
  readonly rf?: readonly number[];
  readonly gt?: readonly number[];
  readonly pD?: readonly number[];
  readonly pG?: readonly number[];
  readonly groups?: number;
}

function mappingOf({ sp = ONES, rf = ONES, gt = ONES, pD = ORDER, pG = ORDER, groups = 1 }: Sketch): Mapping {
  const tiles = { spatial: Int32Array.from(sp), registerTile: Int32Array.from(rf), bufferTile: Int32Array.from(gt) };
  return { ...tiles, dramOrder: pD, bufferOrder: pG, spatialGroups: groups };
}

const refetch = { halo: 'refetch' } as const;
const sliding = { halo: 'sliding' } as const;

/** Dimensions that index the input, the weights, the outputs. */
const INDEXED_BY = [
  [0, 2, 3, 4, 5, 6],
  [1, 2, 5, 6],
  [0, 1, 3, 4],
];

/**
 * What a mapping does, by walking it: every loop trip in order, with the tile of each operand as a set of words. Fetches are words
 * of a tile with other indices than the one before it; the array's steps are those of its fullest PE.
 */
function walk(layer: SpatialLayer, mapping: Mapping): { readonly cycles: number; readonly dram: number[] } {
  const sizes = [...layer.sizes];
  const gt = [...mapping.bufferTile];
  const dram = [0, 0, 0];
  const last = ['', '', ''];
  let cycles = 0;
  const visit = (depth: number, start: readonly number[]): void => {
    const d = mapping.dramOrder[depth];
    if (d !== undefined) {
      for (let at = 0; at < (sizes[d] ?? 0); at += gt[d] ?? 1) visit(depth + 1, start.with(d, at));
      return;
    }
    const extents = start.map((at, i) => Math.min(gt[i] ?? 1, (sizes[i] ?? 1) - at));
    cycles += arrayCycles(extents, mapping);
    wordsOf(layer, start, extents).forEach((words, operand) => {
      const tile = INDEXED_BY[operand]?.map((d) => start[d]).join() ?? '';
      if (tile !== last[operand]) dram[operand] = (dram[operand] ?? 0) + words.length;
      last[operand] = tile;
    });
  };
  visit(0, [0, 0, 0, 0, 0, 0, 0]);
  return { cycles, dram };
}

function arrayCycles(extents: readonly number[], { spatial, registerTile }: Mapping): number {
  return extents.reduce((product, extent, d) => {
    const pes = spatial[d] ?? 1;
    let steps = 0;
    for (let left = extent; left > 0; left -= pes * (registerTile[d] ?? 1)) {
      steps += Math.ceil(Math.min(left, pes * (registerTile[d] ?? 1)) / pes);
    }
    return product * steps;
  }, 1);
}

/** Words of the input, weight and output tile. */
function wordsOf(
  { strideH, strideW, dilationH, dilationW }: SpatialLayer,
  start: readonly number[],
  size: readonly number[],
) {
  const range = (d: number): number[] => Array.from({ length: size[d] ?? 0 }, (_, i) => (start[d] ?? 0) + i);
  const [n, k, c, p, q, r, s] = ORDER.map(range) as [
    number[],
    number[],
    number[],
    number[],
    number[],
    number[],
    number[],
  ];
  const span = (outputs: number[], kernel: number[], stride: number, dilation: number): number[] => {
    const from = (outputs[0] ?? 0) * stride + (kernel[0] ?? 0) * dilation;
    const to = (outputs.at(-1) ?? 0) * stride + (kernel.at(-1) ?? 0) * dilation;
    return Array.from({ length: to - from + 1 }, (_, i) => from + i);
  };
  const cross = (...axes: number[][]): string[] =>
    axes.reduce<string[]>((all, axis) => all.flatMap((one) => axis.map((value) => `${one}/${value}`)), ['']);
  return [
    cross(n, c, span(p, r, strideH, dilationH), span(q, s, strideW, dilationW)),
    cross(k, c, r, s),
    cross(n, k, p, q),
  ];
}

describe('mapping', () => {
  it('a matrix product by hand: loops outside reload, loops inside do not', () => {
    // K 8, C 4, P 6. Off-chip tiles K 4, C 4, P 2, order K, P: weights stay while P runs, inputs come twice.
    const layer = layerOf({ K: 8, C: 4, P: 6 });
    const counts = evaluate(layer, mappingOf({ gt: [1, 4, 4, 2, 1, 1, 1], pD: [1, 3, 0, 2, 4, 5, 6] }), refetch);
    assert.deepEqual(counts.dramReads, { input: 2 * 24, weight: 32, output: 0 });
    assert.equal(counts.dramWrites, 48);
    assert.equal(counts.computeCycles, 8 * 4 * 6);
    assert.deepEqual(counts.bufferTile, { input: 8, weight: 16, output: 8 });
  });

  it('partial sums leave and come back where a loop over channels lies outside', () => {
    const layer = layerOf({ K: 2, C: 6, P: 5 });
    const counts = evaluate(layer, mappingOf({ gt: [1, 2, 2, 1, 1, 1, 1], pD: [2, 3, 0, 1, 4, 5, 6] }), refetch);
    assert.equal(counts.dramWrites, 3 * 10);
    assert.equal(counts.dramReads.output, 2 * 10);
  });

  it('remainders: an array of 4 takes 3 + 3 steps for tiles of 10 and 10, and ⌈r/4⌉ for what is left', () => {
    // K 23 in buffer tiles of 10: 10 → 4, 4, 2; 10 → the same; 3 → 1 step each.
    const layer = layerOf({ K: 23 });
    const mapping = mappingOf({ sp: [1, 4, 1, 1, 1, 1, 1], gt: [1, 10, 1, 1, 1, 1, 1] });
    assert.equal(evaluate(layer, mapping, refetch).computeCycles, 3 + 3 + 1);
    assert.equal(evaluate(layer, mapping, refetch).dramReads.weight, 23);
  });

  it('random layers and mappings with remainders: off-chip words and cycles as a walk over all loops counts them', () => {
    const random = generator(7);
    for (let i = 0; i < 300; i++) {
      const [strideH, strideW, dilationH, dilationW] = [1 + random(2), 1 + random(2), 1 + random(2), 1 + random(2)];
      const nest = { N: 1 + random(2), K: 1 + random(5), C: 1 + random(4), P: 1 + random(7), Q: 1 + random(5) };
      const kernel = { R: 1 + random(3), S: 1 + random(3), strideH, strideW, dilationH, dilationW };
      const layer = layerOf({ ...nest, ...kernel });
      const upTo = (limit: number): number => 1 + random(limit);
      const gt = [...layer.sizes].map(upTo);
      const sp = gt.map(upTo);
      const rf = gt.map((size, d) => upTo(Math.max(1, Math.floor(size / (sp[d] ?? 1)))));
      const pD = [...ORDER].sort(() => random(3) - 1);
      const mapping = mappingOf({ sp, rf, gt, pD });
      const truth = walk(layer, mapping);
      const { dramReads, dramWrites, computeCycles } = evaluate(layer, mapping, refetch);
      const what = JSON.stringify({ strideH, strideW, dilationH, dilationW, sizes: [...layer.sizes], sp, rf, gt, pD });
      assert.equal(computeCycles, truth.cycles, what);
      assert.deepEqual([dramReads.input, dramReads.weight, dramWrites], truth.dram, what);
    }
  });

  it('a halo that slides: three tiles of two rows under a 3-row window take 4 + 2 + 2 rows', () => {
    const layer = layerOf({ P: 6, R: 3 });
    const mapping = mappingOf({ gt: [1, 1, 1, 2, 1, 3, 1] });
    assert.equal(evaluate(layer, mapping, refetch).dramReads.input, 4 + 4 + 4);
    assert.equal(evaluate(layer, mapping, sliding).dramReads.input, 4 + 2 + 2);
  });

  it('a tile never holds more rows than there are: padding is not fetched', () => {
    const layer = layerOf({ P: 8, Q: 8, R: 3, S: 3, H: 8, W: 8 });
    const counts = evaluate(layer, mappingOf({ gt: [1, 1, 1, 8, 8, 3, 3] }), refetch);
    assert.equal(counts.dramReads.input, 64);
    assert.equal(counts.bufferTile.input, 64);
  });

  it('a stride larger than the window: what it skips is not fetched, however the layer is tiled', () => {
    const layer = layerOf({ P: 4, Q: 4, strideH: 2, strideW: 2, H: 8, W: 8 });
    for (const gt of [ONES, [1, 1, 1, 2, 4, 1, 1], [1, 1, 1, 4, 4, 1, 1]]) {
      assert.equal(evaluate(layer, mappingOf({ gt }), refetch).dramReads.input, 16);
    }
  });

  it('a word that several PEs take is read from the buffer once', () => {
    // Four PEs over K share the input; four over P share the weight.
    const layer = layerOf({ K: 4, P: 4 });
    const gt = [1, 4, 1, 4, 1, 1, 1];
    assert.deepEqual(evaluate(layer, mappingOf({ sp: [1, 4, 1, 1, 1, 1, 1], gt }), refetch).bufferReads, {
      ...{ input: 4, weight: 4, output: 0 },
    });
    const overP = evaluate(layer, mappingOf({ sp: [1, 1, 1, 4, 1, 1, 1], gt }), refetch);
    assert.deepEqual(overP.bufferReads, { input: 4, weight: 4, output: 0 });
  });

  it('row stationary: PEs on a diagonal (p + r) share an input row', () => {
    const layer = layerOf({ P: 4, R: 3 });
    const mapping = mappingOf({ sp: [1, 1, 1, 4, 1, 3, 1], gt: [1, 1, 1, 4, 1, 3, 1] });
    assert.equal(evaluate(layer, mapping, refetch).bufferReads.input, 6);
    assert.equal(evaluate(layer, mapping, refetch).computeCycles, 1);
  });

  it('groups follow in turn, or stand side by side', () => {
    const layer = layerOf({ G: 10, P: 6, R: 3 });
    const gt = [1, 1, 1, 6, 1, 3, 1];
    const inTurn = evaluate(layer, mappingOf({ gt }), refetch);
    const inSpace = evaluate(layer, mappingOf({ gt, groups: 4 }), refetch);
    assert.equal(inTurn.computeCycles, 10 * 18);
    assert.equal(inSpace.computeCycles, 3 * 18);
    assert.deepEqual(inSpace.dramReads, inTurn.dramReads);
    assert.deepEqual(inTurn.dramReads, { input: 80, weight: 30, output: 0 });
    assert.equal(inSpace.bufferTile.weight, 4 * inTurn.bufferTile.weight);
  });

  it('operands that are kept cross the off-chip border once, whatever the loops, and take their whole room', () => {
    // K 8, C 4, P 6 in tiles of K 4, C 2, P 2, sums outermost: without, inputs come twice, weights three times, sums go out and back.
    const layer = layerOf({ K: 8, C: 4, P: 6 });
    const sketch = { gt: [1, 4, 2, 2, 1, 1, 1], pD: [2, 1, 3, 0, 4, 5, 6] };
    const without = evaluate(layer, mappingOf(sketch), refetch);
    assert.deepEqual([without.dramReads, without.dramWrites], [{ input: 2 * 24, weight: 32, output: 48 }, 2 * 48]);
    const kept = (operands: number) => evaluate(layer, { ...mappingOf(sketch), kept: operands }, refetch);
    const inputs = kept(KEEP_INPUT);
    assert.deepEqual(
      [inputs.dramReads, inputs.bufferTile],
      [
        { input: 24, weight: 32, output: 48 },
        { input: 24, weight: 8, output: 8 },
      ],
    );
    const outputs = kept(KEEP_OUTPUT | KEEP_WEIGHT);
    assert.deepEqual([outputs.dramReads, outputs.dramWrites], [{ input: 48, weight: 32, output: 0 }, 48]);
    assert.deepEqual(outputs.bufferTile, { input: 4, weight: 32, output: 48 });
    assert.deepEqual(outputs.bufferReads, without.bufferReads);
  });

  it('of groups in turn only those at work are kept', () => {
    const layer = layerOf({ G: 10, P: 6, R: 3 });
    const mapping = { ...mappingOf({ gt: [1, 1, 1, 2, 1, 3, 1], groups: 2 }), kept: KEEP_INPUT };
    const { dramReads, bufferTile } = evaluate(layer, mapping, refetch);
    assert.deepEqual([dramReads.input, bufferTile.input], [10 * 8, 2 * 8]);
  });
});

/** Whole numbers below a limit, the same on every run. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
