import assert from 'node:assert/strict';
import { type ContourLine, contourLines } from '../../webview/cam/contour';

function lattice(width: number, height: number, value: (x: number, y: number) => number) {
  const values = Float64Array.from({ length: width * height }, (_, i) => value(i % width, Math.floor(i / width)));
  return { width, height, values };
}

/** Twice the area within a ring, by Gauss's formula. */
function area({ points }: ContourLine): number {
  return points.reduce((sum, { x, y }, i) => {
    const next = points[(i + 1) % points.length] ?? { x, y };
    return sum + (x * next.y - next.x * y) / 2;
  }, 0);
}

describe('cam contour', () => {
  it('draws a hill as one ring, where the plane between two nodes has the level', () => {
    const [ring, ...more] = contourLines(
      lattice(3, 3, (x, y) => (x === 1 && y === 1 ? 1 : 0)),
      0.25,
    );
    assert.equal(more.length, 0);
    assert.ok(ring?.closed);
    const corners = ring.points.map(({ x, y }) => `${x},${y}`).sort();
    assert.deepEqual(corners, ['0.25,1', '1,0.25', '1,1.75', '1.75,1']);
  });

  it('finds a circle to the accuracy of the lattice', () => {
    const radius = 12;
    const [ring, ...more] = contourLines(
      lattice(41, 41, (x, y) => -Math.hypot(x - 20, y - 20)),
      -radius,
    );
    assert.equal(more.length, 0);
    assert.ok(ring?.closed);
    for (const { x, y } of ring.points) assert.ok(Math.abs(Math.hypot(x - 20, y - 20) - radius) < 0.02);
    assert.ok(Math.abs(Math.abs(area(ring)) / (Math.PI * radius ** 2) - 1) < 0.005);
  });

  it('ends a line at the border', () => {
    const [line, ...more] = contourLines(
      lattice(4, 3, (x) => x),
      1.5,
    );
    assert.equal(more.length, 0);
    assert.equal(line?.closed, false);
    assert.deepEqual(
      line.points,
      [0, 1, 2].map((y) => ({ x: 1.5, y })),
    );
  });

  it('lets the mean decide at a saddle, and never crosses itself', () => {
    // High at two opposite corners: joined where the middle is high, apart where it is low.
    const saddle = (level: number) =>
      contourLines(
        lattice(2, 2, (x, y) => (x === y ? 1 : 0)),
        level,
      );
    for (const level of [0.4, 0.6]) {
      const lines = saddle(level);
      assert.equal(lines.length, 2);
      for (const { points, closed } of lines) {
        assert.equal(points.length, 2);
        assert.equal(closed, false);
      }
    }
    const around = ({ points }: ContourLine) =>
      points.map(({ x, y }) => (x < 0.5 ? 'left' : 'right') + (y < 0.5 ? 'top' : 'bottom'));
    assert.deepEqual(
      saddle(0.4).map((line) => new Set(around(line)).size),
      [1, 1],
      'each cuts off one corner',
    );
    const [first] = saddle(0.6);
    const [other] = saddle(0.4);
    assert.notDeepEqual(first && around(first).sort(), other && around(other).sort(), 'other corners are cut off');
  });

  it('draws nothing where nothing, or everything, is above', () => {
    for (const level of [-1, 2])
      assert.deepEqual(
        contourLines(
          lattice(4, 4, (x, y) => (x + y) / 6),
          level,
        ),
        [],
      );
    assert.deepEqual(
      contourLines(
        lattice(1, 1, () => 1),
        0.5,
      ),
      [],
    );
  });

  it('has as many rings as there are hills', () => {
    const hills = contourLines(
      lattice(30, 10, (x, y) => Math.sin(x) ** 2 * Math.sin((y + 1) / 4)),
      0.5,
    );
    assert.ok(hills.length > 5);
    const crossings = new Set(hills.flatMap(({ points }) => points.map(({ x, y }) => `${x},${y}`)));
    assert.equal(
      crossings.size,
      hills.reduce((sum, { points }) => sum + points.length, 0),
      'no point is on two lines',
    );
  });
});
