import sharp from 'sharp';
import { type Blend, type Grid, overlay, type Rectangle } from '../display/overlay';
import type { DecodedImage } from './decode';
import { opaque } from './picture';
import { resample } from './resample';
import type { ImageSequence } from './sequence';

/** Longer side of what is written, and the pixels of all frames together: encoding holds them all. */
const MAX_SIDE = 480;
const MAX_PIXELS = 64e6;

export type AnimationFormat = 'gif' | 'webp';

/** Lays a heat map over each picture. */
export interface HeatMaps {
  /** The map of a picture, values 0–1; undefined: the picture alone. */
  map(index: number): Grid | undefined;
  /** The part of the picture that it covers, in the picture's pixels. */
  seen(index: number): Rectangle;
  /** 256 × red, green, blue. */
  readonly palette: Uint8Array;
  readonly opacity: number;
  readonly blend?: Blend;
}

/**
 * An animated GIF (GIF89a) or WebP of a sequence under its heat maps, repeated for ever. Frames have the size of the first,
 * at most 480 pixels on the longer side, less where there are many; pictures of another shape are fitted in, on black.
 * GIF keeps time in hundredths of a second and 256 colours a frame.
 */
export async function encodeAnimation(
  sequence: ImageSequence,
  format: AnimationFormat,
  heat: HeatMaps,
  onFrame: (index: number) => void = () => undefined,
): Promise<Uint8Array> {
  const { frames } = sequence;
  const { width, height } = frameSize(await sequence.image(0), frames.length);
  const size = 3 * width * height;
  const film = new Uint8Array(size * frames.length);
  for (const index of frames.keys()) {
    onFrame(index);
    drawFrame(film.subarray(index * size, (index + 1) * size), width, height, await sequence.image(index), heat, index);
  }
  const raw = { width, height: height * frames.length, channels: 3, pageHeight: height } as const;
  const delay = frames.map(({ delayMilliseconds }) => delayMilliseconds);
  const image = sharp(film, { raw, limitInputPixels: false });
  return (
    format === 'gif'
      ? image.gif({ delay, loop: 0, interPaletteMaxError: 0, keepDuplicateFrames: true })
      : image.webp({ delay, loop: 0, quality: 90 })
  ).toBuffer();
}

function frameSize(image: DecodedImage, count: number): { readonly width: number; readonly height: number } {
  const bySide = MAX_SIDE / Math.max(image.width, image.height);
  const byPixels = Math.sqrt(MAX_PIXELS / (count * image.width * image.height));
  const factor = Math.min(1, bySide, byPixels);
  return {
    width: Math.max(1, Math.floor(image.width * factor)),
    height: Math.max(1, Math.floor(image.height * factor)),
  };
}

/** Fills width·height·3 bytes with a picture that is fitted in, under its map. */
function drawFrame(
  into: Uint8Array,
  width: number,
  height: number,
  image: DecodedImage,
  { map, seen, palette, opacity, blend }: HeatMaps,
  index: number,
): void {
  const factor = Math.min(width / image.width, height / image.height);
  const columns = Math.max(1, Math.round(image.width * factor));
  const rows = Math.max(1, Math.round(image.height * factor));
  const { rgb } = resample(image, { width: columns, height: rows, x: 0, y: 0, columns, rows });
  const grid = map(index);
  const part = scaled(seen(index), columns / image.width, rows / image.height);
  const drawn =
    grid && overlay({ width: columns, height: rows, rgba: opaque(rgb), seen: part }, grid, palette, opacity, blend);
  const left = Math.floor((width - columns) / 2);
  const top = Math.floor((height - rows) / 2);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      const pixel = y * columns + x;
      const to = 3 * ((top + y) * width + left + x);
      for (let channel = 0; channel < 3; channel++) {
        into[to + channel] = (drawn ? drawn[4 * pixel + channel] : rgb[3 * pixel + channel]) ?? 0;
      }
    }
  }
}

function scaled({ x, y, width, height }: Rectangle, across: number, down: number): Rectangle {
  return { x: x * across, y: y * down, width: width * across, height: height * down };
}
