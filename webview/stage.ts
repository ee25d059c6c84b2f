/** The views of the model behind the tabs, of which one is shown. */
import { h } from './dom';
import type { GraphPane } from './graphPane';
import type { Bounds } from './layout/layout';
import type { PanelModel } from './model/panelModel';
import type { LayerTable } from './panes/layerTable';
import type { Tab } from './viewState';
import type { ChartView, LayerChart } from './views/chart';

export class Stage {
  readonly element: HTMLElement;
  private readonly graph: GraphPane;
  private readonly layers: LayerTable;
  private readonly charts: Readonly<Record<Exclude<Tab, 'graph' | 'layers'>, LayerChart>>;
  private shown: Tab = 'graph';

  constructor(graph: GraphPane, layers: LayerTable, charts: Stage['charts']) {
    this.graph = graph;
    this.layers = layers;
    this.charts = charts;
    const elements = Object.values(charts).map(({ element }) => element);
    this.element = h('div', { class: 'stage' }, graph.element, layers.element, ...elements);
  }

  set tab(tab: Tab) {
    this.shown = tab;
    this.graph.element.hidden = tab !== 'graph';
    this.layers.visible = tab === 'layers';
    for (const [id, { element }] of Object.entries(this.charts)) element.hidden = id !== tab;
  }

  set selected(node: number | undefined) {
    for (const view of [this.graph, this.layers, ...Object.values(this.charts)]) view.selected = node;
  }

  /** All but the graph, which is laid out first. */
  setModel(model: PanelModel): void {
    for (const view of [this.layers, ...Object.values(this.charts)]) view.setModel(model);
  }

  /** What a picture is taken of: the graph while the table is shown. */
  get picture(): { readonly name: string; readonly view: ChartView } {
    const { shown } = this;
    if (shown === 'graph' || shown === 'layers') return { name: 'graph', view: this.graph };
    return { name: shown, view: this.charts[shown] };
  }

  /** What is shown, as a CSV file: the table of layers while the graph is. */
  get table(): { readonly name: string; readonly csv: string } {
    const { shown } = this;
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
