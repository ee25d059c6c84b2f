import assert from 'node:assert/strict';
import { BOUNDS, TERMS } from '../../src/display/bounds';
import { CATEGORIES } from '../../src/protocol/graphPanel';
import {
  approach,
  arrived,
  type Camera,
  fitAll,
  keepInside,
  openingCamera,
  reveal,
  toScreen,
  toWorld,
  zoomAbout,
} from '../../webview/graphView/camera';
import {
  BOUND_COLORS,
  CATEGORY_COLORS,
  contrast,
  heatColors,
  type Rgb,
  TERM_COLORS,
} from '../../webview/graphView/colors';
import { stillCovers } from '../../webview/graphView/overview';
import { cameraAt, placeOf } from '../../webview/graphView/place';
import {
  type Drawing,
  nearestNode,
  nodeAt,
  nodeBox,
  visibleInRank,
  visibleRanks,
} from '../../webview/graphView/visible';
import { layout } from '../../webview/layout/layout';
import { layoutInput } from '../../webview/model/nodeText';
import { placeCard } from '../../webview/panes/cardPlace';
import { randomGraph, randomNumbers } from './graphs';
import { testOpening } from './scene';

const view = { width: 800, height: 600 };
const near = (a: number, b: number, what = '') => assert.ok(Math.abs(a - b) < 1e-6, `${what}: ${a} is not ${b}`);

describe('camera', () => {
  const camera: Camera = { x: 1234.5, y: -77, scale: 0.37 };

  it('goes to the screen and back', () => {
    const point = toWorld(camera, view, toScreen(camera, view, { x: 10, y: 20 }));
    near(point.x, 10);
    near(point.y, 20);
    assert.deepEqual(toScreen(camera, view, { x: camera.x, y: camera.y }), { x: 400, y: 300 });
  });

  it('zooms about a point: what lies there stays there', () => {
    const point = { x: 700, y: 50 };
    const before = toWorld(camera, view, point);
    const after = toWorld(zoomAbout(camera, view, point, 2.5), view, point);
    near(after.x, before.x, 'x');
    near(after.y, before.y, 'y');
  });

  it('fits everything inside the margins, and never enlarges', () => {
    const bounds = { left: -500, right: 1500, top: 0, bottom: 9000 };
    const whole = fitAll(bounds, view, 20);
    near(toScreen(whole, view, { x: 0, y: 0 }).y, 20, 'top');
    near(toScreen(whole, view, { x: 0, y: 9000 }).y, 580, 'bottom');
    assert.equal(fitAll({ left: 0, right: 10, top: 0, bottom: 10 }, view).scale, 1);
  });

  it('opens a long graph at its beginning, readable', () => {
    const opened = openingCamera(
      { left: -100, right: 100, top: 0, bottom: 90_000 },
      { left: -50, right: 50, top: 0, bottom: 40 },
      view,
    );
    assert.ok(opened.scale >= 0.6);
    near(toScreen(opened, view, { x: 0, y: 0 }).y, 24);
    const far = openingCamera(
      { left: -9e4, right: 0, top: 0, bottom: 90_000 },
      { left: -50, right: -10, top: 700, bottom: 740 },
      view,
    );
    near(toScreen(far, view, { x: -30, y: 700 }).x, 400);
    near(toScreen(far, view, { x: -30, y: 700 }).y, 24);
  });

  it('reveals with the least movement', () => {
    const at: Camera = { x: 0, y: 0, scale: 1 };
    const inside = { left: -10, right: 10, top: -10, bottom: 10 };
    assert.deepEqual(reveal(at, inside, view), at);
    const below = reveal(at, { left: -10, right: 10, top: 490, bottom: 500 }, view, 64);
    near(toScreen(below, view, { x: 0, y: 500 }).y, view.height - 64);
    near(below.x, 0);
  });

  it('stays on the drawing and within its scales', () => {
    const bounds = { left: 0, right: 100, top: 0, bottom: 100 };
    const kept = keepInside({ x: 900, y: -50, scale: 99 }, bounds, view);
    assert.deepEqual([kept.x, kept.y], [100, 0]);
    assert.ok(kept.scale < 99);
  });

  it('arrives in the end', () => {
    let now = camera;
    const to: Camera = { x: 0, y: 0, scale: 2 };
    for (let frame = 0; frame < 100 && !arrived(now, to); frame++) now = approach(now, to, 0.7);
    assert.ok(arrived(now, to));
    assert.ok(!arrived(camera, to));
  });
});

describe('overview', () => {
  const kept = { camera: { x: 0, y: 0, scale: 0.1 }, view: { width: 1200, height: 900 } };
  const bounds = { left: -9e4, right: 9e4, top: -9e4, bottom: 9e4 };
  const covers = (camera: Partial<Camera>, within = bounds) =>
    stillCovers(kept, { camera: { x: 0, y: 0, scale: 0.1, ...camera }, view }, within);

  it('serves views inside of what it holds', () => {
    assert.ok(covers({}));
    assert.ok(covers({ x: 1990, y: -1490 }));
    assert.ok(!covers({ x: 2010 }));
    assert.ok(!covers({ y: -1510 }));
  });

  it('is stretched and pressed only so far', () => {
    assert.ok(covers({ scale: 0.17 }));
    assert.ok(!covers({ scale: 0.19 }));
    assert.ok(!covers({ scale: 0.06 }), 'the view would show more than there is');
  });

  it('needs nothing where nothing is drawn', () => {
    const small = { left: -5000, right: 5000, top: -4000, bottom: 4000 };
    assert.ok(covers({ x: 4000, y: 3000 }, small));
    assert.ok(covers({ scale: 0.06 }, small));
    assert.ok(!covers({ scale: 0.02 }, small), 'pressed too far');
  });
});

describe('visible', () => {
  const graph = randomGraph(80, 130, 21);
  const random = randomNumbers(4);
  const widths = Float64Array.from({ length: 80 }, () => 40 + 100 * random());
  const heights = Float64Array.from({ length: 80 }, () => 20 + 30 * random());
  const drawing: Drawing = {
    ...layout({ widths, heights, edges: graph.edges, anchors: new Uint8Array(80) }),
    widths,
    heights,
    shownAs: Uint32Array.from(widths.keys()),
    grounds: [],
  };
  const all = Array.from({ length: 80 }, (_, node) => node);

  it('finds the node under every point, as trying all of them does', () => {
    const { bounds } = drawing;
    for (let i = 0; i < 2000; i++) {
      const x = bounds.left + random() * (bounds.right - bounds.left);
      const y = bounds.top + random() * (bounds.bottom - bounds.top);
      const inside = all.find((node) => {
        const box = nodeBox(drawing, node);
        return x >= box.left && x <= box.right && y >= box.top && y <= box.bottom;
      });
      assert.equal(nodeAt(drawing, x, y), inside);
    }
    assert.equal(nodeAt(drawing, 0, bounds.bottom + 10), undefined);
  });

  it('paints all that a window shows', () => {
    for (let i = 0; i < 200; i++) {
      const [left, top] = [-800 + 1600 * random(), drawing.bounds.bottom * random()];
      const [right, bottom] = [left + 300, top + 200];
      const { first, end } = visibleRanks(drawing, top, bottom);
      const shown = new Set<number>();
      for (let rank = first; rank < end; rank++) {
        const places = visibleInRank(drawing, rank, left, right);
        for (let place = places.first; place < places.end; place++) shown.add(drawing.ranks.items[place] ?? -1);
      }
      for (const node of all) {
        const box = nodeBox(drawing, node);
        const visible = box.right >= left && box.left <= right && box.bottom >= top && box.top <= bottom;
        assert.ok(!visible || shown.has(node), `node ${node} is visible and not painted`);
      }
    }
  });

  it('names the node nearest to a point', () => {
    for (const node of all) assert.equal(nearestNode(drawing, drawing.x[node] ?? 0, drawing.y[node] ?? 0), node);
    assert.equal(nearestNode({ ...drawing, top: new Float64Array(), bottom: new Float64Array() }, 0, 0), undefined);
  });
});

describe('place', () => {
  const { scene } = testOpening();
  const input = layoutInput(scene);
  const { widths, heights } = input;
  const shownAs = Uint32Array.from(widths.keys());
  const drawing: Drawing = { ...layout(input), widths, heights, shownAs, grounds: [] };

  it('brings the reader back to the same spot, also in another layout', () => {
    const camera: Camera = { x: 12, y: 340, scale: 0.8 };
    const place = placeOf(scene, drawing, camera);
    assert.ok(place);
    assert.deepEqual(cameraAt(scene, drawing, place), camera);
    const moved = { ...drawing, y: drawing.y.map((y) => y + 1000) };
    assert.deepEqual(cameraAt(scene, moved, place), { ...camera, y: 1340 });
  });

  it('forgets a node that is gone', () => {
    assert.equal(cameraAt(scene, drawing, { name: 'gone', dx: 0, dy: 0, scale: 1 }), undefined);
  });
});

describe('colours', () => {
  const hex = (color: string): Rgb =>
    [1, 3, 5].map((i) => Number.parseInt(color.slice(i, i + 2), 16)) as [number, number, number];
  const rgb = (color: string): Rgb => (color.match(/[\d.]+/g) ?? []).map(Number) as [number, number, number];

  it('has a head for every category on which white text is readable (WCAG AA)', () => {
    assert.deepEqual(Object.keys(CATEGORY_COLORS), [...CATEGORIES]);
    for (const [name, color] of Object.entries(CATEGORY_COLORS)) {
      assert.ok(contrast(hex(color), [255, 255, 255]) >= 4.5, `${name} ${color}`);
    }
  });

  it('has distinct colours for every term, readable under black text', () => {
    assert.deepEqual(Object.keys(TERM_COLORS), [...TERMS]);
    assert.equal(new Set(Object.values(TERM_COLORS)).size, TERMS.length);
    for (const color of Object.values(TERM_COLORS)) assert.ok(contrast(hex(color), [0, 0, 0]) >= 4.5, color);
    for (const bound of BOUNDS) assert.ok(BOUND_COLORS[bound] !== undefined, bound);
  });

  it('writes readable text on every heat, and makes hot stand out from the background', () => {
    for (const [background, dark] of [
      [[31, 31, 31], true],
      [[0, 0, 0], true],
      [[255, 255, 255], false],
    ] as const) {
      const { fill, text } = heatColors(background, dark);
      for (const [i, color] of fill.entries()) {
        const ink: Rgb = text[i] === '#000000' ? [0, 0, 0] : [255, 255, 255];
        assert.ok(contrast(rgb(color), ink) >= 4.5, `${color} at ${i}`);
      }
      assert.ok(contrast(rgb(fill[255] ?? ''), background) > 4 * contrast(rgb(fill[0] ?? ''), background));
    }
  });
});

describe('placeCard', () => {
  const card = { width: 340, height: 280 };

  it('goes right of the node, else left, else below or above', () => {
    const at = (left: number, top: number, width = 100) =>
      placeCard({ left, right: left + width, top, bottom: top + 60 }, card, view);
    assert.ok(at(100, 100).x > 200);
    assert.ok(at(600, 100).x + card.width < 600);
    assert.ok(at(300, 20, 250).y > 80);
    assert.ok(at(300, 500, 250).y + card.height < 500);
  });

  it('never leaves the view, wherever the node is', () => {
    const random = randomNumbers(8);
    for (let i = 0; i < 2000; i++) {
      const left = -500 + 2000 * random();
      const top = -500 + 2000 * random();
      const box = { left, right: left + 300 * random(), top, bottom: top + 300 * random() };
      const { x, y } = placeCard(box, card, view);
      assert.ok(
        x >= 0 && y >= 0 && x + card.width <= view.width && y + card.height <= view.height,
        JSON.stringify({ box, x, y }),
      );
    }
  });
});
