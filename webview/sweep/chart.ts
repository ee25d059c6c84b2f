/** One chart of the sweep panel: a drawing on a surface, with the mouse and the keyboard. */
import { listenToGestures } from '../graphView/gestures';
import type { Bounds } from '../layout/layout';
import { Surface } from '../views/surface';
import type { Draw, Drawing, Shown } from './drawing';

export interface ChartEvents {
  /** The pointer is over a point, or no longer. */
  pointed(index: number | undefined): void;
  /** The keyboard went to a point. */
  stepped(index: number): void;
  /** A click, or Enter on the selected point. */
  chosen(index: number): void;
  escaped(): void;
}

export class Chart {
  private readonly surface: Surface;
  private readonly draw: Draw;
  private readonly events: ChartEvents;
  private shown: Shown | undefined;
  private chosen: number | undefined;
  private hovered: number | undefined;
  private made:
    | { readonly shown: Shown; readonly width: number; readonly height: number; readonly drawing: Drawing }
    | undefined;

  constructor(id: string, title: string, draw: Draw, events: ChartEvents) {
    this.draw = draw;
    this.events = events;
    const label = `${title}: arrow keys step through the points, Enter takes one to the graph`;
    this.surface = new Surface(id, title, label, (brush) => {
      this.drawing?.paint(brush, { selected: this.chosen, hovered: this.hovered });
    });
    listenToGestures(this.surface.canvas, {
      zoom: () => {},
      pan: () => {},
      doubleClick: () => {},
      click: (place) => this.choose(this.drawing?.at(place)),
      point: (place) => this.point(place && this.drawing?.at(place)),
    });
    this.surface.onKey(({ key }) => this.key(key));
  }

  get element(): HTMLElement {
    return this.surface.element;
  }

  show(shown: Shown): void {
    this.shown = shown;
    this.hovered = undefined;
    this.surface.invalidate();
  }

  set selected(index: number | undefined) {
    this.chosen = index;
    this.surface.invalidate();
  }

  /** Where a point is, in CSS pixels of the element. */
  boxOf(index: number): Bounds | undefined {
    return this.drawing?.boxOf(index);
  }

  png(): Promise<Uint8Array> {
    return this.surface.png();
  }

  /** Made anew for another result or another size. */
  private get drawing(): Drawing | undefined {
    const { shown } = this;
    const { width, height } = this.surface.size;
    const { made } = this;
    if (!shown || made?.shown !== shown || made.width !== width || made.height !== height) {
      this.made = shown && { shown, width, height, drawing: this.draw(shown, { width, height }) };
    }
    return this.made?.drawing;
  }

  private point(index: number | undefined): void {
    if (index === this.hovered) return;
    this.hovered = index;
    this.surface.canvas.classList.toggle('over-node', index !== undefined);
    this.surface.invalidate();
    this.events.pointed(index);
  }

  private choose(index: number | undefined): void {
    if (index === undefined) this.events.escaped();
    else this.events.chosen(index);
  }

  private key(key: string): boolean {
    const next = this.drawing?.step(key, this.chosen);
    if (next !== undefined) this.events.stepped(next);
    else if (key === 'Enter' && this.chosen !== undefined) this.events.chosen(this.chosen);
    else if (key === 'Escape') this.events.escaped();
    else return false;
    return true;
  }
}
