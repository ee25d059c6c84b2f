import type { TruthObject } from '../judging/truthMasks';
import { boxOf } from './box';

/** YOLO: a line `class x y width height` per object, the centre and the size in parts of the picture. */
export function fromYolo(text: string, name: string): readonly TruthObject[] {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  return lines.map((line, i) => {
    const numbers = line.trim().split(/\s+/).map(Number);
    const [classIndex = Number.NaN, x = Number.NaN, y = Number.NaN, width = Number.NaN, height = Number.NaN] = numbers;
    if (numbers.length > 5) {
      throw new Error(
        `${name}, line ${i + 1} holds ${numbers.length} numbers, an outline and no box; give boxes or a mask`,
      );
    }
    const region = boxOf(x - width / 2, y - height / 2, width, height);
    if (region && Number.isInteger(classIndex) && width <= 1 && height <= 1) return { classIndex, region };
    throw new Error(
      `${name}, line ${i + 1}: a YOLO line is 'class x y width height', in parts of the picture from 0 to 1`,
    );
  });
}
