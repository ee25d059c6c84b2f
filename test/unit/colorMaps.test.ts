import assert from 'node:assert/strict';
import { COLOR_MAPS, colorMap, cssColor, paletteIndex, SIGNED_PALETTE } from '../../src/display/colorMaps';

/** Entries 3, 26, 49 … 233 of the published tables (matplotlib 3.11): most lie between our control points. */
const PUBLISHED = {
  viridis: '450559482576424186375b8d2c718e24878e1e9d892db27d54c56889d548c5e021',
  inferno: '010108180c3c3e096664156e88226aad305dce4347e8602df8850ffcb014f4dd4f',
  cividis: '0025530c347033446d4b546c60646f7474758985789f9775b7a96ecfbd62e8d24f',
  turbo: '341b51455ccf4196ff1ccdd82ff19b84ff51c6f034f4c73afd8d27e84b0cbc2002',
} as const;

/** OpenCV 5's COLORMAP_JET at 0, 32, 96, 128, 160, 224, 255, as red, green, blue. */
const JET: readonly (readonly [number, readonly number[]])[] = [
  [0, [0, 0, 128]],
  [32, [0, 0, 255]],
  [96, [2, 255, 254]],
  [128, [130, 255, 126]],
  [160, [255, 252, 0]],
  [224, [252, 0, 0]],
  [255, [128, 0, 0]],
];

function entry(name: string, index: number): number[] {
  return [...colorMap(name).palette.subarray(3 * index, 3 * index + 3)];
}

describe('colorMaps', () => {
  for (const [name, hex] of Object.entries(PUBLISHED)) {
    const limit = name === 'cividis' ? 4 : 1;
    it(`${name} lies within ${limit} level${limit > 1 ? 's' : ''} of the published table`, () => {
      const colors = (hex.match(/.{6}/g) ?? []).map((color) => Buffer.from(color, 'hex'));
      assert.equal(colors.length, 11);
      for (const [k, color] of colors.entries()) {
        const ours = entry(name, 3 + 23 * k);
        const error = Math.max(...ours.map((channel, c) => Math.abs(channel - (color[c] ?? Number.NaN))));
        assert.ok(error <= limit, `entry ${3 + 23 * k}: ${ours} is not ${[...color]}`);
      }
    });
  }

  it('jet has the anchors of OpenCV’s within 1 level', () => {
    for (const [index, color] of JET) {
      for (const [c, channel] of entry('jet', index).entries())
        assert.ok(Math.abs(channel - (color[c] ?? Number.NaN)) <= 1, `entry ${index}: ${entry('jet', index)}`);
    }
  });

  it('grey is the identity and every palette has 256 colours', () => {
    assert.deepEqual(entry('grey', 77), [77, 77, 77]);
    for (const map of COLOR_MAPS) assert.equal(map.palette.length, 768, map.name);
  });

  it('the signed palette is neutral at zero, blue below, red above', () => {
    const [red, green, blue] = SIGNED_PALETTE.subarray(3 * 128, 3 * 128 + 3);
    assert.ok(Math.max(red ?? 0, green ?? 0, blue ?? 0) - Math.min(red ?? 0, green ?? 0, blue ?? 0) <= 3);
    assert.ok((SIGNED_PALETTE[3 * 40 + 2] ?? 0) > (SIGNED_PALETTE[3 * 40] ?? 0) + 50);
    assert.ok((SIGNED_PALETTE[3 * 215] ?? 0) > (SIGNED_PALETTE[3 * 215 + 2] ?? 0) + 50);
  });

  it('clamps values and takes NaN for 0', () => {
    assert.deepEqual([-1, 0, 0.5, 1, 7, Number.NaN].map(paletteIndex), [0, 0, 128, 255, 255, 0]);
    assert.equal(cssColor(colorMap('grey').palette, 1), 'rgb(255 255 255)');
  });

  it('names the choices when a map does not exist', () => {
    assert.throws(() => colorMap('magma'), /no colour map 'magma': choose one of turbo, jet, viridis/);
  });
});
