/** How finely a heat map is drawn: no finer than it is shown, and coarser while it must follow a hand. */
import type { Picture } from '../../src/protocol/camPanel';

/** Pictures narrower than this are drawn whole and shown with hard pixels: blurred they would look broken. */
export const PIXEL_ART = 160;
const COARSEST = 1 / 8;
/** A picture that takes longer than this does not follow a hand. */
const FLUENT_MILLISECONDS = 8;

/** Share of the picture's resolution, 1/8–1, for a picture that is `shown` so many device pixels wide. */
export function drawnShare(width: number, shown: number, coarser = 1): number {
  if (width < PIXEL_ART || !(shown > 0)) return 1;
  return Math.max(COARSEST, Math.min(1, shown / width) / coarser);
}

/** By what to divide the resolution of the next picture while something moves: more where the last one took long. */
export function coarserAfter(coarser: number, milliseconds: number): number {
  if (milliseconds > FLUENT_MILLISECONDS) return Math.min(1 / COARSEST, 2 * coarser);
  return milliseconds < FLUENT_MILLISECONDS / 8 ? Math.max(1, coarser / 2) : coarser;
}

/** The picture at a share of its resolution; the last one is kept. */
export class ScaledPicture {
  private source: Picture | undefined;
  private scaled: Picture | undefined;

  at(picture: Picture, share: number): Picture {
    const width = Math.max(1, Math.round(picture.width * share));
    const height = Math.max(1, Math.round(picture.height * share));
    if (width === picture.width && height === picture.height) return picture;
    if (this.source !== picture || this.scaled?.width !== width || this.scaled.height !== height) {
      this.source = picture;
      this.scaled = scaled(picture, width, height);
    }
    return this.scaled;
  }
}

function scaled(picture: Picture, width: number, height: number): Picture {
  const { rgba, seen } = picture;
  const source = new OffscreenCanvas(picture.width, picture.height);
  source
    .getContext('2d')
    ?.putImageData(new ImageData(new Uint8ClampedArray(rgba), picture.width, picture.height), 0, 0);
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  if (!context) return picture;
  context.imageSmoothingQuality = 'high';
  context.drawImage(source, 0, 0, width, height);
  const [across, down] = [width / picture.width, height / picture.height];
  return {
    ...{ width, height, rgba: new Uint8Array(context.getImageData(0, 0, width, height).data) },
    seen: { x: seen.x * across, y: seen.y * down, width: seen.width * across, height: seen.height * down },
  };
}
