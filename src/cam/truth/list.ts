import path from 'node:path';
import type { TruthObject } from '../judging/truthMasks';
import { cocoObjects } from './coco';
import { type Json, readJson, records } from './json';
import type { MaskColors } from './mask';
import { shapesObjects } from './shapes';

/** A JSON list of many pictures: COCO's (`images`, `annotations`, `categories`) or ours (`images` with `objects`). */
export async function listIn(
  file: string,
  colors: MaskColors | undefined,
): Promise<(image: string) => Promise<readonly TruthObject[]>> {
  const name = path.basename(file);
  const list = await readJson(file);
  const images = records(list['images']);
  const fileOf = (image: Json): string => path.basename(String(image['file_name'] ?? image['image'] ?? ''));
  const entryOf = (image: string): Json => {
    const found = images.find((one) => fileOf(one) === path.basename(image));
    if (found) return found;
    throw new Error(`${name} says nothing of ${path.basename(image)}`);
  };
  const coco = cocoObjects(list, name);
  if (coco) return async (image) => coco(entryOf(image));
  if (images.some((image) => Array.isArray(image['objects']))) {
    return async (image) => shapesObjects(entryOf(image), file, colors);
  }
  throw new Error(
    `${name} is no list of objects: COCO's 'images' and 'annotations', or 'images' with 'objects' are needed`,
  );
}
