import type { CamSegments, Picture } from '../../src/protocol/camPanel';
import type { Point } from './contour';

/** The class that a segmenter gives to a place of the picture, in its pixels; undefined where it saw nothing. */
export function segmentAt(
  at: Point,
  { seen }: Pick<Picture, 'seen'>,
  segments: CamSegments | undefined,
): number | undefined {
  if (!segments) return undefined;
  const { width, height, classes } = segments;
  const column = Math.floor(((at.x - seen.x) / seen.width) * width);
  const row = Math.floor(((at.y - seen.y) / seen.height) * height);
  if (column < 0 || row < 0 || column >= width || row >= height) return undefined;
  return classes[row * width + column];
}
