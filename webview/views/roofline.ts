/** The roofline tab: what each kernel reaches, below what the hardware allows. */
import { BOUND_NAMES } from '../../src/display/bounds';
import { counted, percent } from '../../src/display/format';
import type { Point, Size } from '../graphView/camera';
import { BOUND_COLORS } from '../graphView/colors';
import { TextFitter } from '../graphView/text';
import type { Bounds } from '../layout/layout';
import { placeLabels } from '../model/labels';
import type { PanelModel } from '../model/panelModel';
import { type Dot, type Limits, type Roofline, rooflineCsv, rooflineOf } from '../model/roofline';
import { holding, moved, type Span, zoomed } from '../model/span';
import { hardwareTitle } from '../model/whatIf';
import { type ChartEvents, LayerChart } from './chart';
import { type Axes, MARGIN, paintAxes, paintRoofs, plotOf } from './rooflineAxes';
import { type Brush, font, paintKey } from './surface';

const SMALLEST = 3.5;
const LARGEST = 20;
/** Pixels beyond its edge at which a dot can still be pointed at. */
const REACH = 6;
/** Names beside dots: at most so many, no wider and so high. */
const NAMED = 16;
const WIDEST_NAME = 130;
const NAME_HEIGHT = 14;
/** Decades: no closer is zoomed in. */
const CLOSEST = 0.02;

interface View {
  /** Logarithms to the base 10. */
  readonly x: Span;
  readonly y: Span;
}

export class RooflineView extends LayerChart {
  private roofline: Roofline | undefined;
  private view: View | undefined;
  private readonly text: TextFitter;

  constructor(events: ChartEvents) {
    super('roofline', 'Roofline', 'arrow keys step through the layers, slowest first; plus, minus and 0 zoom', events);
    this.text = new TextFitter(this.surface.context);
  }

  override setModel(model: PanelModel): void {
    super.setModel(model);
    this.roofline = undefined;
    this.text.clear();
  }

  override boxOf(node: number): Bounds | undefined {
    const dot = this.model && this.dotOf(node);
    if (!dot || this.surface.size.width === 0) return undefined;
    const { x, y } = this.place(dot);
    const radius = this.radius(dot);
    return { left: x - radius, right: x + radius, top: y - radius, bottom: y + radius };
  }

  override csv(): string {
    return this.model && this.shown ? rooflineCsv(this.model, this.shown) : '';
  }

  protected override get nodes(): readonly number[] {
    return this.shown?.dots.map(({ node }) => node) ?? [];
  }

  /** The nearest dot; of those on top of each other the smallest. */
  protected override nodeAt({ x, y }: Point): number | undefined {
    let best: Dot | undefined;
    let least = REACH;
    for (const dot of this.shown?.dots ?? []) {
      const at = this.place(dot);
      const off = Math.max(0, Math.hypot(at.x - x, at.y - y) - this.radius(dot));
      if (off > least) continue;
      least = off;
      best = dot;
    }
    return best?.node;
  }

  protected override zoom(point: Point, factor: number): void {
    const { all, axes } = this;
    const at = axes.valueAt(point);
    const x = zoomed(axes.x, at.x, factor, all.x, CLOSEST);
    const y = zoomed(axes.y, at.y, factor, all.y, CLOSEST);
    this.view = x === all.x && y === all.y ? undefined : { x, y };
  }

  protected override pan(dx: number, dy: number): void {
    if (!this.view) return;
    const { all, axes } = this;
    const { width, height } = plotOf(this.surface.size);
    this.view = {
      x: moved(axes.x, (-dx / width) * (axes.x.to - axes.x.from), all.x),
      y: moved(axes.y, (dy / height) * (axes.y.to - axes.y.from), all.y),
    };
  }

  protected override showAll(): void {
    this.view = undefined;
  }

  protected override bringIntoView(node: number): void {
    const dot = this.dotOf(node);
    if (!dot || !this.view) return;
    const [x, y] = [Math.log10(dot.intensity), Math.log10(dot.flopsPerSecond)];
    this.view = {
      x: holding(this.view.x, { from: x, to: x }, this.all.x),
      y: holding(this.view.y, { from: y, to: y }, this.all.y),
    };
  }

  /** Made when it is first asked for. */
  private get shown(): Roofline | undefined {
    if (this.model) this.roofline ??= rooflineOf(this.model);
    return this.roofline;
  }

  private get all(): View {
    const { intensity, flops } = this.shown ?? { intensity: NO_LIMITS, flops: NO_LIMITS };
    return { x: decades(intensity), y: decades(flops) };
  }

  private get axes(): Axes {
    const { x, y } = this.view ?? this.all;
    return axesOf(x, y, this.surface.size);
  }

  private dotOf(node: number): Dot | undefined {
    return this.shown?.dots.find((one) => one.node === node);
  }

  private place({ intensity, flopsPerSecond }: Dot): Point {
    return this.axes.place(Math.log10(intensity), Math.log10(flopsPerSecond));
  }

  /** By area: the slowest kernel is the largest. */
  private radius({ seconds }: Dot): number {
    const longest = this.shown?.dots[0]?.seconds ?? 1;
    return Math.max(SMALLEST, LARGEST * Math.sqrt(seconds / longest));
  }

  protected override paint(brush: Brush, model: PanelModel): void {
    const { shown, axes } = this;
    if (!shown) return;
    const { context, size } = brush;
    paintAxes(brush, axes);
    const taken = paintRoofs(brush, axes, model.report.roofs);
    context.save();
    const { left, top, width, height } = plotOf(size);
    context.beginPath();
    context.rect(left, top, width, height);
    context.clip();
    // The small ones last, so that none is hidden.
    for (const dot of shown.dots) this.paintDot(brush, dot);
    for (const dot of shown.dots) {
      if (dot.node === this.chosen) this.paintRing(brush, dot, brush.theme.focus, 3);
      else if (dot.node === this.hovered) this.paintRing(brush, dot, brush.theme.foreground, 1.5);
    }
    this.paintNames(brush, shown.dots, taken);
    context.restore();
    this.paintHead(brush, shown, model);
  }

  private paintDot({ context, theme }: Brush, dot: Dot): void {
    const { x, y } = this.place(dot);
    context.beginPath();
    context.arc(x, y, this.radius(dot), 0, 2 * Math.PI);
    context.globalAlpha = theme.highContrast ? 0.9 : 0.5;
    context.fillStyle = BOUND_COLORS[dot.bound];
    context.fill();
    context.globalAlpha = 1;
    context.lineWidth = 1;
    context.strokeStyle = theme.highContrast ? theme.foreground : theme.background;
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

  /** Of the layer that is chosen and of the slowest ones on screen, as far as there is room. */
  private paintNames({ context, theme, size }: Brush, dots: readonly Dot[], taken: readonly Bounds[]): void {
    context.font = font(theme, 11);
    context.textAlign = 'left';
    context.textBaseline = 'middle';
    const inside = edges(plotOf(size));
    const visible = dots.filter((dot) => {
      const { x, y } = this.place(dot);
      return x >= inside.left && x <= inside.right && y >= inside.top && y <= inside.bottom;
    });
    const [chosen, ...others] = [visible.find(({ node }) => node === this.chosen), ...visible].filter((dot) => dot);
    const wanted = [...new Set([chosen, ...others])].slice(0, NAMED).flatMap((dot) => dot ?? []);
    const names = wanted.map(({ node }) => this.text.fit(this.model?.scene.names[node] ?? '', WIDEST_NAME, 'end'));
    // No name lies over the heart of another dot.
    const hearts = visible.map((dot) => {
      const [{ x, y }, half] = [this.place(dot), 0.8 * this.radius(dot)];
      return { left: x - half, right: x + half, top: y - half, bottom: y + half };
    });
    const points = wanted.map((dot, i) => ({
      ...this.place(dot),
      radius: this.radius(dot),
      width: this.text.width(names[i] ?? ''),
    }));
    const boxes = placeLabels(points, NAME_HEIGHT, inside, [...taken, ...hearts]);
    for (const [i, box] of boxes.entries()) {
      if (!box) continue;
      context.fillStyle = wanted[i]?.node === this.chosen ? theme.foreground : theme.dim;
      context.fillText(names[i] ?? '', box.left, (box.top + box.bottom) / 2 + 0.5);
    }
  }

  private paintHead(brush: Brush, { dots, unplaced, unplacedShare }: Roofline, { report, scene }: PanelModel): void {
    const { context, theme, size } = brush;
    context.textAlign = 'left';
    context.textBaseline = 'middle';
    context.fillStyle = theme.foreground;
    context.font = font(theme, 12, '600');
    const title = `${scene.title} on ${hardwareTitle(report)}: predicted speed of each kernel`;
    context.fillText(title, MARGIN.left, 14, size.width - MARGIN.left);
    const bounds = [...new Set(dots.map(({ bound }) => bound))];
    const key = bounds.map((bound) => ({ color: BOUND_COLORS[bound], label: BOUND_NAMES[bound] }));
    const end = paintKey(brush, key, MARGIN.left, 32);
    const left =
      unplaced > 0
        ? ` · ${counted(unplaced, 'layer')} without arithmetic (${percent(unplacedShare)} of the time) not placed`
        : '';
    context.fillText(`colour: bound · area: time${left}`, end, 32, Math.max(1, size.width - end));
  }
}

const NO_LIMITS: Limits = { low: 0.1, high: 10 };

function decades({ low, high }: Limits): Span {
  return { from: Math.log10(low), to: Math.log10(high) };
}

function edges({ left, top, width, height }: ReturnType<typeof plotOf>): Bounds {
  return { left, top, right: left + width, bottom: top + height };
}

function axesOf(x: Span, y: Span, size: Size): Axes {
  const { left, top, width, height } = plotOf(size);
  return {
    x,
    y,
    place: (logX, logY) => ({
      x: left + ((logX - x.from) / (x.to - x.from)) * width,
      y: top + (1 - (logY - y.from) / (y.to - y.from)) * height,
    }),
    valueAt: (point) => ({
      x: x.from + ((point.x - left) / width) * (x.to - x.from),
      y: y.from + (1 - (point.y - top) / height) * (y.to - y.from),
    }),
  };
}
