/** What both charts of a sweep have in common: a picture of points, each of which can be pointed at and stepped to. */
import type { Point as Place, Size } from '../graphView/camera';
import { TextFitter } from '../graphView/text';
import type { Bounds } from '../layout/layout';
import type { Brush } from '../views/surface';
import { font } from '../views/surface';
import type { Measure, Metric, Sweep } from './sweep';

/** What is drawn. Points are known by their index in the sweep. */
export interface Shown {
  readonly sweep: Sweep;
  /** `resnet50.onnx on Jetson TX2`. */
  readonly title: string;
  readonly metric: Metric;
  readonly cost: Measure;
  readonly front: readonly boolean[];
}

export interface Marks {
  readonly selected: number | undefined;
  readonly hovered: number | undefined;
}

/** A picture in CSS pixels. */
export interface Drawing {
  paint(brush: Brush, marks: Marks): void;
  at(place: Place): number | undefined;
  /** Undefined for a point that is not in the picture. */
  boxOf(index: number): Bounds | undefined;
  /** The point that an arrow key leads to. */
  step(key: string, from: number | undefined): number | undefined;
}

export type Draw = (shown: Shown, size: Size) => Drawing;

/** The part of the picture that holds the points. */
export interface Frame {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** After Okabe and Ito; high contrast has its own. */
export const FRONT_COLOR = '#e06a1f';

export function paintTitle({ context, theme, size }: Brush, text: string, left: number): void {
  context.font = font(theme, 12, '600');
  context.textAlign = 'left';
  context.textBaseline = 'middle';
  context.fillStyle = theme.foreground;
  context.fillText(new TextFitter(context).fit(text, size.width - left - 8), left, 14);
}

/** Names of the axes: below the frame, and left of it from bottom to top. */
export function paintAxisNames(
  { context, theme, size }: Brush,
  { left, right, top, bottom }: Frame,
  names: readonly [x: string, y: string],
): void {
  const [x, y] = names;
  context.font = font(theme, 12);
  context.fillStyle = theme.foreground;
  context.textAlign = 'center';
  context.textBaseline = 'alphabetic';
  context.fillText(x, (left + right) / 2, size.height - 12, right - left);
  context.save();
  context.translate(16, (top + bottom) / 2);
  context.rotate(-Math.PI / 2);
  context.fillText(y, 0, 0, bottom - top);
  context.restore();
}
