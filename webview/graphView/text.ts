/** Text that fits: widths are measured once per string and font. */
export class TextFitter {
  private readonly context: Pick<CanvasRenderingContext2D, 'font' | 'measureText'>;
  private readonly widths = new Map<string, number>();
  private readonly fitted = new Map<string, string>();

  constructor(context: Pick<CanvasRenderingContext2D, 'font' | 'measureText'>) {
    this.context = context;
  }

  /** Call after the fonts changed. */
  clear(): void {
    this.widths.clear();
    this.fitted.clear();
  }

  /** Width in the context's current font. */
  width(text: string): number {
    const key = `${this.context.font}\n${text}`;
    let width = this.widths.get(key);
    if (width === undefined) {
      width = this.context.measureText(text).width;
      this.widths.set(key, width);
    }
    return width;
  }

  /** The text, or as much of its beginning (or its end, which tells names apart) as fits, with an ellipsis. */
  fit(text: string, room: number, keep: 'start' | 'end' = 'start'): string {
    if (this.width(text) <= room) return text;
    const key = `${this.context.font}\n${keep}\n${Math.round(room)}\n${text}`;
    let short = this.fitted.get(key);
    if (short === undefined) {
      short = this.shorten(text, room, keep);
      this.fitted.set(key, short);
    }
    return short;
  }

  private shorten(text: string, room: number, keep: 'start' | 'end'): string {
    let [low, high] = [0, text.length];
    const cut = (length: number) =>
      keep === 'start' ? `${text.slice(0, length)}…` : `…${length === 0 ? '' : text.slice(-length)}`;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.context.measureText(cut(middle)).width <= room) low = middle;
      else high = middle - 1;
    }
    return low === 0 ? '' : cut(low);
  }
}
