/** What a picture shows, in numbers. */
import type { Locator } from 'playwright-core';
import sharp from 'sharp';

/** RGB, row-major. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
}

/** The element as it is seen on the screen. */
export async function seen(element: Locator): Promise<Pixels> {
  return decode(await element.screenshot());
}

/** A canvas's own pixels, untouched by zoom, borders or what lies on top of it. */
export async function canvasPixels(canvas: Locator): Promise<Pixels> {
  const url = await canvas.evaluate((element: { toDataURL(type: string): string }) => element.toDataURL('image/png'));
  return decode(Buffer.from(url.slice(url.indexOf(',') + 1), 'base64'));
}

export async function decode(file: string | Buffer, size?: { width: number; height: number }): Promise<Pixels> {
  const image = sharp(file).flatten({ background: 'black' }).toColourspace('srgb').removeAlpha();
  if (size) image.resize(size.width, size.height, { fit: 'fill', kernel: 'nearest' });
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
  // A grey picture may come with one channel.
  const rgb =
    info.channels === 3 ? data : Uint8Array.from({ length: data.length * 3 }, (_, i) => data[Math.floor(i / 3)] ?? 0);
  return { width: info.width, height: info.height, rgb };
}

/** Colours that cover at least a thousandth of the picture each: 1 for a blank one, a handful for text, more for a graph. */
export function colorCount({ rgb }: Pixels): number {
  const counts = new Map<number, number>();
  for (let i = 0; i < rgb.length; i += 3) {
    // Four bits a channel, so that anti-aliasing does not count as colour.
    const key = ((at(rgb, i) >> 4) << 8) | ((at(rgb, i + 1) >> 4) << 4) | (at(rgb, i + 2) >> 4);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts.values()].filter((count) => count * 3000 >= rgb.length).length;
}

/** 0 black to 255 white. */
export function meanBrightness({ rgb }: Pixels): number {
  return rgb.reduce((sum, value) => sum + value, 0) / rgb.length;
}

/** Mean over the channels of all pixels, 0 to 255; infinite for pictures of different sizes. */
export function difference(a: Pixels, b: Pixels): number {
  if (a.width !== b.width || a.height !== b.height) return Number.POSITIVE_INFINITY;
  return a.rgb.reduce((sum, value, i) => sum + Math.abs(value - at(b.rgb, i)), 0) / a.rgb.length;
}

/** Sum of brightness where the mask is white. */
export function energyIn(map: Pixels, mask: Pixels): number {
  return energyWhere(map, (pixel) => at(mask.rgb, 3 * pixel) > 127);
}

/** Sum of brightness over the pixels (row-major indices) that are `inside`. */
export function energyWhere({ width, height, rgb }: Pixels, inside: (pixel: number) => boolean): number {
  let energy = 0;
  for (let pixel = 0; pixel < width * height; pixel++) if (inside(pixel)) energy += at(rgb, 3 * pixel);
  return energy;
}

function at(values: Uint8Array, index: number): number {
  return values[index] ?? 0;
}
