import assert from 'node:assert/strict';
import { buildModel } from '../../webview/model/panelModel';
import { logTicks, rooflineOf } from '../../webview/model/roofline';
import { firstAfter, timelineOf, timeTicks } from '../../webview/model/timeline';
import { testOpening } from './scene';

const model = buildModel(testOpening());
const name = (node: number) => model.scene.names[node];

describe('roofline', () => {
  const { dots, unplaced, unplacedShare, intensity, flops } = rooflineOf(model);

  it('places kernels by FLOP per off-chip byte and FLOP per second, slowest first', () => {
    assert.deepEqual(
      dots.map(({ node }) => name(node)),
      ['conv2', 'conv1'],
    );
    // conv1: 2 · 221,184 FLOP, 1000 bytes, 4 ms. conv2 is the third row: 3000 bytes, 5 ms.
    assert.equal(dots[1]?.intensity, 442.368);
    assert.equal(dots[1]?.flopsPerSecond, 442_368 / 4e-3);
    assert.equal(dots[0]?.intensity, 131_072 / 3000);
    assert.equal(dots[0]?.bound, 'compute');
  });

  it('adds the arithmetic of what is fused into a kernel', () => {
    const opening = testOpening();
    const flopsOfFused = opening.report.flops.slice();
    flopsOfFused[3] = 3000; // relu2, fused into conv2
    const [first] = rooflineOf(buildModel({ ...opening, report: { ...opening.report, flops: flopsOfFused } })).dots;
    assert.equal(first?.intensity, (131_072 + 3000) / 3000);
  });

  it('counts what has no place: time without arithmetic, and nothing else', () => {
    assert.equal(unplaced, 1); // relu: 1 ms of 10 ms
    assert.ok(Math.abs(unplacedShare - 0.1) < 1e-12);
  });

  it('has room for the roofs and the ridge, here at 10 FLOP per byte', () => {
    assert.ok(flops.high > 1e9 && flops.low < (dots[0]?.flopsPerSecond ?? 0));
    assert.ok(intensity.low < 10 && intensity.high > 442.368);
  });

  it('puts ticks at round places', () => {
    assert.deepEqual(logTicks({ low: 0.5, high: 2e6 }), [1, 10, 100, 1000, 10_000, 100_000, 1_000_000]);
    assert.deepEqual(logTicks({ low: 9, high: 600 }), [10, 30, 100, 300]);
    assert.deepEqual(logTicks({ low: 1, high: 8 }), [1, 2, 5]);
  });
});

describe('timeline', () => {
  const close = (actual: number | undefined, expected: number) =>
    assert.ok(Math.abs((actual ?? Number.NaN) - expected) < 1e-12, `${actual} is not ${expected}`);
  const bars = (timeline: ReturnType<typeof timelineOf>, term: string) =>
    timeline.levels.find((level) => level.term === term)?.bars ?? [];

  it('lays kernels end to end in execution order; fused, free and unknown layers take no place', () => {
    const { kernels, seconds, unknown } = timelineOf(model);
    assert.deepEqual(
      kernels.map(({ node }) => name(node)),
      ['conv1', 'relu', 'conv2'],
    );
    close(seconds, 10e-3);
    close(seconds, model.report.totals.seconds);
    close(kernels[2]?.start, 5e-3);
    assert.equal(unknown, 1);
  });

  it('puts terms that add up in turn, the launch first', () => {
    const timeline = timelineOf(model);
    const [launch] = bars(timeline, 'launch');
    const [compute] = bars(timeline, 'compute');
    close(launch?.start, 0);
    close(launch?.end, 1e-3);
    close(compute?.start, 1e-3);
    close(compute?.end, 4e-3);
  });

  it('lets terms that overlap begin together', () => {
    const opening = testOpening();
    const terms = opening.report.terms.slice();
    // conv1, 4 ms in all: compute 3, on-chip 1, off-chip 2, launch 1.
    terms.set([3e-3, 1e-3, 2e-3, 0, 0, 0, 1e-3]);
    const timeline = timelineOf(buildModel({ ...opening, report: { ...opening.report, terms } }));
    for (const [term, end] of [
      ['compute', 4e-3],
      ['globalBuffer', 2e-3],
      ['offChip', 3e-3],
    ] as const) {
      const [bar] = bars(timeline, term);
      close(bar?.start, 1e-3);
      close(bar?.end, end);
    }
  });

  it('leaves out levels that nothing takes time in, but not the three memories and the launch', () => {
    assert.deepEqual(
      timelineOf(model).levels.map(({ term }) => term),
      ['compute', 'globalBuffer', 'offChip', 'launch'],
    );
  });

  it('finds the first bar in a window', () => {
    const { kernels } = timelineOf(model);
    assert.deepEqual(
      [0, 4.5e-3, 9e-3, 11e-3].map((time) => firstAfter(kernels, time)),
      [0, 1, 2, 3],
    );
  });

  it('puts ticks at round times', () => {
    assert.deepEqual(timeTicks(0, 10e-3, 5), [0, 0.002, 0.004, 0.006, 0.008, 0.01]);
    assert.deepEqual(timeTicks(0.0123, 0.0127, 4), [0.0123, 0.0124, 0.0125, 0.0126, 0.0127]);
  });
});
