import type { Picture } from '../protocol/camPanel';
import type { DecodedImage } from './decode';
import type { Rectangle } from './preprocess';
import { resample } from './resample';

/** Longer side of what the panel draws: more pixels than it shows, few enough to send. */
const MAX_SIDE = 1024;

/** The image as the panel draws it, scaled down to at most 1,024 pixels, with the part that the network sees. */
export function picture(image: DecodedImage, seen: Rectangle): Picture {
  const factor = Math.min(1, MAX_SIDE / Math.max(image.width, image.height));
  const width = Math.max(1, Math.round(image.width * factor));
  const height = Math.max(1, Math.round(image.height * factor));
  const { rgb } = factor < 1 ? resample(image, { width, height, x: 0, y: 0, columns: width, rows: height }) : image;
  const across = width / image.width;
  const down = height / image.height;
  return {
    width,
    height,
    rgba: opaque(rgb),
    seen: { x: seen.x * across, y: seen.y * down, width: seen.width * across, height: seen.height * down },
  };
}

/** Interleaved RGB with an alpha of 255. */
export function opaque(rgb: Uint8Array): Uint8Array {
  const rgba = new Uint8Array((rgb.length / 3) * 4).fill(255);
  for (let pixel = 0; pixel < rgb.length / 3; pixel++) {
    rgba[4 * pixel] = rgb[3 * pixel] ?? 0;
    rgba[4 * pixel + 1] = rgb[3 * pixel + 1] ?? 0;
    rgba[4 * pixel + 2] = rgb[3 * pixel + 2] ?? 0;
  }
  return rgba;
}
