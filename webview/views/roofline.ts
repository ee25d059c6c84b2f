/** The roofline tab: what each kernel reaches, below what the hardware allows. */
import { BOUND_NAMES } from '../../src/display/bounds';
import { count, percent } from '../../src/display/format';
import type { Roof } from '../../src/protocol/graphPanel';
import type { Point, Size } from '../graphView/camera';
import { BOUND_COLORS } from '../graphView/colors';
import { listenToGestures } from '../graphView/gestures';
import type { Bounds } from '../layout/layout';

import type { PanelModel } from '../model/panelModel';
import { type Dot, type Limits, logTicks, type Roofline, rooflineOf } from '../model/roofline';
import { type Brush, type ChartEvents, type ChartView, font, paintKey, Surface } from './chart';

const MARGIN = { left: 112, right: 28, top: 46, bottom: 56 };
const SMALLEST = 3.5;
const LARGEST = 20;
/** Pixels beyond its edge at which a dot can still be pointed at. */
const REACH = 6;

export class RooflineView implements ChartView {
  private readonly surface: Surface;
  private readonly events: ChartEvents;
  private model: PanelModel | undefined;
  private roofline: Roofline | undefined;
  private chosen: number | undefined;
  private hovered: number | undefined;

  constructor(events: ChartEvents) {
    this.events = events;
    const label = 'Roofline: arrow keys step through the layers, slowest first; Enter opens the details';
    this.surface = new Surface('roofline', 'Roofline', label, (brush) => this.paint(brush));
    listenToGestures(this.surface.canvas, {
      zoom: () => {},
      pan: () => {},
      click: (point) => events.selected(this.dotUnder(point)?.node),
      doubleClick: (point) => this.open(this.dotUnder(point)?.node),
      point: (point) => this.point(point),
    });
    this.surface.onKey((event) => this.key(event));
  }

  get element(): HTMLElement {
    return this.surface.element;
  }

  setModel(model: PanelModel): void {
    this.model = model;
    this.roofline = undefined;
    this.surface.invalidate();
  }

  set selected(node: number | undefined) {
    this.chosen = node;
    this.surface.invalidate();
  }

  boxOf(node: number): Bounds | undefined {
    const dot = this.shown?.dots.find((one) => one.node === node);
    if (!dot || this.surface.size.width === 0) return undefined;
    const { x, y } = this.place(dot);
    const radius = this.radius(dot);
    return { left: x - radius, right: x + radius, top: y - radius, bottom: y + radius };
  }

  png(): Promise<Uint8Array> {
    return this.surface.png();
  }

  /** Made when it is first asked for. */
  private get shown(): Roofline | undefined {
    if (this.model) this.roofline ??= rooflineOf(this.model);
    return this.roofline;
  }

  private place({ intensity, flopsPerSecond }: Pick<Dot, 'intensity' | 'flopsPerSecond'>): Point {
    const { size } = this.surface;
    const limits = this.shown ?? NO_LIMITS;
    return { x: across(limits.intensity, intensity, size), y: down(limits.flops, flopsPerSecond, size) };
  }

  /** By area: the slowest kernel is the largest. */
  private radius({ seconds }: Dot): number {
    const longest = this.shown?.dots[0]?.seconds ?? 1;
    return Math.max(SMALLEST, LARGEST * Math.sqrt(seconds / longest));
  }

  /** The nearest dot; of those on top of each other the smallest. */
  private dotUnder({ x, y }: Point): Dot | undefined {
    let best: Dot | undefined;
    let least = REACH;
    for (const dot of this.shown?.dots ?? []) {
      const at = this.place(dot);
      const off = Math.max(0, Math.hypot(at.x - x, at.y - y) - this.radius(dot));
      if (off > least) continue;
      least = off;
      best = dot;
    }
    return best;
  }

  private point(point: Point | undefined): void {
    const node = point && this.dotUnder(point)?.node;
    this.surface.canvas.classList.toggle('over-node', node !== undefined);
    if (node !== this.hovered) {
      this.hovered = node;
      this.surface.invalidate();
    }
    this.events.pointed(node);
  }

  private open(node: number | undefined): void {
    if (node !== undefined) this.events.opened(node);
  }

  private key({ key }: KeyboardEvent): boolean {
    const dots = this.shown?.dots ?? [];
    const now = dots.findIndex(({ node }) => node === this.chosen);
    const places: Readonly<Record<string, number>> = {
      ArrowRight: now + 1,
      ArrowDown: now + 1,
      ArrowLeft: Math.max(0, now - 1),
      ArrowUp: Math.max(0, now - 1),
      Home: 0,
      End: dots.length - 1,
    };
    const place = places[key];
    if (key === 'Enter') this.open(this.chosen);
    else if (key === 'Escape') this.events.escaped();
    else if (place === undefined) return false;
    else {
      const dot = dots[Math.min(dots.length - 1, place)];
      if (dot) this.events.stepped(dot.node);
    }
    return true;
  }

  private paint(brush: Brush): void {
    const { model, shown } = this;
    if (!model || !shown) return;
    paintAxes(brush, shown);
    paintRoofs(brush, shown, model.report.roofs);
    // The small ones last, so that none is hidden.
    for (const dot of shown.dots) this.paintDot(brush, dot);
    for (const dot of shown.dots) {
      if (dot.node === this.chosen) this.paintRing(brush, dot, brush.theme.focus, 3);
      else if (dot.node === this.hovered) this.paintRing(brush, dot, brush.theme.foreground, 1.5);
    }
    this.paintHead(brush, shown, model);
  }

  private paintDot({ context, theme }: Brush, dot: Dot): void {
    const { x, y } = this.place(dot);
    context.beginPath();
    context.arc(x, y, this.radius(dot), 0, 2 * Math.PI);
    context.globalAlpha = theme.highContrast ? 0.9 : 0.62;
    context.fillStyle = BOUND_COLORS[dot.bound];
    context.fill();
    context.globalAlpha = 1;
    context.lineWidth = 1;
    context.strokeStyle = theme.highContrast ? theme.foreground : BOUND_COLORS[dot.bound];
    context.stroke();
  }

  private paintRing({ context }: Brush, dot: Dot, color: string, width: number): void {
    const { x, y } = this.place(dot);
    context.beginPath();
    context.arc(x, y, this.radius(dot) + 3, 0, 2 * Math.PI);
    context.lineWidth = width;
    context.strokeStyle = color;
    context.stroke();
  }

  private paintHead(brush: Brush, { dots, unplaced, unplacedShare }: Roofline, { report, scene }: PanelModel): void {
    const { context, theme, size } = brush;
    context.textAlign = 'left';
    context.textBaseline = 'middle';
    context.fillStyle = theme.foreground;
    context.font = font(theme, 12, '600');
    const title = `${scene.title} on ${report.hardwareName}, predicted`;
    context.fillText(title, MARGIN.left, 14, size.width - MARGIN.left);
    const bounds = [...new Set(dots.map(({ bound }) => bound))].map((bound) => ({
      color: BOUND_COLORS[bound],
      label: BOUND_NAMES[bound],
    }));
    const end = paintKey(brush, [...bounds], MARGIN.left, 32);
    const left =
      unplaced > 0
        ? ` · ${unplaced} layers without arithmetic (${percent(unplacedShare)} of the time) have no place`
        : '';
    context.fillText(`colour: bound · area: time${left}`, end, 32, Math.max(1, size.width - end));
  }
}

const NO_LIMITS = { intensity: { low: 0.1, high: 10 }, flops: { low: 0.1, high: 10 } };

function share({ low, high }: Limits, value: number): number {
  return Math.log(value / low) / Math.log(high / low);
}

function across(limits: Limits, value: number, { width }: Size): number {
  return MARGIN.left + share(limits, value) * (width - MARGIN.left - MARGIN.right);
}

function down(limits: Limits, value: number, { height }: Size): number {
  return height - MARGIN.bottom - share(limits, value) * (height - MARGIN.top - MARGIN.bottom);
}

function paintAxes({ context, theme, size }: Brush, { intensity, flops }: Roofline): void {
  const [right, bottom] = [size.width - MARGIN.right, size.height - MARGIN.bottom];
  context.lineWidth = 1;
  context.font = font(theme, 11);
  context.strokeStyle = theme.border;
  context.fillStyle = theme.dim;
  context.globalAlpha = 1;
  context.textAlign = 'center';
  context.textBaseline = 'top';
  for (const tick of logTicks(intensity)) {
    const x = Math.round(across(intensity, tick, size)) + 0.5;
    line(context, x, MARGIN.top, x, bottom, 0.45);
    context.fillText(tickText(tick), x, bottom + 6);
  }
  context.textAlign = 'right';
  context.textBaseline = 'middle';
  for (const tick of logTicks(flops)) {
    const y = Math.round(down(flops, tick, size)) + 0.5;
    line(context, MARGIN.left, y, right, y, 0.45);
    context.fillText(count(tick, 'FLOP/s'), MARGIN.left - 8, y);
  }
  line(context, MARGIN.left, bottom, right, bottom, 1);
  line(context, MARGIN.left, MARGIN.top, MARGIN.left, bottom, 1);
  context.textAlign = 'center';
  context.textBaseline = 'alphabetic';
  context.fillStyle = theme.foreground;
  context.fillText('Arithmetic intensity: FLOP per byte off chip', (MARGIN.left + right) / 2, size.height - 12);
  context.save();
  context.translate(14, (MARGIN.top + bottom) / 2);
  context.rotate(-Math.PI / 2);
  context.fillText('Predicted speed', 0, 0);
  context.restore();
}

function tickText(value: number): string {
  return value >= 1e5 ? count(value) : value.toLocaleString('en-US', { maximumSignificantDigits: 2 });
}

function line(context: CanvasRenderingContext2D, x0: number, y0: number, x1: number, y1: number, alpha: number): void {
  context.globalAlpha = alpha;
  context.beginPath();
  context.moveTo(x0, y0);
  context.lineTo(x1, y1);
  context.stroke();
  context.globalAlpha = 1;
}

/** Peaks are level from the ridge on, bandwidths rise up to it; the on-chip one is dashed. */
function paintRoofs(brush: Brush, { intensity, flops }: Roofline, roofs: readonly Roof[]): void {
  const { context, theme, size } = brush;
  const peak = Math.max(...roofs.map(({ flopsPerSecond = 0 }) => flopsPerSecond));
  const widest = Math.max(...roofs.map(({ bytesPerSecond = 0 }) => bytesPerSecond));
  const at = (x: number, y: number): Point => ({ x: across(intensity, x, size), y: down(flops, y, size) });
  context.save();
  context.beginPath();
  context.rect(
    MARGIN.left,
    MARGIN.top,
    size.width - MARGIN.left - MARGIN.right,
    size.height - MARGIN.top - MARGIN.bottom,
  );
  context.clip();
  context.lineWidth = 1.8;
  context.strokeStyle = theme.foreground;
  context.fillStyle = theme.foreground;
  context.font = font(theme, 11);
  for (const { label, flopsPerSecond, bytesPerSecond } of roofs) {
    if (flopsPerSecond !== undefined) {
      const ridge = widest > 0 ? Math.max(intensity.low, flopsPerSecond / widest) : intensity.low;
      const [from, to] = [at(ridge, flopsPerSecond), at(intensity.high, flopsPerSecond)];
      context.setLineDash([]);
      line(context, from.x, from.y, to.x, to.y, 0.85);
      context.textAlign = 'right';
      context.textBaseline = 'bottom';
      context.fillText(`${label} peak ${count(flopsPerSecond, 'FLOP/s')}`, to.x - 6, to.y - 4);
    } else if (bytesPerSecond !== undefined) {
      const end = peak > 0 ? Math.min(intensity.high, peak / bytesPerSecond) : intensity.high;
      const [from, to] = [at(intensity.low, intensity.low * bytesPerSecond), at(end, end * bytesPerSecond)];
      context.setLineDash(label === 'off-chip' ? [] : [6, 5]);
      line(context, from.x, from.y, to.x, to.y, 0.85);
      paintSlanted(brush, `${label} ${count(bytesPerSecond, 'B/s')}`, from, to);
    }
  }
  context.restore();
}

/** Along a rising line, in its visible middle. */
function paintSlanted({ context, size }: Brush, text: string, from: Point, to: Point): void {
  const slope = (to.y - from.y) / (to.x - from.x);
  const low = Math.max(from.x, from.x + (size.height - MARGIN.bottom - from.y) / slope);
  const x = low + 0.42 * (to.x - low);
  context.save();
  context.translate(x, from.y + slope * (x - from.x));
  context.rotate(Math.atan(slope));
  context.textAlign = 'center';
  context.textBaseline = 'bottom';
  context.fillText(text, 0, -4);
  context.restore();
}
