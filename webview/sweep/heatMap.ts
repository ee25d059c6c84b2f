/** The grid as cells coloured by a metric. */

import type { Size } from '../graphView/camera';
import { heatIndex } from '../graphView/colors';
import { TextFitter } from '../graphView/text';
import type { Theme } from '../graphView/theme';
import { type Brush, font } from '../views/surface';
import { type Drawing, FRONT_COLOR, type Frame, type Marks, paintAxisNames, paintTitle, type Shown } from './drawing';
import { type Scale, scaleOf, shareOf } from './scale';
import { type Axis, figure, inSentence, type Point, tickOf } from './sweep';

const MARGIN = { left: 84, right: 96, top: 52, bottom: 56 };
const GAP = 2;
/** Smallest cell that a figure is written in, and the width between two ticks. */
const [TEXT_WIDTH, TEXT_HEIGHT, TICK_WIDTH] = [52, 18, 46];
const LEGEND_WIDTH = 14;

export function heatMap(shown: Shown, size: Size): Drawing {
  const grid = gridOf(shown, size);
  const { sweep } = shown;
  const { columns, rows } = grid;
  return {
    paint(brush, marks) {
      paintTitle(brush, `${shown.title}: ${inSentence(shown.metric.label)}, predicted`, grid.left);
      const scale = scaleOf(sweep.points.map((point) => colorValue(shown, point)));
      for (const [index, point] of sweep.points.entries())
        paintCell(brush, shown, grid, scale, point, shown.front[index]);
      paintMarks(brush, shown, grid, marks);
      paintTicks(brush, shown, grid);
      paintLegend(brush, shown, grid, scale);
      paintKeys(brush, shown, grid);
    },
    at({ x, y }) {
      const column = Math.floor((x - grid.left) / grid.width);
      const row = Math.floor((grid.bottom - y) / grid.height);
      const inside = column >= 0 && column < columns && row >= 0 && row < rows;
      return inside ? row * columns + column : undefined;
    },
    boxOf: (index) => {
      const point = sweep.points[index];
      return point && cellOf(grid, point);
    },
    step(key, from) {
      const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[key] ?? [];
      if (key === 'Home') return 0;
      if (key === 'End') return sweep.points.length - 1;
      if (dx === undefined || dy === undefined) return undefined;
      if (from === undefined) return Math.max(0, sweep.presetIndex);
      const column = Math.min(columns - 1, Math.max(0, (from % columns) + dx));
      const row = Math.min(rows - 1, Math.max(0, Math.floor(from / columns) + dy));
      return row * columns + column;
    },
  };
}

interface Grid extends Frame {
  readonly columns: number;
  readonly rows: number;
  /** Of a cell. */
  readonly width: number;
  readonly height: number;
}

function gridOf({ sweep: { x, y } }: Shown, size: Size): Grid {
  const [columns, rows] = [x.values.length, y.values.length];
  const { left, top } = MARGIN;
  const [right, bottom] = [
    Math.max(left + 1, size.width - MARGIN.right),
    Math.max(top + 1, size.height - MARGIN.bottom),
  ];
  return { left, top, right, bottom, columns, rows, width: (right - left) / columns, height: (bottom - top) / rows };
}

/** Small values of y are at the bottom, as in any chart. */
function cellOf({ left, bottom, width, height }: Grid, { column, row }: Point) {
  const [x, y] = [left + column * width, bottom - (row + 1) * height];
  return { left: x, right: x + width, top: y, bottom: y + height };
}

/** To the digits that are written: a difference that nobody can read has no colour. */
function colorValue({ metric }: Shown, point: Point): number {
  return Number(metric.value(point).toPrecision(3));
}

function paintCell(brush: Brush, shown: Shown, grid: Grid, scale: Scale, point: Point, onFront = false): void {
  const { context, theme } = brush;
  const { left, top } = cellOf(grid, point);
  const gap = Math.min(GAP, grid.width / 4, grid.height / 4);
  const [width, height] = [grid.width - gap, grid.height - gap];
  const share = shareOf(scale, colorValue(shown, point));
  if (Number.isNaN(share)) {
    paintUnknown(brush, left, top, width, height);
    return;
  }
  const heat = heatIndex(share);
  context.fillStyle = theme.heat.fill[heat] ?? theme.card;
  context.fillRect(left, top, width, height);
  const ink = theme.heat.text[heat] ?? theme.foreground;
  if (grid.width >= TEXT_WIDTH && grid.height >= TEXT_HEIGHT) {
    context.fillStyle = ink;
    context.font = font(theme, 11);
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    context.fillText(figure(shown.metric, point), left + width / 2, top + height / 2, width - 4);
  }
  if (!onFront) return;
  const radius = Math.max(1.5, Math.min(4.5, width / 5, height / 5));
  context.beginPath();
  context.arc(left + width - radius - 3, top + radius + 3, radius, 0, 2 * Math.PI);
  context.fillStyle = frontColor(theme);
  context.fill();
  context.lineWidth = 1;
  context.strokeStyle = ink;
  context.stroke();
}

/** Crossed out: no colour of the scale could be taken for it. */
function paintUnknown({ context, theme }: Brush, left: number, top: number, width: number, height: number): void {
  context.lineWidth = 1;
  context.strokeStyle = theme.border;
  context.strokeRect(left + 0.5, top + 0.5, width - 1, height - 1);
  context.beginPath();
  context.moveTo(left, top);
  context.lineTo(left + width, top + height);
  context.moveTo(left + width, top);
  context.lineTo(left, top + height);
  context.stroke();
}

function paintMarks({ context, theme }: Brush, { sweep }: Shown, grid: Grid, { selected, hovered }: Marks): void {
  const outline = (index: number | undefined, color: string, width: number, dash: readonly number[] = []): void => {
    const point = index === undefined ? undefined : sweep.points[index];
    if (!point) return;
    const { left, top } = cellOf(grid, point);
    context.setLineDash([...dash]);
    context.lineWidth = width;
    context.strokeStyle = color;
    context.strokeRect(left - 1, top - 1, grid.width, grid.height);
    context.setLineDash([]);
  };
  // In both inks, so that it shows on every colour.
  outline(sweep.presetIndex, theme.background, 3);
  outline(sweep.presetIndex, theme.foreground, 3, [5, 4]);
  outline(hovered, theme.foreground, 1.5);
  outline(selected, theme.background, 5);
  outline(selected, theme.focus, 3);
}

function paintTicks(brush: Brush, { sweep: { x, y } }: Shown, grid: Grid): void {
  const { context, theme } = brush;
  context.font = font(theme, 11);
  context.fillStyle = theme.dim;
  context.textAlign = 'center';
  context.textBaseline = 'top';
  for (const place of some(x, TICK_WIDTH / grid.width)) {
    context.fillText(tickOf(x, x.values[place] ?? Number.NaN), grid.left + (place + 0.5) * grid.width, grid.bottom + 5);
  }
  context.textAlign = 'right';
  context.textBaseline = 'middle';
  for (const place of some(y, TEXT_HEIGHT / grid.height)) {
    context.fillText(
      tickOf(y, y.values[place] ?? Number.NaN),
      grid.left - 6,
      grid.bottom - (place + 0.5) * grid.height,
    );
  }
  paintAxisNames(brush, grid, [named(x), named(y)]);
}

/** Places of the axis, as many as there is room for. */
function some({ values }: Axis, apart: number): readonly number[] {
  const every = Math.max(1, Math.ceil(apart));
  return [...values.keys()].filter((place) => place % every === 0);
}

function named({ label, unit }: Axis): string {
  return unit ? `${label} (${unit})` : label;
}

/** The colours from the lowest to the highest value; in between by ratios where the ends say so. */
function paintLegend({ context, theme }: Brush, { metric }: Shown, { right, top, bottom }: Grid, scale: Scale): void {
  const left = right + 14;
  const steps = 64;
  // Whole pixels, so that no seams show.
  const edge = (step: number): number => Math.round(bottom - (step * (bottom - top)) / steps);
  for (let step = 0; step < steps; step++) {
    context.fillStyle = theme.heat.fill[heatIndex(step / (steps - 1))] ?? theme.card;
    context.fillRect(left, edge(step + 1), LEGEND_WIDTH, edge(step) - edge(step + 1));
  }
  const middle = scale.log ? Math.sqrt(scale.low * scale.high) : (scale.low + scale.high) / 2;
  const ends = [
    [scale.low, bottom, 'bottom'],
    [middle, (top + bottom) / 2, 'middle'],
    [scale.high, top, 'top'],
  ] as const;
  context.font = font(theme, 11);
  context.fillStyle = theme.dim;
  context.textAlign = 'left';
  for (const [value, y, baseline] of scale.high > scale.low ? ends : ends.slice(1, 2)) {
    context.textBaseline = baseline;
    context.fillText(metric.format(value), left + LEGEND_WIDTH + 5, y, MARGIN.right - LEGEND_WIDTH - 22);
  }
}

/** What the marks mean, as far as there are any. */
function paintKeys({ context, theme, size }: Brush, { sweep, front, cost }: Shown, { left }: Grid): void {
  context.font = font(theme, 11);
  context.textAlign = 'left';
  context.textBaseline = 'middle';
  let at = left;
  const write = (text: string): void => {
    context.fillStyle = theme.dim;
    context.fillText(new TextFitter(context).fit(text, size.width - at - 8), at, 34);
    at += context.measureText(text).width + 18;
  };
  if (sweep.presetIndex >= 0) {
    context.setLineDash([4, 3]);
    context.lineWidth = 2;
    context.strokeStyle = theme.foreground;
    context.strokeRect(at + 1, 29, 12, 10);
    context.setLineDash([]);
    at += 19;
    write('preset');
  }
  if (sweep.points.some(({ problem }) => problem !== '')) write('×  not possible');
  if (front.includes(true)) {
    context.beginPath();
    context.arc(at + 5, 34, 4.5, 0, 2 * Math.PI);
    context.fillStyle = frontColor(theme);
    context.fill();
    at += 15;
    write(`Pareto front of time and ${inSentence(cost.label)}`);
  }
}

function frontColor(theme: Theme): string {
  return theme.highContrast ? theme.focus : FRONT_COLOR;
}
