/**
 * Far out, where a picture holds thousands of nodes, it is kept: while only the camera moves a bitmap of the whole drawing, or of the view
 * and its surroundings, is shifted and stretched; all is painted anew when that does not cover the view, or a moment after a zoom.
 */
import { at } from '../layout/adjacency';
import type { Bounds } from '../layout/layout';
import type { Camera, Size } from './camera';
import type { Frame } from './frame';
import { visibleRanks } from './visible';

/** From here on cards are blocks without words. */
const FAR = 0.27;
/** Fewer nodes than this are painted faster than anyone sees. */
const MANY = 1500;
/** Around the view on each side, of its size. */
const MARGIN = 0.25;
/** Pixels that a bitmap of the whole drawing has at most. */
const MOST_PIXELS = 6e6;
/** How far the bitmap is stretched, and pressed, before it is painted anew. */
const STRETCH = 1.8;
const PRESS = 4;
const REST_MILLISECONDS = 120;
/** Pixels around the whole drawing. */
const EDGE = 4;

/** Paints a frame and answers the nodes in it. */
type Paint = (context: CanvasRenderingContext2D, frame: Frame, ratio: number) => readonly number[];

interface Kept {
  readonly frame: Frame;
  readonly ratio: number;
  readonly nodes: readonly number[];
}

export class Overview {
  private readonly canvas = document.createElement('canvas');
  private readonly context = this.canvas.getContext('2d', { alpha: false });
  private readonly sharpen: () => void;
  private kept: Kept | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** `repaint` is called when a stretched picture can be replaced by a sharp one. */
  constructor(repaint: () => void) {
    this.sharpen = () => {
      this.kept = undefined;
      repaint();
    };
  }

  /** Paints like `paint`, from the bitmap where the frame is one for it. */
  show(context: CanvasRenderingContext2D, frame: Frame, ratio: number, paint: Paint): readonly number[] {
    clearTimeout(this.timer);
    if (!this.context || !isCrowded(frame)) {
      this.kept = undefined;
      return paint(context, frame, ratio);
    }
    const kept =
      this.kept && isGood(this.kept, frame, ratio) ? this.kept : this.keep(this.context, frame, ratio, paint);
    const { camera, view } = kept.frame;
    const zoom = frame.camera.scale / camera.scale;
    if (zoom !== 1) this.timer = setTimeout(this.sharpen, REST_MILLISECONDS);
    const left = (camera.x - frame.camera.x) * frame.camera.scale + (frame.view.width - view.width * zoom) / 2;
    const top = (camera.y - frame.camera.y) * frame.camera.scale + (frame.view.height - view.height * zoom) / 2;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.fillStyle = frame.theme.background;
    context.fillRect(0, 0, frame.view.width, frame.view.height);
    context.drawImage(this.canvas, left, top, view.width * zoom, view.height * zoom);
    return kept.nodes;
  }

  private keep(context: CanvasRenderingContext2D, frame: Frame, ratio: number, paint: Paint): Kept {
    const { camera, view } = regionOf(frame, ratio);
    this.canvas.width = Math.round(view.width * ratio);
    this.canvas.height = Math.round(view.height * ratio);
    const around = { ...frame, camera, view };
    const kept = { frame: around, ratio, nodes: paint(context, around, ratio) };
    this.kept = kept;
    return kept;
  }
}

/** All of the drawing where that is not too large, else the view with a margin. */
function regionOf({ camera, view, drawing: { bounds } }: Frame, ratio: number): CameraAndView {
  const width = Math.ceil((bounds.right - bounds.left) * camera.scale) + 2 * EDGE;
  const height = Math.ceil((bounds.bottom - bounds.top) * camera.scale) + 2 * EDGE;
  if (width * height * ratio ** 2 <= MOST_PIXELS) {
    const middle = { x: (bounds.left + bounds.right) / 2, y: (bounds.top + bounds.bottom) / 2, scale: camera.scale };
    return { camera: middle, view: { width, height } };
  }
  const around = (length: number) => Math.ceil(length * (1 + 2 * MARGIN));
  return { camera, view: { width: around(view.width), height: around(view.height) } };
}

function isCrowded(frame: Frame): boolean {
  if (frame.camera.scale >= FAR || frame.change) return false;
  const { drawing } = frame;
  const world = worldOf(frame);
  const { first, end } = visibleRanks(drawing, world.top, world.bottom);
  return at(drawing.ranks.start, end) - at(drawing.ranks.start, first) >= MANY;
}

/** Whether nothing but the camera has changed, and that little enough. */
function isGood(kept: Kept, frame: Frame, ratio: number): boolean {
  const { camera: _, view: __, text: ___, ...parts } = frame;
  const same = Object.entries(parts).every(([key, value]) => Reflect.get(kept.frame, key) === value);
  return same && kept.ratio === ratio && stillCovers(kept.frame, frame, frame.drawing.bounds);
}

/** Whether a picture has all of the drawing that another one shows, at nearly the same size. */
export function stillCovers(kept: CameraAndView, now: CameraAndView, bounds: Bounds): boolean {
  const zoom = now.camera.scale / kept.camera.scale;
  if (zoom > STRETCH || zoom < 1 / PRESS) return false;
  const [has, needs] = [worldOf(kept), worldOf(now)];
  return (
    has.left <= Math.max(needs.left, bounds.left) &&
    has.right >= Math.min(needs.right, bounds.right) &&
    has.top <= Math.max(needs.top, bounds.top) &&
    has.bottom >= Math.min(needs.bottom, bounds.bottom)
  );
}

interface CameraAndView {
  readonly camera: Camera;
  readonly view: Size;
}

function worldOf({ camera: { x, y, scale }, view }: CameraAndView): Bounds {
  const [halfWidth, halfHeight] = [view.width / scale / 2, view.height / scale / 2];
  return { left: x - halfWidth, right: x + halfWidth, top: y - halfHeight, bottom: y + halfHeight };
}
