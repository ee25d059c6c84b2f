/** The timeline tab: the predicted schedule, levels of the hardware as rows. */
import { BOUND_NAMES } from '../../src/display/bounds';
import { seconds } from '../../src/display/format';
import type { Point } from '../graphView/camera';
import { BOUND_COLORS, TERM_COLORS } from '../graphView/colors';
import { listenToGestures } from '../graphView/gestures';
import { TextFitter } from '../graphView/text';
import type { Bounds } from '../layout/layout';

import type { PanelModel } from '../model/panelModel';
import { type Bar, firstAfter, type KernelBar, type Timeline, timelineOf, timeTicks } from '../model/timeline';
import { type Brush, type ChartEvents, type ChartView, font, paintKey, Surface } from './chart';

const LEFT = 84;
const RIGHT = 16;
const TOP = 74;
const BOTTOM = 34;
const MOST_ROW = 96;
const GAP = 6;
const CLOSEST = 1e-9;

/** Seconds shown. */
interface Window {
  readonly from: number;
  readonly to: number;
}

export class TimelineView implements ChartView {
  private readonly surface: Surface;
  private readonly events: ChartEvents;
  private readonly text: TextFitter;
  private model: PanelModel | undefined;
  private timeline: Timeline | undefined;
  /** Undefined: all of it. */
  private zoomed: Window | undefined;
  private chosen: number | undefined;
  private hovered: number | undefined;

  constructor(events: ChartEvents) {
    this.events = events;
    const label = 'Timeline: arrow keys step through the layers in execution order; plus, minus and 0 zoom';
    this.surface = new Surface('timeline', 'Timeline', label, (brush) => this.paint(brush));
    this.text = new TextFitter(this.surface.context);
    listenToGestures(this.surface.canvas, {
      zoom: ({ x }, factor) => this.zoom(x, factor),
      pan: (dx) => this.pan(dx),
      click: (point) => events.selected(this.barUnder(point)?.node),
      doubleClick: (point) => this.open(this.barUnder(point)?.node),
      point: (point) => this.point(point),
    });
    this.surface.onKey((event) => this.key(event));
  }

  get element(): HTMLElement {
    return this.surface.element;
  }

  setModel(model: PanelModel): void {
    const before = this.timeline?.seconds;
    this.model = model;
    this.timeline = undefined;
    // The same part of the run stays in view when it becomes shorter or longer.
    if (this.zoomed && before) {
      const ratio = (this.shown?.seconds ?? before) / before;
      this.zoomed = { from: this.zoomed.from * ratio, to: this.zoomed.to * ratio };
    }
    this.text.clear();
    this.surface.invalidate();
  }

  set selected(node: number | undefined) {
    this.chosen = node;
    const bar = this.kernelOf(node);
    if (bar) this.bringIntoView(bar);
    this.surface.invalidate();
  }

  boxOf(node: number): Bounds | undefined {
    const bar = this.kernelOf(node);
    const { width, height } = this.surface.size;
    if (!bar || width === 0) return undefined;
    const clamp = (x: number) => Math.min(width - RIGHT, Math.max(LEFT, x));
    const { rowHeight } = this.rows(height);
    return { left: clamp(this.place(bar.start)), right: clamp(this.place(bar.end)), top: TOP, bottom: TOP + rowHeight };
  }

  png(): Promise<Uint8Array> {
    return this.surface.png();
  }

  private get shown(): Timeline | undefined {
    if (this.model) this.timeline ??= timelineOf(this.model);
    return this.timeline;
  }

  private get window(): Window {
    return this.zoomed ?? { from: 0, to: this.shown?.seconds || 1 };
  }

  private kernelOf(node: number | undefined): KernelBar | undefined {
    return node === undefined ? undefined : this.shown?.kernels.find((bar) => bar.node === node);
  }

  private get pixels(): number {
    return Math.max(1, this.surface.size.width - LEFT - RIGHT);
  }

  private place(time: number): number {
    const { from, to } = this.window;
    return LEFT + ((time - from) / (to - from)) * this.pixels;
  }

  private timeAt(x: number): number {
    const { from, to } = this.window;
    return from + ((x - LEFT) / this.pixels) * (to - from);
  }

  private rows(height: number): { readonly rowHeight: number; readonly count: number } {
    const count = 1 + (this.shown?.levels.length ?? 0);
    return { count, rowHeight: Math.min(MOST_ROW, Math.max(14, (height - TOP - BOTTOM) / count - GAP)) };
  }

  private zoom(x: number, factor: number): void {
    const at = this.timeAt(Math.max(LEFT, x));
    const { from, to } = this.window;
    this.look({ from: at - (at - from) / factor, to: at + (to - at) / factor });
  }

  private pan(dx: number): void {
    const { from, to } = this.window;
    const shift = (-dx / this.pixels) * (to - from);
    this.look({ from: from + shift, to: to + shift });
  }

  /** Keeps the window inside the run, at the length asked for where that is possible. */
  private look({ from, to }: Window): void {
    const all = this.shown?.seconds ?? 0;
    const long = Math.max(CLOSEST, to - from);
    if (long >= all) this.zoomed = undefined;
    else {
      const start = Math.min(all - long, Math.max(0, from));
      this.zoomed = { from: start, to: start + long };
    }
    this.surface.invalidate();
    this.events.moved();
  }

  private bringIntoView({ start, end }: Bar): void {
    const { from, to } = this.window;
    if (start >= from && end <= to) return;
    const long = Math.max(to - from, 1.2 * (end - start));
    const middle = (start + end) / 2;
    this.look({ from: middle - long / 2, to: middle + long / 2 });
  }

  /** The bar in the row that is pointed at, else the kernel that runs at that time. */
  private barUnder({ x, y }: Point): Bar | undefined {
    const { shown } = this;
    if (!shown || x < LEFT || y < TOP) return undefined;
    const { rowHeight, count } = this.rows(this.surface.size.height);
    const row = Math.floor((y - TOP) / (rowHeight + GAP));
    if (row >= count) return undefined;
    const bars = row === 0 ? shown.kernels : (shown.levels[row - 1]?.bars ?? []);
    const time = this.timeAt(x);
    const bar = bars[firstAfter(bars, time)];
    // Half a pixel of grace: most bars are thin.
    return bar && bar.start <= this.timeAt(x + 1) ? bar : undefined;
  }

  private point(point: Point | undefined): void {
    const node = point && this.barUnder(point)?.node;
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
    const kernels = this.shown?.kernels ?? [];
    const now = kernels.findIndex(({ node }) => node === this.chosen);
    const places: Readonly<Record<string, number>> = {
      ArrowRight: now + 1,
      ArrowLeft: Math.max(0, now - 1),
      Home: 0,
      End: kernels.length - 1,
    };
    const place = places[key];
    const middle = LEFT + this.pixels / 2;
    if (key === 'Enter') this.open(this.chosen);
    else if (key === 'Escape') this.events.escaped();
    else if (key === '+' || key === '=') this.zoom(middle, 1.5);
    else if (key === '-') this.zoom(middle, 1 / 1.5);
    else if (key === '0') this.look({ from: 0, to: this.shown?.seconds ?? 1 });
    else if (place === undefined) return false;
    else {
      const bar = kernels[Math.min(kernels.length - 1, place)];
      if (bar) this.events.stepped(bar.node);
    }
    return true;
  }

  private paint(brush: Brush): void {
    const { model, shown } = this;
    if (!model || !shown) return;
    const { context, theme, size } = brush;
    const { rowHeight, count } = this.rows(size.height);
    this.paintHead(brush, shown, model);
    const bottom = TOP + count * (rowHeight + GAP) - GAP;
    this.paintTicks(brush, bottom);
    const marked = this.kernelOf(this.chosen);
    if (marked) {
      const [left, right] = [this.place(marked.start), this.place(marked.end)];
      context.globalAlpha = 0.22;
      context.fillStyle = theme.focus;
      context.fillRect(Math.max(LEFT, left), TOP - 4, Math.max(1, right - Math.max(LEFT, left)), bottom - TOP + 8);
      context.globalAlpha = 1;
    }
    const rows = [
      { label: 'layers', bars: shown.kernels, color: undefined },
      ...shown.levels.map(({ term, bars }) => ({ label: BOUND_NAMES[term], bars, color: TERM_COLORS[term] })),
    ];
    for (const [i, { label, bars, color }] of rows.entries()) {
      const y = TOP + i * (rowHeight + GAP);
      context.font = font(theme, 12);
      context.textAlign = 'right';
      context.textBaseline = 'middle';
      context.fillStyle = theme.foreground;
      context.fillText(label, LEFT - 10, y + rowHeight / 2);
      context.globalAlpha = 0.35;
      context.fillStyle = theme.border;
      context.fillRect(LEFT, y + rowHeight + GAP / 2 - 0.5, this.pixels, 1);
      context.globalAlpha = 1;
      this.paintBars(brush, bars, y, rowHeight, color);
    }
    this.paintNames(brush, shown.kernels, rowHeight);
  }

  /** Only what is in view; bars thinner than a pixel are drawn as one pixel, once. */
  private paintBars(
    brush: Brush,
    bars: readonly (Bar & Partial<KernelBar>)[],
    y: number,
    height: number,
    color?: string,
  ): void {
    const { context, theme, size } = brush;
    const { from, to } = this.window;
    let drawn = Number.NEGATIVE_INFINITY;
    for (let i = firstAfter(bars, from); i < bars.length; i++) {
      const bar = bars[i];
      if (!bar || bar.start > to) break;
      const left = Math.max(LEFT, this.place(bar.start));
      const right = Math.min(size.width - RIGHT, this.place(bar.end));
      const marked = bar.node === this.chosen || bar.node === this.hovered;
      if (right - drawn < 0.5 && !marked) continue;
      drawn = Math.max(right, left + 1);
      // A gap between neighbours, as far as there is room for one.
      const width = Math.max(1, right - left - (right - left > 3 ? 1 : 0));
      context.fillStyle = color ?? BOUND_COLORS[bar.bound ?? 'unknown'];
      context.globalAlpha = marked || (this.hovered === undefined && this.chosen === undefined) ? 1 : 0.72;
      context.fillRect(left, y, width, height);
      context.globalAlpha = 1;
      if (!marked) continue;
      context.strokeStyle = bar.node === this.chosen ? theme.focus : theme.foreground;
      context.lineWidth = 2;
      context.strokeRect(left, y, width, height);
    }
  }

  private paintNames(brush: Brush, kernels: readonly KernelBar[], height: number): void {
    const { context, theme, size } = brush;
    const { from, to } = this.window;
    context.font = font(theme, 11);
    context.textAlign = 'left';
    context.textBaseline = 'middle';
    context.fillStyle = '#000000';
    for (let i = firstAfter(kernels, from); i < kernels.length; i++) {
      const bar = kernels[i];
      if (!bar || bar.start > to) break;
      const left = Math.max(LEFT, this.place(bar.start));
      const room = Math.min(size.width - RIGHT, this.place(bar.end)) - left - 10;
      if (room < 30) continue;
      const name = this.model?.scene.names[bar.node] ?? '';
      context.fillText(this.text.fit(name, room, 'end'), left + 5, TOP + height / 2);
    }
  }

  private paintTicks({ context, theme }: Brush, bottom: number): void {
    const { from, to } = this.window;
    context.font = font(theme, 11);
    context.textAlign = 'center';
    context.textBaseline = 'bottom';
    context.fillStyle = theme.dim;
    context.strokeStyle = theme.border;
    context.lineWidth = 1;
    for (const tick of timeTicks(from, to, this.pixels / 90)) {
      const x = Math.round(this.place(tick)) + 0.5;
      context.globalAlpha = 0.5;
      context.beginPath();
      context.moveTo(x, TOP - 6);
      context.lineTo(x, bottom);
      context.stroke();
      context.globalAlpha = 1;
      context.fillText(tickText(tick, to), x, TOP - 8);
    }
  }

  private paintHead(brush: Brush, { kernels, seconds: all, unknown }: Timeline, { report, scene }: PanelModel): void {
    const { context, theme, size } = brush;
    context.textAlign = 'left';
    context.textBaseline = 'middle';
    context.fillStyle = theme.foreground;
    context.font = font(theme, 12, '600');
    const title = `${scene.title} on ${report.hardwareName}: predicted schedule, ${seconds(all)}`;
    context.fillText(title, LEFT, 14, size.width - LEFT);
    const bounds = [...new Set(kernels.map(({ bound }) => bound))];
    const key = bounds.map((bound) => ({ color: BOUND_COLORS[bound], label: BOUND_NAMES[bound] }));
    const end = paintKey(brush, key, LEFT, 32);
    const missing = unknown > 0 ? ` · ${unknown} layers without a cost are left out` : '';
    const note = `layers: colour of their bound; one kernel after the other in execution order${missing}`;
    context.fillText(note, end, 32, Math.max(1, size.width - end - RIGHT));
  }
}

/** In the unit of the window's end, so that neighbours can be compared. */
function tickText(time: number, end: number): string {
  const [size, unit] = end >= 1 ? [1, 's'] : end >= 1e-3 ? [1e-3, 'ms'] : [1e-6, 'µs'];
  return `${Number((time / size).toPrecision(6))} ${unit}`;
}
