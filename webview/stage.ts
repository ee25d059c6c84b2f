/** The views of the model behind the tabs, of which one is shown. */
import { h } from './dom';
import type { GraphPane } from './graphPane';
import type { Bounds } from './layout/layout';
import type { PanelModel } from './model/panelModel';
import type { LayerTable } from './panes/layerTable';
import type { Tab } from './viewState';
import type { ChartView, LayerChart } from './views/chart';
import type { CompareTable } from './views/compareTable';

export class Stage {
  readonly element: HTMLElement;
  private readonly graph: GraphPane;
  private readonly layers: LayerTable;
  private readonly charts: Readonly<Record<Exclude<Tab, 'graph' | 'layers' | 'difference'>, LayerChart>>;
  private readonly differences: CompareTable;
  private shown: Tab = 'graph';
  private nodeCount = 0;

  constructor(graph: GraphPane, layers: LayerTable, differences: CompareTable, charts: Stage['charts']) {
    this.graph = graph;
    this.layers = layers;
    this.differences = differences;
    this.charts = charts;
    const elements = Object.values(charts).map(({ element }) => element);
    this.element = h('div', { class: 'stage' }, graph.element, layers.element, differences.element, ...elements);
  }

  set tab(tab: Tab) {
    this.shown = tab;
    this.graph.element.hidden = tab !== 'graph';
    this.layers.visible = tab === 'layers';
    this.differences.element.hidden = tab !== 'difference';
    for (const [id, { element }] of Object.entries(this.charts)) element.hidden = id !== tab;
  }

  /** Groups are selected in the graph only. */
  set selected(node: number | undefined) {
    this.graph.selected = node;
    const layer = node !== undefined && node < this.nodeCount ? node : undefined;
    for (const view of [this.layers, this.differences, ...Object.values(this.charts)]) view.selected = layer;
  }

  /** All but the graph, which is laid out first. */
  setModel(model: PanelModel): void {
    this.nodeCount = model.scene.nodeCount;
    for (const view of [this.layers, ...Object.values(this.charts)]) view.setModel(model);
  }

  /** What a picture is taken of: the graph while the table is shown. */
  get picture(): { readonly name: string; readonly view: ChartView } {
    const { shown } = this;
    if (shown === 'graph' || shown === 'layers' || shown === 'difference') return { name: 'graph', view: this.graph };
    return { name: shown, view: this.charts[shown] };
  }

  /** What is shown, as a CSV file: the table of layers while the graph is. */
  get table(): { readonly name: string; readonly csv: string } {
    const { shown } = this;
    if (shown === 'difference') return { name: 'difference', csv: this.differences.csv() };
    if (shown === 'graph' || shown === 'layers') return { name: 'layers', csv: this.layers.csv() };
    return { name: shown, csv: this.charts[shown].csv() };
  }

  /** Where a node is in the coordinates of an element around the stage; undefined when it is not shown. */
  boxOf(node: number, around: HTMLElement): Bounds | undefined {
    const { view } = this.picture;
    const box = view.boxOf(node);
    if (!box) return undefined;
    const own = view.element.getBoundingClientRect();
    const all = around.getBoundingClientRect();
    const [dx, dy] = [own.left - all.left, own.top - all.top];
    return { left: box.left + dx, right: box.right + dx, top: box.top + dy, bottom: box.bottom + dy };
  }
}
