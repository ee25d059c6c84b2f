/** A canvas that fills a tab, follows its size and theme, and is painted when something changed. */
import { h } from '../dom';
import type { Size } from '../graphView/camera';
import { onThemeChange, readTheme, type Theme } from '../graphView/theme';
import type { Bounds } from '../layout/layout';
import type { PanelModel } from '../model/panelModel';

export interface ChartEvents {
  /** A click: on a layer, or on nothing. */
  selected(node: number | undefined): void;
  /** A double click or Enter: to the details. */
  opened(node: number): void;
  /** The pointer is over a layer, or no longer. */
  pointed(node: number | undefined): void;
  /** The keyboard went to a layer. */
  stepped(node: number): void;
  escaped(): void;
  moved(): void;
}

/** A view of the model in a tab of its own. */
export interface ChartView {
  readonly element: HTMLElement;
  setModel(model: PanelModel): void;
  selected: number | undefined;
  /** Where a layer is, in CSS pixels of the element; undefined when it is not shown. */
  boxOf(node: number): Bounds | undefined;
  png(): Promise<Uint8Array>;
}

export interface Brush {
  readonly context: CanvasRenderingContext2D;
  readonly theme: Theme;
  readonly size: Size;
}

export class Surface {
  readonly canvas = h('canvas', { 'aria-hidden': 'true' });
  readonly element: HTMLElement;
  readonly context: CanvasRenderingContext2D;
  private readonly paint: (brush: Brush) => void;
  private theme: Theme = readTheme();
  private scheduled = false;

  /** `label` is what a screen reader says of the chart; `paint` is called in CSS pixels on a cleared canvas. */
  constructor(id: string, title: string, label: string, paint: (brush: Brush) => void) {
    const context = this.canvas.getContext('2d', { alpha: false });
    if (!context) throw new Error('This editor has no 2D canvas, which charts are drawn on.');
    this.context = context;
    this.paint = paint;
    const chart = h('div', { class: 'chart', tabindex: 0, role: 'group', 'aria-label': label }, this.canvas);
    this.element = h('div', { id, role: 'tabpanel', 'aria-label': title }, chart);
    new ResizeObserver(() => this.invalidate()).observe(this.canvas);
    onThemeChange(() => {
      this.theme = readTheme();
      this.invalidate();
    });
  }

  get size(): Size {
    return { width: this.canvas.clientWidth, height: this.canvas.clientHeight };
  }

  invalidate(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    requestAnimationFrame(() => {
      this.scheduled = false;
      this.render();
    });
  }

  /** Keys of the chart; `run` answers whether it took the key. */
  onKey(run: (event: KeyboardEvent) => boolean): void {
    this.element.firstElementChild?.addEventListener('keydown', (event) => {
      if (!(event instanceof KeyboardEvent) || event.ctrlKey || event.metaKey || event.altKey || !run(event)) return;
      event.preventDefault();
      event.stopPropagation();
    });
  }

  async png(): Promise<Uint8Array> {
    this.render();
    const blob = await new Promise<Blob | null>((resolve) => this.canvas.toBlob(resolve, 'image/png'));
    if (!blob) throw new Error('The picture could not be encoded: the canvas is empty.');
    return new Uint8Array(await blob.arrayBuffer());
  }

  private render(): void {
    const { width, height } = this.size;
    if (width === 0 || height === 0) return;
    const ratio = window.devicePixelRatio;
    const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (this.canvas.width !== wide || this.canvas.height !== high) {
      this.canvas.width = wide;
      this.canvas.height = high;
    }
    const { context, theme } = this;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.fillStyle = theme.background;
    context.fillRect(0, 0, width, height);
    this.paint({ context, theme, size: { width, height } });
    this.canvas.setAttribute('data-painted', String(Number(this.canvas.getAttribute('data-painted') ?? 0) + 1));
  }
}

export function font({ fontFamily }: Theme, pixels = 12, weight = ''): string {
  return `${weight} ${pixels}px ${fontFamily}`.trimStart();
}

/** Swatches with their names from `x` on; answers where they end. */
export function paintKey(
  { context, theme }: Brush,
  entries: readonly { readonly color: string; readonly label: string }[],
  x: number,
  y: number,
): number {
  context.font = font(theme, 11);
  context.textAlign = 'left';
  context.textBaseline = 'middle';
  let at = x;
  for (const { color, label } of entries) {
    context.fillStyle = color;
    context.fillRect(at, y - 5, 10, 10);
    context.fillStyle = theme.dim;
    context.fillText(label, at + 15, y);
    at += 15 + context.measureText(label).width + 14;
  }
  return at;
}
