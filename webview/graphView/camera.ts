/** The camera's arithmetic: world (pixels at zoom 1) to screen (CSS pixels of the canvas) and back. */
import type { Bounds } from '../layout/layout';

export interface Camera {
  /** World point at the middle of the canvas. */
  readonly x: number;
  readonly y: number;
  readonly scale: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

const MAX_SCALE = 4;

export function toScreen(camera: Camera, view: Size, { x, y }: Point): Point {
  return { x: (x - camera.x) * camera.scale + view.width / 2, y: (y - camera.y) * camera.scale + view.height / 2 };
}

export function toWorld(camera: Camera, view: Size, { x, y }: Point): Point {
  return { x: (x - view.width / 2) / camera.scale + camera.x, y: (y - view.height / 2) / camera.scale + camera.y };
}

/** The same point of the world stays under `point` of the screen. */
export function zoomAbout(camera: Camera, view: Size, point: Point, scale: number): Camera {
  const anchor = toWorld(camera, view, point);
  return {
    x: anchor.x - (point.x - view.width / 2) / scale,
    y: anchor.y - (point.y - view.height / 2) / scale,
    scale,
  };
}

/** All of the bounds, with a margin in screen pixels; never larger than life. */
export function fitAll(bounds: Bounds, view: Size, margin = 24): Camera {
  const width = Math.max(1, bounds.right - bounds.left);
  const height = Math.max(1, bounds.bottom - bounds.top);
  const room = { width: Math.max(1, view.width - 2 * margin), height: Math.max(1, view.height - 2 * margin) };
  return {
    x: (bounds.left + bounds.right) / 2,
    y: (bounds.top + bounds.bottom) / 2,
    scale: Math.min(1, room.width / width, room.height / height),
  };
}

const READABLE = 0.62;

/** How a model is first shown: all of it where that can be read, else from its first node on at a readable size. */
export function openingCamera(bounds: Bounds, first: Bounds, view: Size, margin = 24): Camera {
  const whole = fitAll(bounds, view, margin);
  if (whole.scale >= READABLE) return whole;
  const wide = (view.width - 2 * margin) / Math.max(1, bounds.right - bounds.left);
  const scale = Math.min(1, Math.max(READABLE, wide));
  const x = wide >= scale ? whole.x : (first.left + first.right) / 2;
  return { x, y: first.top + (view.height / 2 - margin) / scale, scale };
}

/** Moves no more than needed to bring a box of the world inside the margins. */
export function reveal(camera: Camera, box: Bounds, view: Size, margin = 64): Camera {
  const shift = (low: number, high: number, centre: number, half: number) => {
    const room = half - margin / camera.scale;
    if (high - low > 2 * room) return (low + high) / 2 - centre;
    return Math.max(0, high - (centre + room)) + Math.min(0, low - (centre - room));
  };
  return {
    x: camera.x + shift(box.left, box.right, camera.x, view.width / camera.scale / 2),
    y: camera.y + shift(box.top, box.bottom, camera.y, view.height / camera.scale / 2),
    scale: camera.scale,
  };
}

/** Keeps the scale between "everything at once" and MAX_SCALE, and the middle of the canvas on the drawing. */
export function keepInside(camera: Camera, bounds: Bounds, view: Size): Camera {
  const scale = Math.min(MAX_SCALE, Math.max(fitAll(bounds, view).scale * 0.8, camera.scale));
  return {
    x: Math.min(bounds.right, Math.max(bounds.left, camera.x)),
    y: Math.min(bounds.bottom, Math.max(bounds.top, camera.y)),
    scale,
  };
}

/** A step of an eased movement; `rest` is the part of the way that is left after it. */
export function approach(from: Camera, to: Camera, rest: number): Camera {
  const mix = (a: number, b: number) => b + (a - b) * rest;
  return { x: mix(from.x, to.x), y: mix(from.y, to.y), scale: to.scale * (from.scale / to.scale) ** rest };
}

/** Whether a movement is so near its end that no pixel would tell. */
export function arrived(from: Camera, to: Camera): boolean {
  const pixels = Math.max(Math.abs(from.x - to.x), Math.abs(from.y - to.y)) * to.scale;
  return pixels < 0.3 && Math.abs(from.scale / to.scale - 1) < 0.001;
}
