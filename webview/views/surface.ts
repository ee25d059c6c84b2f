/** A canvas that fills a tab, follows its size and theme, and is painted when something changed; its picture as a file. */
import { h } from '../dom';
import type { Ink } from '../draw/ink';
import { SvgInk } from '../draw/svg';
import type { Size } from '../graphView/camera';
import { onThemeChange, readTheme, type Theme } from '../graphView/theme';

export interface Brush {
  readonly context: Ink;
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

  /** `label` is what a screen reader says of the chart; `paint` is called in CSS pixels on an empty page. */
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
    return pngOf(this.canvas);
  }

  svg(): string {
    const ink = new SvgInk(this.context);
    const { width, height } = this.size;
    this.page(ink);
    return ink.file(width, height);
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
    this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.page(this.context);
    this.canvas.setAttribute('data-painted', String(Number(this.canvas.getAttribute('data-painted') ?? 0) + 1));
  }

  private page(context: Ink): void {
    const { theme, size } = this;
    context.fillStyle = theme.background;
    context.fillRect(0, 0, size.width, size.height);
    this.paint({ context, theme, size });
  }
}

/** A canvas as a PNG file. */
export async function pngOf(canvas: HTMLCanvasElement): Promise<Uint8Array> {
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
  if (!blob) throw new Error('The picture could not be encoded: the canvas is empty.');
  return new Uint8Array(await blob.arrayBuffer());
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

export function paintLine(context: Ink, x0: number, y0: number, x1: number, y1: number, alpha = 1): void {
  context.globalAlpha = alpha;
  context.beginPath();
  context.moveTo(x0, y0);
  context.lineTo(x1, y1);
  context.stroke();
  context.globalAlpha = 1;
}
