import { cssColor } from '../../src/display/colorMaps';
import { overlay, valueAt } from '../../src/display/overlay';
import type { CamResult, Picture } from '../../src/protocol/camPanel';
import { h, on } from '../dom';
import { className, targetClass } from './facts';
import type { PanelView } from './savedState';
import { meaning, type Shading, shading } from './shading';

/** Pictures narrower than this are shown with hard pixels: blurred they would look broken. */
const PIXEL_ART = 160;

export interface Stage {
  readonly element: HTMLElement;
  /** The picture with its heat map, at the picture's own resolution. */
  readonly canvas: HTMLCanvasElement;
  show(picture: Picture, result: CamResult, view: PanelView): void;
}

/** Image, overlay and raw map side by side, a colour bar, and a probe that reads the map under the mouse or the arrow keys. */
export function stage(): Stage {
  const image = h('canvas', { role: 'img' });
  const canvas = h('canvas', { id: 'cam-overlay', role: 'img', tabindex: 0 });
  const raw = h('canvas', { id: 'cam-raw', role: 'img', class: 'pixels' });
  const [imageFrame, overlayFrame, rawFrame] = [frame(image), frame(canvas), frame(raw)] as const;
  const captions = [h('figcaption'), h('figcaption'), h('figcaption')] as const;
  const bar = colorBar();
  const probe = probeOn(canvas, (value) => bar.mark(value));
  overlayFrame.append(probe.crosshair);
  const element = h(
    'div',
    { class: 'stage' },
    h('figure', { class: 'main' }, overlayFrame, captions[0], bar.element),
    h('figure', {}, imageFrame, captions[1]),
    h('figure', {}, rawFrame, captions[2]),
  );

  return {
    element,
    canvas,
    show(picture, result, view) {
      const shades = shading(result, view.colorMap, view.signed);
      const name = className(targetClass(result));
      const { width, height } = picture;
      paint(image, width, height, new Uint8ClampedArray(picture.rgba));
      paint(canvas, width, height, overlay(picture, shades.fine, shades.palette, opacityOf(view)));
      paintCoarse(raw, shades);
      for (const one of [image, canvas]) one.classList.toggle('pixels', width < PIXEL_ART);
      for (const one of [imageFrame, overlayFrame]) {
        one.style.setProperty('--aspect', String(width / height));
        outlineSeen(one, picture);
      }
      // The map covers what the network saw.
      rawFrame.style.setProperty('--aspect', String(picture.seen.width / picture.seen.height));
      const kind = view.signed ? 'map before ReLU' : 'heat map';
      canvas.setAttribute('aria-label', `${result.imageName} with the ${kind} for ${name}. Arrow keys read values.`);
      image.setAttribute('aria-label', result.imageName);
      raw.setAttribute('aria-label', `The ${kind} as computed, ${result.raw.height} by ${result.raw.width}`);
      captions[0].textContent = view.signed ? `For (red) and against (blue) ${name}` : `What speaks for ${name}`;
      captions[1].textContent = result.imageName;
      captions[2].textContent = `Map as computed, ${result.raw.height}×${result.raw.width}`;
      bar.show(shades);
      probe.show(picture, shades);
    },
  };
}

function frame(canvas: HTMLCanvasElement): HTMLElement {
  return h('div', { class: 'frame' }, canvas);
}

function opacityOf({ shown, opacity }: PanelView): number {
  return { overlay: opacity, map: 1, image: 0 }[shown];
}

function paint(canvas: HTMLCanvasElement, width: number, height: number, rgba: Uint8ClampedArray<ArrayBuffer>): void {
  // Setting the size clears the canvas and makes it flash: only when it changes.
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  canvas.getContext('2d')?.putImageData(new ImageData(rgba, width, height), 0, 0);
}

/** One pixel per value. */
function paintCoarse(canvas: HTMLCanvasElement, { coarse, palette }: Shading): void {
  const { width, height } = coarse;
  const seen = { x: 0, y: 0, width, height };
  const blank = { width, height, rgba: new Uint8Array(4 * width * height).fill(255), seen };
  paint(canvas, width, height, overlay(blank, coarse, palette, 1));
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

/** The palette from low to high with a mark at the value under the probe. */
function colorBar() {
  const scale = h('div', { class: 'scale' });
  const mark = h('div', { class: 'mark', hidden: true });
  const [low, middle, high] = [h('span'), h('span'), h('span')] as const;
  const reading = h('output', { id: 'cam-reading', 'aria-live': 'polite' });
  let shades: Shading | undefined;
  return {
    element: h(
      'div',
      { class: 'color-bar' },
      h('div', { class: 'scale-frame' }, scale, mark),
      h('div', { class: 'ticks' }, low, middle, high),
      reading,
    ),
    show(next: Shading): void {
      shades = next;
      const stops = Array.from({ length: 17 }, (_, stop) => cssColor(next.palette, stop / 16));
      scale.style.setProperty('background', `linear-gradient(to right, ${stops.join(', ')})`);
      low.textContent = meaning(next, 0);
      middle.textContent = meaning(next, 0.5);
      high.textContent = meaning(next, 1);
    },
    /** NaN hides the mark. */
    mark(value: number): void {
      mark.hidden = Number.isNaN(value);
      mark.style.setProperty('left', `${100 * value}%`);
      reading.value = shades && !mark.hidden ? `value ${meaning(shades, value)}` : '';
    },
  };
}

/** Reads the map under the mouse, or under a crosshair that the arrow keys move (Shift: pixel by pixel, Escape: away). */
function probeOn(canvas: HTMLCanvasElement, read: (value: number) => void) {
  const crosshair = h('div', { class: 'crosshair', hidden: true });
  let shown: { readonly picture: Picture; readonly shades: Shading } | undefined;
  let at: { readonly x: number; readonly y: number } | undefined;

  const move = (next: typeof at, byKey: boolean): void => {
    at = next;
    crosshair.hidden = !(at && byKey);
    if (!shown || !at) {
      read(Number.NaN);
      return;
    }
    crosshair.style.setProperty('left', `${(100 * at.x) / shown.picture.width}%`);
    crosshair.style.setProperty('top', `${(100 * at.y) / shown.picture.height}%`);
    read(valueAt(shown.picture, shown.shades.fine, at.x, at.y));
  };
  on(canvas, 'pointermove', ({ offsetX, offsetY }) => {
    const { clientWidth, clientHeight } = canvas;
    move({ x: (offsetX / clientWidth) * canvas.width, y: (offsetY / clientHeight) * canvas.height }, false);
  });
  on(canvas, 'pointerleave', () => move(undefined, false));
  on(canvas, 'blur', () => move(undefined, true));
  on(canvas, 'keydown', (event) => {
    const step = event.shiftKey ? 1 : Math.max(1, canvas.width / 32);
    const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key] ?? [];
    if (event.key === 'Escape') move(undefined, true);
    if (dx === undefined || dy === undefined) return;
    event.preventDefault();
    const { x, y } = at ?? { x: canvas.width / 2, y: canvas.height / 2 };
    const within = (position: number, size: number): number => Math.min(size - 0.5, Math.max(0.5, position));
    move({ x: within(x + step * dx, canvas.width), y: within(y + step * dy, canvas.height) }, true);
  });

  return {
    crosshair,
    show(picture: Picture, shades: Shading): void {
      shown = { picture, shades };
      move(at, !crosshair.hidden);
    },
  };
}
