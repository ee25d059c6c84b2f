import path from 'node:path';
import { decodeImage } from '../../image/decode';
import type { TruthObject } from '../judging/truthMasks';
import { readJson } from './json';

/** Red, green and blue, 0–255, by what has that colour in a mask: a label or the number of a class. */
export type MaskColors = ReadonlyMap<string, readonly [number, number, number]>;

/** A picture: 0 is background, or with `colors` one colour per class. */
export async function fromMask(
  file: string,
  colors: MaskColors | undefined,
  label?: string,
): Promise<readonly TruthObject[]> {
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

/** Colours of classes from JSON: `{"star": "#ff8000", "3": [0, 128, 255]}`. @throws one sentence where it is none. */
export async function readMaskColors(file: string): Promise<MaskColors> {
  const name = path.basename(file);
  const entries = Object.entries(await readJson(file));
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
