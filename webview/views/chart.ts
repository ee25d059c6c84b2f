/** What every chart of layers does alike: what is pointed at and chosen, the keys, zooming, and the pictures of it. */
import type { Point } from '../graphView/camera';
import { listenToGestures } from '../graphView/gestures';
import type { Bounds } from '../layout/layout';
import { kernelOf, type PanelModel } from '../model/panelModel';
import { type Brush, Surface } from './surface';

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
  svg(): string;
}

/** How much a press of + zooms. */
const STEP = 1.5;

export abstract class LayerChart implements ChartView {
  protected readonly surface: Surface;
  protected model: PanelModel | undefined;
  private picked: number | undefined;
  /** What is pointed at. */
  protected hovered: number | undefined;
  private readonly events: ChartEvents;

  constructor(id: string, title: string, keys: string, events: ChartEvents) {
    this.events = events;
    this.surface = new Surface(id, title, `${title}: ${keys}; Enter opens the details`, (brush) => {
      if (this.model) this.paint(brush, this.model);
    });
    listenToGestures(this.surface.canvas, {
      zoom: (point, factor) => this.look(() => this.zoom(point, factor)),
      pan: (dx, dy) => this.look(() => this.pan(dx, dy)),
      click: (point) => events.selected(this.nodeAt(point)),
      doubleClick: (point) => this.open(this.nodeAt(point)),
      point: (point) => this.point(point),
    });
    this.surface.onKey((event) => this.key(event));
  }

  get element(): HTMLElement {
    return this.surface.element;
  }

  setModel(model: PanelModel): void {
    this.model = model;
    this.surface.invalidate();
  }

  set selected(node: number | undefined) {
    this.picked = node;
    if (this.chosen !== undefined) this.bringIntoView(this.chosen);
    this.surface.invalidate();
  }

  png(): Promise<Uint8Array> {
    return this.surface.png();
  }

  svg(): string {
    return this.surface.svg();
  }

  /** The kernel that is selected, by its head: that of a fused layer is another one's. */
  protected get chosen(): number | undefined {
    return this.model && this.picked !== undefined ? kernelOf(this.model, this.picked) : undefined;
  }

  abstract boxOf(node: number): Bounds | undefined;
  /** What is shown, as a table. */
  abstract csv(): string;
  /** In CSS pixels on an empty page. */
  protected abstract paint(brush: Brush, model: PanelModel): void;
  protected abstract nodeAt(point: Point): number | undefined;
  /** In the order in which the arrow keys visit them. */
  protected abstract get nodes(): readonly number[];
  protected abstract zoom(point: Point, factor: number): void;
  protected abstract pan(dx: number, dy: number): void;
  protected abstract showAll(): void;
  protected abstract bringIntoView(node: number): void;

  /** Everything that changes what part is shown goes through here. */
  private look(change: () => void): void {
    change();
    this.surface.invalidate();
    this.events.moved();
  }

  private point(point: Point | undefined): void {
    const node = point && this.nodeAt(point);
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
    const { nodes } = this;
    const { width, height } = this.surface.size;
    const middle: Point = { x: width / 2, y: height / 2 };
    const now = this.chosen === undefined ? -1 : nodes.indexOf(this.chosen);
    const places: Readonly<Record<string, number>> = {
      ...{ ArrowRight: now + 1, ArrowDown: now + 1, ArrowLeft: now - 1, ArrowUp: now - 1 },
      ...{ PageDown: now + 10, PageUp: now - 10, Home: 0, End: nodes.length - 1 },
    };
    const place = places[key];
    if (key === 'Enter') this.open(this.chosen);
    else if (key === 'Escape') this.events.escaped();
    else if (key === '+' || key === '=') this.look(() => this.zoom(middle, STEP));
    else if (key === '-') this.look(() => this.zoom(middle, 1 / STEP));
    else if (key === '0') this.look(() => this.showAll());
    else if (place === undefined) return false;
    else {
      const node = nodes[Math.max(0, Math.min(nodes.length - 1, place))];
      if (node !== undefined) this.events.stepped(node);
    }
    return true;
  }
}
