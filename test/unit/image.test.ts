import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { decodeBytes, decodeImage, encodePng } from '../../src/image/decode';
import { picture } from '../../src/image/picture';
import { resample } from '../../src/image/resample';
import { root } from '../shared';

/** Pillow 12.3, Image.resize((columns, rows), BILINEAR) of the pattern. */
const PILLOW_BILINEAR = [
  [
    13,
    9,
    5,
    4,
    '649ba1919269657a6f7b64878d71878492828d7e86657185917b72898590897088657c8f9d716978827b698f829a938e7c60' +
      '8985686f8b75805486a3',
  ],
  [
    13,
    9,
    13,
    3,
    '4479ae69d37d8e6dccb3875b98a14a5d7b79629568474f976c496691a3b5b65d449b57d360b1629b7b5a877f949084785f89' +
      'b268717a8d927b7941989e7f438aa07d934f61628d9b6bae7f905d80a87d72ad97a1529190774bbf9c454e619f7d86596cab' +
      '535bb0ad8a5567797a61a83fbb976475a6',
  ],
  [
    4,
    3,
    7,
    5,
    '00356a0d559d2289ef38bcc14ddd80627e3f6f431724598e31799d46adb45cadb271a2a4867e6393673b5b90c568b09d7de4' +
      '5c93979ca84adbbd7e9aca9e72659acf72baa787ee669da1a6b254e5c788a4d4a87c6ca1d679c1ae8ef56da4a8adb95becce' +
      '8fabdbaf83',
  ],
] as const;

/** 2×2 pixels of 16-bit grey 0, 65535, 32768, 256: a PNG written by OpenCV. */
const GREY_16 = 'iVBORw0KGgoAAAANSUhEUgAAAAIAAAACEAAAAAAHTY67AAAAEklEQVQIHWNkYPj/n7GBoZEBABAOAwLc0NHFAAAAAElFTkSuQmCC';

/** value(x, y, c) = (37x + 91y² + 53c(x + 1)) mod 256, the picture that was also given to Pillow. */
function pattern(width: number, height: number) {
  const rgb = Uint8Array.from({ length: 3 * width * height }, (_, index) => {
    const [x, y, c] = [Math.floor(index / 3) % width, Math.floor(index / 3 / width), index % 3];
    return (37 * x + 91 * y * y + 53 * c * (x + 1)) % 256;
  });
  return { width, height, rgb };
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  assert.equal(a.length, b.length);
  return Array.from(a).reduce((most, value, index) => Math.max(most, Math.abs(value - (b[index] ?? Number.NaN))), 0);
}

const whole = (width: number, height: number) => ({ width, height, x: 0, y: 0, columns: width, rows: height });

describe('image', () => {
  describe('decodeImage', () => {
    const red = { r: 255, g: 0, b: 0 };
    const solid = (width: number, height: number) => sharp({ create: { width, height, channels: 3, background: red } });

    it('keeps the pixels of PNG, WebP and TIFF exactly and of JPEG nearly', async () => {
      const { width, height, rgb } = pattern(16, 8);
      const raw = sharp(rgb, { raw: { width, height, channels: 3 } });
      for (const [format, limit, options] of [
        ['png', 0, {}],
        ['tiff', 0, { compression: 'lzw' }],
        ['webp', 0, { lossless: true }],
        ['jpeg', 4, { quality: 100, chromaSubsampling: '4:4:4' }],
      ] as const) {
        const image = await decodeBytes(await raw.clone().toFormat(format, options).toBuffer(), `a.${format}`);
        assert.deepEqual([image.width, image.height], [16, 8]);
        assert.ok(largestDifference(image.rgb, rgb) <= limit, `${format}: ${largestDifference(image.rgb, rgb)}`);
      }
    });

    it('applies the EXIF orientation', async () => {
      const left = await solid(4, 2)
        .composite([{ input: { create: { width: 2, height: 2, channels: 3, background: 'blue' } }, left: 2, top: 0 }])
        .withMetadata({ orientation: 6 })
        .png()
        .toBuffer();
      const image = await decodeBytes(left, 'turned.png');
      assert.deepEqual([image.width, image.height], [2, 4]);
      assert.deepEqual([...image.rgb.subarray(0, 3)], [255, 0, 0]); // left becomes top
      assert.deepEqual([...image.rgb.subarray(-3)], [0, 0, 255]);
    });

    it('flattens transparency onto white', async () => {
      const half = await sharp({ create: { width: 1, height: 1, channels: 4, background: { ...red, alpha: 0.5 } } })
        .png()
        .toBuffer();
      const { rgb } = await decodeBytes(half, 'half.png');
      assert.ok(largestDifference(rgb, [255, 127, 127]) <= 1, `${rgb}`);
    });

    it('reads 16-bit grey as 8-bit colour', async () => {
      const { rgb } = await decodeBytes(Buffer.from(GREY_16, 'base64'), 'grey16.png');
      assert.deepEqual([...rgb], [0, 0, 0, 255, 255, 255, 128, 128, 128, 1, 1, 1]);
    });

    it('takes the first frame of an animation', async () => {
      const frames = Buffer.concat([Buffer.alloc(24, 10), Buffer.alloc(24, 200)]);
      const gif = await sharp(frames, { raw: { width: 4, height: 4, channels: 3, pageHeight: 2 } })
        .gif({ delay: [10, 10] })
        .toBuffer();
      const { height, rgb } = await decodeBytes(gif, 'two.gif');
      assert.equal(height, 2);
      assert.ok(rgb.every((value) => value === 10));
    });

    it('says in one sentence what is wrong', async () => {
      const jpeg = await sharp(pattern(64, 64).rgb, { raw: { width: 64, height: 64, channels: 3 } })
        .jpeg()
        .toBuffer();
      const bad: readonly (readonly [string, Uint8Array, RegExp])[] = [
        ['notes.png', Buffer.from('just text'), /^notes\.png is not a picture that can be opened: use JPEG, PNG/],
        ['half.jpg', jpeg.subarray(0, jpeg.length / 2), /^half\.jpg is damaged or cut off \(.*\): export it again\.$/],
        ['head.jpg', jpeg.subarray(0, 100), /^head\.jpg is damaged or cut off/],
        ['empty.png', new Uint8Array(), /^empty\.png is empty\.$/],
        ['phone.heic', Buffer.from('\0\0\0\x18ftypheic\0\0\0\0'), /HEIC picture.*convert it to JPEG or PNG/],
      ];
      for (const [name, bytes, message] of bad) await assert.rejects(decodeBytes(bytes, name), { message });
    });

    it('refuses more than 100 megapixels', async () => {
      const huge = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="12000" height="9000"/>');
      await assert.rejects(decodeBytes(huge, 'huge.svg'), /more than 100 megapixels: scale it down first/);
    });

    it('names a file that is missing or a folder', async () => {
      await assert.rejects(decodeImage(path.join(root, 'no-such.png')), /^Error: There is no file .*no-such\.png\.$/);
      await assert.rejects(decodeImage(path.join(root, 'test')), /test is not a file: choose a picture/);
    });

    it('sees a file that was replaced under the same name', async () => {
      const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'evo-'));
      const file = path.join(folder, 'a.png');
      fs.writeFileSync(file, await solid(2, 2).png().toBuffer());
      assert.equal((await decodeImage(file)).width, 2);
      fs.writeFileSync(file, await solid(5, 5).png().toBuffer());
      assert.equal((await decodeImage(file)).width, 5);
      fs.rmSync(folder, { recursive: true });
    });
  });

  it('encodePng and decode are inverse', async () => {
    const { width, height, rgb } = pattern(7, 5);
    const { rgba } = picture({ width, height, rgb }, { x: 0, y: 0, width, height });
    assert.deepEqual([...(await decodeBytes(await encodePng(rgba, width, height), 'a.png')).rgb], [...rgb]);
  });

  describe('resample', () => {
    for (const [width, height, columns, rows, hex] of PILLOW_BILINEAR) {
      it(`${width}×${height} to ${columns}×${rows} is Pillow’s within 1 level`, () => {
        const { rgb } = resample(pattern(width, height), whole(columns, rows));
        assert.ok(largestDifference(rgb, Buffer.from(hex, 'hex')) <= 1);
      });
    }

    it('computes a cut as the whole, cut', () => {
      const image = pattern(40, 30);
      const all = resample(image, whole(17, 13));
      const cut = resample(image, { width: 17, height: 13, x: 3, y: 2, columns: 9, rows: 8 });
      for (let y = 0; y < 8; y++) {
        const from = 3 * ((y + 2) * 17 + 3);
        assert.deepEqual([...cut.rgb.subarray(27 * y, 27 * (y + 1))], [...all.rgb.subarray(from, from + 27)]);
      }
    });

    it('leaves an image of the right size alone', () => {
      assert.deepEqual(resample(pattern(9, 7), whole(9, 7)), pattern(9, 7));
    });
  });

  describe('picture', () => {
    it('scales the longer side to 1,024 and the seen part with it', () => {
      const big = { width: 4096, height: 1000, rgb: new Uint8Array(3 * 4096 * 1000).fill(7) };
      const { width, height, rgba, seen } = picture(big, { x: 1000, y: 100, width: 800, height: 800 });
      assert.deepEqual([width, height, rgba.length], [1024, 250, 1024 * 250 * 4]);
      assert.deepEqual(seen, { x: 250, y: 25, width: 200, height: 200 });
      assert.deepEqual([...rgba.subarray(0, 4)], [7, 7, 7, 255]);
    });

    it('keeps a small one', () => {
      assert.deepEqual(picture(pattern(3, 2), { x: 0, y: 0, width: 3, height: 2 }).width, 3);
    });
  });
});
