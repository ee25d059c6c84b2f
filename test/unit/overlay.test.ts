import assert from 'node:assert/strict';
import { colorMap } from '../../src/display/colorMaps';
import { overlay, type RgbaPicture, valueAt } from '../../src/display/overlay';

const grey = colorMap('grey').palette;

function picture(width: number, height: number, level: number, seen = { x: 0, y: 0, width, height }): RgbaPicture {
  const rgba = new Uint8Array(4 * width * height).fill(level);
  return { width, height, rgba, seen };
}

function reds(rgba: Uint8ClampedArray): number[] {
  return [...rgba].filter((_, index) => index % 4 === 0);
}

describe('overlay', () => {
  it('upsamples as torch.nn.functional.interpolate(mode="bilinear", align_corners=False)', () => {
    // torch: [[0, 1], [1, 0]] to 4×4 has rows (0, .25, .75, 1), (.25, .375, .625, .75), …
    const out = overlay(picture(4, 4, 255), { width: 2, height: 2, values: [0, 1, 1, 0] }, grey, 1);
    const expected = [0, 0.25, 0.75, 1, 0.25, 0.375, 0.625, 0.75, 0.75, 0.625, 0.375, 0.25, 1, 0.75, 0.25, 0];
    assert.deepEqual(
      reds(out),
      expected.map((value) => Math.round(255 * value)),
    );
  });

  it('mixes by opacity and leaves alpha alone', () => {
    const out = overlay(picture(1, 1, 100), { width: 1, height: 1, values: [1] }, grey, 0.25);
    assert.deepEqual([...out], [139, 139, 139, 100]); // 100 + .25·155
  });

  it('adds to the whole picture, at most to white', () => {
    const half = overlay(picture(1, 1, 100), { width: 1, height: 1, values: [0.4] }, grey, 0.5, 'additive');
    assert.deepEqual(reds(half), [151]); // 100 + .5·102
    const white = overlay(picture(1, 1, 200), { width: 1, height: 1, values: [1] }, grey, 0.5, 'additive');
    assert.deepEqual(reds(white), [255]);
  });

  it('touches only the part that the network saw', () => {
    const seen = { x: 1, y: 0, width: 2, height: 2 };
    const out = overlay(picture(4, 2, 9, seen), { width: 1, height: 1, values: [1] }, grey, 1);
    assert.deepEqual(reds(out), [9, 255, 255, 9, 9, 255, 255, 9]);
  });

  it('keeps the picture at opacity 0 and does not change its argument', () => {
    const before = picture(3, 2, 50);
    assert.deepEqual([...overlay(before, { width: 1, height: 1, values: [1] }, grey, 0)], [...before.rgba]);
    overlay(before, { width: 1, height: 1, values: [1] }, grey, 1);
    assert.ok(before.rgba.every((value) => value === 50));
  });

  it('reads the value under a point, NaN outside', () => {
    const grid = { width: 2, height: 1, values: [0, 1] };
    const area = picture(8, 4, 0, { x: 2, y: 0, width: 4, height: 4 });
    assert.equal(valueAt(area, grid, 4, 2), 0.5);
    assert.equal(valueAt(area, grid, 2.1, 2), 0);
    assert.ok(Number.isNaN(valueAt(area, grid, 1.9, 2)));
    assert.ok(Number.isNaN(valueAt(area, grid, 6, 2)));
  });
});
