/** The pictures of a heat-map panel. Loaded on first use, as all that needs the native image library. */
import path from 'node:path';
import * as vscode from 'vscode';
import type { Explainer } from '../cam/explain/explainer';
import { type DecodedImage, decodeImage } from '../image/decode';
import { opaque, picture } from '../image/picture';
import { preprocess, type Rectangle } from '../image/preprocess';
import { resample } from '../image/resample';
import { type ImageSequence, openSequence } from '../image/sequence';
import type { CamSeries, Picture } from '../protocol/camPanel';
import type { RuntimeTensor } from '../protocol/runtime';
import type { CamState } from './camState';
import { localPath } from './files';

/** Longer side of the small pictures in the strip. */
const THUMBNAIL_SIDE = 112;

/** A picture as it is drawn, and as it is fed. */
export interface PanelSubject {
  readonly name: string;
  readonly input: RuntimeTensor;
  readonly picture: Picture;
  /** In the decoded image's pixels. */
  readonly seen: Rectangle;
}

/** The pictures that a panel goes through: those that were chosen together, or the frames of its image. */
export async function openSeries({ images, image }: CamState): Promise<ImageSequence> {
  if (!images) return openSequence(await localPath(vscode.Uri.parse(image)));
  const uris = images.map((uri) => vscode.Uri.parse(uri));
  return {
    name: path.posix.basename(path.posix.dirname(uris[0]?.path ?? '')),
    frames: uris.map((uri) => ({ name: path.posix.basename(uri.path), delayMilliseconds: SHOWN_MILLISECONDS })),
    async image(index) {
      const uri = uris[index];
      if (!uri) throw new Error(`there is no picture ${index + 1} here; choose the images again`);
      return decodeImage(await localPath(uri));
    },
  };
}

/** How long a picture stays when pictures are played. */
const SHOWN_MILLISECONDS = 500;

/** Which picture of the series is shown. */
export function placeIn({ images, image, frame = 0 }: CamState): number {
  return images ? Math.max(0, images.indexOf(image)) : frame;
}

/** What the panel is told of a series; a single picture is none. */
export function describeSeries({ frames }: ImageSequence, index: number): CamSeries | undefined {
  if (frames.length < 2) return undefined;
  return {
    names: frames.map(({ name }) => name),
    index,
    milliseconds: frames.map(({ delayMilliseconds }) => delayMilliseconds),
  };
}

/** @throws one sentence where the picture cannot be decoded. */
export async function subjectOf(explainer: Explainer, series: ImageSequence, index: number): Promise<PanelSubject> {
  const image = await series.image(index);
  const { tensor, seen } = preprocess(image, explainer.preprocessing.spec);
  const name = series.frames[index]?.name ?? series.name;
  return { name, input: tensor, picture: picture(image, seen), seen };
}

/** Small pictures for the strip; one that cannot be decoded is grey. */
export async function smallPictures(series: ImageSequence, indices: readonly number[]): Promise<readonly Picture[]> {
  const pictures: Picture[] = [];
  for (const index of indices) {
    const image = await series.image(index).catch((): DecodedImage => GREY);
    const factor = Math.min(1, THUMBNAIL_SIDE / Math.max(image.width, image.height));
    const width = Math.max(1, Math.round(image.width * factor));
    const height = Math.max(1, Math.round(image.height * factor));
    const { rgb } = resample(image, { width, height, x: 0, y: 0, columns: width, rows: height });
    pictures.push({ width, height, rgba: opaque(rgb), seen: { x: 0, y: 0, width, height } });
  }
  return pictures;
}

const GREY: DecodedImage = { width: 1, height: 1, rgb: Uint8Array.of(128, 128, 128) };
