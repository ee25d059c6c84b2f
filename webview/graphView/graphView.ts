/** The canvas with the graph: owns the camera, paints when something changed, says what is pointed at and chosen. */
import { h } from '../dom';
import { SvgInk } from '../draw/svg';
import { at, realAt } from '../layout/adjacency';
import type { Bounds } from '../layout/layout';
import { type GroupedModel, isGroup } from '../model/groupModel';
import { type Metric, type Scale, scaleOf } from '../model/metrics';
import { reportRow } from '../model/panelModel';
import type { Trail } from '../model/paths';
import { pngOf } from '../views/surface';
import { type Camera, fitAll, openingCamera, type Point, reveal, type Size, toScreen, toWorld } from './camera';
import { detailAt, type Frame } from './frame';
import { listenToGestures } from './gestures';
import { findJumps, type JumpTag } from './jumps';
import { Minimap } from './minimap';
import { Mover } from './motion';
import { Overview } from './overview';
import { paint } from './paint';
import { nodesOnScreen } from './paintNodes';
import type { TitleTag } from './paintTitles';
import { cameraAt, type Place, placeOf } from './place';
import { anchorIn, Regrouping } from './regroup';
import { TextFitter } from './text';
import { onThemeChange, readTheme, type Theme } from './theme';
import { cardOf, type Drawing, nearestNode, nodeAt, nodeBox } from './visible';
import { type WireUnder, wireAt } from './wireAt';

export interface GraphEvents {
  /** A click: on a node, or on nothing. */
  selected(node: number | undefined): void;
  /** A click with Ctrl or Cmd on a node: what leads from the selected one to it is asked for. */
  joined(node: number): void;
  /** A double click. */
  opened(node: number): void;
  /** A click on what opens or closes a group. */
  toggled(group: number): void;
  /** The pointer is over a node, or no longer. */
  pointed(node: number | undefined): void;
  /** The pointer is over a line, at this point of the canvas, or no longer. */
  pointedWire(wire: WireUnder | undefined, at: Point): void;
  /** A picture was painted: what is placed over the canvas has to follow. `moving`: another one comes at once. */
  painted(moving: boolean): void;
  themed(): void;
}

const STEP = 1.35;
/** World pixels from the corner of a closed group's card: there is the mark that opens it. */
const MARK = 25;
/** Around the graph as a picture of its own. */
const PAGE_MARGIN = 24;
/** Milliseconds: a longer pause was no movement, the next frame begins one. */
const LONGEST_STEP = 100;
const FIRST_STEP = 16;

export class GraphView {
  readonly canvas = document.createElement('canvas');
  private readonly context: CanvasRenderingContext2D;
  private readonly minimap: Minimap;
  private readonly mover = new Mover();
  private readonly overview = new Overview(() => this.invalidate());
  private readonly text: TextFitter;
  private readonly events: GraphEvents;
  theme: Theme = readTheme();
  private frame: Omit<Frame, 'camera' | 'theme' | 'view' | 'text' | 'change'> | undefined;
  private tags: readonly JumpTag[] = [];
  private titles: readonly TitleTag[] = [];
  private regrouping: Regrouping | undefined;
  private view: Size = { width: 0, height: 0 };
  /** Where to begin, as soon as the canvas has a size. */
  private start: { readonly place: Place | undefined } | undefined;
  private stale = true;
  private scheduled = false;
  /** Where the pointer rests, while the camera moves under it. */
  private resting: Point | undefined;
  private last = 0;

  constructor(element: HTMLElement, events: GraphEvents) {
    this.events = events;
    const context = this.canvas.getContext('2d', { alpha: false });
    if (!context) throw new Error('This editor has no 2D canvas, which the graph is drawn on.');
    this.context = context;
    this.text = new TextFitter(context);
    this.canvas.setAttribute('aria-hidden', 'true');
    this.minimap = new Minimap((x, y) => this.travel({ ...this.mover.camera, x, y }));
    element.append(this.canvas, h('div', { class: 'minimap-holder' }, this.minimap.canvas));
    listenToGestures(this.canvas, {
      zoom: (point, factor) => {
        this.rest(point);
        this.zoom(point, factor);
      },
      pan: (dx, dy, point) => {
        this.rest(point);
        this.mover.pan(dx, dy);
        this.invalidate();
      },
      click: (point, added) => this.click(point, added),
      doubleClick: (point) => {
        const node = this.nodeUnder(point);
        if (node !== undefined && !this.isToggle(point)) events.opened(node);
      },
      point: (point) => this.point(point),
    });
    new ResizeObserver(() => this.resize()).observe(this.canvas);
    onThemeChange(() => {
      this.theme = readTheme();
      this.text.clear();
      this.invalidate(true);
      events.themed();
    });
    void document.fonts.ready.then(() => {
      this.text.clear();
      this.invalidate();
    });
  }

  /** Another drawing; `place` is where the reader was, absent to begin at the beginning. */
  show(model: GroupedModel, drawing: Drawing, metric: Metric, place: Place | undefined): void {
    this.regrouping = undefined;
    this.frame = {
      model,
      drawing,
      jumps: findJumps(model, drawing.stubs),
      scale: seenScale(model, drawing, metric),
      selected: undefined,
      hovered: undefined,
      found: new Set(),
      trail: undefined,
      wire: undefined,
    };
    this.start = { place };
    this.invalidate(true);
  }

  /**
   * Groups of the same scene were opened or closed: everything travels to its new place. What is drawn for `anchor` stays where it
   * is on screen; without one, what is nearest to the middle.
   */
  regroup(model: GroupedModel, drawing: Drawing, metric: Metric, anchor: number | undefined): void {
    const before = this.frame;
    if (!before || this.start || this.view.width === 0) {
      this.show(model, drawing, metric, this.start?.place);
      return;
    }
    const { camera } = this.mover;
    const seen = nodesOnScreen(this.whole(before));
    const fixed = anchor ?? nearestNode(before.drawing, camera.x, camera.y) ?? 0;
    const top = camera.y - this.view.height / 2 / camera.scale;
    const [from, to] = [anchorIn(before.drawing, fixed, top), anchorIn(drawing, fixed)];
    const [dx, dy] = [to.x - from.x, to.y - from.y];
    this.frame = {
      ...before,
      ...{ model, drawing, hovered: undefined, trail: undefined, wire: undefined },
      ...{ jumps: findJumps(model, drawing.stubs), scale: seenScale(model, drawing, metric) },
    };
    this.mover.shift(dx, dy, drawing.bounds, this.view);
    if (!this.mover.reduced) {
      const nodes = new Set([...nodesOnScreen(this.whole(this.frame)), ...seen]);
      const drawn = [...nodes].filter((node) => Number.isFinite(drawing.x[node]));
      this.regrouping = new Regrouping(drawing, drawn, (node) => {
        const card = cardOf(before.drawing, node);
        const wasOpen = card !== node && isGroup(model.scene, node);
        return wasOpen ? undefined : { x: realAt(before.drawing.x, card) + dx, y: realAt(before.drawing.y, card) + dy };
      });
    }
    this.invalidate(true);
  }

  /** Another report or colouring of the same drawing. */
  annotate(model: GroupedModel, metric: Metric): void {
    if (this.frame) this.change({ model, scale: seenScale(model, this.frame.drawing, metric) }, true);
  }

  set selected(selected: number | undefined) {
    this.change({ selected });
  }

  set hovered(hovered: number | undefined) {
    if (hovered !== this.frame?.hovered) this.change({ hovered });
  }

  set found(found: ReadonlySet<number>) {
    this.change({ found });
  }

  set trail(trail: Trail | undefined) {
    this.change({ trail });
  }

  /** Undefined while nothing is on screen. */
  get place(): Place | undefined {
    if (!this.frame || this.start || this.view.width === 0) return undefined;
    return placeOf(this.frame.model.scene, this.frame.drawing, this.mover.goal(this.view));
  }

  /** What the colours on screen mean. */
  get colors(): Scale | undefined {
    return this.frame?.scale;
  }

  get scale(): number {
    return this.mover.camera.scale;
  }

  get painted(): number {
    return Number(this.canvas.getAttribute('data-painted') ?? 0);
  }

  zoomBy(direction: 1 | -1): void {
    this.zoom({ x: this.view.width / 2, y: this.view.height / 2 }, direction > 0 ? STEP : 1 / STEP);
  }

  fit(): void {
    if (this.frame) this.travel(fitAll(this.frame.drawing.bounds, this.view));
  }

  /** Brings a node into view; `near` also to a size at which it can be read. */
  reveal(node: number, near = false): void {
    if (!this.frame || this.view.width === 0) return;
    const box = nodeBox(this.frame.drawing, cardOf(this.frame.drawing, node));
    const goal = this.mover.goal(this.view);
    const small = near && goal.scale < 0.75;
    if (small) this.travel({ x: (box.left + box.right) / 2, y: (box.top + box.bottom) / 2, scale: 1 });
    else this.travel(reveal(goal, box, this.view));
  }

  /** Where a node is on the canvas, in CSS pixels; undefined when it is not (yet) drawn. */
  boxOf(node: number): Bounds | undefined {
    if (!this.frame || this.view.width === 0) return undefined;
    const title = this.titles.find(({ group }) => group === node);
    if (title) return title.box;
    const box = nodeBox(this.frame.drawing, cardOf(this.frame.drawing, node));
    const low = toScreen(this.mover.camera, this.view, { x: box.left, y: box.top });
    const high = toScreen(this.mover.camera, this.view, { x: box.right, y: box.bottom });
    return { left: low.x, top: low.y, right: high.x, bottom: high.y };
  }

  /** What is shown now, as a PNG file. */
  png(): Promise<Uint8Array> {
    return pngOf(this.canvas);
  }

  /** The whole graph, each card as large as at 100 %. */
  svg(): string {
    const ink = new SvgInk(this.context);
    if (!this.frame) return ink.file(0, 0);
    const { left, right, top, bottom } = this.frame.drawing.bounds;
    const view = { width: right - left + 2 * PAGE_MARGIN, height: bottom - top + 2 * PAGE_MARGIN };
    const camera = { x: (left + right) / 2, y: (top + bottom) / 2, scale: 1 };
    paint(ink, { ...this.frame, camera, view, theme: this.theme, text: this.text }, 1);
    return ink.file(view.width, view.height);
  }

  private change(change: Partial<Frame>, all = false): void {
    if (!this.frame) return;
    this.frame = { ...this.frame, ...change };
    this.invalidate(all);
  }

  private travel(camera: Camera): void {
    this.mover.travel(camera);
    this.invalidate();
  }

  private zoom(point: Point, factor: number): void {
    if (!this.frame) return;
    this.mover.zoom(point, factor, this.frame.drawing.bounds, this.view);
    this.invalidate();
  }

  /** A node, a closed group by its card, an open one by its title. */
  private nodeUnder(point: Point): number | undefined {
    if (!this.frame) return undefined;
    const title = this.titleUnder(point);
    if (title) return title.group;
    const { x, y } = toWorld(this.mover.camera, this.view, point);
    return nodeAt(this.frame.drawing, x, y);
  }

  private tagUnder(point: Point): JumpTag | undefined {
    return this.tags.find(({ box }) => isWithin(point, box));
  }

  private titleUnder(point: Point): TitleTag | undefined {
    return this.titles.find(({ box }) => isWithin(point, box));
  }

  /** Whether a click there opens or closes the group under it: a title, or the mark on a closed group's card. */
  private isToggle(point: Point): boolean {
    if (!this.frame) return false;
    if (this.titleUnder(point)) return true;
    const node = this.nodeUnder(point);
    if (node === undefined || !isGroup(this.frame.model.scene, node)) return false;
    const { x, y } = toWorld(this.mover.camera, this.view, point);
    const { left, top } = nodeBox(this.frame.drawing, node);
    return detailAt(this.scale) === 'full' && x - left <= MARK && y - top <= MARK;
  }

  /** A jump tag leads to its next node in turn, a title closes its group, a node is selected, the background deselects. */
  private click(point: Point, added: boolean): void {
    const tag = this.tagUnder(point);
    if (!tag) {
      const node = this.nodeUnder(point);
      if (node !== undefined && added) this.events.joined(node);
      else if (node !== undefined && this.isToggle(point)) this.events.toggled(node);
      else this.events.selected(node);
      return;
    }
    const current = tag.nodes.indexOf(this.frame?.selected ?? -1);
    const node = tag.nodes[(current + 1) % tag.nodes.length];
    if (node === undefined) return;
    this.events.selected(node);
    this.reveal(node, true);
  }

  private point(point: Point | undefined): void {
    const node = point && this.nodeUnder(point);
    this.canvas.classList.toggle('over-node', node !== undefined || (point !== undefined && !!this.tagUnder(point)));
    this.hovered = node;
    this.events.pointed(node);
    this.pointWire(node === undefined ? point : undefined);
  }

  private pointWire(point: Point | undefined): void {
    if (!this.frame) return;
    const { wire: before } = this.frame;
    const wire = point && wireAt(this.whole(this.frame), toWorld(this.mover.camera, this.view, point));
    this.canvas.classList.toggle('over-wire', wire !== undefined);
    if (wire?.source === before?.source && wire?.edge === before?.edge) return;
    this.change({ wire });
    this.events.pointedWire(wire, point ?? { x: 0, y: 0 });
  }

  /** What is under the pointer is asked again when the camera has come to rest. */
  private rest(point: Point): void {
    if (!this.resting) this.point(undefined);
    this.resting = point;
  }

  private resize(): void {
    this.view = { width: this.canvas.clientWidth, height: this.canvas.clientHeight };
    this.invalidate(true);
  }

  /** `all`: the minimap too. */
  private invalidate(all = false): void {
    this.stale ||= all;
    if (this.scheduled) return;
    this.scheduled = true;
    requestAnimationFrame((now) => this.tick(now));
  }

  private tick(now: number): void {
    this.scheduled = false;
    if (!this.frame || this.view.width === 0 || this.view.height === 0) return;
    const { drawing, model } = this.frame;
    if (this.start) {
      const { place } = this.start;
      this.start = undefined;
      this.mover.jump(
        (place && cameraAt(model.scene, drawing, place)) ??
          openingCamera(drawing.bounds, nodeBox(drawing, at(drawing.ranks.items, 0)), this.view),
      );
    }
    const since = now - this.last;
    const moving = this.mover.step(since < LONGEST_STEP ? since : FIRST_STEP, drawing.bounds, this.view);
    this.last = now;
    const changing = this.paintChange(now);
    this.events.painted(moving || changing);
    if (moving || changing) this.invalidate();
    else if (this.resting && !this.canvas.classList.contains('dragging')) {
      this.point(this.resting);
      this.resting = undefined;
    }
  }

  /** Paints, while groups open or close a picture of that; answers whether there is more of it to come. */
  private paintChange(now: number): boolean {
    if (!this.frame) return false;
    const frame = this.whole(this.frame);
    const step = this.regrouping?.at(now);
    if (step) {
      this.paint({ ...frame, ...step });
      return true;
    }
    this.regrouping = undefined;
    this.paint(frame);
    return false;
  }

  private whole(frame: Omit<Frame, 'camera' | 'theme' | 'view' | 'text' | 'change'>): Frame {
    return { ...frame, camera: this.mover.camera, theme: this.theme, view: this.view, text: this.text };
  }

  private paint(frame: Frame): void {
    const ratio = window.devicePixelRatio;
    const [width, height] = [Math.round(this.view.width * ratio), Math.round(this.view.height * ratio)];
    if (this.canvas.width !== width || this.canvas.height !== height) {
      this.canvas.width = width;
      this.canvas.height = height;
      this.stale = true;
    }
    const painted = paint(this.context, frame, ratio, this.overview);
    this.tags = painted.tags;
    this.titles = painted.titles;
    this.canvas.setAttribute('data-painted', String(painted.nodes));
    // While cards move the strip shows them as they were.
    if (frame.change) return;
    if (this.stale) this.minimap.rebuild(frame, ratio);
    this.stale = false;
    this.minimap.show(frame, ratio);
  }
}

/** The hottest is the hottest of what is drawn. */
function seenScale(model: GroupedModel, { ranks }: Drawing, metric: Metric): Scale {
  const rows = Array.from(ranks.items, (id) => reportRow(model.scene, id)).filter((row) => row >= 0);
  return scaleOf(metric, model.report, rows);
}

function isWithin({ x, y }: Point, box: Bounds): boolean {
  return x >= box.left && x <= box.right && y >= box.top && y <= box.bottom;
}
