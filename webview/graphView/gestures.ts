/** Wheel, pinch, drag and click on the canvas, as what they mean. */
import type { Point } from './camera';

export interface GestureTarget {
  /** Zoom by a factor about a point of the canvas. */
  zoom(point: Point, factor: number): void;
  /** Move the drawing by pixels; the pointer is now at `point`. */
  pan(dx: number, dy: number, point: Point): void;
  /** `added`: with Ctrl, or Cmd on a Mac. */
  click(point: Point, added: boolean): void;
  doubleClick(point: Point): void;
  /** The pointer rests or moves over the canvas without a button; undefined when it leaves. */
  point(point: Point | undefined): void;
}

/** Pixels that a press may move and still be a click. */
const CLICK_RADIUS = 4;
const WHEEL_SPEED = 0.0018;
const PINCH_SPEED = 0.01;
const LINE_PIXELS = 24;
const MAX_WHEEL_STEP = 240;

export function listenToGestures(canvas: HTMLCanvasElement, target: GestureTarget): void {
  const touches = new Map<number, Point>();
  let pressed: Point | undefined;
  const place = ({ offsetX, offsetY }: MouseEvent): Point => ({ x: offsetX, y: offsetY });

  canvas.addEventListener(
    'wheel',
    (event) => {
      event.preventDefault();
      const unit = event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? 1 : LINE_PIXELS;
      const [dx, dy] = [event.deltaX * unit, event.deltaY * unit];
      if (!event.ctrlKey && (event.shiftKey || Math.abs(dx) > Math.abs(dy))) target.pan(-dx, -dy, place(event));
      else {
        const step = Math.max(-MAX_WHEEL_STEP, Math.min(MAX_WHEEL_STEP, dy));
        target.zoom(place(event), Math.exp(-step * (event.ctrlKey ? PINCH_SPEED : WHEEL_SPEED)));
      }
    },
    { passive: false },
  );

  canvas.addEventListener('pointerdown', (event) => {
    if (event.button > 1) return;
    canvas.setPointerCapture(event.pointerId);
    touches.set(event.pointerId, place(event));
    pressed = touches.size === 1 ? place(event) : undefined;
    target.point(undefined);
  });

  canvas.addEventListener('pointermove', (event) => {
    const now = place(event);
    const before = touches.get(event.pointerId);
    if (!before) {
      if (event.pointerType !== 'touch') target.point(now);
      return;
    }
    if (pressed && Math.hypot(now.x - pressed.x, now.y - pressed.y) < CLICK_RADIUS) return;
    pressed = undefined;
    canvas.classList.add('dragging');
    if (touches.size === 1) target.pan(now.x - before.x, now.y - before.y, now);
    else pinch(target, touches, event.pointerId, now);
    touches.set(event.pointerId, now);
  });

  const release = (event: PointerEvent) => {
    touches.delete(event.pointerId);
    canvas.classList.remove('dragging');
  };
  canvas.addEventListener('pointerup', (event) => {
    if (pressed && event.button === 0) target.click(place(event), event.ctrlKey || event.metaKey);
    pressed = undefined;
    release(event);
  });
  canvas.addEventListener('pointercancel', release);
  canvas.addEventListener('pointerleave', (event) => {
    if (!touches.has(event.pointerId)) target.point(undefined);
  });
  canvas.addEventListener('dblclick', (event) => target.doubleClick(place(event)));
}

/** Two fingers: the distance between them zooms, their middle pans. */
function pinch(target: GestureTarget, touches: ReadonlyMap<number, Point>, id: number, now: Point): void {
  const before = touches.get(id);
  const other = [...touches].find(([key]) => key !== id)?.[1];
  if (!before || !other) return;
  const middle = { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 };
  const distance = (point: Point) => Math.max(1, Math.hypot(point.x - other.x, point.y - other.y));
  target.zoom(middle, distance(now) / distance(before));
  target.pan((now.x - before.x) / 2, (now.y - before.y) / 2, middle);
}
