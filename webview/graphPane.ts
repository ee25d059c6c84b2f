/** The graph tab: the drawing with its legend, the list that mirrors it, its groups, and the layout while it takes its time. */
import { errorMessage } from '../src/protocol/rpc';
import { h } from './dom';
import type { Point } from './graphView/camera';
import { GraphView } from './graphView/graphView';
import { drawingOf } from './graphView/grounds';
import type { Place } from './graphView/place';
import { cardOf, type Drawing } from './graphView/visible';
import type { WireUnder } from './graphView/wireAt';
import { at } from './layout/adjacency';
import type { Bounds } from './layout/layout';
import { LayoutCancelled, LayoutRunner } from './layout/layoutRunner';
import { afterStep, type Expansion, expandedGroups, type GroupStep, withGroups } from './model/expansion';
import { type Fold, fold, readingOrder } from './model/fold';
import { foldedModel, type GroupedModel, groupModel, isGroup } from './model/groupModel';
import { groupAround, groupsAround } from './model/groupTree';
import type { Metric } from './model/metrics';
import { navigate } from './model/navigate';
import { layoutInput } from './model/nodeText';
import type { PanelModel } from './model/panelModel';
import { type Trail, type TrailRequest, trailOf } from './model/paths';
import { LayoutStatus } from './panes/layoutStatus';
import { legend } from './panes/legend';
import { NodeList, type ReadingKey } from './panes/nodeList';
import type { ChartEvents, ChartView } from './views/chart';

export interface GraphPaneEvents extends ChartEvents {
  /** A picture was painted; `moving`: another one comes at once. */
  painted(moving: boolean): void;
  focused(focused: boolean): void;
  /** The drawing is on screen; `order`: all nodes of the scene as they are read. */
  laidOut(order: Uint32Array): void;
  /** The reader opened or closed groups. */
  expanded(expansion: Expansion): void;
  failed(message: string): void;
  /** A node was clicked with Ctrl or Cmd. */
  joined(node: number): void;
  pointedWire(wire: WireUnder | undefined, at: Point): void;
  /** A letter was typed in the graph. */
  read(action: ReadingKey): void;
  /** What is highlighted is another, of what was asked for. */
  trailed(trail: Trail | undefined): void;
}

/** What is on screen. */
interface Shown {
  readonly fold: Fold;
  /** With the edges of the fold. */
  readonly model: GroupedModel;
  readonly drawing: Drawing;
}

export class GraphPane implements ChartView {
  readonly element = h('div', { id: 'graph', role: 'tabpanel', 'aria-label': 'Graph' });
  readonly view: GraphView;
  readonly nodes: NodeList;
  private readonly legendHolder = h('div', { class: 'legend-holder' });
  private readonly status = new LayoutStatus();
  private readonly runner: LayoutRunner;
  private readonly events: GraphPaneEvents;
  private grouped: GroupedModel | undefined;
  /** Of the model; undefined while it is being laid out, when the canvas still shows the one before. */
  private shown: Shown | undefined;
  private expansion: Expansion;
  private metric: Metric;
  private request: TrailRequest | undefined;
  private chosen: number | undefined;
  private hits: readonly number[] = [];
  /** To be brought into view as soon as it is drawn. */
  private awaited: { readonly node: number; readonly near: boolean } | undefined;
  /** Of the layout that is wanted last. */
  private wanted = 0;

  constructor(worker: string, metric: Metric, expansion: Expansion, events: GraphPaneEvents) {
    this.runner = new LayoutRunner(worker);
    this.metric = metric;
    this.expansion = expansion;
    this.events = events;
    this.view = new GraphView(this.element, {
      selected: (node) => {
        this.nodes.element.focus({ preventScroll: true });
        if (this.shown) events.selected(node);
      },
      opened: (node) => this.open(node),
      joined: (node) => events.joined(node),
      pointedWire: (wire, at) => events.pointedWire(this.shown && wire, at),
      toggled: (group) => this.toggle(group),
      pointed: (node) => events.pointed(this.shown && node),
      painted: (moving) => events.painted(moving),
      themed: () => this.showLegend(),
    });
    this.nodes = new NodeList({
      moved: (move) => {
        if (!this.shown) return;
        const node = navigate(this.shown.model, this.shown.drawing, this.chosen, move);
        if (node !== undefined) events.stepped(node);
      },
      opened: () => this.chosen !== undefined && this.open(this.chosen),
      closed: () => this.closeAround(),
      zoomed: (step) => (step === 0 ? this.view.fit() : this.view.zoomBy(step)),
      escaped: () => events.escaped(),
      read: (action) => events.read(action),
      focused: (focused) => events.focused(focused),
    });
    this.element.append(this.nodes.element, this.legendHolder, this.status.element);
  }

  /** The model with a row for each group; undefined before the first one is shown. */
  get model(): GroupedModel | undefined {
    return this.grouped;
  }

  /** Another scene, drawn as soon as it is laid out; `place` is where the reader was. */
  async show(grouped: GroupedModel, selected: number | undefined, place: Place | undefined): Promise<void> {
    this.grouped = grouped;
    this.chosen = selected;
    this.shown = undefined;
    this.awaited = undefined;
    if (selected !== undefined) this.expansion = this.uncovering(grouped, selected);
    await this.layOut(grouped, (shown) => {
      this.view.show(shown.model, shown.drawing, this.metric, place);
      this.events.laidOut(readingOrder(grouped.tree, shown.fold, shown.drawing.ranks.items));
    });
  }

  /** Another report of the scene that is shown. `moving`: another one comes at once. */
  setModel(model: PanelModel, moving = false): void {
    this.grouped = groupModel(model, this.grouped?.tree);
    if (this.shown) this.shown = { ...this.shown, model: foldedModel(this.grouped, this.shown.fold) };
    this.annotate();
    if (this.shown && !moving) this.nodes.setNodes(this.shown.model, this.shown.drawing);
  }

  setMetric(metric: Metric): void {
    this.metric = metric;
    this.annotate();
  }

  /** A node inside of a closed group opens it. */
  set selected(node: number | undefined) {
    this.chosen = node;
    this.mark();
    if (node !== undefined) this.uncover(node);
  }

  /** Search hits; what hides one is marked for it. */
  set found(hits: readonly number[]) {
    this.hits = hits;
    this.mark();
  }

  /** What leads to a node, away from it, or from one to another; undefined for no highlight. */
  set trail(request: TrailRequest | undefined) {
    this.request = request;
    this.showTrail();
  }

  /** With the cards on screen: a closed group stands for what is inside of it. */
  private showTrail(): void {
    const { request, shown } = this;
    if (!shown) return;
    const trail = request && trailOf(shown.model, onCards(shown.drawing, request));
    this.view.trail = trail;
    this.events.trailed(trail);
  }

  /** The model with the edges that are on screen. */
  get drawn(): GroupedModel | undefined {
    return this.shown?.model;
  }

  /** Brings a node into view, as soon as the groups around it are open; `near` also to a size at which it can be read. */
  reveal(node: number, near = false): void {
    if (this.uncover(node)) this.awaited = { node, near };
    else this.view.reveal(node, near);
  }

  /** Opens or closes a group, by its id. */
  toggle(id: number): void {
    if (!this.grouped || !this.shown) return;
    const { tree } = this.grouped;
    const group = id - tree.nodeCount;
    this.regroup(withGroups(tree, this.expansion, [group], !this.isOpen(id)), id);
  }

  /** Whether a group is open and seen to be. */
  isOpen(id: number): boolean {
    return this.shown?.drawing.grounds.some((ground) => ground.id === id) === true;
  }

  step(step: GroupStep): void {
    if (this.shown) this.regroup(afterStep(this.shown.model.tree, this.shown.fold, step), undefined);
  }

  boxOf(node: number): Bounds | undefined {
    return this.view.boxOf(node);
  }

  png(): Promise<Uint8Array> {
    return this.view.png();
  }

  svg(): string {
    return this.view.svg();
  }

  /** Nothing is to be drawn any more. */
  stop(): void {
    this.wanted++;
    this.runner.cancel();
    this.status.done();
  }

  /** A double click or Enter: to the details of a node; a group opens or closes. */
  private open(id: number): void {
    if (this.grouped && isGroup(this.grouped.scene, id)) this.toggle(id);
    else this.events.opened(id);
  }

  /** Closes the innermost open group around what is selected, or the selected group itself. */
  private closeAround(): void {
    const { chosen, shown } = this;
    if (chosen === undefined || !shown) return;
    const { tree } = shown.model;
    const group = this.isOpen(chosen) ? chosen - tree.nodeCount : groupAround(tree, chosen);
    if (group >= 0) this.regroup(withGroups(tree, this.expansion, [group], false), chosen);
  }

  /** Opens what hides a node; answers whether it has yet to be drawn. */
  private uncover(node: number): boolean {
    const { grouped, shown } = this;
    if (!grouped) return false;
    const wanted = this.uncovering(grouped, node);
    if (wanted !== this.expansion) this.regroup(wanted, undefined);
    return !shown || at(shown.drawing.shownAs, node) !== node;
  }

  /** With the groups around a node open; the same one where they are. */
  private uncovering({ tree }: GroupedModel, node: number): Expansion {
    const expanded = expandedGroups(tree, this.expansion);
    const closed = groupsAround(tree, node).filter((group) => expanded[group] === 0);
    return closed.length === 0 ? this.expansion : withGroups(tree, this.expansion, closed, true);
  }

  /** `anchor`: what stays where it is on screen. */
  private regroup(expansion: Expansion, anchor: number | undefined): void {
    const { grouped, shown } = this;
    const before = this.expansion;
    this.expansion = expansion;
    if (!grouped || !shown) return;
    const put = ({ model, drawing }: Shown) => {
      this.view.regroup(model, drawing, this.metric, anchor);
      this.events.expanded(expansion);
    };
    void this.layOut(grouped, put, before);
  }

  /**
   * Lays out what is to be seen with the groups that are open, then puts it on screen. `before`: the groups that the drawing on
   * screen has open, if it is of the same scene; it is kept where there will be no other.
   */
  private async layOut(grouped: GroupedModel, put: (shown: Shown) => void, before?: Expansion): Promise<void> {
    const run = ++this.wanted;
    const { tree, scene } = grouped;
    const folded = fold(tree, scene.edges, expandedGroups(tree, this.expansion));
    const of = Int32Array.from(folded.shown, (id) => groupAround(tree, id));
    const groups = { of, parent: tree.parent };
    const input = { ...layoutInput({ ...scene, edges: folded.edges }, folded.shown), groups };
    this.status.start(folded.shown.length, () => this.runner.cancel());
    try {
      const layout = await this.runner.run(input, (fraction) => this.status.progress(fraction));
      if (run !== this.wanted) return;
      this.status.done();
      const drawing = drawingOf(layout, input, tree, folded);
      this.shown = { fold: folded, model: foldedModel(this.grouped ?? grouped, folded), drawing };
      put(this.shown);
      this.showTrail();
      this.nodes.setNodes(this.shown.model, drawing);
      this.showLegend();
      this.settleSelection(this.shown);
    } catch (error) {
      if (run !== this.wanted) return;
      if (!(error instanceof LayoutCancelled)) this.events.failed(errorMessage(error));
      if (before) {
        this.status.done();
        this.expansion = before;
        return;
      }
      this.status.stopped('The graph is not laid out. The table of layers is complete.', () => {
        void this.layOut(grouped, put);
      });
    }
  }

  /** What is selected is seen: where its group was closed, the group is selected. */
  private settleSelection({ drawing }: Shown): void {
    const { chosen, awaited } = this;
    this.awaited = undefined;
    if (chosen !== undefined && at(drawing.shownAs, chosen) !== chosen)
      this.events.selected(at(drawing.shownAs, chosen));
    this.mark();
    if (awaited) this.view.reveal(awaited.node, awaited.near);
  }

  private mark(): void {
    const { shown, chosen } = this;
    if (shown) {
      this.view.selected = chosen === undefined ? undefined : at(shown.drawing.shownAs, chosen);
      this.view.found = new Set(this.hits.map((node) => at(shown.drawing.shownAs, node)));
    }
    this.nodes.setActive(chosen);
  }

  private annotate(): void {
    if (!this.shown) return;
    this.view.annotate(this.shown.model, this.metric);
    this.showLegend();
  }

  private showLegend(): void {
    const { colors, theme } = this.view;
    if (!this.shown || !colors) return;
    const { fused, resident } = this.shown.model;
    const kinds = { fused: fused.size > 0, resident: resident.size > 0 };
    this.legendHolder.replaceChildren(legend(colors, theme, kinds));
  }
}

function onCards(drawing: Drawing, request: TrailRequest): TrailRequest {
  if (request.kind !== 'path') return { ...request, node: cardOf(drawing, request.node) };
  return { ...request, from: cardOf(drawing, request.from), to: cardOf(drawing, request.to) };
}
