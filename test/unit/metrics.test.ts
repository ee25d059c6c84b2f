import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import type { MapMetric, MetricBench, MetricOptions } from '../../src/cam/camMetric';
import { impute } from '../../src/cam/judging/imputation';
import { byRelevance } from '../../src/cam/judging/relevance';
import { normalNumbers, uniformNumbers } from '../../src/cam/maths/random';
import { METRIC_DEFAULTS, METRICS, measureMap, metricRuns, metricsNamed } from '../../src/cam/metrics';
import { root } from '../shared';

const QUIET = { deviation: 0, seed: 0 };

/** A model whose confidence is Σ weights · picture: what a metric answers is then known in closed form. */
function linearBench(
  width: number,
  map: readonly number[],
  weights: readonly number[],
  picture: readonly number[],
  truth?: readonly number[],
): MetricBench & { readonly runs: () => number } {
  let runs = 0;
  const score = (values: ArrayLike<number>): number =>
    weights.reduce((sum, w, i) => sum + w * (values[i] ?? Number.NaN), 0);
  return {
    map: { width, height: map.length / width, values: Float32Array.from(map) },
    picture: Float32Array.from(picture),
    ...{ confidence: score(picture), confidenceUnit: 'score' },
    fill: async (keeps, noise) => keeps.map((keep) => impute(Float32Array.from(picture), keep, width, noise)),
    confidenceOf: async (values) => {
      runs++;
      return score(values);
    },
    ...(truth && { truth: Uint8Array.from(truth) }),
    runs: () => runs,
  };
}

async function values(metric: MapMetric, bench: MetricBench, options: Partial<MetricOptions> = {}) {
  return (await metric.measure(bench, { ...METRIC_DEFAULTS, noise: 0, ...options })).values;
}

function near(actual: number | undefined, expected: number, tolerance = 1e-6): void {
  assert.ok(actual !== undefined && Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected}`);
}

const WEIGHTS = [1 / 12, 1 / 6, 1 / 12, 1 / 6, 0, 1 / 6, 1 / 12, 1 / 6, 1 / 12];

/** The neighbours of a pixel inside a picture, by the definition: direct ones weigh 1/6, diagonal ones 1/12. */
function neighbours(pixel: number, width: number, height: number): readonly (readonly [number, number])[] {
  return WEIGHTS.flatMap((weight, i) => {
    const [y, x] = [Math.floor(pixel / width) + Math.floor(i / 3) - 1, (pixel % width) + (i % 3) - 1];
    const inside = weight > 0 && y >= 0 && y < height && x >= 0 && x < width;
    return inside ? [[y * width + x, weight] as const] : [];
  });
}

/** Gaussian elimination with partial pivoting. */
function denseSolve(matrix: number[][], right: number[]): number[] {
  const n = right.length;
  const rows = matrix.map((row, i) => [...row, right[i] ?? 0]);
  const at = (i: number, j: number): number => rows[i]?.[j] ?? Number.NaN;
  for (let k = 0; k < n; k++) {
    let pivot = k;
    for (let i = k; i < n; i++) if (Math.abs(at(i, k)) > Math.abs(at(pivot, k))) pivot = i;
    [rows[k], rows[pivot]] = [rows[pivot] ?? [], rows[k] ?? []];
    for (let i = k + 1; i < n; i++) {
      const factor = at(i, k) / at(k, k);
      rows[i] = (rows[i] ?? []).map((value, j) => value - factor * at(k, j));
    }
  }
  const x = new Array<number>(n).fill(0);
  for (let i = n - 1; i >= 0; i--) {
    let sum = at(i, n);
    for (let j = i + 1; j < n; j++) sum -= at(i, j) * (x[j] ?? 0);
    x[i] = sum / at(i, i);
  }
  return x;
}

describe('metrics of maps', () => {
  it('are one file each, registered', () => {
    const files = fs.readdirSync(path.join(root, 'src/cam/metrics')).map((file) => path.basename(file, '.ts'));
    assert.deepEqual(files.sort(), Object.keys(METRICS).sort());
    for (const file of files) {
      assert.match(fs.readFileSync(path.join(root, 'src/cam/metrics', `${file}.ts`), 'utf8'), /^\/\/ .*\d{4}.*\n/);
    }
    const ids = Object.values(METRICS).flatMap(({ columns }) => columns.map(({ id }) => id));
    assert.equal(new Set(ids).size, ids.length);
    assert.throws(() => metricsNamed(['road', 'magic']), /no metric 'magic'; choose among confidence, road, /);
  });

  it('take as many runs as they say', async () => {
    const map = Array.from({ length: 64 }, (_, i) => i / 64);
    const bench = linearBench(
      8,
      map,
      map,
      map,
      map.map((_, i) => (i > 31 ? 1 : 0)),
    );
    const metrics = metricsNamed();
    const { metrics: answers, curves } = await measureMap(bench, metrics, METRIC_DEFAULTS);
    assert.equal(bench.runs(), metricRuns(metrics, METRIC_DEFAULTS));
    assert.equal(bench.runs(), 1 + 8 + 33 + 33);
    assert.ok(answers.every(({ value }) => Number.isFinite(value)));
    assert.deepEqual(
      curves.map(({ title, x }) => [title, x.length]),
      [
        ['Deletion', 33],
        ['Insertion', 33],
      ],
    );
  });

  it('say why they do not know: no truth, a flat map', async () => {
    const flat = linearBench(2, [0, 0, 0, 0], [1, 1, 1, 1], [1, 1, 1, 1], [1, 0, 0, 0]);
    const { metrics } = await measureMap(
      flat,
      metricsNamed(['confidence', 'road', 'deletion', 'energy', 'pointing', 'iou']),
      METRIC_DEFAULTS,
    );
    const byId = new Map(metrics.map((metric) => [metric.id, metric]));
    for (const id of ['road', 'deletion', 'energy', 'pointing']) assert.ok(Number.isNaN(byId.get(id)?.value), id);
    assert.match(byId.get('road')?.note ?? '', /the map is the same everywhere/);
    assert.equal(byId.get('iou')?.value, 0);
    for (const id of ['averageDrop', 'increase']) assert.match(byId.get(id)?.note ?? '', /it marks nothing/);
    const { truth: _, ...blind } = flat;
    const [answer] = (await measureMap(blind, metricsNamed(['energy']), METRIC_DEFAULTS)).metrics;
    assert.ok(Number.isNaN(answer?.value));
    assert.match(answer?.note ?? '', /needs a mask or boxes/);
  });
});

describe('confidence drop and increase', () => {
  it('as worked out by hand', async () => {
    // Y = 0.1 + 0.4 = 0.5; O = 0.1·1 + 0.4·0.25 = 0.2.
    const dropped = await values(METRICS.confidence, linearBench(2, [1, 0.25], [0.1, 0.4], [1, 1]));
    near(dropped['averageDrop'], 0.6);
    near(dropped['dropInConfidence'], 0.3);
    near(dropped['confidenceChange'], -0.3);
    assert.equal(dropped['increase'], 0);
    // What the map leaves out speaks against: Y = 0.2, O = 0.6.
    const risen = await values(METRICS.confidence, linearBench(2, [1, 0], [0.6, -0.4], [1, 1]));
    assert.deepEqual([risen['averageDrop'], risen['dropInConfidence'], risen['increase']], [0, 0, 1]);
    near(risen['confidenceChange'], 0.4);
    // Every colour is multiplied by the same map.
    near(
      (await values(METRICS.confidence, linearBench(2, [1, 0.5], [1, 2, 3, 4], [1, 1, 1, 1])))['confidenceChange'],
      7 - 10,
    );
  });

  it('knows no share of a score below zero', async () => {
    const answer = await values(METRICS.confidence, linearBench(2, [1, 0], [-1, 0], [1, 1]));
    assert.ok(Number.isNaN(answer['averageDrop']));
  });
});

describe('noisy linear imputation', () => {
  it('fills in the weighted mean of eight, five, three or two neighbours', () => {
    const picture = Float32Array.from([1, 2, 3, 4, 100, 6, 7, 8, 9]);
    const without = (pixel: number): number => {
      const keep = new Uint8Array(9).fill(1);
      keep[pixel] = 0;
      return impute(picture, keep, 3, QUIET)[pixel] ?? Number.NaN;
    };
    near(without(4), (1 + 3 + 7 + 9) / 12 + (2 + 4 + 6 + 8) / 6);
    near(without(1), ((4 + 6) / 12 + (1 + 3 + 100) / 6) / (2 / 12 + 3 / 6), 1e-5);
    near(without(0), (100 / 12 + (2 + 4) / 6) / (1 / 12 + 2 / 6), 1e-5);
    assert.deepEqual([...impute(Float32Array.from([2, 50, 8]), Uint8Array.from([1, 0, 1]), 3, QUIET)], [2, 5, 8]);
  });

  it('solves the system of all missing pixels: equal to a dense solution, and to its definition', () => {
    const [width, height, area] = [17, 13, 17 * 13];
    for (const share of [0.2, 0.5, 0.8, 0.99]) {
      const uniform = uniformNumbers(7);
      const keep = Uint8Array.from({ length: area }, () => (uniform() < share ? 0 : 1));
      keep[100] = 1;
      const picture = Float32Array.from({ length: 3 * area }, () => 4 * uniform() - 2);
      const filled = impute(picture, keep, width, QUIET);
      const missing = [...keep.keys()].filter((pixel) => keep[pixel] === 0);
      for (let plane = 0; plane < 3; plane++) {
        const known = (pixel: number): number => picture[plane * area + pixel] ?? Number.NaN;
        const result = (pixel: number): number => filled[plane * area + pixel] ?? Number.NaN;
        const right: number[] = [];
        const matrix = missing.map((pixel) => {
          const row = new Map<number, number>([[pixel, 0]]);
          let constant = 0;
          for (const [neighbour, weight] of neighbours(pixel, width, height)) {
            row.set(pixel, (row.get(pixel) ?? 0) + weight);
            if (keep[neighbour]) constant += weight * known(neighbour);
            else row.set(neighbour, (row.get(neighbour) ?? 0) - weight);
          }
          right.push(constant);
          return missing.map((column) => row.get(column) ?? 0);
        });
        const dense = denseSolve(matrix, right);
        for (const [i, pixel] of missing.entries()) {
          near(result(pixel), dense[i] ?? Number.NaN, 2e-6);
          const around = neighbours(pixel, width, height);
          const weights = around.reduce((sum, [, weight]) => sum + weight, 0);
          near(result(pixel), around.reduce((sum, [one, weight]) => sum + weight * result(one), 0) / weights, 2e-6);
        }
        for (const [pixel, kept] of keep.entries()) if (kept) assert.equal(result(pixel), known(pixel));
      }
    }
  });

  it('adds noise of the wanted size, the same for the same seed', () => {
    const picture = new Float32Array(100 * 100).fill(3);
    const keep = Uint8Array.from(picture, (_, i) => (i % 10 === 0 ? 1 : 0));
    const noisy = impute(picture, keep, 100, { deviation: 0.01, seed: 5 });
    const added = [...noisy].flatMap((value, i) => (keep[i] ? [] : [value - 3]));
    const mean = added.reduce((a, b) => a + b, 0) / added.length;
    const deviation = Math.sqrt(added.reduce((sum, value) => sum + (value - mean) ** 2, 0) / added.length);
    near(mean, 0, 4e-4);
    near(deviation, 0.01, 3e-4);
    assert.deepEqual(impute(picture, keep, 100, { deviation: 0.01, seed: 5 }), noisy);
    assert.notDeepEqual(impute(picture, keep, 100, { deviation: 0.01, seed: 6 }), noisy);
  });
});

describe('ROAD', () => {
  it('as worked out by hand: one pixel goes', async () => {
    // ⌈8 · 0.95⌉ = 8 of 9 pixels stay; first the centre goes, then the last corner. The model reads the centre.
    const map = [0.8, 0.7, 0.6, 0.5, 1, 0.4, 0.3, 0.2, 0.1];
    const bench = linearBench(3, map, [0, 0, 0, 0, 1, 0, 0, 0, 0], [1, 2, 3, 4, 20, 6, 7, 8, 9]);
    const answer = await values(METRICS.road, bench, { percentiles: [95] });
    near(answer['roadMostRelevant'], 5 - 20);
    near(answer['roadLeastRelevant'], 0);
    near(answer['road'], 7.5);
  });

  it('changes nothing in a picture of one colour; averages percentiles', async () => {
    const map = Array.from({ length: 25 }, (_, i) => i / 25);
    const even = await values(METRICS.road, linearBench(5, map, map, new Array(25).fill(2)));
    near(even['roadMostRelevant'], 0, 1e-4);
    near(even['roadLeastRelevant'], 0, 1e-4);
    const bench = linearBench(5, map, map, map.toReversed());
    const each = await Promise.all([20, 40, 60, 80].map((p) => values(METRICS.road, bench, { percentiles: [p] })));
    const together = await values(METRICS.road, bench, { percentiles: [20, 40, 60, 80] });
    for (const id of ['road', 'roadMostRelevant', 'roadLeastRelevant']) {
      near(together[id], each.reduce((sum, one) => sum + (one[id] ?? Number.NaN), 0) / 4);
    }
  });

  it('takes as many pixels as pytorch-grad-cam where none are equal, and shares of equal ones', async () => {
    // NumPy: the 60th percentile of 0…9 is 5.4: 0…5 stay.
    const counted = async (map: readonly number[], percentile: number): Promise<number> => {
      const picture = map.map((_, i) => 2 ** i);
      const bench = { ...linearBench(5, map, [], picture), confidence: 0 };
      let gone = 0;
      const confidenceOf = async (values: Float32Array): Promise<number> => {
        gone = Math.max(gone, picture.filter((value, i) => values[i] !== value).length);
        return 0;
      };
      await values(METRICS.road, { ...bench, confidenceOf }, { percentiles: [percentile] });
      return gone;
    };
    assert.equal(await counted([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 60), 4);
    assert.equal(await counted([0, 0, 0, 0, 0, 0, 0, 0, 0, 1], 60), 4);
  });
});

describe('order of relevance', () => {
  it('is decreasing; equal pixels come in a random order that a seed fixes', () => {
    assert.deepEqual([...byRelevance(Float32Array.from([0.2, 0.9, 0.5, 0.7]), 0)], [1, 3, 2, 0]);
    const flat = new Float32Array(1000);
    const order = byRelevance(flat, 1);
    assert.deepEqual(byRelevance(flat, 1), order);
    assert.notDeepEqual(byRelevance(flat, 2), order);
    assert.deepEqual(
      [...order].sort((a, b) => a - b),
      [...flat.keys()],
    );
    // The mean place of the first hundred of a thousand: 499.5 ± 29 (standard error).
    near(order.subarray(0, 100).reduce((a, b) => a + b, 0) / 100, 499.5, 4 * 29);
  });

  it('draws uniform and normal numbers', () => {
    const uniform = uniformNumbers(3);
    const numbers = Array.from({ length: 20_000 }, uniform);
    assert.ok(numbers.every((number) => number > 0 && number < 1));
    near(numbers.reduce((a, b) => a + b, 0) / numbers.length, 0.5, 0.01);
    const normal = normalNumbers(3);
    const draws = Array.from({ length: 20_000 }, normal);
    near(draws.reduce((a, b) => a + b, 0) / draws.length, 0, 0.03);
    near(draws.reduce((a, b) => a + b * b, 0) / draws.length, 1, 0.04);
    // Within one standard deviation lie 68.27 %.
    near(draws.filter((draw) => Math.abs(draw) < 1).length / draws.length, 0.6827, 0.015);
  });
});

describe('deletion and insertion', () => {
  it('have the areas of a linear model', async () => {
    // One of four pixels decides and goes first: 1, 0, 0, 0, 0; the area of one trapezoid is 1/8.
    const map = [1, 0.5, 0.25, 0];
    near(
      (await values(METRICS.deletion, linearBench(2, map, [1, 0, 0, 0], [1, 1, 1, 1]), { steps: 4 }))['deletion'],
      1 / 8,
    );
    // Last: 1, 1, 1, 1, 0.
    near(
      (await values(METRICS.deletion, linearBench(2, map, [0, 0, 0, 1], [1, 1, 1, 1]), { steps: 4 }))['deletion'],
      7 / 8,
    );
    // All alike: a straight line.
    const even = linearBench(2, map, [0.25, 0.25, 0.25, 0.25], [1, 1, 1, 1]);
    for (const steps of [1, 3, 4, 100]) near((await values(METRICS.deletion, even, { steps }))['deletion'], 1 / 2);
  });

  it('put a picture back, from a blurred one', async () => {
    const area = 41 * 41;
    const map = Array.from({ length: area }, (_, i) => 1 - i / area);
    const at = (pixel: number): number[] => map.map((_, i) => (i === pixel ? 1 : 0));
    const start = async (pixel: number, picture: readonly number[]): Promise<number | undefined> => {
      const bench = linearBench(41, map, at(pixel), picture);
      const { curves } = await METRICS.insertion.measure(bench, { ...METRIC_DEFAULTS, steps: 2 });
      near(curves?.[0]?.y.at(-1), picture[pixel] ?? Number.NaN);
      return curves?.[0]?.y[0];
    };
    const white = new Array<number>(area).fill(1);
    // scipy.ndimage.gaussian_filter(an 11×11 Dirac, 5), summed to one axis: GAUSSIAN; beyond the edges there is nothing.
    near(await start(20 * 41 + 20, white), 1);
    near(await start(0, white), GAUSSIAN.slice(5).reduce((a, b) => a + b, 0) ** 2);
    for (const [offset, weight] of GAUSSIAN.entries()) {
      near(await start(20 * 41 + 20 + offset - 5, at(20 * 41 + 20)), weight * (GAUSSIAN[5] ?? Number.NaN));
    }
  });
});

const GAUSSIAN = [
  ...[0.08795814577727815, 0.08889611977709483, 0.09047419654910865, 0.09219111781938807, 0.09348938844291409],
  0.09398206326843248,
  ...[0.09348938844291409, 0.09219111781938807, 0.09047419654910865, 0.08889611977709483, 0.08795814577727815],
];

describe('maps against the object', () => {
  const map = [1, 0.8, 0.6, 0.4, 0.2, 0, 0, 0, 0];
  const against = (truth: readonly number[], from: readonly number[] = map) => linearBench(3, from, [], [], truth);

  it('energy: the share inside', async () => {
    near((await values(METRICS.energy, against([1, 0, 1, 0, 0, 0, 0, 0, 1])))['energy'], 1.6 / 3);
    near((await values(METRICS.energy, against(new Array(9).fill(1))))['energy'], 1);
    near((await values(METRICS.energy, against([0, 0, 0, 0, 0, 1, 0, 0, 0])))['energy'], 0);
  });

  it('pointing game: a hit in the object, or near it where that is allowed', async () => {
    const pointing = async (truth: readonly number[], tolerancePixels: number) =>
      (await values(METRICS.pointingGame, against(truth), { tolerancePixels }))['pointing'];
    assert.equal(await pointing([1, 0, 0, 0, 0, 0, 0, 0, 0], 0), 1);
    // The centre is √2 pixels from the corner.
    const centre = [0, 0, 0, 0, 1, 0, 0, 0, 0];
    assert.deepEqual([await pointing(centre, 0), await pointing(centre, 1.4), await pointing(centre, 1.5)], [0, 0, 1]);
    // The object is what is 1: nothing is hit where there is none.
    assert.equal(await pointing(new Array(9).fill(0), 15), 0);
  });

  it('IoU at a threshold, at the best one, and on average', async () => {
    const truth = [1, 1, 0, 1, 0, 0, 0, 0, 0];
    const answer = await values(METRICS.iou, against(truth), { threshold: 0.5 });
    // At least 0.5: pixels 0, 1, 2. Both: 0, 1; either: 0, 1, 2, 3.
    near(answer['iou'], 2 / 4);
    // Pixels 0 to 3 hold all of the object's three.
    near(answer['bestIou'], 3 / 4);
    assert.ok((answer['bestThreshold'] ?? 0) > 0.2 && (answer['bestThreshold'] ?? 1) <= 0.4);
    // By thresholds: ≤ 0.2: 5 pixels, 3/5; ≤ 0.4: 3/4; ≤ 0.6: 2/4; ≤ 0.8: 2/3; above: 1/3. 0.01 to 0.99: 20, 20, 20, 20, 19.
    near(answer['meanIou'], (20 * (3 / 5 + 3 / 4 + 2 / 4 + 2 / 3) + 19 / 3) / 99);
    assert.equal((await values(METRICS.iou, against(truth, new Array(9).fill(0))))['iou'], 0);
    // The threshold is a share of the map's own maximum.
    near(
      (
        await values(
          METRICS.iou,
          against(
            truth,
            map.map((value) => value / 4),
          ),
          { threshold: 0.5 },
        )
      )['iou'],
      2 / 4,
    );
  });
});
