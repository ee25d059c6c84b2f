import fs from 'node:fs/promises';
import path from 'node:path';
import { isPictureName } from '../../image/pictureNames';
import { read } from '../truth/json';
import { listIn } from '../truth/list';
import { fromMask, type MaskColors } from '../truth/mask';
import { fromVoc } from '../truth/voc';
import { fromYolo } from '../truth/yolo';
import type { TruthObject } from './truthMasks';

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
  return path.parse(name).name === stem && (/\.(xml|txt)$/i.test(name) || isPictureName(name));
}

/** What a mask's name says: `cat.mask-dog.png` is the dog in `cat`, `cat_mask.png` all there is. Undefined for other names. */
export function maskName(name: string): { readonly stem: string; readonly label?: string } | undefined {
  const [, stem, label] = /^(.+)[._-]mask(?:-(.+))?$/.exec(path.parse(name).name) ?? [];
  if (stem === undefined || !isPictureName(name)) return undefined;
  return { stem, ...(label !== undefined && { label }) };
}

async function objectsIn(file: string, colors: MaskColors | undefined): Promise<readonly TruthObject[]> {
  const extension = path.extname(file).toLowerCase();
  if (extension === '.xml') return fromVoc(await read(file), path.basename(file));
  if (extension === '.txt') return fromYolo(await read(file), path.basename(file));
  if (!isPictureName(file)) {
    throw new Error(
      `${file} holds no mask or boxes: a picture, .xml (Pascal VOC), .txt (YOLO) or .json (COCO) is needed`,
    );
  }
  return fromMask(file, colors, maskName(file)?.label);
}
