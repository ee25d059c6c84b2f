import assert from 'node:assert/strict';
import { overlap, placeLabels } from '../../webview/model/labels';
import { buildModel, withReport } from '../../webview/model/panelModel';
import { logTicks, rooflineCsv, rooflineOf } from '../../webview/model/roofline';
import { holding, moved, zoomed } from '../../webview/model/span';
import { roundTicks } from '../../webview/model/ticks';
import { firstAfter, timelineCsv, timelineOf } from '../../webview/model/timeline';
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

describe('roofline table', () => {
  it('has a row for each dot', () => {
    const lines = rooflineCsv(model, rooflineOf(model)).split('\r\n');
    assert.equal(lines[0], 'name,operator,flop,off_chip_bytes,flop_per_byte,flop_per_second,seconds,bound');
    assert.equal(lines[2], `conv1,Conv,442368,1000,442.368,${442_368 / 4e-3},0.004,compute`);
    assert.equal(lines.length, 4);
  });
});

describe('labels', () => {
  const inside = { left: 0, right: 200, top: 0, bottom: 100 };
  const at = (x: number, y: number) => ({ x, y, radius: 5, width: 40 });

  it('stand beside their points, on the first side that is free', () => {
    const [right, left] = placeLabels([at(50, 50), at(190, 50)], 12, inside, []);
    assert.deepEqual(right, { left: 59, right: 99, top: 44, bottom: 56 });
    assert.deepEqual(left, { left: 141, right: 181, top: 44, bottom: 56 });
  });

  it('never overlap each other or what is there already, and are left out instead', () => {
    const points = Array.from({ length: 12 }, (_, i) => at(60 + i, 50));
    const taken = { left: 0, right: 200, top: 0, bottom: 30 };
    const boxes = placeLabels(points, 12, inside, [taken]).flatMap((box) => box ?? []);
    assert.ok(boxes.length >= 2 && boxes.length < points.length);
    for (const [i, box] of boxes.entries()) {
      assert.ok(!overlap(box, taken));
      for (const other of boxes.slice(i + 1)) assert.ok(!overlap(box, other));
    }
  });
});

describe('span', () => {
  const all = { from: 0, to: 100 };

  it('zooms about a place that stays', () => {
    assert.deepEqual(zoomed(all, 25, 2, all, 1), { from: 12.5, to: 62.5 });
    assert.deepEqual(zoomed(all, 0, 1000, all, 1), { from: 0, to: 1 });
    assert.equal(zoomed({ from: 10, to: 60 }, 20, 0.1, all, 1), all);
  });

  it('stays inside when it is moved, and moves no more than it has to', () => {
    assert.deepEqual(moved({ from: 10, to: 30 }, 500, all), { from: 80, to: 100 });
    const span = { from: 10, to: 30 };
    assert.equal(holding(span, { from: 12, to: 14 }, all), span);
    assert.deepEqual(holding(span, { from: 50, to: 52 }, all), { from: 41, to: 61 });
    assert.deepEqual(holding(span, { from: 40, to: 90 }, all), { from: 35, to: 95 });
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

  it('holds a tensor on chip from the kernel that leaves it there to the last that takes it', () => {
    const { held, mostHeldBytes } = timelineOf(model);
    // relu leaves 512 bytes for conv2; the addition that reads them too has no cost, so it is in no row.
    assert.deepEqual(
      held.map(({ node, bytes }) => [name(node), bytes]),
      [
        ['relu', 512],
        ['conv2', 512],
      ],
    );
    assert.equal(mostHeldBytes, 512);
    const nothing = { ...model.report, residentTensors: [] };
    assert.deepEqual(timelineOf(withReport(model, nothing)).held, []);
  });

  it('is a table with the start, the end and the terms of each kernel', () => {
    const lines = timelineCsv(model, timelineOf(model)).split('\r\n');
    assert.equal(lines[2], 'relu,Relu,0.004,0.005,off-chip,0,0,0.001,0,0,0,0');
    assert.equal(lines.length, 5);
  });

  it('puts ticks at round times', () => {
    assert.deepEqual(roundTicks(0, 10e-3, 5), [0, 0.002, 0.004, 0.006, 0.008, 0.01]);
    assert.deepEqual(roundTicks(0.0123, 0.0127, 4), [0.0123, 0.0124, 0.0125, 0.0126, 0.0127]);
  });
});
