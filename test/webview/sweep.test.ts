import assert from 'node:assert/strict';
import { paretoFront } from '../../src/display/pareto';
import type { Knob } from '../../src/protocol/graphPanel';
import type { PointColumns, SweepResult } from '../../src/protocol/sweepPanel';
import { axisText, defaultAxis, defaultRequest, fittingRequest, readAxis } from '../../webview/sweep/axes';
import type { Shown } from '../../webview/sweep/drawing';
import { heatMap } from '../../webview/sweep/heatMap';
import { placeText, pointFacts, pointNote } from '../../webview/sweep/pointText';
import { padded, scaleOf, shareOf, ticksOf } from '../../webview/sweep/scale';
import { scatter } from '../../webview/sweep/scatter';
import { DEFAULT_VIEW, parseState } from '../../webview/sweep/state';
import { costOf, costsOf, figure, frontOf, metricOf, sweepOf, timeOf } from '../../webview/sweep/sweep';

const knob = (change: Partial<Knob>): Knob => ({
  ...{ key: 'x', unit: '', value: 8, preset: 8, low: 1, high: 1e5, integer: false, minor: false },
  ...change,
});
const batch = knob({ key: 'batch', value: 1, preset: 1, high: 1024, integer: true });
const clock = knob({ key: 'frequency', unit: 'Hz', value: 1e9, preset: 1e9, low: 5e6, high: 2e10 });
const bandwidth = knob({ key: 'mem_bandwidth', unit: 'B/s', value: 60e9, preset: 60e9, low: 1e7, high: 1e15 });
const rows = knob({ key: 'rows', value: 16, preset: 16, high: 4096, integer: true });
const cols = knob({ key: 'cols', value: 32, preset: 32, high: 4096, integer: true });
const GPU = [batch, clock, bandwidth];
const ARRAY = [batch, clock, rows, cols, bandwidth];

function columns(figures: Readonly<Record<string, readonly number[]>>, size: number): PointColumns {
  const column = (name: string, otherwise: number) =>
    Float64Array.from(figures[name] ?? Array.from({ length: size }, () => otherwise));
  return {
    images: column('images', 1),
    seconds: column('seconds', 1),
    cycles: column('cycles', 1e6),
    energyJoules: column('energy', 1),
    utilization: column('utilization', 0.5),
    unknownNodes: column('unknown', 0),
  };
}

/** Frequency 1 and 2 GHz across, bandwidth 30, 60 and 120 GB/s up. */
function result(figures: Readonly<Record<string, readonly number[]>>, change: Partial<SweepResult> = {}): SweepResult {
  return {
    x: { key: 'frequency', values: [1e9, 2e9] },
    y: { key: 'mem_bandwidth', values: [30e9, 60e9, 120e9] },
    points: columns(figures, 6),
    problems: Array.from({ length: 6 }, () => ''),
    partial: new Uint8Array(6),
    preset: columns({ seconds: [4], energy: [1] }, 1),
    ...change,
  };
}

const TIMES = [8, 6, 4, 3, 3, 1];
const shownOf = (answer: SweepResult, cost = '', metric = 'latency'): Shown => {
  const sweep = sweepOf(answer, GPU);
  const weighed = costOf(sweep, cost);
  return { sweep, title: 'm on h', metric: metricOf(metric), cost: weighed, front: frontOf(sweep, weighed) };
};
const SIZE = { width: 700, height: 500 };

describe('sweep axes', () => {
  it('start with rows × columns of an array, else clock × bandwidth, from half to twice the preset', () => {
    const { x, y } = defaultRequest(ARRAY);
    assert.deepEqual(x, { key: 'cols', low: 16, high: 64, count: 7 });
    assert.deepEqual(y, { key: 'rows', low: 8, high: 32, count: 7 });
    const gpu = defaultRequest(GPU);
    assert.deepEqual([gpu.x.key, gpu.y.key], ['frequency', 'mem_bandwidth']);
    // In seven equal steps from a half to twice, the third is the preset: 0.5, 0.75, 1.
    assert.deepEqual(gpu.x, { key: 'frequency', low: 0.5e9, high: 2e9, count: 7 });
  });

  it('double what is too small to go around, and stay within what a file may have', () => {
    assert.deepEqual(defaultAxis(batch), { key: 'batch', low: 1, high: 64, count: 7, log: true });
    assert.deepEqual(defaultAxis({ ...batch, high: 16 }), { key: 'batch', low: 1, high: 16, count: 7, log: true });
    assert.deepEqual(defaultAxis(knob({ key: 'mem_efficiency', value: 0.9, low: 0.01, high: 1 })), {
      key: 'mem_efficiency',
      ...{ low: 0.45, high: 1, count: 7 },
    });
    const none = defaultAxis(knob({ key: 'weight_compression', value: 0, low: 0, high: 0.99 }));
    assert.deepEqual(none, { key: 'weight_compression', low: 0, high: 0.99, count: 7 });
  });

  it('are written with units and read back as they were', () => {
    for (const request of [
      { key: 'frequency', low: 0.65e9, high: 2.6e9, count: 7 },
      { key: 'frequency', low: 1e8, high: 1e10, count: 3, log: true },
      { key: 'frequency', values: [6.5e8, 1.3e9] },
    ]) {
      assert.deepEqual(readAxis(axisText(request, clock), clock), request);
    }
    const text = { spacing: 'list', low: '', high: '', count: '', list: '650 MHz; 1.3, 2 GHz' } as const;
    assert.deepEqual(readAxis(text, clock), { key: 'frequency', values: [6.5e8, 1.3e9, 2e9] });
    assert.throws(
      () => readAxis({ ...text, list: '1, two' }, clock),
      /^Error: Frequency: ' two' is not such a number; write it like 1 GHz$/,
    );
    assert.throws(
      () => readAxis({ ...text, spacing: 'steps', low: '1', high: '2' }, clock),
      /'' is no number of values/,
    );
  });

  it('take what was remembered as far as it fits this hardware', () => {
    const remembered = { x: { key: 'frequency', values: [1e9] }, y: { key: 'batch', low: 1, high: 4, count: 4 } };
    assert.deepEqual(fittingRequest(remembered, GPU), remembered);
    for (const odd of [
      undefined,
      { ...remembered, y: { key: 'rows', values: [1] } },
      { ...remembered, y: remembered.x },
      { x: remembered.x, y: { key: 'batch', values: ['1'] } },
    ]) {
      assert.deepEqual(fittingRequest(odd, GPU), defaultRequest(GPU));
    }
  });

  it('survive Reload Window', () => {
    const state = { restore: '{}', hardwareId: 'v100', request: undefined, view: { ...DEFAULT_VIEW, shown: 'table' } };
    assert.deepEqual(parseState(state), state);
    assert.deepEqual(parseState({ ...state, view: 3 })?.view, DEFAULT_VIEW);
    assert.equal(parseState({ request: {} }), undefined);
  });
});

describe('sweep points', () => {
  it('lie row by row, x fastest, and find the preset', () => {
    const { points, presetIndex } = sweepOf(result({ seconds: TIMES }), GPU);
    assert.deepEqual(
      points.map(({ x, y, seconds }) => [x / 1e9, y / 1e9, seconds]),
      [
        [1, 30, 8],
        [2, 30, 6],
        [1, 60, 4],
        [2, 60, 3],
        [1, 120, 3],
        [2, 120, 1],
      ],
    );
    assert.equal(presetIndex, 2);
    assert.equal(sweepOf(result({}, { x: { key: 'frequency', values: [2e9, 3e9] } }), GPU).presetIndex, -1);
  });

  it('are judged per image where the batch is varied', () => {
    const swept = result({ seconds: TIMES, images: [1, 1, 2, 2, 4, 4] });
    const sweep = sweepOf({ ...swept, y: { key: 'batch', values: [1, 2, 4] } }, GPU);
    assert.equal(timeOf(sweep).label, 'Time per image');
    assert.deepEqual(
      sweep.points.map((point) => metricOf('throughput').value(point)),
      [1 / 8, 1 / 6, 2 / 4, 2 / 3, 4 / 3, 4],
    );
    // What remains to be weighed against is the energy and the clock: a batch is no resource.
    assert.deepEqual(
      costsOf(sweep).map(({ id }) => id),
      ['energy', 'x'],
    );
  });

  it('weigh time against energy, and where that is the same everywhere against what is varied', () => {
    const flat = sweepOf(result({ seconds: TIMES, energy: [1, 1.001, 1, 1, 1, 1] }), GPU);
    assert.equal(costOf(flat, '').id, 'xy');
    assert.equal(costOf(flat, 'energy').id, 'energy');
    // Relative to the preset's 1 GHz · 60 GB/s.
    assert.deepEqual(
      flat.points.map((point) => costOf(flat, '').value(point)),
      [0.5, 1, 1, 2, 2, 4],
    );
    // By hand: (8, 0.5), (4, 1), (3, 2), (3, 2), (1, 4) are on the front; (6, 1) is slower than (4, 1) at the same cost.
    assert.deepEqual(frontOf(flat, costOf(flat, '')), [true, false, true, true, true, true]);
    const spread = sweepOf(result({ seconds: TIMES, energy: [1, 2, 3, 4, 5, 6] }), GPU);
    assert.equal(costOf(spread, '').id, 'energy');
    assert.deepEqual(frontOf(spread, costOf(spread, '')), [true, true, true, true, false, true]);
  });

  it('count PEs where both fields are sizes', () => {
    const answer = result({}, { x: { key: 'cols', values: [16, 32] }, y: { key: 'rows', values: [8, 16, 32] } });
    const sweep = sweepOf(answer, ARRAY);
    const pes = costOf(sweep, 'xy');
    assert.deepEqual(sweep.points.map(pes.value), [128, 256, 256, 512, 512, 1024]);
    assert.equal(pes.label, 'PE columns × PE rows');
  });

  it('on the front are those that a scan by time finds', () => {
    let seed = 1;
    const random = () => {
      seed = (seed * 16807) % 2147483647;
      return Math.round((90 * seed) / 2147483647) + 10;
    };
    // Above a falling line, so that many are on the front.
    const points = Array.from({ length: 400 }, () => [random(), random()] as const).filter(([a, b]) => a + b > 95);
    // Kung, Luccio and Preparata (1975): from the fastest on, whoever is cheaper than everything before.
    const best = new Map<number, number>();
    for (const [time, cost] of points) best.set(time, Math.min(cost, best.get(time) ?? Number.POSITIVE_INFINITY));
    let least = Number.POSITIVE_INFINITY;
    const front = new Set<string>();
    for (const [time, cost] of [...best].sort(([a], [b]) => a - b)) {
      if (cost >= least) continue;
      least = cost;
      front.add(`${time} ${cost}`);
    }
    assert.ok(front.size > 3);
    const expected = points.map(([time, cost]) => front.has(`${time} ${cost}`));
    assert.deepEqual(paretoFront(points), expected);
  });

  it('that miss layers are bounds, and are not compared with those that do not', () => {
    const answer = result(
      { seconds: TIMES, unknown: [0, 0, 0, 0, 0, 2] },
      { partial: Uint8Array.of(0, 0, 0, 0, 0, 1) },
    );
    const { sweep, front } = shownOf(answer, 'xy');
    assert.equal(front[5], false);
    const [last] = sweep.points.slice(-1);
    assert.ok(last);
    assert.deepEqual(
      ['latency', 'throughput', 'utilization'].map((id) => figure(metricOf(id), last)),
      ['≥ 1 s', '≤ 1', '50 %'],
    );
    assert.match(pointNote(last), /^2 layers not costed, in no figure; other points know more/);
  });

  it('are put into words, with their distance from the preset', () => {
    const shown = shownOf(result({ seconds: TIMES }), 'energy');
    const [, , preset, faster] = shown.sweep.points;
    assert.ok(preset && faster);
    assert.equal(placeText(shown.sweep, faster), 'Frequency 2 GHz · Memory bandwidth 60 GB/s');
    const facts = new Map(pointFacts(shown, 3));
    assert.equal(facts.get('Latency'), '3 s (−25 %)');
    assert.equal(facts.get('Cycles'), '1 M');
    assert.equal(new Map(pointFacts(shown, 2)).get('Latency'), '4 s (±0 %)');
    const impossible = shownOf(
      result({ seconds: [Number.NaN, ...TIMES.slice(1)] }, { problems: ['no tile fits', '', '', '', '', ''] }),
    );
    assert.deepEqual(pointFacts(impossible, 0), []);
    const [first] = impossible.sweep.points;
    assert.ok(first);
    assert.equal(pointNote(first), 'Not possible: no tile fits');
    assert.equal(figure(metricOf('latency'), first), '?');
  });
});

describe('sweep charts', () => {
  it('put small values at the left and at the bottom, every point where it can be pointed at', () => {
    const drawing = heatMap(shownOf(result({ seconds: TIMES })), SIZE);
    const centres = TIMES.map((_, index) => {
      const box = drawing.boxOf(index);
      assert.ok(box);
      return { x: (box.left + box.right) / 2, y: (box.top + box.bottom) / 2 };
    });
    assert.deepEqual(
      centres.map((place) => drawing.at(place)),
      [0, 1, 2, 3, 4, 5],
    );
    const [first, right, above] = centres;
    assert.ok(first && right && above && right.x > first.x && above.y < first.y);
    assert.equal(drawing.at({ x: 3, y: 3 }), undefined);
  });

  it('step through the grid with the arrow keys, from the preset on', () => {
    const drawing = heatMap(shownOf(result({ seconds: TIMES })), SIZE);
    assert.equal(drawing.step('ArrowUp', undefined), 2);
    assert.deepEqual(
      ['ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight', 'Home', 'End', 'x'].map((key) => drawing.step(key, 2)),
      [4, 0, 2, 3, 0, 5, undefined],
    );
    assert.equal(drawing.step('ArrowUp', 5), 5);
  });

  it('place a point by its time and its cost, and leave out what has none', () => {
    const problems = ['no tile fits', '', '', '', '', ''];
    const times = [Number.NaN, ...TIMES.slice(1)];
    const drawing = scatter(
      shownOf(result({ seconds: times, energy: [Number.NaN, 2, 3, 4, 5, 6] }, { problems })),
      SIZE,
    );
    assert.equal(drawing.boxOf(0), undefined);
    const [slow, fast] = [drawing.boxOf(1), drawing.boxOf(5)];
    assert.ok(slow && fast && slow.left > fast.left && slow.top > fast.top);
    assert.equal(drawing.at({ x: (fast.left + fast.right) / 2, y: (fast.top + fast.bottom) / 2 }), 5);
    // By time: 1 s (5), 3 s at 4 J (3), 3 s at 5 J (4), 4 s (2), 6 s (1).
    const walk = [undefined, 5, 3, 4, 2, 1].map((from) => drawing.step('ArrowRight', from));
    assert.deepEqual(walk, [5, 3, 4, 2, 1, 1]);
  });

  it('scale in equal steps, or in equal ratios where the values are far apart', () => {
    assert.deepEqual(scaleOf([2, Number.NaN, 6]), { low: 2, high: 6, log: false });
    const wide = scaleOf([1, 100]);
    assert.equal(wide.log, true);
    assert.equal(shareOf(wide, 10), 0.5);
    assert.equal(shareOf(scaleOf([3, 3]), 3), 0.5);
    assert.ok(Number.isNaN(shareOf(wide, Number.NaN)));
    assert.deepEqual(ticksOf({ low: 0, high: 1, log: false }, 5), [0, 0.2, 0.4, 0.6, 0.8, 1]);
    assert.deepEqual(ticksOf({ low: 0.9, high: 110, log: true }, 8), [1, 2, 5, 10, 20, 50, 100]);
    assert.deepEqual(ticksOf(scaleOf([3, 3]), 5), []);
    const room = padded(scaleOf([3, 3]));
    assert.ok(room.low < 3 && room.high > 3);
  });
});
