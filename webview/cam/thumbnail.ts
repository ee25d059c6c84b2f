/** A map, small. */
import { overlay } from '../../src/display/overlay';
import type { CamTile, Picture } from '../../src/protocol/camPanel';
import { h } from '../dom';
import { ScaledPicture } from './resolution';
import { blendOf, type PanelView } from './savedState';
import { shading } from './shading';

/** Draws small pictures of the one that is shown. */
export class Thumbnails {
  private readonly scaled = new ScaledPicture();
  private readonly side: number;

  /** `side`: the longer one, in device pixels. */
  constructor(side = 240) {
    this.side = side;
  }

  /** The picture under a map. */
  of(picture: Picture, map: NonNullable<CamTile['map']>, view: PanelView, raw = map): HTMLCanvasElement {
    const small = this.small(picture);
    const { fine, palette } = shading({ map, raw }, view.colorMap, view.signed);
    const opacity = view.shown === 'map' ? 1 : view.opacity;
    return drawn(small.width, small.height, overlay(small, fine, palette, opacity, blendOf(view)));
  }

  private small(picture: Picture): Picture {
    return this.scaled.at(picture, Math.min(1, this.side / Math.max(picture.width, picture.height)));
  }
}

/** A canvas of these pixels. */
export function drawn(width: number, height: number, rgba: Uint8ClampedArray<ArrayBuffer>): HTMLCanvasElement {
  const canvas = h('canvas', { width, height });
  canvas.getContext('2d')?.putImageData(new ImageData(rgba, width, height), 0, 0);
  return canvas;
}
