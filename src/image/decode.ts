import fs from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';

/** Upright, opaque, 8 bits a channel. */
export interface DecodedImage {
  readonly width: number;
  readonly height: number;
  /** width·height·3 bytes: red, green, blue (sRGB). */
  readonly rgb: Uint8Array;
}

/** 100 megapixels take 300 MB decoded; more is a mistake far more often than a wish. */
export const MAX_PIXELS = 100e6;
const MAX_FILE_BYTES = 512 * 2 ** 20;

/**
 * Reads a picture in any format that sharp knows (JPEG, PNG, WebP, AVIF, GIF, TIFF, SVG). EXIF orientation is applied,
 * transparency is flattened onto white, grey and CMYK become sRGB, 16 bits become 8, and of an animation or a multi-page
 * file the first frame is taken.
 * @throws one sentence: no such file, not a picture, cut off, too large.
 */
export async function decodeImage(file: string): Promise<DecodedImage> {
  return decodeBytes(await readBytes(file), path.basename(file));
}

/** The same for bytes in memory; `name` is what errors call them. */
export async function decodeBytes(bytes: Uint8Array, name: string): Promise<DecodedImage> {
  try {
    const { data, info } = await sharp(bytes, { limitInputPixels: MAX_PIXELS, failOn: 'error' })
      .autoOrient()
      .flatten({ background: 'white' })
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, rgb: data };
  } catch (error) {
    throw new Error(decodeFailure(error, bytes, name));
  }
}

/** PNG file of opaque or transparent pixels; `rgba` has width·height·4 bytes. */
export async function encodePng(
  rgba: Uint8Array | Uint8ClampedArray,
  width: number,
  height: number,
): Promise<Uint8Array> {
  return sharp(rgba, { raw: { width, height, channels: 4 } })
    .png()
    .toBuffer();
}

/** A picture's file, whole. From memory, not by path: sharp would answer from a cache after the file has changed. */
export async function readBytes(file: string): Promise<Uint8Array> {
  const stat = await fs.stat(file).catch((error: NodeJS.ErrnoException) => {
    throw new Error(
      error.code === 'ENOENT' ? `There is no file ${file}.` : `${file} cannot be read: ${error.message}.`,
    );
  });
  const name = path.basename(file);
  if (!stat.isFile()) throw new Error(`${name} is not a file: choose a picture.`);
  if (stat.size > MAX_FILE_BYTES) throw new Error(`${name} is over 512 MiB: that is no picture this can open.`);
  return fs.readFile(file);
}

/** One sentence on why bytes are no picture, from what sharp threw. */
export function decodeFailure(error: unknown, bytes: Uint8Array, name: string): string {
  const message = (error instanceof Error ? error.message : String(error)).trim().split('\n', 1)[0] ?? '';
  if (bytes.length === 0) return `${name} is empty.`;
  if (/pixel limit/.test(message)) return `${name} has more than 100 megapixels: scale it down first.`;
  if (isHeic(bytes)) return `${name} is a HEIC picture, which cannot be opened here: convert it to JPEG or PNG.`;
  if (/unsupported image format/.test(message)) {
    return `${name} is not a picture that can be opened: use JPEG, PNG, WebP, AVIF, GIF, TIFF or SVG.`;
  }
  return `${name} is damaged or cut off (${message}): export it again.`;
}

/** ISO base media file whose brand is an HEVC one (ISO/IEC 23008-12). AVIF is the same container and can be read. */
function isHeic(bytes: Uint8Array): boolean {
  const brand = new TextDecoder('latin1').decode(bytes.subarray(4, 12));
  return /^ftyp(hei[cxms]|hev[cxms]|mif1|msf1)$/.test(brand);
}
