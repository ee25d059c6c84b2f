import fs from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import { type DecodedImage, decodeFailure, decodeImage, MAX_PIXELS, readBytes } from './decode';
import { isPictureName } from './pictureNames';

/** Pictures in an order: the frames of an animation, or the files of a folder. Decoded when asked for. */
export interface ImageSequence {
  /** File or folder, without its path. */
  readonly name: string;
  readonly frames: readonly SequenceEntry[];
  /** @throws one sentence where that picture cannot be decoded, or there is none of that number; the signal's reason. */
  image(index: number, signal?: AbortSignal): Promise<DecodedImage>;
}

export interface SequenceEntry {
  readonly name: string;
  /** How long it is shown. */
  readonly delayMilliseconds: number;
}

/** More is a film: cut it first. */
const MAX_FRAMES = 2000;
/** Of all frames of an animation together, since each is decoded from the first on. */
const MAX_FILM_PIXELS = 5e8;
/** Frames of an animation are decoded together up to this many pixels, since each is a change of the one before. */
const CHUNK_PIXELS = 16e6;
/** Of a folder's pictures, and of frames that say less than browsers take at their word. */
const DEFAULT_DELAY = 100;
const LEAST_DELAY = 20;

/**
 * Opens an animated GIF or WebP, any single picture (a sequence of one), or a folder of pictures in natural order (2 before 10).
 * @throws one sentence: nothing there, no pictures in the folder, too many frames, not a picture.
 */
export async function openSequence(fileOrFolder: string): Promise<ImageSequence> {
  const stat = await fs.stat(fileOrFolder).catch(() => undefined);
  const sequence = stat?.isDirectory() ? await folderSequence(fileOrFolder) : await fileSequence(fileOrFolder);
  checkLength(sequence.name, sequence.frames.length);
  return sequence;
}

function checkLength(name: string, frames: number): void {
  if (frames <= MAX_FRAMES) return;
  throw new Error(`${name} has ${frames} pictures; ${MAX_FRAMES} at a time are explained: take a part of them`);
}

/** Some of its pictures, in the order of their indices. */
export function partOf(sequence: ImageSequence, indices: readonly number[]): ImageSequence {
  const place = (at: number): number => indices[at] ?? -1;
  const frames = indices.flatMap((index) => sequence.frames[index] ?? []);
  return { ...sequence, frames, image: (at, signal) => sequence.image(place(at), signal) };
}

/** The pictures of a folder by name, in natural order; hidden files and folders are left out. */
export async function pictureFiles(folder: string): Promise<readonly string[]> {
  const entries = await fs.readdir(folder, { withFileTypes: true });
  const names = entries.flatMap((entry) =>
    !entry.isDirectory() && !entry.name.startsWith('.') && isPictureName(entry.name) ? [entry.name] : [],
  );
  const { compare } = new Intl.Collator('en', { numeric: true });
  return names.sort(compare).map((name) => path.join(folder, name));
}

async function folderSequence(folder: string): Promise<ImageSequence> {
  const files = await pictureFiles(folder);
  const name = path.basename(path.resolve(folder));
  if (files.length === 0)
    throw new Error(`${name} holds no pictures: choose a folder of JPEG, PNG, WebP, AVIF, GIF or TIFF files`);
  return {
    name,
    frames: files.map((file) => ({ name: path.basename(file), delayMilliseconds: DEFAULT_DELAY })),
    image: (index) => decodeImage(entryAt(files, index, name)),
  };
}

async function fileSequence(file: string): Promise<ImageSequence> {
  const bytes = await readBytes(file);
  const name = path.basename(file);
  const failed = (error: unknown): never => {
    throw new Error(decodeFailure(error, bytes, name));
  };
  const { format, pages = 1, delay = [], width, pageHeight, height } = await sharp(bytes).metadata().catch(failed);
  const single = pages === 1 || (format !== 'gif' && format !== 'webp');
  if (single) return { name, frames: [{ name, delayMilliseconds: DEFAULT_DELAY }], image: () => decodeImage(file) };
  const pixels = width * (pageHeight ?? height);
  checkLength(name, pages);
  if (pages * pixels > MAX_FILM_PIXELS) {
    throw new Error(
      `${name} has ${pages} frames of ${width}×${pageHeight ?? height} pixels, too many to go through: make it smaller or take a part`,
    );
  }
  if (pixels > MAX_PIXELS) failed(new Error('Input image exceeds pixel limit'));
  const frames = Array.from({ length: pages }, (_, index) => ({
    name: `${name} ${index + 1}`,
    delayMilliseconds: shownDelay(delay[index] ?? delay[0]),
  }));
  const chunk = Math.max(1, Math.floor(CHUNK_PIXELS / pixels));
  let decoded: { readonly first: number; readonly images: readonly DecodedImage[] } | undefined;
  return {
    name,
    frames,
    async image(index, signal) {
      signal?.throwIfAborted();
      entryAt(frames, index, name);
      const first = index - (index % chunk);
      if (decoded?.first !== first) {
        const count = Math.min(chunk, pages - first);
        decoded = { first, images: await decodePages(bytes, first, count).catch(failed) };
        signal?.throwIfAborted();
      }
      return entryAt(decoded.images, index - first, name);
    },
  };
}

/** Whole frames, as they look: laid over the ones before them, transparency flattened onto white. */
async function decodePages(bytes: Uint8Array, first: number, count: number): Promise<readonly DecodedImage[]> {
  const { data, info } = await sharp(bytes, {
    page: first,
    pages: count,
    limitInputPixels: MAX_PIXELS,
    failOn: 'error',
  })
    .flatten({ background: 'white' })
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  const { width } = info;
  const height = info.height / count;
  const size = 3 * width * height;
  return Array.from({ length: count }, (_, index) => ({
    ...{ width, height, rgb: data.subarray(index * size, (index + 1) * size) },
  }));
}

/** As browsers do: what is shorter than a fiftieth of a second is a tenth. */
function shownDelay(milliseconds: number | undefined): number {
  return milliseconds === undefined || milliseconds < LEAST_DELAY ? DEFAULT_DELAY : milliseconds;
}

function entryAt<T>(entries: readonly T[], index: number, name: string): T {
  const entry = entries[index];
  if (entry === undefined)
    throw new Error(`${name} has no picture ${index}; it has ${entries.length}, numbered from 0`);
  return entry;
}
