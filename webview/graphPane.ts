/** The graph tab: the drawing with its legend, the list that mirrors it, and the layout while it takes its time. */
import { errorMessage } from '../src/protocol/rpc';
import { h } from './dom';
import { GraphView } from './graphView/graphView';
import type { Place } from './graphView/place';
import type { Drawing } from './graphView/visible';
import type { Bounds } from './layout/layout';
import { LayoutCancelled, LayoutRunner } from './layout/layoutRunner';
import { type Metric, scaleOf } from './model/metrics';
import { navigate } from './model/navigate';
import { layoutInput } from './model/nodeText';
import type { PanelModel } from './model/panelModel';
import { LayoutStatus } from './panes/layoutStatus';
import { legend } from './panes/legend';
import { NodeList } from './panes/nodeList';
import type { ChartEvents, ChartView } from './views/chart';

export interface GraphPaneEvents extends ChartEvents {
  /** A picture was painted; `moving`: another one comes at once. */
  painted(moving: boolean): void;
  focused(focused: boolean): void;
  /** The drawing is on screen; `order`: all nodes as they are read. */
  laidOut(order: Uint32Array): void;
  failed(message: string): void;
}

export class GraphPane implements ChartView {
  readonly element = h('div', { id: 'graph', role: 'tabpanel', 'aria-label': 'Graph' });
  readonly view: GraphView;
  readonly nodes: NodeList;
  private readonly legendHolder = h('div', { class: 'legend-holder' });
  private readonly status = new LayoutStatus();
  private readonly runner: LayoutRunner;
  private readonly events: GraphPaneEvents;
  private model: PanelModel | undefined;
  /** Of the model; undefined while it is being laid out, when the canvas still shows the one before. */
  private drawing: Drawing | undefined;
  private metric: Metric;
  private chosen: number | undefined;
  /** Of the layout that is wanted last. */
  private wanted = 0;

  constructor(worker: string, metric: Metric, events: GraphPaneEvents) {
    this.runner = new LayoutRunner(worker);
    this.metric = metric;
    this.events = events;
    this.view = new GraphView(this.element, {
      selected: (node) => {
        this.nodes.element.focus({ preventScroll: true });
        if (this.drawing) events.selected(node);
      },
      opened: (node) => events.opened(node),
      pointed: (node) => events.pointed(this.drawing && node),
      painted: (moving) => events.painted(moving),
      themed: () => this.showLegend(),
    });
    this.nodes = new NodeList({
      moved: (move) => {
        if (!this.model || !this.drawing) return;
        const node = navigate(this.model, this.drawing, this.chosen, move);
        if (node !== undefined) events.stepped(node);
      },
      opened: () => this.chosen !== undefined && events.opened(this.chosen),
      zoomed: (step) => (step === 0 ? this.view.fit() : this.view.zoomBy(step)),
      escaped: () => events.escaped(),
      focused: (focused) => events.focused(focused),
    });
    this.element.append(this.nodes.element, this.legendHolder, this.status.element);
  }

  /** Another scene, drawn as soon as it is laid out; `place` is where the reader was. */
  async show(model: PanelModel, selected: number | undefined, place: Place | undefined): Promise<void> {
    const { scene } = model;
    const run = ++this.wanted;
    this.model = model;
    this.chosen = selected;
    this.drawing = undefined;
    const input = layoutInput(scene);
    this.status.start(scene.nodeCount, () => this.runner.cancel());
    try {
      const layout = await this.runner.run(input, (fraction) => this.status.progress(fraction));
      if (run !== this.wanted) return;
      this.status.done();
      this.drawing = { ...layout, widths: input.widths, heights: input.heights };
      this.view.show(this.model, this.drawing, this.metric, place);
      this.view.selected = this.chosen;
      this.nodes.setNodes(this.model, layout.ranks.items);
      this.nodes.setActive(this.chosen);
      this.showLegend();
      this.events.laidOut(layout.ranks.items);
    } catch (error) {
      if (run !== this.wanted) return;
      if (!(error instanceof LayoutCancelled)) this.events.failed(errorMessage(error));
      this.status.stopped('The graph is not laid out. The table of layers is complete.', () => {
        void this.show(this.model ?? model, this.chosen, place);
      });
    }
  }

  /** Another report of the scene that is shown. `moving`: another one comes at once. */
  setModel(model: PanelModel, moving = false): void {
    this.model = model;
    this.annotate();
    if (this.drawing && !moving) this.nodes.setNodes(model, this.drawing.ranks.items);
  }

  setMetric(metric: Metric): void {
    this.metric = metric;
    this.annotate();
  }

  set selected(node: number | undefined) {
    this.chosen = node;
    if (this.drawing) this.view.selected = node;
    this.nodes.setActive(node);
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

  private annotate(): void {
    if (!this.model || !this.drawing) return;
    this.view.annotate(this.model, this.metric);
    this.showLegend();
  }

  private showLegend(): void {
    if (!this.model) return;
    const { report, fused, resident } = this.model;
    const kinds = { fused: fused.size > 0, resident: resident.size > 0 };
    this.legendHolder.replaceChildren(legend(scaleOf(this.metric, report), this.view.theme, kinds));
  }
}
