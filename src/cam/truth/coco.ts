import type { TruthObject } from '../judging/truthMasks';
import { boxOf } from './box';
import { type Json, records } from './json';

/** What a COCO list says of the picture of an entry in its `images`; undefined where it is no such list. */
export function cocoObjects(list: Json, name: string): ((entry: Json) => readonly TruthObject[]) | undefined {
  if (!Array.isArray(list['annotations'])) return undefined;
  const annotations = records(list['annotations']);
  const categories = new Map(records(list['categories']).map((one) => [one['id'], String(one['name'] ?? '')]));
  return (entry) =>
    annotations.filter((one) => one['image_id'] === entry['id']).map((one) => fromCoco(one, entry, categories, name));
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
