/** The timeline tab: the predicted schedule, levels of the hardware as rows. */
import { BOUND_NAMES } from '../../src/display/bounds';
import { bytes, counted, seconds } from '../../src/display/format';
import type { Point } from '../graphView/camera';
import { BOUND_COLORS, TERM_COLORS } from '../graphView/colors';
import { TextFitter } from '../graphView/text';
import type { Bounds } from '../layout/layout';
import { kernelNodes, operatorOf, type PanelModel } from '../model/panelModel';
import { holding, moved, type Span, zoomed } from '../model/span';
import { roundTicks } from '../model/ticks';
import { type Bar, firstAfter, type KernelBar, type Timeline, timelineCsv, timelineOf } from '../model/timeline';
import { hardwareTitle } from '../model/whatIf';
import { type ChartEvents, LayerChart } from './chart';
import { type Brush, font, paintKey } from './surface';

const LEFT = 96;
const RIGHT = 16;
const TOP = 74;
const BOTTOM = 34;
const MOST_ROW = 96;
const GAP = 6;
/** Seconds: no closer is zoomed in. */
const CLOSEST = 1e-9;

export class TimelineView extends LayerChart {
  private readonly text: TextFitter;
  private timeline: Timeline | undefined;
  /** Seconds shown; undefined: all of them. */
  private zoomed: Span | undefined;

  constructor(events: ChartEvents) {
    super(
      'timeline',
      'Timeline',
      'arrow keys step through the layers in execution order; plus, minus and 0 zoom',
      events,
    );
    this.text = new TextFitter(this.surface.context);
  }

  override setModel(model: PanelModel): void {
    const before = this.timeline?.seconds;
    super.setModel(model);
    this.timeline = undefined;
    // The same part of the run stays in view when it becomes shorter or longer.
    if (this.zoomed && before) {
      const ratio = (this.shown?.seconds ?? before) / before;
      this.zoomed = { from: this.zoomed.from * ratio, to: this.zoomed.to * ratio };
    }
    this.text.clear();
  }

  override boxOf(node: number): Bounds | undefined {
    const bar = this.kernelAt(node);
    const { width, height } = this.surface.size;
    if (!bar || width === 0) return undefined;
    const clamp = (x: number) => Math.min(width - RIGHT, Math.max(LEFT, x));
    const { rowHeight } = this.rows(height);
    return { left: clamp(this.place(bar.start)), right: clamp(this.place(bar.end)), top: TOP, bottom: TOP + rowHeight };
  }

  override csv(): string {
    return this.model && this.shown ? timelineCsv(this.model, this.shown) : '';
  }

  protected override get nodes(): readonly number[] {
    return this.shown?.kernels.map(({ node }) => node) ?? [];
  }

  /** The bar in the row that is pointed at. */
  protected override nodeAt({ x, y }: Point): number | undefined {
    const { shown } = this;
    if (!shown || x < LEFT || y < TOP) return undefined;
    const { rowHeight, count } = this.rows(this.surface.size.height);
    const row = Math.floor((y - TOP) / (rowHeight + GAP));
    if (row >= count) return undefined;
    const bars = row === 0 ? shown.kernels : (shown.levels[row - 1]?.bars ?? shown.held);
    const bar = bars[firstAfter(bars, this.timeAt(x))];
    // Half a pixel of grace: most bars are thin.
    return bar && bar.start <= this.timeAt(x + 1) ? bar.node : undefined;
  }

  protected override zoom({ x }: Point, factor: number): void {
    const { all } = this;
    const span = zoomed(this.span, this.timeAt(Math.max(LEFT, x)), factor, all, CLOSEST);
    this.zoomed = span === all ? undefined : span;
  }

  protected override pan(dx: number): void {
    if (!this.zoomed) return;
    const { from, to } = this.zoomed;
    this.zoomed = moved(this.zoomed, (-dx / this.pixels) * (to - from), this.all);
  }

  protected override showAll(): void {
    this.zoomed = undefined;
  }

  protected override bringIntoView(node: number): void {
    const bar = this.kernelAt(node);
    if (bar && this.zoomed) this.zoomed = holding(this.zoomed, { from: bar.start, to: bar.end }, this.all);
  }

  private get shown(): Timeline | undefined {
    if (this.model) this.timeline ??= timelineOf(this.model);
    return this.timeline;
  }

  private get all(): Span {
    return { from: 0, to: this.shown?.seconds || 1 };
  }

  private get span(): Span {
    return this.zoomed ?? this.all;
  }

  private kernelAt(node: number | undefined): KernelBar | undefined {
    return node === undefined ? undefined : this.shown?.kernels.find((bar) => bar.node === node);
  }

  private get pixels(): number {
    return Math.max(1, this.surface.size.width - LEFT - RIGHT);
  }

  private place(time: number): number {
    const { from, to } = this.span;
    return LEFT + ((time - from) / (to - from)) * this.pixels;
  }

  private timeAt(x: number): number {
    const { from, to } = this.span;
    return from + ((x - LEFT) / this.pixels) * (to - from);
  }

  private rows(height: number): { readonly rowHeight: number; readonly count: number } {
    const { levels = [], held = [] } = this.shown ?? {};
    const count = 1 + levels.length + (held.length > 0 ? 1 : 0);
    return { count, rowHeight: Math.min(MOST_ROW, Math.max(14, (height - TOP - BOTTOM) / count - GAP)) };
  }

  protected override paint(brush: Brush, model: PanelModel): void {
    const { shown } = this;
    if (!shown) return;
    const { rowHeight, count } = this.rows(brush.size.height);
    this.paintHead(brush, shown, model);
    const bottom = TOP + count * (rowHeight + GAP) - GAP;
    this.paintTicks(brush, bottom);
    this.paintMarked(brush, bottom);
    const rows = [
      { label: 'kernels', bars: shown.kernels, color: undefined },
      ...shown.levels.map(({ term, bars }) => ({ label: BOUND_NAMES[term], bars, color: TERM_COLORS[term] })),
    ];
    const yOf = (row: number) => TOP + row * (rowHeight + GAP);
    for (const [i, { label, bars, color }] of rows.entries()) {
      this.paintRow(brush, label, yOf(i), rowHeight);
      this.paintBars(brush, bars, yOf(i), rowHeight, color);
    }
    if (shown.held.length > 0) this.paintHeld(brush, shown, yOf(rows.length), rowHeight);
    this.paintNames(brush, shown.kernels, rowHeight);
  }

  /** Its name and the line below it. */
  private paintRow({ context, theme }: Brush, label: string, y: number, height: number): void {
    context.font = font(theme, 12);
    context.textAlign = 'right';
    context.textBaseline = 'middle';
    context.fillStyle = theme.foreground;
    context.fillText(label, LEFT - 10, y + height / 2);
    context.globalAlpha = 0.35;
    context.fillStyle = theme.border;
    context.fillRect(LEFT, y + height + GAP / 2 - 0.5, this.pixels, 1);
    context.globalAlpha = 1;
  }

  /** What stays in on-chip memory between kernels, as high as there is much of it. */
  private paintHeld(brush: Brush, { held, mostHeldBytes }: Timeline, y: number, height: number): void {
    const { context, theme, size } = brush;
    this.paintRow(brush, 'kept on chip', y, height);
    const { from, to } = this.span;
    context.fillStyle = TERM_COLORS.globalBuffer;
    for (let i = firstAfter(held, from); i < held.length; i++) {
      const bar = held[i];
      if (!bar || bar.start > to) break;
      const left = Math.max(LEFT, this.place(bar.start));
      const right = Math.min(size.width - RIGHT, this.place(bar.end));
      const high = Math.max(1, (bar.bytes / mostHeldBytes) * height);
      const marked = bar.node === this.chosen || bar.node === this.hovered;
      context.globalAlpha = marked ? 1 : 0.72;
      context.fillRect(left, y + height - high, Math.max(1, right - left), high);
    }
    context.globalAlpha = 1;
    if (height < 36) return;
    context.font = font(theme, 11);
    context.textAlign = 'right';
    context.textBaseline = 'middle';
    context.fillStyle = theme.dim;
    context.fillText(`≤ ${bytes(mostHeldBytes)}`, LEFT - 10, y + height / 2 + 15);
  }

  /** The kernel that is selected, through all rows. */
  private paintMarked({ context, theme, size }: Brush, bottom: number): void {
    const bar = this.kernelAt(this.chosen);
    if (!bar) return;
    const left = Math.max(LEFT, this.place(bar.start));
    const right = Math.min(size.width - RIGHT, this.place(bar.end));
    if (right < LEFT || left > size.width - RIGHT) return;
    context.globalAlpha = 0.22;
    context.fillStyle = theme.focus;
    context.fillRect(left, TOP - 4, Math.max(1, right - left), bottom - TOP + 8);
    context.globalAlpha = 1;
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
    const { from, to } = this.span;
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

  /** Name, and below it what runs in the kernel, as far as there is room. */
  private paintNames({ context, theme, size }: Brush, kernels: readonly KernelBar[], height: number): void {
    const { from, to } = this.span;
    const { model } = this;
    if (!model) return;
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
      const operators = kernelNodes(model, bar.node).map((node) => operatorOf(model.scene, node));
      const lines = [model.scene.names[bar.node] ?? '', operators.join(' + ')].slice(0, height > 34 ? 2 : 1);
      for (const [line, text] of lines.entries()) {
        const y = TOP + height / 2 + 15 * (line - (lines.length - 1) / 2);
        context.fillText(this.text.fit(text, room, line === 0 ? 'end' : 'start'), left + 5, y);
      }
    }
  }

  private paintTicks({ context, theme }: Brush, bottom: number): void {
    const { from, to } = this.span;
    context.font = font(theme, 11);
    context.textAlign = 'center';
    context.textBaseline = 'bottom';
    context.fillStyle = theme.dim;
    context.strokeStyle = theme.border;
    context.lineWidth = 1;
    for (const tick of roundTicks(from, to, this.pixels / 90)) {
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
    const title = `${scene.title} on ${hardwareTitle(report)}: predicted schedule, ${seconds(all)}, ${counted(kernels.length, 'kernel')}`;
    context.fillText(title, LEFT, 14, size.width - LEFT);
    const bounds = [...new Set(kernels.map(({ bound }) => bound))];
    const key = bounds.map((bound) => ({ color: BOUND_COLORS[bound], label: BOUND_NAMES[bound] }));
    const end = paintKey(brush, key, LEFT, 32);
    const missing = unknown > 0 ? ` · ${counted(unknown, 'layer')} without a cost left out` : '';
    const note = `kernels: colour of their bound, one after the other in execution order${missing}`;
    context.fillText(note, end, 32, Math.max(1, size.width - end - RIGHT));
  }
}

/** In the unit of the window's end, so that neighbours can be compared. */
function tickText(time: number, end: number): string {
  const [size, unit] = end >= 1 ? [1, 's'] : end >= 1e-3 ? [1e-3, 'ms'] : [1e-6, 'µs'];
  return `${Number((time / size).toPrecision(6))} ${unit}`;
}
