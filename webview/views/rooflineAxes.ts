/** Axes and roofs of the roofline. Numbers on them are logarithms to the base 10. */
import { count } from '../../src/display/format';
import type { Roof } from '../../src/protocol/graphPanel';
import type { Point, Size } from '../graphView/camera';
import type { Bounds } from '../layout/layout';
import { overlap } from '../model/labels';
import { logTicks } from '../model/roofline';
import type { Span } from '../model/span';
import { type Brush, font, paintLine } from './surface';

export const MARGIN = { left: 112, right: 28, top: 46, bottom: 56 };

export interface Axes {
  readonly x: Span;
  readonly y: Span;
  /** Where a pair of logarithms is, in pixels, and back. */
  place(x: number, y: number): Point;
  valueAt(point: Point): Point;
}

/** The part of the picture inside the axes. */
export function plotOf({ width, height }: Size) {
  return {
    left: MARGIN.left,
    top: MARGIN.top,
    width: Math.max(1, width - MARGIN.left - MARGIN.right),
    height: Math.max(1, height - MARGIN.top - MARGIN.bottom),
  };
}

export function paintAxes({ context, theme, size }: Brush, axes: Axes): void {
  const { left, top, width, height } = plotOf(size);
  const [right, bottom] = [left + width, top + height];
  const limits = ({ from, to }: Span) => ({ low: 10 ** from, high: 10 ** to });
  context.lineWidth = 1;
  context.font = font(theme, 11);
  context.strokeStyle = theme.border;
  context.fillStyle = theme.dim;
  context.textAlign = 'center';
  context.textBaseline = 'top';
  for (const tick of logTicks(limits(axes.x))) {
    const x = Math.round(axes.place(Math.log10(tick), 0).x) + 0.5;
    paintLine(context, x, top, x, bottom, 0.45);
    context.fillText(tickText(tick), x, bottom + 6);
  }
  context.textAlign = 'right';
  context.textBaseline = 'middle';
  for (const tick of logTicks(limits(axes.y))) {
    const y = Math.round(axes.place(0, Math.log10(tick)).y) + 0.5;
    paintLine(context, left, y, right, y, 0.45);
    context.fillText(count(tick, 'FLOP/s'), left - 8, y);
  }
  paintLine(context, left, bottom, right, bottom);
  paintLine(context, left, top, left, bottom);
  context.textAlign = 'center';
  context.textBaseline = 'alphabetic';
  context.fillStyle = theme.foreground;
  context.fillText('Arithmetic intensity: FLOP per byte off chip', (left + right) / 2, size.height - 12);
  context.save();
  context.translate(14, (top + bottom) / 2);
  context.rotate(-Math.PI / 2);
  context.fillText('Predicted speed', 0, 0);
  context.restore();
}

function tickText(value: number): string {
  return value >= 1e5 ? count(value) : value.toLocaleString('en-US', { maximumSignificantDigits: 3 });
}

/** Pixels beside its line, and high. */
const LABEL_GAP = 4;
const LABEL_HEIGHT = 14;

/** Peaks are level from the ridge on, bandwidths rise up to it; the on-chip ones are dashed. Answers where names and level roofs are. */
export function paintRoofs(brush: Brush, axes: Axes, roofs: readonly Roof[]): readonly Bounds[] {
  const { context, theme, size } = brush;
  const { left, top, width, height } = plotOf(size);
  const peaks = roofs.flatMap((roof) => (roof.flopsPerSecond ? [{ ...roof, value: roof.flopsPerSecond }] : []));
  const levels = roofs.flatMap((roof) => (roof.bytesPerSecond ? [{ ...roof, value: roof.bytesPerSecond }] : []));
  const log = (values: readonly { readonly value: number }[]) =>
    Math.log10(Math.max(0, ...values.map(({ value }) => value)));
  const [peak, widest] = [log(peaks), log(levels)];
  const taken: Bounds[] = [];
  const lines: Bounds[] = [];
  context.save();
  context.beginPath();
  context.rect(left, top, width, height);
  context.clip();
  context.lineWidth = 1.8;
  context.strokeStyle = theme.foreground;
  context.fillStyle = theme.foreground;
  context.font = font(theme, 11);
  for (const { label, value } of peaks) {
    const y = Math.log10(value);
    const ridge = Number.isFinite(widest) ? y - widest : axes.x.from;
    const [from, to] = [axes.place(ridge, y), { x: left + width, y: axes.place(0, y).y }];
    context.setLineDash([]);
    paintLine(context, Math.max(left, from.x), from.y, to.x, to.y, 0.85);
    lines.push({ left: from.x, right: to.x, top: to.y - 1, bottom: to.y + 1 });
    taken.push(paintPeakName(brush, `${label} peak ${count(value, 'FLOP/s')}`, to, taken));
  }
  for (const [i, { label, value }] of levels.entries()) {
    const bandwidth = Math.log10(value);
    const end = Number.isFinite(peak) ? peak - bandwidth : axes.x.to;
    const from = axes.place(axes.x.from, axes.x.from + bandwidth);
    const to = axes.place(end, end + bandwidth);
    context.setLineDash(label === 'off-chip' ? [] : [6, 5]);
    paintLine(context, from.x, from.y, to.x, to.y, 0.85);
    // Names of neighbours stand at different heights, so that they keep clear of each other.
    const name = paintSlanted(brush, `${label} ${count(value, 'B/s')}`, from, to, 0.35 + 0.2 * (i % 3));
    if (name) taken.push(name);
  }
  context.restore();
  return [...taken, ...lines];
}

/** At the right end, above the line; below it where another name stands there. */
function paintPeakName({ context }: Brush, text: string, { x, y }: Point, taken: readonly Bounds[]): Bounds {
  const right = x - 6;
  const left = right - context.measureText(text).width;
  const above = { left, right, top: y - LABEL_GAP - LABEL_HEIGHT, bottom: y - LABEL_GAP };
  const below = { left, right, top: y + LABEL_GAP, bottom: y + LABEL_GAP + LABEL_HEIGHT };
  const box = taken.some((other) => overlap(above, other)) ? below : above;
  context.textAlign = 'right';
  context.textBaseline = 'middle';
  context.fillText(text, right, (box.top + box.bottom) / 2);
  return box;
}

/** Along a rising line, at a share of its visible part; undefined where too little of it is seen. */
function paintSlanted(
  { context, size }: Brush,
  text: string,
  from: Point,
  to: Point,
  share: number,
): Bounds | undefined {
  const { left, top, width, height } = plotOf(size);
  const slope = (to.y - from.y) / (to.x - from.x);
  const low = Math.max(left, from.x, from.x + (top + height - from.y) / slope);
  const high = Math.min(left + width, to.x, from.x + (top - from.y) / slope);
  const room = (high - low) * Math.hypot(1, slope);
  const long = context.measureText(text).width;
  if (!(room > long)) return undefined;
  const x = low + share * (high - low);
  const y = from.y + slope * (x - from.x);
  context.save();
  context.translate(x, y);
  context.rotate(Math.atan(slope));
  context.textAlign = 'center';
  context.textBaseline = 'bottom';
  context.fillText(text, 0, -LABEL_GAP);
  context.restore();
  const [dx, dy] = [long / 2 / Math.hypot(1, slope), Math.abs((slope * long) / 2 / Math.hypot(1, slope))];
  return { left: x - dx - LABEL_HEIGHT, right: x + dx, top: y - dy - LABEL_HEIGHT, bottom: y + dy };
}
