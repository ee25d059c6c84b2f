import { type CamMap, finishMaps } from './normalise';

/** The longer side of a small map, in pixels. */
const SIDE = 96;

/** A map normalised to [0, 1) in the picture's proportions, small enough to be sent by the dozen. `size`: the picture's height and width. */
export function thumbnail(raw: CamMap, [height, width]: readonly [number, number], leak = 0): CamMap {
  const scale = Math.min(1, SIDE / Math.max(height, width));
  return finishMaps([raw], Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale)), { leak });
}
