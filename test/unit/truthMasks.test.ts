import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { folderMeans, folderPictures } from '../../src/cam/judging/folder';
import { maskName, openTruth } from '../../src/cam/judging/truthFiles';
import { objectsOf, type TruthObject, truthMask } from '../../src/cam/judging/truthMasks';
import { readMaskColors } from '../../src/cam/truth/mask';
import { encodePng } from '../../src/image/decode';
import { root } from '../shared';

const WHOLE = { x: 0, y: 0, width: 8, height: 4 };
const picture = { width: 8, height: 4, seen: WHOLE };

/** Rows of a mask as text. */
function rows(mask: Uint8Array, width: number): readonly string[] {
  return Array.from({ length: mask.length / width }, (_, y) => mask.subarray(y * width, (y + 1) * width).join(''));
}

describe('masks and boxes', () => {
  let folder = '';
  before(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'evo-truth-'));
  });
  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  const write = (name: string, text: string | Uint8Array): string => {
    const file = path.join(folder, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text);
    return file;
  };
  const objects = async (file: string, image = 'cat.jpg') => (await openTruth(file)).objects(image);
  /** 8×4 pixels; 1 and 2 are two colours. */
  const png = async (name: string, pixels: readonly string[]): Promise<string> => {
    const colors: Readonly<Record<string, readonly number[]>> = {
      '0': [0, 0, 0, 255],
      '1': [255, 128, 0, 255],
      '2': [0, 128, 0, 255],
    };
    const rgba = Uint8Array.from([...pixels.join('')].flatMap((pixel) => colors[pixel] ?? []));
    return write(name, await encodePng(rgba, pixels[0]?.length ?? 0, pixels.length));
  };

  it('Pascal VOC: pixels from 1, the last ones included; parts are not objects', async () => {
    const file = write(
      'voc.xml',
      `<annotation><size><width>8</width><height>4</height><depth>3</depth></size>
       <object><name>dog</name><part><name>head</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>1</xmax><ymax>1</ymax></bndbox></part>
         <bndbox><xmin>3</xmin><ymin>2</ymin><xmax>5</xmax><ymax>4</ymax></bndbox></object>
       <object><name>cat</name><bndbox><xmin>8</xmin><ymin>1</ymin><xmax>8</xmax><ymax>1</ymax></bndbox></object></annotation>`,
    );
    const found = await objects(file);
    assert.deepEqual(
      found.map(({ label }) => label),
      ['dog', 'cat'],
    );
    assert.deepEqual(rows(truthMask(found.slice(0, 1), picture, 8, 4), 8), [
      '00000000',
      '00111000',
      '00111000',
      '00111000',
    ]);
    assert.deepEqual(rows(truthMask(found.slice(1), picture, 8, 4), 8), [
      '00000001',
      '00000000',
      '00000000',
      '00000000',
    ]);
    const sizeless = write(
      'none.xml',
      '<annotation><object><name>a</name><bndbox><xmin>1</xmin></bndbox></object></annotation>',
    );
    await assert.rejects(
      objects(sizeless),
      /none\.xml is no Pascal VOC file: <size> and every <bndbox> need their numbers/,
    );
  });

  it('YOLO: centre and size in parts of the picture', async () => {
    const found = await objects(write('yolo.txt', '3 0.5 0.5 0.25 0.5\r\n\n1 0.0625 0.125 0.125 0.25\n'));
    assert.deepEqual(
      found.map(({ classIndex }) => classIndex),
      [3, 1],
    );
    assert.deepEqual(rows(truthMask(found.slice(0, 1), picture, 8, 4), 8), [
      '00000000',
      '00011000',
      '00011000',
      '00000000',
    ]);
    assert.deepEqual(rows(truthMask(found.slice(1), picture, 8, 4), 8)[0], '10000000');
    await assert.rejects(
      objects(write('bad.txt', '0 1 2\n')),
      /bad\.txt, line 1: a YOLO line is 'class x y width height'/,
    );
    await assert.rejects(
      objects(write('outline.txt', '0 0.1 0.1 0.5 0.1 0.5 0.5\n')),
      /outline\.txt, line 1 holds 7 numbers, an outline and no box; give boxes or a mask/,
    );
    await assert.rejects(objects(write('pixels.txt', '0 100 100 50 50\n')), /in parts of the picture from 0 to 1/);
  });

  it('masks outside the folder of a list are not read', async () => {
    const list = { images: [{ file_name: 'cat.jpg', objects: [{ label: 'cat', mask: '../outside.png' }] }] };
    const file = write('inner/shapes.json', JSON.stringify(list));
    await assert.rejects(
      objects(file, 'cat.jpg'),
      /shapes\.json: the mask \.\.\/outside\.png lies outside the list's folder and is not read/,
    );
  });

  it('COCO: left, top, width, height in pixels, for the picture of that name', async () => {
    const file = write(
      'coco/instances.json',
      JSON.stringify({
        images: [
          { id: 7, file_name: 'train/cat.jpg', width: 8, height: 4 },
          { id: 8, file_name: 'dog.jpg', width: 8, height: 4 },
        ],
        annotations: [
          { image_id: 8, category_id: 2, bbox: [0, 0, 8, 4] },
          { image_id: 7, category_id: 1, bbox: [1, 2, 3, 1] },
        ],
        categories: [
          { id: 1, name: 'cat' },
          { id: 2, name: 'dog' },
        ],
      }),
    );
    const [cat, ...more] = await objects(file, '/somewhere/cat.jpg');
    assert.deepEqual([cat?.label, more.length], ['cat', 0]);
    assert.deepEqual(rows(truthMask(cat ? [cat] : [], picture, 8, 4), 8), [
      '00000000',
      '00000000',
      '01110000',
      '00000000',
    ]);
    await assert.rejects(objects(file, 'cow.jpg'), /instances\.json says nothing of cow\.jpg/);
    // A folder that holds the list does as well.
    assert.equal((await objects(path.join(folder, 'coco'), 'dog.jpg'))[0]?.label, 'dog');
    await assert.rejects(objects(write('list.json', '{"images": []}')), /list\.json is no list of objects/);
    await assert.rejects(objects(write('cut.json', '{"images": [')), /cut\.json is no JSON/);
  });

  it('a mask: what is not black, or what has the colour of the class', async () => {
    const file = await png('mask.png', ['00000000', '01100000', '01102200', '00002200']);
    assert.deepEqual(rows(truthMask(await objects(file), picture, 8, 4), 8), [
      '00000000',
      '01100000',
      '01101100',
      '00001100',
    ]);
    const colors = await readMaskColors(
      write('colors.json', '{"star": "#ff8000", "5": [0, 128, 0], "ring": [1, 2, 3]}'),
    );
    const found = await (await openTruth(file, colors)).objects('cat.jpg');
    // Of rings there are none; JSON lists whole numbers first.
    assert.deepEqual(
      found.map(({ label, classIndex }) => label ?? classIndex),
      [5, 'star'],
    );
    assert.deepEqual(rows(truthMask(found.slice(0, 1), picture, 8, 4), 8), [
      '00000000',
      '00000000',
      '00001100',
      '00001100',
    ]);
    await assert.rejects(
      readMaskColors(write('wrong.json', '{"star": "orange"}')),
      /wrong\.json: 'star' is no colour: write "#ff8000"/,
    );
    await assert.rejects(
      objects(await png('all.png', ['11', '11'])),
      /all\.png marks every pixel: a mask is black where/,
    );
  });

  it('in a folder, files named like the picture; the picture itself is no mask', async () => {
    await png('set/cat.png', ['10', '01']);
    await png('set/cat.mask-tail.png', ['10', '00']);
    await png('set/cat.mask-ear.png', ['01', '00']);
    await png('set/cow.png', ['10', '00']);
    write('set/dog.txt', '2 0.5 0.5 1 1');
    const set = path.join(folder, 'set');
    assert.deepEqual((await objects(set, path.join(set, 'cat.png'))).map(({ label }) => label).sort(), ['ear', 'tail']);
    assert.equal((await objects(set, '/elsewhere/dog.jpg'))[0]?.classIndex, 2);
    await assert.rejects(
      objects(set, path.join(set, 'cow.png')),
      /no mask or box file in .*set is named like cow\.png/,
    );
    assert.equal((await objects(set, '/elsewhere/cow.jpg')).length, 1);
    assert.deepEqual(
      (await folderPictures(set)).map((file) => path.basename(file)),
      ['cat.png', 'cow.png'],
    );
    assert.deepEqual(maskName('00_ring.mask-ring.png'), { stem: '00_ring', label: 'ring' });
    assert.deepEqual(maskName('samoyed_mask.png'), { stem: 'samoyed' });
    assert.equal(maskName('masked.png'), undefined);
  });

  it('the sample: shapes.json', async () => {
    const source = await openTruth(path.join(root, 'sample/masks'));
    const found = await source.objects(path.join(root, 'sample/images/12_star_square.png'));
    assert.deepEqual(found.map(({ label, classIndex }) => [label, classIndex]).sort(), [
      ['square', 2],
      ['star', 6],
    ]);
  });

  it('goes through the same crop and resize as the picture', () => {
    // The model sees the middle 4×4 of 8×4 pixels, at twice the size.
    const seen = { x: 2, y: 0, width: 4, height: 4 };
    const box: TruthObject = { region: { kind: 'box', x: 3 / 8, y: 1 / 4, width: 1 / 8, height: 1 / 4 } };
    const expected = ['00000000', '00000000', '00110000', '00110000', '00000000', '00000000', '00000000', '00000000'];
    assert.deepEqual(rows(truthMask([box], { ...picture, seen }, 8, 8), 8), expected);
    const inside = new Uint8Array(32);
    inside[8 + 3] = 1;
    const mask: TruthObject = { region: { kind: 'mask', width: 8, height: 4, inside } };
    assert.deepEqual(rows(truthMask([mask], { ...picture, seen }, 8, 8), 8), expected);
    // A mask may be of another size, but not of another view.
    assert.deepEqual(
      rows(truthMask([mask], { width: 16, height: 8, seen: { x: 4, y: 0, width: 8, height: 8 } }, 8, 8), 8),
      expected,
    );
    assert.throws(
      () => truthMask([mask], { width: 8, height: 8, seen: WHOLE }, 8, 8),
      /the mask is 8×4, the picture 8×8/,
    );
    const outside: TruthObject = { region: { kind: 'box', x: 0, y: 0, width: 0.1, height: 1 } };
    assert.throws(
      () => truthMask([outside], { ...picture, seen }, 8, 8),
      /lies outside the part of the picture that the model sees/,
    );
  });

  it('chooses the objects of the class, by number, name or one of its names', () => {
    const region = { kind: 'box', x: 0, y: 0, width: 1, height: 1 } as const;
    const marked: readonly TruthObject[] = [
      { label: 'Dog', region },
      { label: 'cat', classIndex: 4, region },
      { classIndex: 9, region },
    ];
    const chosen = (classIndex: number, name: string, object?: string) =>
      objectsOf(marked, { classes: [{ index: classIndex, name }], ...(object !== undefined && { object }) }).map(
        (one) => marked.indexOf(one),
      );
    assert.deepEqual(chosen(1, 'dog, domestic dog'), [0]);
    assert.deepEqual(chosen(4, ''), [1]);
    assert.deepEqual(chosen(9, ''), [2]);
    assert.deepEqual(chosen(0, 'samoyed', 'dog'), [0]);
    assert.deepEqual(chosen(0, 'samoyed', '9'), [2]);
    assert.deepEqual(chosen(0, 'samoyed', 'all'), [0, 1, 2]);
    assert.throws(
      () => chosen(0, 'samoyed'),
      /no object here is samoyed \(class 0\): there are Dog, cat, class 9; name one/,
    );
    const classes = [
      { index: 5, name: 'x' },
      { index: 9, name: 'y' },
    ];
    assert.equal(objectsOf([{ region }], { classes }).length, 1);
    assert.throws(() => objectsOf([], { classes }), /no object is marked/);
    assert.deepEqual(objectsOf(marked, { classes }), [marked[2]]);
    assert.equal(objectsOf([{ region }], { classes: [] }).length, 1);
    assert.throws(() => objectsOf(marked, { classes: [] }), /is no class, .* must be said: Dog, cat, class 9, or all/);
  });
});

describe('means over a folder', () => {
  it('leave out what failed or is not known', () => {
    const metric = (id: string, value: number) => ({ id, title: id, value, unit: 'score' as const, note: '' });
    const row = (value: number, other: number) => ({
      ...{ image: 'a.png', method: 'gradcam' },
      answer: {
        targetClass: 0,
        className: '',
        confidence: 1,
        confidenceUnit: 'score' as const,
        metrics: [metric('road', value), metric('energy', other)],
      },
    });
    const means = folderMeans([
      row(1, Number.NaN),
      row(4, 3),
      { image: 'b.png', method: 'gradcam', failure: 'broken' },
    ]);
    assert.deepEqual(means.get('gradcam')?.get('road'), { mean: 2.5, count: 2 });
    assert.deepEqual(means.get('gradcam')?.get('energy'), { mean: 3, count: 1 });
    const unknown = folderMeans([row(Number.NaN, 1)])
      .get('gradcam')
      ?.get('road');
    assert.deepEqual([unknown?.count, Number.isNaN(unknown?.mean)], [0, true]);
  });
});
