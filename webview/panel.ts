/** The graph panel: wires the host, the model and the views together. */
import type { GraphHost, GraphOpening, GraphPanel, HardwareChoice, ReportData } from '../src/protocol/graphPanel';
import { connect, errorMessage, type Remote } from '../src/protocol/rpc';
import { h } from './dom';
import { GraphView } from './graphView/graphView';
import type { Drawing } from './graphView/visible';
import { icon } from './icons';
import { LayoutCancelled, LayoutRunner } from './layout/layoutRunner';
import { metricOf, scaleOf } from './model/metrics';
import { type Move, navigate } from './model/navigate';
import { layoutInput, spokenNode } from './model/nodeText';
import { buildModel, type PanelModel, withReport } from './model/panelModel';
import { DetailsPane, type Loaded, slowestNodes } from './panes/details';
import { HoverCard } from './panes/hoverCard';
import { LayerTable } from './panes/layerTable';
import { LayoutStatus } from './panes/layoutStatus';
import { legend } from './panes/legend';
import { NodeList } from './panes/nodeList';
import { Notices } from './panes/notices';
import { SearchBox } from './panes/searchBox';
import { splitter } from './panes/splitter';
import { Toolbar } from './panes/toolbar';
import { spokenTotals, totalsContent } from './panes/totals';
import { StateKeeper } from './stateKeeper';
import type { Tab } from './viewState';
import { hostPort } from './vscode';

export class Panel {
  private readonly host: Remote<GraphHost>;
  private readonly keeper = new StateKeeper();
  private readonly runner: LayoutRunner;
  private model: PanelModel | undefined;
  /** Of the model; undefined while it is being laid out, when the canvas still shows the one before. */
  private drawing: Drawing | undefined;
  private selected: number | undefined;

  private readonly app: HTMLElement;
  private readonly graph = h('div', { id: 'graph', role: 'tabpanel', 'aria-label': 'Graph' });
  private readonly totals = h('div', { id: 'totals', role: 'group', 'aria-label': 'Totals' });
  private readonly live = h('div', { class: 'visually-hidden', 'aria-live': 'polite' });
  private readonly failure = h('div', { id: 'error', role: 'alert', hidden: true });
  private readonly legendHolder = h('div', { class: 'legend-holder' });
  private readonly status = new LayoutStatus();
  private readonly card = new HoverCard();
  private readonly notices: Notices;
  private readonly view: GraphView;
  private readonly nodes: NodeList;
  private readonly search: SearchBox;
  private readonly toolbar: Toolbar;
  private readonly details: DetailsPane;
  private readonly table: LayerTable;

  constructor(app: HTMLElement) {
    this.app = app;
    this.runner = new LayoutRunner(app.getAttribute('data-worker') ?? '');
    this.host = connect<GraphHost>(hostPort, this.answers()).remote;
    this.notices = new Notices(this.keeper.state.dismissed, (dismissed) => this.keeper.set({ dismissed }));
    this.view = new GraphView(this.graph, {
      selected: (node) => {
        this.nodes.element.focus({ preventScroll: true });
        if (this.drawing) this.select(node);
      },
      opened: (node) => this.openDetails(node),
      pointed: (node) => this.card.point(this.drawing && node, () => this.openCard(node)),
      painted: (moving) => this.painted(moving),
      themed: () => this.showLegend(),
    });
    this.nodes = new NodeList({
      moved: (move) => this.move(move),
      opened: () => this.openDetails(this.selected),
      zoomed: (step) => (step === 0 ? this.view.fit() : this.view.zoomBy(step)),
      escaped: () => (this.card.node === undefined ? this.select(undefined) : this.card.close()),
      focused: (focused) => {
        if (!focused) this.card.close();
        else if (this.app.classList.contains('keyboard')) this.openCard(this.selected);
      },
    });
    this.search = new SearchBox({
      found: (hits) => {
        this.view.found = new Set(hits);
      },
      went: (node) => {
        this.locate(node);
        if (this.model) this.say(spokenNode(this.model, node));
      },
      closed: () => this.nodes.element.focus(),
    });
    this.toolbar = new Toolbar(this.search.element, this.choices());
    this.details = new DetailsPane({
      selected: (node) => this.select(node),
      located: (node) => this.locate(node),
      copied: (text) => this.attempt(this.host.copy(text).then(() => this.say('Copied'))),
      gradCam: (node) => this.attempt(this.host.showGradCam(node)),
    });
    this.table = new LayerTable({
      selected: (node) => this.select(node),
      opened: (node) => this.locate(node),
    });
    this.build();
  }

  async start(): Promise<void> {
    try {
      await this.open(await this.host.ready());
    } catch (error) {
      this.fail(errorMessage(error));
    }
  }

  private build(): void {
    const { paneWidth, tab, metric } = this.keeper.state;
    this.graph.append(this.nodes.element, this.legendHolder, this.status.element);
    const bar = splitter(this.details.element, paneWidth, (width) => this.keeper.set({ paneWidth: width }));
    const stage = h('div', { class: 'stage' }, this.graph, this.table.element);
    const body = h('div', { class: 'body' }, stage, bar, this.details.element);
    this.app.append(this.toolbar.element, this.totals, this.notices.element, body);
    this.app.append(this.failure, this.live, this.card.element);
    this.toolbar.metricId = metric;
    this.showTab(tab);
    document.addEventListener('keydown', (event) => this.key(event));
    document.addEventListener('pointerdown', () => this.app.classList.remove('keyboard'), { capture: true });
  }

  /** What the host may ask. */
  private answers(): GraphPanel {
    return {
      update: (opening) => this.attempt(this.open(opening)),
      showReport: (report, hardware) => this.showReport(report, hardware),
      showError: (message) => this.fail(message),
      command: (name) => this.command(name),
      describe: () => ({
        painted: this.view.painted,
        selected: this.selected === undefined ? '' : (this.model?.scene.names[this.selected] ?? ''),
        zoom: this.view.scale,
      }),
    };
  }

  private choices(): ConstructorParameters<typeof Toolbar>[1] {
    return {
      tab: (tab) => this.showTab(tab),
      hardware: (id) => this.request(this.host.setHardware(id), (report) => this.showReport(report)),
      pickHardware: () => this.request(this.host.pickHardware(), (opening) => opening && this.open(opening)),
      batch: (batch) => this.request(this.host.setBatch(batch), (opening) => this.open(opening)),
      bind: (bindings) => this.request(this.host.bind(bindings), (opening) => this.open(opening)),
      metric: (metric) => {
        this.keeper.set({ metric });
        this.annotate();
      },
      fit: () => this.view.fit(),
      gradCam: () => this.attempt(this.host.showGradCam()),
      exportCsv: () => this.attempt(this.host.save(this.fileName('layers.csv'), this.table.csv())),
      exportPng: () => this.attempt(this.view.png().then((png) => this.host.save(this.fileName('graph.png'), png))),
    };
  }

  /** Shows a model, new or changed on disk: the reader stays where he was, by the names of the nodes. */
  private async open(opening: GraphOpening): Promise<void> {
    const before = this.model;
    const name = before && this.selected !== undefined ? before.scene.names[this.selected] : this.keeper.state.selected;
    const place = this.view.place ?? this.keeper.state.place;
    const model = buildModel(opening);
    const found = name === undefined ? -1 : opening.scene.names.indexOf(name);
    this.model = model;
    this.drawing = undefined;
    this.selected = found < 0 ? undefined : found;
    const laidOut = this.layOut(model, place);
    this.card.close();
    this.failure.hidden = true;
    this.app.classList.remove('failed');
    this.toolbar.setOpening(opening);
    this.notices.setWarnings(opening.warnings);
    this.showTotals();
    this.table.setModel(model);
    this.table.selected = this.selected;
    this.showDetails();
    await laidOut;
  }

  private async layOut(model: PanelModel, place: GraphView['place']): Promise<void> {
    const { scene } = model;
    const input = layoutInput(scene);
    this.status.start(scene.nodeCount, () => this.runner.cancel());
    try {
      const layout = await this.runner.run(input, (fraction) => this.status.progress(fraction));
      if (this.model?.scene !== scene) return;
      this.status.done();
      this.drawing = { ...layout, widths: input.widths, heights: input.heights };
      this.view.show(this.model, this.drawing, this.metric, place);
      this.view.selected = this.selected;
      this.nodes.setNodes(this.model, layout.ranks.items);
      this.nodes.setActive(this.selected);
      this.search.setScene(this.model, layout.ranks.items);
      this.showLegend();
    } catch (error) {
      if (this.model?.scene !== scene) return;
      if (!(error instanceof LayoutCancelled)) this.notices.setProblem(errorMessage(error));
      this.status.stopped('The graph is not laid out. The table of layers is complete.', () => {
        this.attempt(this.layOut(model, place));
      });
    }
  }

  private showReport(report: ReportData, hardware?: readonly HardwareChoice[]): void {
    if (!this.model) return;
    const opening = { ...this.model.opening, report, hardware: hardware ?? this.model.opening.hardware };
    this.model = withReport({ ...this.model, opening }, report);
    this.toolbar.setHardware(opening.hardware, report.hardwareId);
    this.showTotals();
    this.say(spokenTotals(this.model));
    this.table.setModel(this.model);
    this.annotate();
    if (this.drawing) this.nodes.setNodes(this.model, this.drawing.ranks.items);
    this.showDetails();
    if (this.card.node !== undefined) this.openCard(this.card.node);
  }

  private get metric() {
    return metricOf(this.keeper.state.metric);
  }

  private annotate(): void {
    if (!this.model || !this.drawing) return;
    this.view.annotate(this.model, this.metric);
    this.showLegend();
  }

  private showLegend(): void {
    if (this.model) this.legendHolder.replaceChildren(legend(scaleOf(this.metric, this.model.report), this.view.theme));
  }

  private showTotals(): void {
    if (this.model) this.totals.replaceChildren(...totalsContent(this.model));
  }

  private showTab(tab: Tab): void {
    this.keeper.set({ tab });
    this.toolbar.tab = tab;
    this.graph.hidden = tab !== 'graph';
    this.table.visible = tab === 'layers';
    this.card.close();
  }

  private select(node: number | undefined): void {
    if (node === this.selected) return;
    if (this.card.node === this.selected) this.card.close();
    this.selected = node;
    this.keeper.set({ selected: node === undefined ? undefined : this.model?.scene.names[node] });
    if (this.drawing) this.view.selected = node;
    this.nodes.setActive(node);
    this.table.selected = node;
    this.showDetails();
  }

  /** Shows the selected node's details, without what only the host knows until that has come. */
  private showDetails(): void {
    const { model, selected } = this;
    if (!model) return;
    if (selected === undefined) {
      this.details.showModel(model);
      return;
    }
    const show = (loaded: Loaded) => {
      if (this.model === model && this.selected === selected) this.details.showNode(model, selected, loaded);
    };
    show('loading');
    this.host.nodeDetails(selected).then(show, (error: unknown) => show({ problem: errorMessage(error) }));
  }

  private openDetails(node: number | undefined): void {
    if (node === undefined) return;
    this.select(node);
    this.details.element.focus();
  }

  /** Selects a node and shows it in the graph. */
  private locate(node: number): void {
    this.showTab('graph');
    this.select(node);
    // After the tab has got its size.
    requestAnimationFrame(() => this.view.reveal(node, true));
  }

  private move(move: Move): void {
    if (!this.model || !this.drawing) return;
    const node = navigate(this.model, this.drawing, this.selected, move);
    if (node === undefined) return;
    this.select(node);
    this.view.reveal(node);
    this.openCard(node);
  }

  private openCard(node: number | undefined): void {
    const anchor = node === undefined ? undefined : this.anchorOf(node);
    if (this.model && node !== undefined && anchor) this.card.open(this.model, node, anchor);
  }

  private anchorOf(node: number) {
    const box = this.view.boxOf(node);
    if (!box) return undefined;
    const own = this.graph.getBoundingClientRect();
    const all = this.app.getBoundingClientRect();
    const [dx, dy] = [own.left - all.left, own.top - all.top];
    return { left: box.left + dx, right: box.right + dx, top: box.top + dy, bottom: box.bottom + dy };
  }

  private painted(moving: boolean): void {
    const { node } = this.card;
    const anchor = node === undefined ? undefined : this.anchorOf(node);
    if (anchor) this.card.follow(anchor);
    if (!moving && this.view.place) this.keeper.set({ place: this.view.place });
  }

  private command(name: Parameters<GraphPanel['command']>[0]): void {
    if (name === 'search') this.search.focus();
    else if (name === 'fit') this.view.fit();
    else if (name === 'zoomIn') this.view.zoomBy(1);
    else if (name === 'zoomOut') this.view.zoomBy(-1);
    else this.nextSlowest();
  }

  private nextSlowest(): void {
    if (!this.model) return;
    const order = slowestNodes(this.model, this.model.scene.nodeCount);
    const next = order[(order.indexOf(this.selected ?? -1) + 1) % order.length];
    if (next !== undefined) this.locate(next);
  }

  private key(event: KeyboardEvent): void {
    this.app.classList.add('keyboard');
    const typing = event.composedPath()[0] instanceof HTMLInputElement;
    const find = event.key.toLowerCase() === 'f' && (event.ctrlKey || event.metaKey) && !event.shiftKey;
    if (find || (event.key === '/' && !typing)) {
      event.preventDefault();
      this.search.focus();
    } else if (event.key === 'Escape') this.card.close();
  }

  private say(message: string): void {
    this.live.textContent = message;
  }

  private fileName(ending: string): string {
    const title = this.model?.scene.title.replace(/\.\w+$/, '') ?? 'model';
    return `${title.replace(/[^\p{L}\p{N}._-]+/gu, '_')}-${ending}`;
  }

  /** Nothing half-open: the message stands alone until the host has something to draw. */
  private fail(message: string): void {
    this.runner.cancel();
    this.status.done();
    this.card.close();
    this.app.classList.add('failed');
    this.failure.replaceChildren(icon('error'), h('p', {}, message));
    this.failure.hidden = false;
  }

  /** A choice whose answer is shown; when it fails, the controls go back to what is in force. */
  private request<T>(answer: Promise<T>, show: (value: T) => unknown): void {
    this.app.setAttribute('aria-busy', 'true');
    this.attempt(
      answer
        .then(show)
        .catch((error: unknown) => {
          if (this.model) this.toolbar.setOpening(this.model.opening);
          throw error;
        })
        .finally(() => this.app.removeAttribute('aria-busy')),
    );
  }

  /** Every rejection reaches the reader. */
  private attempt(work: Promise<unknown>): void {
    work.then(
      () => this.notices.setProblem(''),
      (error: unknown) => this.notices.setProblem(errorMessage(error)),
    );
  }
}
