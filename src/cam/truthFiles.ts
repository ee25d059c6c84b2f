import fs from 'node:fs/promises';
import path from 'node:path';
import { decodeImage } from '../image/decode';
import { PICTURES } from '../image/sequence';
import type { BoxRegion, TruthObject } from './truthMasks';

/** Red, green and blue, 0–255, by what has that colour in a mask: a label or the number of a class. */
export type MaskColors = ReadonlyMap<string, readonly [number, number, number]>;

/** Where the objects of pictures are: a file or a folder. */
export interface TruthSource {
  readonly name: string;
  /** Of the picture in this file. @throws one sentence where nothing is known of it. */
  objects(image: string): Promise<readonly TruthObject[]>;
}

/**
 * Opens a mask (a picture: 0 is background; or with `colors` one colour per class), Pascal VOC (.xml), YOLO (.txt), COCO or
 * shapes.json (.json), or a folder of them, in which files belong to the picture whose name they bear.
 * @throws one sentence where it cannot be read.
 */
export async function openTruth(file: string, colors?: MaskColors): Promise<TruthSource> {
  const stat = await fs.stat(file).catch(() => undefined);
  if (!stat) throw new Error(`there is no mask or box file ${file}`);
  const name = path.basename(file);
  if (stat.isDirectory()) return { name, objects: await folderOf(file, colors) };
  if (path.extname(file).toLowerCase() === '.json') return { name, objects: await listIn(file, colors) };
  return { name, objects: () => objectsIn(file, colors) };
}

type Find = TruthSource['objects'];

/** A folder: its JSON lists where there are some, else the files that are named like the picture. */
async function folderOf(folder: string, colors: MaskColors | undefined): Promise<Find> {
  const names = await fs.readdir(folder);
  const lists = await Promise.all(
    names
      .filter((name) => /\.json$/i.test(name))
      .map((name) => listIn(path.join(folder, name), colors).catch(() => undefined)),
  );
  const known = lists.filter((list) => list !== undefined);
  return async (image) => {
    for (const find of known) {
      const objects = await find(image).catch(() => undefined);
      if (objects) return objects;
    }
    const files = names.filter((name) => belongs(name, image) && path.resolve(folder, name) !== path.resolve(image));
    const [first] = files;
    if (first === undefined) throw new Error(`no mask or box file in ${folder} is named like ${path.basename(image)}`);
    const masks = files.filter((name) => maskName(name) !== undefined);
    const used = masks.length > 0 ? masks : [first];
    return (await Promise.all(used.map((name) => objectsIn(path.join(folder, name), colors)))).flat();
  };
}

/** Whether a file is a truth of a picture: `cat.xml`, `cat.txt`, `cat.png`, `cat_mask.png`, `cat.mask-dog.png` for `cat.jpg`. */
function belongs(name: string, image: string): boolean {
  const stem = path.parse(image).name;
  const mask = maskName(name);
  if (mask) return mask.stem === stem;
  return path.parse(name).name === stem && (/\.(xml|txt)$/i.test(name) || PICTURES.test(name));
}

/** What a mask's name says: `cat.mask-dog.png` is the dog in `cat`, `cat_mask.png` all there is. Undefined for other names. */
export function maskName(name: string): { readonly stem: string; readonly label?: string } | undefined {
  const [, stem, label] = /^(.+)[._-]mask(?:-(.+))?$/.exec(path.parse(name).name) ?? [];
  if (stem === undefined || !PICTURES.test(name)) return undefined;
  return { stem, ...(label !== undefined && { label }) };
}

async function objectsIn(file: string, colors: MaskColors | undefined): Promise<readonly TruthObject[]> {
  const extension = path.extname(file).toLowerCase();
  if (extension === '.xml') return fromVoc(await read(file), path.basename(file));
  if (extension === '.txt') return fromYolo(await read(file), path.basename(file));
  if (!PICTURES.test(file)) {
    throw new Error(
      `${file} holds no mask or boxes: a picture, .xml (Pascal VOC), .txt (YOLO) or .json (COCO) is needed`,
    );
  }
  return fromMask(file, colors, maskName(file)?.label);
}

async function read(file: string): Promise<string> {
  return fs.readFile(file, 'utf8').catch((error: Error) => {
    throw new Error(`${file} cannot be read: ${error.message}`);
  });
}

async function fromMask(file: string, colors: MaskColors | undefined, label?: string): Promise<readonly TruthObject[]> {
  const { width, height, rgb } = await decodeImage(file);
  const region = (inside: (pixel: number) => boolean) => ({
    ...{ kind: 'mask' as const, width, height },
    inside: Uint8Array.from({ length: width * height }, (_, pixel) => (inside(pixel) ? 1 : 0)),
  });
  const channel = (pixel: number, index: number): number => rgb[3 * pixel + index] ?? 0;
  if (colors) {
    return [...colors].flatMap(([name, color]) => {
      const of = region((pixel) => color.every((level, index) => channel(pixel, index) === level));
      const what = /^\d+$/.test(name) ? { classIndex: Number(name) } : { label: name };
      return of.inside.includes(1) ? [{ ...what, region: of }] : [];
    });
  }
  const all = region((pixel) => channel(pixel, 0) + channel(pixel, 1) + channel(pixel, 2) > 0);
  if (!all.inside.includes(0)) {
    throw new Error(
      `${path.basename(file)} marks every pixel: a mask is black where the object is not, and not transparent`,
    );
  }
  return all.inside.includes(1) ? [{ ...(label !== undefined && { label }), region: all }] : [];
}

/** Pascal VOC: pixels are counted from 1, and those at xmax and ymax belong to the box (VOC 2012 development kit, §2.6). */
function fromVoc(text: string, name: string): readonly TruthObject[] {
  const number = (xml: string, tag: string): number => Number.parseFloat(element(xml, tag) ?? '');
  const size = element(text, 'size') ?? '';
  const [width, height] = [number(size, 'width'), number(size, 'height')];
  return [...text.matchAll(/<object>(.*?)<\/object>/gs)].map(([, object = '']) => {
    const whole = object.replace(/<part>.*?<\/part>/gs, '');
    const box = element(whole, 'bndbox') ?? '';
    const [left, top] = [number(box, 'xmin') - 1, number(box, 'ymin') - 1];
    const region = boxOf(
      left / width,
      top / height,
      (number(box, 'xmax') - left) / width,
      (number(box, 'ymax') - top) / height,
    );
    if (!region) throw new Error(`${name} is no Pascal VOC file: <size> and every <bndbox> need their numbers`);
    return { label: (element(whole, 'name') ?? '').trim(), region };
  });
}

function element(xml: string, tag: string): string | undefined {
  return new RegExp(`<${tag}>(.*?)</${tag}>`, 's').exec(xml)?.[1];
}

/** YOLO: a line `class x y width height` per object, the centre and the size in parts of the picture. */
function fromYolo(text: string, name: string): readonly TruthObject[] {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  return lines.map((line, i) => {
    const [classIndex = Number.NaN, x = Number.NaN, y = Number.NaN, width = Number.NaN, height = Number.NaN] = line
      .trim()
      .split(/\s+/)
      .map(Number);
    const region = boxOf(x - width / 2, y - height / 2, width, height);
    if (region && Number.isInteger(classIndex) && width <= 1 && height <= 1) return { classIndex, region };
    throw new Error(
      `${name}, line ${i + 1}: a YOLO line is 'class x y width height', in parts of the picture from 0 to 1`,
    );
  });
}

/** Undefined where a number is missing or the box is empty. */
function boxOf(x: number, y: number, width: number, height: number): BoxRegion | undefined {
  const isBox = [x, y, width, height].every(Number.isFinite) && width > 0 && height > 0;
  return isBox ? { kind: 'box', x, y, width, height } : undefined;
}

/** A JSON list of many pictures: COCO's (`images`, `annotations`, `categories`) or ours (`images` with `objects`). */
async function listIn(file: string, colors: MaskColors | undefined): Promise<Find> {
  const name = path.basename(file);
  const list = record(parseJson(await read(file), name));
  const images = records(list['images']);
  const fileOf = (image: Json): string => path.basename(String(image['file_name'] ?? image['image'] ?? ''));
  const entryOf = (image: string): Json => {
    const found = images.find((one) => fileOf(one) === path.basename(image));
    if (found) return found;
    throw new Error(`${name} says nothing of ${path.basename(image)}`);
  };
  if (Array.isArray(list['annotations'])) {
    const annotations = records(list['annotations']);
    const categories = new Map(records(list['categories']).map((one) => [one['id'], String(one['name'] ?? '')]));
    return async (image) => {
      const entry = entryOf(image);
      return annotations
        .filter((one) => one['image_id'] === entry['id'])
        .map((one) => fromCoco(one, entry, categories, name));
    };
  }
  if (!images.some((image) => Array.isArray(image['objects']))) {
    throw new Error(
      `${name} is no list of objects: COCO's 'images' and 'annotations', or 'images' with 'objects' are needed`,
    );
  }
  return async (image) => {
    const objects = records(entryOf(image)['objects']).map(async (one) => {
      const [mask] = await fromMask(
        path.join(path.dirname(file), String(one['mask'])),
        colors,
        String(one['label'] ?? ''),
      );
      if (!mask) throw new Error(`${name}: the mask ${String(one['mask'])} marks nothing`);
      return { ...mask, ...(typeof one['class'] === 'number' && { classIndex: one['class'] }) };
    });
    return Promise.all(objects);
  };
}

/** COCO: `bbox` is [left, top, width, height] in pixels from 0. */
function fromCoco(one: Json, image: Json, categories: ReadonlyMap<unknown, string>, name: string): TruthObject {
  const [x, y, across, down] = Array.isArray(one['bbox']) ? one['bbox'].map(Number) : [];
  const [width, height] = [Number(image['width']), Number(image['height'])];
  const part = (length: number | undefined, of: number): number => (length ?? Number.NaN) / of;
  const region = boxOf(part(x, width), part(y, height), part(across, width), part(down, height));
  if (!region) throw new Error(`${name}: 'bbox' of four numbers, and the picture's 'width' and 'height' are needed`);
  return { label: categories.get(one['category_id']) ?? '', region };
}

type Json = Readonly<Record<string, unknown>>;

function parseJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${name} is no JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function record(value: unknown): Json {
  return typeof value === 'object' && value !== null ? (value as Json) : {};
}

function records(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.map(record) : [];
}

/** Colours of classes from JSON: `{"star": "#ff8000", "3": [0, 128, 255]}`. @throws one sentence where it is none. */
export async function readMaskColors(file: string): Promise<MaskColors> {
  const name = path.basename(file);
  const entries = Object.entries(record(parseJson(await read(file), name)));
  if (entries.length === 0) throw new Error(`${name} names no colours: write {"star": "#ff8000", "3": [0, 128, 255]}`);
  return new Map(entries.map(([key, value]) => [key, colorOf(value, `${name}: '${key}'`)]));
}

function colorOf(value: unknown, where: string): readonly [number, number, number] {
  const hex = typeof value === 'string' ? /^#([\da-f]{2})([\da-f]{2})([\da-f]{2})$/i.exec(value) : undefined;
  const levels = hex ? hex.slice(1).map((two) => Number.parseInt(two, 16)) : Array.isArray(value) ? value : [];
  const [red, green, blue] = levels.filter((level) => Number.isInteger(level) && level >= 0 && level <= 255);
  if (levels.length === 3 && red !== undefined && green !== undefined && blue !== undefined) return [red, green, blue];
  throw new Error(`${where} is no colour: write "#ff8000" or [255, 128, 0]`);
}
