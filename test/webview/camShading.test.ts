import assert from 'node:assert/strict';
import { colorMap, SIGNED_PALETTE } from '../../src/display/colorMaps';
import type { CamResult } from '../../src/protocol/camPanel';
import { meaning, shading } from '../../webview/cam/shading';

const maps: Pick<CamResult, 'raw' | 'map'> = {
  raw: { width: 2, height: 2, values: Float32Array.of(-4, 0, 1, 2) },
  map: { width: 2, height: 2, values: Float32Array.of(0, 0.25, 0.5, 1) },
};

describe('cam shading', () => {
  it('draws the normalised map, and beside it the rectified raw one', () => {
    const { fine, coarse, palette, range } = shading(maps, 'viridis', false);
    assert.equal(fine, maps.map);
    assert.deepEqual(Array.from(coarse.values), [0, 0, 0.5, 1]);
    assert.equal(palette, colorMap('viridis').palette);
    assert.deepEqual(range, [0, 1]);
  });

  it('puts 0 in the middle of the signed palette, with one scale for both sides', () => {
    const shades = shading(maps, 'viridis', true);
    assert.deepEqual(Array.from(shades.fine.values), [0, 0.5, 0.625, 0.75]);
    assert.equal(shades.fine, shades.coarse);
    assert.equal(shades.palette, SIGNED_PALETTE);
    assert.deepEqual(
      [0, 0.5, 1].map((value) => meaning(shades, value)),
      ['-4', '0', '4'],
    );
  });

  it('survives an empty map', () => {
    const nothing = { ...maps, raw: { width: 1, height: 1, values: Float32Array.of(0) } };
    assert.deepEqual(Array.from(shading(nothing, 'grey', false).coarse.values), [0]);
    assert.deepEqual(Array.from(shading(nothing, 'grey', true).coarse.values), [0.5]);
    const against = { ...maps, raw: { width: 1, height: 1, values: Float32Array.of(-3) } };
    assert.deepEqual(Array.from(shading(against, 'grey', false).coarse.values), [0]);
    assert.deepEqual(Array.from(shading(against, 'grey', true).coarse.values), [0]);
  });
});
