import { valueAt } from '../../src/display/overlay';
import type { Picture } from '../../src/protocol/camPanel';
import { h, on } from '../dom';
import type { Point } from './contour';
import type { Shading } from './shading';

/** Steps of the arrow keys from one side of the picture to the other. */
const STEPS = 32;

/**
 * Reads the map under the mouse, or under a crosshair that the arrow keys move (Shift: pixel by pixel, Escape: away).
 * `choose` is told of a click, or of Enter at the crosshair, with the place in the picture's pixels.
 */
export function probeOn(canvas: HTMLCanvasElement, read: (value: number) => void, choose: (at: Point) => void) {
  const crosshair = h('div', { class: 'crosshair', hidden: true });
  let shown: { readonly picture: Picture; readonly shades: Shading } | undefined;
  let at: Point | undefined;

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
  const under = ({ offsetX, offsetY }: MouseEvent): Point => ({
    x: (offsetX / canvas.clientWidth) * (shown?.picture.width ?? 1),
    y: (offsetY / canvas.clientHeight) * (shown?.picture.height ?? 1),
  });
  on(canvas, 'pointermove', (event) => move(under(event), false));
  on(canvas, 'click', (event) => choose(under(event)));
  on(canvas, 'pointerleave', () => move(undefined, false));
  on(canvas, 'blur', () => move(undefined, true));
  on(canvas, 'keydown', (event) => {
    if (!shown) return;
    const { width, height } = shown.picture;
    const step = event.shiftKey ? 1 : Math.max(1, width / STEPS);
    const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key] ?? [];
    if (event.key === 'Escape') move(undefined, true);
    if (event.key === 'Enter' && at) choose(at);
    if (dx === undefined || dy === undefined) return;
    event.preventDefault();
    const { x, y } = at ?? { x: width / 2, y: height / 2 };
    const within = (position: number, size: number): number => Math.min(size - 0.5, Math.max(0.5, position));
    move({ x: within(x + step * dx, width), y: within(y + step * dy, height) }, true);
  });

  return {
    crosshair,
    show(picture: Picture, shades: Shading): void {
      shown = { picture, shades };
      move(at, !crosshair.hidden);
    },
  };
}
