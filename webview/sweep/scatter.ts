/** Every point by its time and its cost, with the Pareto front through those that nothing beats. */
import type { Point as Place, Size } from '../graphView/camera';
import { TextFitter } from '../graphView/text';
import { type Brush, font, paintLine } from '../views/surface';
import { type Drawing, FRONT_COLOR, type Frame, type Marks, paintAxisNames, paintTitle, type Shown } from './drawing';
import { padded, type Scale, scaleOf, shareOf, ticksOf } from './scale';
import { type Measure, type Point, timeOf } from './sweep';

const MARGIN = { left: 92, right: 28, top: 52, bottom: 56 };
const RADIUS = 5;
/** Pixels beyond its edge at which a point can still be pointed at. */
const REACH = 7;

export function scatter(shown: Shown, size: Size): Drawing {
  const plot = plotOf(shown, size);
  const { points } = shown.sweep;
  const places = points.map((point) => plot.placeOf(point));
  // By time, then by cost: the order in which the arrow keys go.
  const order = [...points.keys()]
    .filter((index) => places[index] !== undefined)
    .sort((a, b) => compare(plot, points[a], points[b]));
  return {
    paint(brush, marks) {
      paintTitle(brush, `${shown.title}, predicted`, plot.left);
      paintAxes(brush, plot);
      paintFront(brush, plot, shown, places, order);
      paintPoints(brush, shown, places, marks);
      paintPreset(brush, plot, shown);
      paintKeys(brush, plot, shown, points.length - order.length);
    },
    at({ x, y }) {
      let best: number | undefined;
      let least = RADIUS + REACH;
      for (const [index, place] of places.entries()) {
        const off = place ? Math.hypot(place.x - x, place.y - y) : Number.POSITIVE_INFINITY;
        if (off >= least) continue;
        least = off;
        best = index;
      }
      return best;
    },
    boxOf(index) {
      const place = places[index];
      if (!place) return undefined;
      const { x, y } = place;
      return { left: x - RADIUS, right: x + RADIUS, top: y - RADIUS, bottom: y + RADIUS };
    },
    step(key, from) {
      const now = from === undefined ? -1 : order.indexOf(from);
      const places: Readonly<Record<string, number>> = {
        ArrowRight: now + 1,
        ArrowDown: now + 1,
        ArrowLeft: now - 1,
        ArrowUp: now - 1,
        Home: 0,
        End: order.length - 1,
      };
      const place = places[key];
      return place === undefined ? undefined : order[Math.min(order.length - 1, Math.max(0, place))];
    },
  };
}

interface Plot extends Frame {
  readonly time: Measure;
  readonly cost: Measure;
  readonly across: Scale;
  readonly up: Scale;
  /** Undefined where one of the two is unknown. */
  placeOf(point: Point): Place | undefined;
}

function plotOf({ sweep, cost }: Shown, size: Size): Plot {
  const time = timeOf(sweep);
  const all = [...sweep.points, sweep.preset];
  const across = padded(scaleOf(all.map((point) => time.value(point))));
  const up = padded(scaleOf(all.map((point) => cost.value(point))));
  const { left, top } = MARGIN;
  const [right, bottom] = [
    Math.max(left + 1, size.width - MARGIN.right),
    Math.max(top + 1, size.height - MARGIN.bottom),
  ];
  const placeOf = (point: Point): Place | undefined => {
    const x = left + shareOf(across, time.value(point)) * (right - left);
    const y = bottom - shareOf(up, cost.value(point)) * (bottom - top);
    return point.problem === '' && Number.isFinite(x + y) ? { x, y } : undefined;
  };
  return { left, right, top, bottom, time, cost, across, up, placeOf };
}

function compare({ time, cost }: Plot, a: Point | undefined, b: Point | undefined): number {
  if (!a || !b) return 0;
  return time.value(a) - time.value(b) || cost.value(a) - cost.value(b);
}

function paintAxes(brush: Brush, plot: Plot): void {
  const { context, theme } = brush;
  const { left, right, top, bottom, across, up, time, cost } = plot;
  context.lineWidth = 1;
  context.font = font(theme, 11);
  context.strokeStyle = theme.border;
  context.fillStyle = theme.dim;
  context.textAlign = 'center';
  context.textBaseline = 'top';
  for (const tick of ticksOf(across, (right - left) / 90)) {
    const x = Math.round(left + shareOf(across, tick) * (right - left)) + 0.5;
    paintLine(context, x, top, x, bottom, 0.45);
    context.fillText(time.format(tick), x, bottom + 6);
  }
  context.textAlign = 'right';
  context.textBaseline = 'middle';
  for (const tick of ticksOf(up, (bottom - top) / 50)) {
    const y = Math.round(bottom - shareOf(up, tick) * (bottom - top)) + 0.5;
    paintLine(context, left, y, right, y, 0.45);
    context.fillText(cost.format(tick), left - 8, y, left - 30);
  }
  paintLine(context, left, bottom, right, bottom);
  paintLine(context, left, top, left, bottom);
  paintAxisNames(brush, plot, [time.label, cost.label]);
}

/** A staircase: between two of its points nothing better than their corner is known. */
function paintFront(
  { context, theme }: Brush,
  { right, top }: Plot,
  { front }: Shown,
  places: readonly (Place | undefined)[],
  order: readonly number[],
): void {
  const corners = order.filter((index) => front[index]).flatMap((index) => places[index] ?? []);
  const [first] = corners;
  const last = corners.at(-1);
  if (!first || !last) return;
  context.beginPath();
  context.moveTo(first.x, top);
  let { y } = first;
  for (const corner of corners) {
    context.lineTo(corner.x, y);
    context.lineTo(corner.x, corner.y);
    y = corner.y;
  }
  context.lineTo(right, last.y);
  context.lineWidth = 2;
  context.strokeStyle = theme.highContrast ? theme.focus : FRONT_COLOR;
  context.stroke();
}

function paintPoints(
  { context, theme }: Brush,
  { front }: Shown,
  places: readonly (Place | undefined)[],
  { selected, hovered }: Marks,
): void {
  const circle = ({ x, y }: Place, radius: number): void => {
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
  };
  const paintAll = (onFront: boolean): void => {
    for (const [index, place] of places.entries()) {
      if (!place || (front[index] ?? false) !== onFront) continue;
      circle(place, RADIUS);
      context.globalAlpha = onFront || theme.highContrast ? 1 : 0.5;
      context.fillStyle = onFront ? (theme.highContrast ? theme.focus : FRONT_COLOR) : theme.dim;
      context.fill();
      context.globalAlpha = 1;
      context.lineWidth = 1;
      context.strokeStyle = theme.background;
      context.stroke();
    }
  };
  paintAll(false);
  paintAll(true);
  for (const [index, width, color] of [
    [hovered, 1.5, theme.foreground],
    [selected, 3, theme.focus],
  ] as const) {
    const place = index === undefined ? undefined : places[index];
    if (!place) continue;
    circle(place, RADIUS + 4);
    context.lineWidth = width;
    context.strokeStyle = color;
    context.stroke();
  }
}

function paintPreset({ context, theme }: Brush, { placeOf, right }: Plot, { sweep }: Shown): void {
  const place = placeOf(sweep.preset);
  if (!place) return;
  diamond(context, place, theme.foreground);
  context.font = font(theme, 11);
  const beside = place.x < right - 70;
  context.textAlign = beside ? 'left' : 'right';
  context.textBaseline = 'bottom';
  context.fillStyle = theme.foreground;
  context.fillText('preset', place.x + (beside ? 10 : -10), place.y - 6);
}

function diamond(context: Brush['context'], { x, y }: Place, color: string): void {
  const size = RADIUS + 3;
  context.beginPath();
  context.moveTo(x, y - size);
  context.lineTo(x + size, y);
  context.lineTo(x, y + size);
  context.lineTo(x - size, y);
  context.closePath();
  context.lineWidth = 2;
  context.strokeStyle = color;
  context.stroke();
}

function paintKeys({ context, theme, size }: Brush, { left }: Plot, { sweep, front }: Shown, left_out: number): void {
  const count = front.filter(Boolean).length;
  context.font = font(theme, 11);
  context.textAlign = 'left';
  context.textBaseline = 'middle';
  context.fillStyle = theme.highContrast ? theme.focus : FRONT_COLOR;
  context.fillRect(left, 33, 14, 2);
  context.fillStyle = theme.dim;
  const missing = left_out > 0 ? ` · ${left_out} without a figure are left out` : '';
  const text = `Pareto front: ${count} of ${sweep.points.length} points${missing} · better is down and to the left`;
  context.fillText(new TextFitter(context).fit(text, size.width - left - 28), left + 20, 34);
}
