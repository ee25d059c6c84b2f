/** Eased movement of the camera. */

import type { Bounds } from '../layout/layout';
import { approach, arrived, type Camera, keepInside, type Point, type Size, zoomAbout } from './camera';

/** Milliseconds in which the way that is left shrinks by e. */
const EASE = 55;

type Motion =
  | { readonly kind: 'zoom'; readonly point: Point; readonly scale: number }
  | { readonly kind: 'travel'; readonly to: Camera };

export class Mover {
  camera: Camera = { x: 0, y: 0, scale: 1 };
  private motion: Motion | undefined;
  private readonly quiet = window.matchMedia('(prefers-reduced-motion: reduce)');

  /** The camera when everything has come to rest. */
  goal(view: Size): Camera {
    if (this.motion?.kind === 'travel') return this.motion.to;
    return this.motion ? zoomAbout(this.camera, view, this.motion.point, this.motion.scale) : this.camera;
  }

  /** Whether the reader wants nothing to move by itself. */
  get reduced(): boolean {
    return this.quiet.matches;
  }

  /** What is on screen has got other coordinates: the same picture of it, as far as the drawing allows. */
  shift(dx: number, dy: number, bounds: Bounds, view: Size): void {
    const { x, y, scale } = this.camera;
    this.jump(keepInside({ x: x + dx, y: y + dy, scale }, bounds, view));
  }

  jump(camera: Camera): void {
    this.motion = undefined;
    this.camera = camera;
  }

  travel(to: Camera): void {
    if (this.reduced) this.jump(to);
    else this.motion = { kind: 'travel', to };
  }

  /** Zooms about a point of the screen; further calls before it ended add up. */
  zoom(point: Point, factor: number, bounds: Bounds, view: Size): void {
    const from = this.goal(view).scale;
    const { scale } = keepInside({ ...this.camera, scale: from * factor }, bounds, view);
    if (this.reduced) this.jump(zoomAbout(this.camera, view, point, scale));
    else this.motion = { kind: 'zoom', point, scale };
  }

  pan(dx: number, dy: number): void {
    if (this.motion?.kind === 'travel') this.motion = undefined;
    const { x, y, scale } = this.camera;
    this.camera = { x: x - dx / scale, y: y - dy / scale, scale };
  }

  /** Moves on by some milliseconds; answers whether there is a way left. */
  step(milliseconds: number, bounds: Bounds, view: Size): boolean {
    if (this.motion) {
      const to = this.goal(view);
      const rest = Math.exp(-milliseconds / EASE);
      const next = approach(this.camera, to, rest);
      this.camera = this.motion.kind === 'zoom' ? zoomAbout(this.camera, view, this.motion.point, next.scale) : next;
      if (arrived(this.camera, to)) this.jump(to);
    }
    this.camera = keepInside(this.camera, bounds, view);
    return this.motion !== undefined;
  }
}
