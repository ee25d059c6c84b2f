/** Draws a heat map over a picture: colours, and lines of equal value with their number. */
import { overlay, type Rectangle, valueAt } from '../../src/display/overlay';
import type { Picture } from '../../src/protocol/camPanel';
import { contourLines } from './contour';
import { blendOf, type PanelView } from './savedState';
import { meaning, type Shading } from './shading';

/** Distance of the lattice's nodes on which lines are sought, in pixels. */
const LATTICE = 3;
/** A number stands at lines that are longer than this many times its own size. */
const LABELLED = 4;

export interface Canvas2d {
  width: number;
  height: number;
  getContext(kind: '2d'): CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D | null;
}

/** The picture under the map's colours. */
export function paintHeat(canvas: Canvas2d, picture: Picture, shades: Shading, view: PanelView): void {
  const { width, height } = picture;
  resize(canvas, width, height);
  const pixels = overlay(picture, shades.fine, shades.palette, opacityOf(view), blendOf(view));
  canvas.getContext('2d')?.putImageData(new ImageData(pixels, width, height), 0, 0);
}

/**
 * The wanted lines over what the canvas shows of the picture, whatever its size; `unit` is how many of its pixels are
 * one of the screen, for the strength of lines.
 */
export function paintContours(
  canvas: Canvas2d,
  picture: Picture,
  shades: Shading,
  view: PanelView,
  unit: number,
): void {
  const context = canvas.getContext('2d');
  if (!context || view.shown === 'image') return;
  const [across, down] = [canvas.width / picture.width, canvas.height / picture.height];
  const { x, y, width, height } = picture.seen;
  const seen = { x: x * across, y: y * down, width: width * across, height: height * down };
  for (const level of levels(shades, view.contour)) strokeLevel(context, seen, shades, level, unit);
}

/** Setting the size clears a canvas and makes it flash: only when it changes. */
export function resize(canvas: Canvas2d, width: number, height: number): void {
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
}

/** The map as the network made it: one pixel per value. */
export function paintCoarse(canvas: Canvas2d, { coarse, palette }: Shading): void {
  const { width, height } = coarse;
  resize(canvas, width, height);
  const blank = { width, height, rgba: new Uint8Array(4 * width * height), seen: { x: 0, y: 0, width, height } };
  const pixels = overlay(blank, coarse, palette, 1);
  for (let alpha = 3; alpha < pixels.length; alpha += 4) pixels[alpha] = 255;
  canvas.getContext('2d')?.putImageData(new ImageData(pixels, width, height), 0, 0);
}

function opacityOf({ shown, opacity }: PanelView): number {
  return { overlay: opacity, map: 1, image: 0 }[shown];
}

/** Where lines run in drawn values 0–1: of a map that has two sides, on both. */
function levels({ range: [low] }: Shading, share: number): readonly number[] {
  if (!(share > 0)) return [];
  return low < 0 ? [0.5 - share / 2, 0.5 + share / 2] : [share];
}

function strokeLevel(
  context: CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D,
  seen: Rectangle,
  shades: Shading,
  level: number,
  unit: number,
): void {
  const width = Math.max(2, Math.ceil(seen.width / (LATTICE * unit)) + 1);
  const height = Math.max(2, Math.ceil(seen.height / (LATTICE * unit)) + 1);
  // The last node lies just inside of what was seen, which does not hold its own border.
  const x = (column: number): number => seen.x + (seen.width - 1e-6) * (column / (width - 1));
  const y = (row: number): number => seen.y + (seen.height - 1e-6) * (row / (height - 1));
  const values = Float32Array.from({ length: width * height }, (_, node) =>
    valueAt({ seen }, shades.fine, x(node % width), y(Math.floor(node / width))),
  );
  const text = meaning(shades, level);
  const size = 11 * unit;
  context.font = `600 ${size}px sans-serif`;
  for (const { points, closed } of contourLines({ width, height, values }, level)) {
    const line = points.map((point) => ({ x: x(point.x), y: y(point.y) }));
    // Dark below light: seen on every colour.
    for (const [color, thickness] of [
      ['rgb(0 0 0 / 70%)', 3.5],
      ['#fff', 1.5],
    ] as const) {
      context.beginPath();
      for (const [i, point] of line.entries()) context[i === 0 ? 'moveTo' : 'lineTo'](point.x, point.y);
      if (closed) context.closePath();
      context.strokeStyle = color;
      context.lineWidth = thickness * unit;
      context.stroke();
    }
    const middle = line[Math.floor(line.length / 2)];
    if (!middle || line.length * LATTICE * unit < LABELLED * size) continue;
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    const half = context.measureText(text).width / 2;
    const within = (at: number, start: number, span: number, reach: number): number =>
      Math.min(start + span - reach, Math.max(start + reach, at));
    const place = [
      within(middle.x, seen.x, seen.width, half),
      within(middle.y, seen.y, seen.height, size / 2),
    ] as const;
    context.strokeStyle = 'rgb(0 0 0 / 80%)';
    context.lineWidth = 3.5 * unit;
    context.strokeText(text, ...place);
    context.fillStyle = '#fff';
    context.fillText(text, ...place);
  }
}
