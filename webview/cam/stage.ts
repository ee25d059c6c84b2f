import type { CamBox, Picture } from '../../src/protocol/camPanel';
import { h } from '../dom';
import { boxLayer } from './boxes';
import { colorBar } from './colorBar';
import type { Point } from './contour';
import { targetName } from './facts';
import { paintCoarse, paintContours, paintHeat, resize } from './heat';
import { probeOn } from './probe';
import { coarserAfter, drawnShare, PIXEL_ART, ScaledPicture } from './resolution';
import type { Scene } from './scene';
import { type Shading, shading } from './shading';

export interface StageActions {
  chooseBox(box: CamBox): void;
  /** A place in the picture, in its pixels. */
  choosePlace(at: Point): void;
}

export interface Stage {
  readonly element: HTMLElement;
  /** `moving`: another picture will follow at once. */
  show(scene: Scene, moving?: boolean): void;
  /** The picture with its heat map, at the picture's own resolution. */
  png(scene: Scene): Promise<Blob>;
}

/** Image, overlay and raw map side by side, a colour bar, and a probe that reads the map under the mouse or the arrow keys. */
export function stage(actions: StageActions): Stage {
  const image = h('canvas', { role: 'img' });
  const canvas = h('canvas', { id: 'cam-overlay', role: 'img', tabindex: 0 });
  const lines = h('canvas', { class: 'lines', 'aria-hidden': 'true' });
  const raw = h('canvas', { id: 'cam-raw', role: 'img', class: 'pixels' });
  const [imageFrame, overlayFrame, rawFrame] = [frame(image), frame(canvas), frame(raw)] as const;
  const captions = [h('figcaption'), h('figcaption'), h('figcaption')] as const;
  const bar = colorBar();
  const probe = probeOn(canvas, (value) => bar.mark(value), actions.choosePlace);
  const boxes = boxLayer(actions.chooseBox);
  overlayFrame.append(lines, boxes.element, probe.crosshair);
  const scaled = new ScaledPicture();
  let shown: { readonly scene: Scene; readonly shades: Shading } | undefined;
  let coarser = 1;

  const paint = (moving: boolean): void => {
    if (!shown) return;
    const { picture, view } = shown.scene;
    const { clientWidth, clientHeight } = canvas;
    const share = drawnShare(picture.width, clientWidth * devicePixelRatio, moving ? coarser : 1);
    const started = performance.now();
    paintHeat(canvas, scaled.at(picture, share), shown.shades, view);
    lines.hidden = view.contour === 0;
    if (!lines.hidden) {
      resize(lines, Math.round(clientWidth * devicePixelRatio), Math.round(clientHeight * devicePixelRatio));
      lines.getContext('2d')?.clearRect(0, 0, lines.width, lines.height);
      paintContours(lines, picture, shown.shades, view, devicePixelRatio);
    }
    if (moving) coarser = coarserAfter(coarser, performance.now() - started);
  };
  new ResizeObserver(() => paint(false)).observe(overlayFrame);

  const element = h(
    'div',
    { class: 'stage' },
    h('figure', { class: 'main' }, overlayFrame, captions[0], bar.element),
    h('figure', {}, imageFrame, captions[1]),
    h('figure', {}, rawFrame, captions[2]),
  );
  return {
    element,
    show(scene, moving = false) {
      const { picture, result, view } = scene;
      const shades = shading(result, view.colorMap, view.signed);
      const { width, height } = picture;
      for (const one of [image, canvas]) one.classList.toggle('pixels', width < PIXEL_ART);
      element.style.setProperty('--aspect', String(width / height));
      for (const one of [imageFrame, overlayFrame]) outlineSeen(one, picture);
      // The map covers what the network saw.
      rawFrame.style.setProperty('--aspect', String(picture.seen.width / picture.seen.height));
      shown = { scene, shades };
      paint(moving);
      if (moving) return;
      paintPicture(image, picture);
      paintCoarse(raw, shades);
      const name = targetName(result);
      const kind = view.signed ? 'map before ReLU' : 'heat map';
      canvas.setAttribute('aria-label', `${result.imageName} with the ${kind} for ${name}. Arrow keys read values.`);
      image.setAttribute('aria-label', result.imageName);
      raw.setAttribute('aria-label', `The ${kind} as computed, ${result.raw.height} by ${result.raw.width}`);
      captions[0].textContent = view.signed ? `For (red) and against (blue) ${name}` : `What speaks for ${name}`;
      captions[1].textContent = result.imageName;
      captions[2].textContent = `Map as computed, ${result.raw.height}×${result.raw.width}`;
      boxes.show(picture, result);
      bar.show(shades);
      probe.show(picture, shades);
    },
    async png({ picture, result, view }) {
      const whole = new OffscreenCanvas(picture.width, picture.height);
      const shades = shading(result, view.colorMap, view.signed);
      paintHeat(whole, picture, shades, view);
      paintContours(whole, picture, shades, view, Math.max(1, picture.width / canvas.clientWidth));
      return whole.convertToBlob({ type: 'image/png' });
    },
  };
}

function frame(canvas: HTMLCanvasElement): HTMLElement {
  return h('div', { class: 'frame' }, canvas);
}

function paintPicture(canvas: HTMLCanvasElement, { width, height, rgba }: Picture): void {
  canvas.width = width;
  canvas.height = height;
  canvas.getContext('2d')?.putImageData(new ImageData(new Uint8ClampedArray(rgba), width, height), 0, 0);
}

/** Darkens what the network did not see. */
function outlineSeen(framed: HTMLElement, { seen, width, height }: Picture): void {
  framed.querySelector('.seen')?.remove();
  if (seen.width >= width - 0.5 && seen.height >= height - 0.5) return;
  const outline = h('div', { class: 'seen', title: 'The network saw only this part' });
  outline.style.setProperty('left', `${(100 * seen.x) / width}%`);
  outline.style.setProperty('top', `${(100 * seen.y) / height}%`);
  outline.style.setProperty('width', `${(100 * seen.width) / width}%`);
  outline.style.setProperty('height', `${(100 * seen.height) / height}%`);
  framed.append(outline);
}
