import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { Explainer } from '../../src/cam/explain/explainer';
import { explainSequence, type FrameExplanation, sequenceMaps } from '../../src/cam/explain/explainSequence';
import { colorMap } from '../../src/display/colorMaps';
import { overlay } from '../../src/display/overlay';
import { readModel } from '../../src/formats/modelReader';
import { encodeAnimation, type HeatMaps } from '../../src/image/animation';
import { decodeImage } from '../../src/image/decode';
import { opaque } from '../../src/image/picture';
import { openSequence } from '../../src/image/sequence';
import { TemporaryFolder } from '../fixtures/onnxFiles';
import { useRuntime } from '../runtime';
import { root } from '../shared';

const pictures = path.join(root, 'sample/images');
const model = path.join(root, 'sample/shapes-resnet8.onnx');

/** Frames of plain colours, 8×4. */
const COLOURS = [
  [255, 0, 0],
  [0, 255, 0],
  [0, 0, 255],
  [250, 250, 250],
] as const;
const film = (): Uint8Array =>
  Uint8Array.from(COLOURS.flatMap((colour) => Array.from({ length: 32 }, () => colour).flat()));
const animated = (delay: number[]) =>
  sharp(film(), { raw: { width: 8, height: 4 * COLOURS.length, channels: 3, pageHeight: 4 } }).gif({ delay, loop: 0 });

/** A GIF of so many frames of side × side pixels, in a few bytes each (GIF89a, sections 18 to 22). */
function changingOnePixel(frames: number, side: number): Uint8Array {
  const size = [side & 255, side >> 8];
  const screen = [...Buffer.from('GIF89a'), ...size, ...size, 0x80, 0, 0, ...[0, 0, 0], ...[255, 255, 255]];
  // At (0, 0), one pixel wide and high; codes of two bits: clear, 0, end.
  const frame = [0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 0x01, 0];
  return Uint8Array.from([...screen, ...Array.from({ length: frames }, () => frame).flat(), 0x3b]);
}

const none: HeatMaps = {
  ...{
    map: () => undefined,
    seen: () => ({ x: 0, y: 0, width: 1, height: 1 }),
    palette: colorMap('grey').palette,
    opacity: 1,
  },
};

describe('sequences', function () {
  this.timeout(30_000);
  const files = new TemporaryFolder();
  const runtime = useRuntime();

  it('reads the frames of an animated GIF and WebP whole, with their delays', async () => {
    const raw = { width: 8, height: 4 * COLOURS.length, channels: 3, pageHeight: 4 } as const;
    const delay = [100, 70, 0, 500];
    const webp = await sharp(film(), { raw }).webp({ delay, lossless: true }).toBuffer();
    for (const [name, bytes] of [
      ['film.gif', await animated(delay).toBuffer()],
      ['film.webp', webp],
    ] as const) {
      const sequence = await openSequence(files.write(name, bytes));
      assert.deepEqual(
        sequence.frames.map(({ delayMilliseconds }) => delayMilliseconds),
        [100, 70, 100, 500],
        name,
      );
      assert.deepEqual([sequence.name, sequence.frames[1]?.name], [name, `${name} 2`]);
      for (const index of [2, 0, 3, 1]) {
        const { width, height, rgb } = await sequence.image(index);
        assert.deepEqual(
          [width, height, ...rgb.subarray(0, 3), ...rgb.subarray(-3)],
          [8, 4, ...(COLOURS[index] ?? []), ...(COLOURS[index] ?? [])],
        );
      }
      await assert.rejects(
        sequence.image(4),
        new RegExp(`^Error: ${name} has no picture 4; it has 4, numbered from 0$`),
      );
    }
  });

  it('lays a frame that only changes a part over the ones before it', async () => {
    // By hand from the GIF89a specification: 2×1, palette black and white; frame 2 is its right pixel only.
    const header = [...Buffer.from('GIF89a'), 2, 0, 1, 0, 0x80, 0, 0, 0, 0, 0, 255, 255, 255];
    const frame = (left: number, width: number, ...data: number[]) => [
      ...[0x21, 0xf9, 4, 4, 10, 0, 0, 0, 0x2c, left, 0, 0, 0, width, 0, 1, 0, 0],
      ...[2, data.length, ...data, 0],
    ];
    // LZW codes of 3 bits, low bits first: clear (4), the pixels, end (5).
    const black2 = [0b00_000_100, 0b0000_101_0];
    const white1 = [0b01_001_100, 0b1];
    const gif = Uint8Array.from([...header, ...frame(0, 2, ...black2), ...frame(1, 1, ...white1), 0x3b]);
    const sequence = await openSequence(files.write('partial.gif', gif));
    assert.deepEqual([...(await sequence.image(0)).rgb], [0, 0, 0, 0, 0, 0]);
    assert.deepEqual([...(await sequence.image(1)).rgb], [0, 0, 0, 255, 255, 255]);
    assert.deepEqual(
      sequence.frames.map(({ delayMilliseconds }) => delayMilliseconds),
      [100, 100],
    );
  });

  it('reads a folder in natural order, a single picture as a sequence of one', async () => {
    const png = fs.readFileSync(path.join(pictures, '04_triangle_star.png'));
    for (const name of [
      'folder/frame10.png',
      'folder/frame9.png',
      'folder/frame1.PNG',
      'folder/.hidden.png',
      'folder/deep/0.png',
    ]) {
      files.write(name, png);
    }
    files.write('folder/notes.txt', 'no picture');
    const sequence = await openSequence(path.join(files.path, 'folder'));
    assert.deepEqual(
      [sequence.name, sequence.frames.map(({ name }) => name)],
      ['folder', ['frame1.PNG', 'frame9.png', 'frame10.png']],
    );
    assert.deepEqual(await sequence.image(2), await decodeImage(path.join(pictures, '04_triangle_star.png')));
    const single = await openSequence(path.join(pictures, '04_triangle_star.png'));
    assert.deepEqual([single.frames.length, (await single.image(0)).width], [1, 96]);
  });

  it('refuses with one sentence what is no sequence', async () => {
    files.write('empty/notes.txt', '');
    await assert.rejects(
      openSequence(path.join(files.path, 'empty')),
      /^Error: empty holds no pictures: choose a folder/,
    );
    await assert.rejects(
      openSequence(path.join(files.path, 'nowhere.gif')),
      /^Error: There is no file .*nowhere\.gif\.$/,
    );
    await assert.rejects(openSequence(files.write('text.gif', 'hello')), /^Error: text\.gif is not a picture/);
    for (let i = 0; i <= 2000; i++) files.write(`many/${i}.png`, '');
    await assert.rejects(
      openSequence(files.write('bomb.gif', changingOnePixel(126, 2000))),
      /^Error: bomb\.gif has 126 frames of 2000×2000 pixels, too many to go through: make it smaller/,
    );
    await assert.rejects(
      openSequence(files.write('long.gif', changingOnePixel(2001, 1))),
      /^Error: long\.gif has 2001 pictures; 2000 at a time are explained/,
    );
    await assert.rejects(
      openSequence(path.join(files.path, 'many')),
      /^Error: many has 2001 pictures; 2000 at a time are explained/,
    );
    const cut = (await animated([100]).toBuffer()).subarray(0, 60);
    await assert.rejects(
      openSequence(files.write('cut.gif', cut)).then((sequence) => sequence.image(3)),
      /^Error: cut\.gif (is damaged or cut off|has no picture 3)/,
    );
  });

  it('writes GIF and WebP that decode to what was drawn', async () => {
    const sequence = await openSequence(files.write('film.gif', await animated([100, 70, 200, 500]).toBuffer()));
    const half: HeatMaps = {
      ...none,
      map: () => ({ width: 1, height: 1, values: [1] }),
      seen: () => ({ x: 4, y: 0, width: 4, height: 4 }),
    };
    const told: number[] = [];
    const gif = await encodeAnimation(sequence, 'gif', half, (index) => told.push(index));
    assert.deepEqual(told, [0, 1, 2, 3]);
    const again = await openSequence(files.write('again.gif', gif));
    assert.deepEqual(
      again.frames.map(({ delayMilliseconds }) => delayMilliseconds),
      [100, 70, 200, 500],
    );
    for (const [index, colour] of COLOURS.entries()) {
      const { width, height, rgb } = await again.image(index);
      assert.deepEqual([width, height], [8, 4]);
      assert.deepEqual(
        [...rgb.subarray(0, 24)],
        [...colour, ...colour, ...colour, ...colour, ...new Array<number>(12).fill(255)],
      );
    }
    const still = { ...sequence, image: () => sequence.image(0) };
    const kept = await openSequence(files.write('still.gif', await encodeAnimation(still, 'gif', none)));
    assert.equal(kept.frames.length, 4);
    const webp = await openSequence(files.write('again.webp', await encodeAnimation(sequence, 'webp', none)));
    assert.deepEqual(
      webp.frames.map(({ delayMilliseconds }) => delayMilliseconds),
      [100, 70, 200, 500],
    );
  });

  it('fits pictures of another shape into the first one’s, on black', async () => {
    const plain = (width: number, height: number) =>
      sharp({ create: { width, height, channels: 3, background: 'white' } })
        .png()
        .toBuffer();
    files.write('shapes/1.png', await plain(600, 300));
    files.write('shapes/2.png', await plain(10, 20));
    const sequence = await openSequence(path.join(files.path, 'shapes'));
    const again = await openSequence(files.write('shapes.gif', await encodeAnimation(sequence, 'gif', none)));
    const { width, height, rgb } = await again.image(1);
    assert.deepEqual([width, height], [480, 240]);
    const white = Array.from({ length: width }, (_, x) => rgb[3 * (100 * width + x)] === 255);
    assert.deepEqual([white.indexOf(true), white.lastIndexOf(true)], [180, 299]);
  });

  it('explains every frame as the picture alone, and says how far it is', async () => {
    const explainer = await Explainer.open(runtime(), await readModel(model));
    const sequence = await openSequence(pictures);
    const few = { ...sequence, frames: sequence.frames.slice(0, 3) };
    const told: string[] = [];
    const frames = await explainSequence(explainer, few, { classIndex: 6 }, ({ index, name }, total) =>
      told.push(`${index} ${name} of ${total}`),
    );
    assert.deepEqual(
      told,
      few.frames.map(({ name }, index) => `${index} ${name} of 3`),
    );
    const maps = sequenceMaps(frames, 'frame', 96, 96);
    for (const { index, name, target, best, raw } of frames) {
      const result = await explainer.explain(await explainer.subject(path.join(pictures, name)), { classIndex: 6 });
      assert.deepEqual(raw, result.raw);
      assert.deepEqual(maps(index), result.map);
      assert.deepEqual([target?.index, best], [6, result.classes[0]]);
    }
    // The GIF is the panel's picture, up to its 256 colours.
    const { palette } = colorMap('turbo');
    const seen = { x: 0, y: 0, width: 96, height: 96 };
    const heat = { map: maps, seen: () => seen, palette, opacity: 0.5 };
    const again = await openSequence(files.write('heat.gif', await encodeAnimation(few, 'gif', heat)));
    for (const index of few.frames.keys()) {
      const { rgb } = await few.image(index);
      const grid = maps(index);
      assert.ok(grid);
      const expected = overlay({ width: 96, height: 96, rgba: opaque(rgb), seen }, grid, palette, 0.5);
      const shown = opaque((await again.image(index)).rgb);
      const squares = shown.reduce((sum, value, i) => sum + (value - (expected[i] ?? 0)) ** 2, 0);
      const decibels = 10 * Math.log10((255 ** 2 * shown.length) / squares);
      assert.ok(decibels > 28, `frame ${index}: ${decibels} dB`);
    }
    await explainer.release();
  });

  it('normalises over the sequence: a weak frame stays weak, one without evidence is empty', () => {
    const frame = (index: number, ...values: number[]): FrameExplanation => ({
      ...{
        index,
        name: '',
        target: undefined,
        best: undefined,
        allZero: false,
        seen: { x: 0, y: 0, width: 1, height: 1 },
      },
      raw: { width: 2, height: 1, values: Float32Array.from(values) },
    });
    const frames = [frame(0, 4, -2), frame(1, 0, 1), frame(2, -1, -3)];
    const maps = sequenceMaps(frames, 'sequence', 2, 1);
    assert.deepEqual(
      [0, 1, 2].map((index) => [...(maps(index)?.values ?? [])]),
      [
        [1, 0],
        [0, 0.25],
        [0, 0],
      ],
    );
    assert.equal(maps(3), undefined);
    const alone = sequenceMaps(frames, 'frame', 2, 1);
    assert.ok((alone(1)?.values[1] ?? 0) > 0.999);
    assert.deepEqual([...(sequenceMaps([frame(0, -1, -2)], 'sequence', 2, 1)(0)?.values ?? [])], [0, 0]);
  });

  it('stops when it is cancelled', async () => {
    const explainer = await Explainer.open(runtime(), await readModel(model));
    const controller = new AbortController();
    const told: number[] = [];
    const stopped = explainSequence(
      explainer,
      await openSequence(pictures),
      {},
      ({ index }) => {
        told.push(index);
        if (index === 1) controller.abort(new Error('cancelled'));
      },
      controller.signal,
    );
    await assert.rejects(stopped, /^Error: cancelled$/);
    assert.deepEqual(told, [0, 1]);
    await explainer.release();
  });
});
