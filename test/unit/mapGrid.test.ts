import assert from 'node:assert/strict';
import { colorMap, SIGNED_PALETTE } from '../../src/display/colorMaps';
import {
  drawGrid,
  type GridMaps,
  mapAfterKey,
  mapAt,
  mapCorner,
  normalisedMap,
  planGrid,
} from '../../src/display/mapGrid';
import { drawText, textWidth } from '../../src/display/tinyText';

const { palette } = colorMap('grey');

/** Maps of 2×1 pixels: 0 and 4; 2 and 2; −8 and 0. */
const three: GridMaps = {
  ...{ width: 2, height: 1, planes: 1, values: Float32Array.of(0, 4, 2, 2, -8, 0), labels: ['12', '0', '7'] },
  ranges: [
    [0, 4],
    [2, 2],
    [-8, 0],
  ],
  ...{ range: [-8, 4], signed: false },
};

describe('map grid', () => {
  const plan = planGrid(three, { maxWidth: 30, mapSide: 6 });
  const rgba = drawGrid(three, plan, { palette, normalise: 'map' });
  const pixel = (x: number, y: number): readonly number[] => [
    ...rgba.subarray(4 * (y * plan.width + x), 4 * (y * plan.width + x) + 4),
  ];

  it('plans whole multiples of a map’s pixels, room for numbers, as many columns as fit', () => {
    assert.deepEqual([plan.scale, plan.mapWidth, plan.mapHeight], [3, 6, 3]);
    // '12' takes 7 pixels, more than the map; gaps of 4; text of 5 with 2 above.
    assert.deepEqual([plan.stepX, plan.stepY, plan.columns], [11, 14, 2]);
    assert.deepEqual([plan.width, plan.height], [26, 32]);
    assert.equal(planGrid(three, { maxWidth: 1, mapSide: 6 }).columns, 1);
    const small = planGrid({ ...three, width: 600, height: 300 }, { maxWidth: 1000, mapSide: 60, textScale: 0 });
    assert.deepEqual([small.scale, small.mapWidth, small.mapHeight, small.stepY], [0.1, 60, 30, 34]);
  });

  it('normalises each map, or all by one range; signed ones about zero', () => {
    const all = (over: 'map' | 'all', maps = three) => [0, 1, 2].map((index) => [...normalisedMap(maps, index, over)]);
    assert.deepEqual(all('map'), [
      [0, 1],
      [0, 0],
      [0, 1],
    ]);
    assert.deepEqual(
      all('all'),
      [
        [8, 12],
        [10, 10],
        [0, 8],
      ].map((map) => map.map((value) => Math.fround(value / 12))),
    );
    const signed = { ...three, signed: true };
    assert.deepEqual(all('map', signed), [
      [0.5, 1],
      [1, 1],
      [0, 0.5],
    ]);
    assert.deepEqual(all('all', signed), [
      [0.5, 0.75],
      [0.625, 0.625],
      [0, 0.5],
    ]);
    const nothing = {
      ...signed,
      values: new Float32Array(6),
      ranges: [
        [0, 0],
        [0, 0],
        [0, 0],
      ] as const,
      range: [0, 0] as const,
    };
    assert.deepEqual(all('map', nothing), [
      [0.5, 0.5],
      [0.5, 0.5],
      [0.5, 0.5],
    ]);
  });

  it('draws hard pixels in the palette’s colours on a white ground', () => {
    const { x, y } = mapCorner(plan, 0);
    assert.deepEqual([x, y], [4, 4]);
    for (const [px, level] of [
      [x, 0],
      [x + 2, 0],
      [x + 3, 255],
      [x + 5, 255],
    ] as const) {
      for (const py of [y, y + 2]) assert.deepEqual(pixel(px, py), [level, level, level, 255], `${px}, ${py}`);
    }
    assert.deepEqual(pixel(x - 1, y), [255, 255, 255, 255]);
    assert.deepEqual(pixel(x + 6, y), [255, 255, 255, 255]);
    const onNothing = drawGrid(three, plan, { palette, normalise: 'map', ground: [0, 0, 0, 0] });
    assert.equal(onNothing[3], 0);
    assert.equal(onNothing[4 * (y * plan.width + x) + 3], 255);
    // The place where a fourth map would be.
    assert.deepEqual(pixel(4 + plan.stepX, 4 + plan.stepY), [255, 255, 255, 255]);
  });

  it('draws zero of signed maps in the middle of their palette, and three planes as colours', () => {
    const drawn = (maps: GridMaps, colors = palette) => {
      const own = planGrid(maps, { maxWidth: 30, mapSide: 2 });
      const at = 4 * (4 * own.width + 4);
      return [...drawGrid(maps, own, { palette: colors, normalise: 'map' }).subarray(at, at + 8)];
    };
    const middle = [...SIGNED_PALETTE.subarray(3 * 128, 3 * 129)];
    assert.deepEqual(drawn({ ...three, signed: true }, SIGNED_PALETTE).slice(0, 3), middle);
    const colours = { ...three, planes: 3, labels: ['0'], ranges: [[-8, 7]] } as const;
    // Planes (0, 4), (2, 2), (−8, 0) over −8 … 7.
    assert.deepEqual(drawn(colours), [136, 170, 0, 255, 204, 170, 136, 255]);
  });

  it('writes every map’s number under it', () => {
    const rows = Array.from({ length: 5 }, (_, row) =>
      Array.from({ length: 7 }, (_, column) => (pixel(4 + column, 4 + 3 + 2 + row)[0] === 70 ? '#' : '.')).join(''),
    );
    assert.deepEqual(rows, ['.#..###', '##....#', '.#..###', '.#..#..', '###.###']);
    assert.equal(textWidth('12'), 7);
    const large = new Set<string>();
    drawText('1', 10, 20, 2, (x, y) => large.add(`${x} ${y}`));
    assert.equal(large.size, 4 * 8);
    assert.ok(large.has('12 20') && large.has('13 21') && large.has('10 29') && !large.has('10 20'));
    drawText('?', 0, 0, 1, () => assert.fail('there is no glyph'));
  });

  it('finds the map under a point and beside another', () => {
    for (const index of [0, 1, 2]) {
      const { x, y } = mapCorner(plan, index);
      assert.equal(mapAt(plan, x, y), index);
      assert.equal(mapAt(plan, x + plan.stepX - 5, y + plan.stepY - 5), index);
    }
    assert.equal(mapAt(plan, 3, 4), undefined);
    assert.equal(mapAt(plan, 4 + plan.stepX - 4, 4), undefined);
    assert.equal(mapAt(plan, 4 + plan.stepX, 4 + plan.stepY), undefined);
    const beside = (index: number, key: string) => mapAfterKey(plan, index, key);
    assert.deepEqual(
      [
        beside(0, 'ArrowRight'),
        beside(0, 'ArrowDown'),
        beside(1, 'ArrowDown'),
        beside(2, 'ArrowRight'),
        beside(0, 'ArrowLeft'),
      ],
      [1, 2, 1, 2, 0],
    );
    assert.deepEqual(
      [beside(2, 'ArrowUp'), beside(0, 'End'), beside(1, 'Home'), beside(2, 'End'), beside(0, 'x')],
      [0, 1, 0, 2, undefined],
    );
  });
});
