import path from 'node:path';
import { isInside } from '../../onnx/externalData';
import type { TruthObject } from '../judging/truthMasks';
import { type Json, records } from './json';
import { fromMask, type MaskColors } from './mask';

/** The objects of an entry of our lists: each with its mask, a file in the list's folder or below. */
export async function shapesObjects(
  entry: Json,
  file: string,
  colors: MaskColors | undefined,
): Promise<readonly TruthObject[]> {
  const name = path.basename(file);
  const objects = records(entry['objects']).map(async (one): Promise<TruthObject> => {
    const wanted = String(one['mask']);
    const folder = path.dirname(file);
    if (!isInside(folder, path.resolve(folder, wanted))) {
      throw new Error(
        `${name}: the mask ${wanted} lies outside the list's folder and is not read; put it beside the list`,
      );
    }
    const [mask] = await fromMask(path.join(folder, wanted), colors, String(one['label'] ?? ''));
    if (!mask) throw new Error(`${name}: the mask ${wanted} marks nothing`);
    return { ...mask, ...(typeof one['class'] === 'number' && { classIndex: one['class'] }) };
  });
  return Promise.all(objects);
}
