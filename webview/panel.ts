/** The graph panel: wires the host, the model and the views together. */
import type {
  GraphHost,
  GraphOpening,
  GraphPanel,
  HardwareChoice,
  ReportData,
  WhatIfAnswer,
} from '../src/protocol/graphPanel';
import { connect, errorMessage, type Remote } from '../src/protocol/rpc';
import { h } from './dom';
import { exportAs } from './exports';
import { GraphPane } from './graphPane';
import type { Point } from './graphView/camera';
import type { WireUnder } from './graphView/wireAt';
import { icon } from './icons';
import { groupModel, isGroup } from './model/groupModel';
import { metricOf } from './model/metrics';
import { spokenNode } from './model/nodeText';
import { buildModel, type PanelModel, reportRow, withReport, withTrial } from './model/panelModel';
import { DetailsPane, type Loaded } from './panes/details';
import { groupDetails } from './panes/groupDetails';
import { HoverCard } from './panes/hoverCard';
import { LayerTable } from './panes/layerTable';
import { Notices } from './panes/notices';
import { SearchBox } from './panes/searchBox';
import { slowestNodes } from './panes/slowest';
import { splitter } from './panes/splitter';
import { Toolbar } from './panes/toolbar';
import { spokenTotals, totalsContent } from './panes/totals';
import { wireCard } from './panes/wireCard';
import { Reading } from './reading';
import { Stage } from './stage';
import { StateKeeper } from './stateKeeper';
import type { Tab } from './viewState';
import type { ChartEvents } from './views/chart';
import { Comparing } from './views/compare';
import { RooflineView } from './views/roofline';
import { TimelineView } from './views/timeline';
import { hostPort } from './vscode';
import { WhatIfTrials } from './whatIfTrials';

export class Panel {
  private readonly host: Remote<GraphHost>;
  private readonly keeper = new StateKeeper();
  private model: PanelModel | undefined;
  private selected: number | undefined;
  /** All nodes as they are read; empty until the graph is laid out. */
  private order: Uint32Array = new Uint32Array();
  /** What the host knows of the selected node. */
  private loaded: { readonly node: number; readonly value: Loaded } | undefined;

  private readonly app: HTMLElement;
  private readonly totals = h('div', { id: 'totals', role: 'group', 'aria-label': 'Totals' });
  private readonly live = h('div', { class: 'visually-hidden', 'aria-live': 'polite' });
  private readonly failure = h('div', { id: 'error', role: 'alert', hidden: true });
  private readonly card = new HoverCard((node) => this.locate(node));
  private readonly notices: Notices;
  private readonly graph: GraphPane;
  private readonly reading: Reading;
  private readonly stage: Stage;
  private readonly search: SearchBox;
  private readonly toolbar: Toolbar;
  private readonly details: DetailsPane;
  private readonly table: LayerTable;
  private readonly trials: WhatIfTrials;
  private readonly comparing: Comparing;

  constructor(app: HTMLElement) {
    this.app = app;
    this.host = connect<GraphHost>(hostPort, this.answers()).remote;
    this.notices = new Notices(this.keeper.state.dismissed, (dismissed) => this.keeper.set({ dismissed }));
    const events = this.chartEvents();
    this.graph = new GraphPane(app.getAttribute('data-worker') ?? '', this.metric, this.keeper.state.expanded, {
      ...events,
      stepped: (node) => {
        this.select(node);
        this.graph.reveal(node);
        this.openCard(node);
      },
      painted: (moving) => this.painted(moving),
      focused: (focused) => {
        if (!focused) this.card.close();
        else if (this.app.classList.contains('keyboard')) this.openCard(this.selected);
      },
      laidOut: (order) => {
        this.order = order;
        if (this.model) this.search.setScene(this.model, order);
      },
      expanded: (expanded) => {
        this.keeper.set({ expanded });
        this.showDetails(false);
      },
      failed: (message) => this.notices.setProblem(message),
      joined: (node) => {
        this.reading.join();
        this.select(node);
      },
      pointedWire: (wire, at) => this.pointWire(wire, at),
      read: (action) => this.reading.read(action),
      trailed: (trail) => this.reading.trailed(trail),
    });
    this.reading = new Reading(this.host, this.keeper, this.graph, {
      located: (node) => this.locate(node),
      changed: () => this.showDetails(false),
      said: (message) => this.say(message),
      entered: (opening) => this.request(opening, (answer) => this.open(answer)),
    });
    this.search = new SearchBox({
      found: (hits) => {
        this.graph.found = hits;
      },
      went: (node) => {
        this.locate(node);
        this.sayNode(node);
      },
      closed: () => this.graph.nodes.element.focus(),
      texts: () => this.host.searchTexts(),
    });
    this.trials = new WhatIfTrials(this.host, this.keeper, {
      asked: () => this.totals.setAttribute('aria-busy', 'true'),
      answered: (answer, moving) => {
        this.showTrial(answer, moving);
        this.notices.setProblem('');
      },
      failed: (message) => this.notices.setProblem(message),
      settled: () => this.totals.removeAttribute('aria-busy'),
      saved: () => this.request(this.host.saveHardware(), (opening) => opening && this.open(opening)),
    });
    this.toolbar = new Toolbar(this.search.element, this.trials.drawer.toggle, this.choices());
    this.details = new DetailsPane({
      selected: (node) => this.select(node),
      located: (node) => this.locate(node),
      copied: (text) => this.attempt(this.host.copy(text).then(() => this.say('Copied'))),
      gradCam: (node) => this.attempt(this.host.showGradCam(node)),
      reading: this.reading,
      statistics: (tensor) => this.host.tensorStatistics(tensor),
      stop: () => this.attempt(this.host.stopReading()),
      save: (tensor) => this.attempt(this.host.saveTensor(tensor).then((note) => this.say(note))),
    });
    this.table = new LayerTable({
      selected: (node) => this.select(node),
      opened: (node) => this.locate(node),
    });
    this.comparing = new Comparing(this.host, {
      selected: (node) => this.select(node),
      opened: (node) => this.locate(node),
      compared: (fresh) => this.showComparison(fresh),
      failed: (error) => this.notices.setProblem(errorMessage(error)),
    });
    this.stage = new Stage(this.graph, this.table, this.comparing.table, {
      roofline: new RooflineView(events),
      timeline: new TimelineView(events),
    });
    this.build();
  }

  async start(): Promise<void> {
    try {
      const { trial } = this.keeper.state;
      const opening = await this.host.ready();
      const opened = this.open(opening);
      this.trials.resume(trial);
      await opened;
    } catch (error) {
      this.fail(errorMessage(error));
    }
  }

  private build(): void {
    const { paneWidth, tab, metric } = this.keeper.state;
    const bar = splitter(this.details.element, paneWidth, (width) => this.keeper.set({ paneWidth: width }));
    const body = h('div', { class: 'body' }, this.stage.element, bar, this.details.element);
    this.app.append(this.toolbar.element, this.totals, this.trials.drawer.element, this.notices.element);
    this.app.append(this.comparing.bar.element, this.reading.bar.element, body);
    this.app.append(this.failure, this.live, this.card.element);
    this.toolbar.metricId = metric;
    this.toolbar.comparing = false;
    this.showTab(tab);
    document.addEventListener('keydown', (event) => this.key(event));
    document.addEventListener('pointerdown', () => this.app.classList.remove('keyboard'), { capture: true });
  }

  /** What the host may ask. */
  private answers(): GraphPanel {
    return {
      update: (opening) => this.attempt(this.open(opening)),
      showReport: (report, hardware) => this.showReport(report, { hardware }),
      showError: (message) => this.fail(message),
      comparisonChanged: () => this.comparing.ask(),
      command: (name) => this.command(name),
      describe: () => ({
        painted: this.graph.view.painted,
        selected: this.selected === undefined ? '' : (this.graph.model?.scene.names[this.selected] ?? ''),
        zoom: this.graph.view.scale,
      }),
    };
  }

  private chartEvents(): ChartEvents {
    return {
      selected: (node) => this.select(node),
      opened: (node) => this.openDetails(node),
      pointed: (node) => this.card.point(node, () => this.openCard(node)),
      stepped: (node) => {
        this.select(node);
        this.openCard(node);
        this.sayNode(node);
      },
      escaped: () => this.escape(),
      moved: () => this.placeCard(),
    };
  }

  private choices(): ConstructorParameters<typeof Toolbar>[2] {
    return {
      tab: (tab) => this.showTab(tab),
      hardware: (id) => this.request(this.host.setHardware(id), (report) => this.showReport(report)),
      pickHardware: () => this.request(this.host.pickHardware(), (opening) => opening && this.open(opening)),
      batch: (batch) => this.request(this.host.setBatch(batch), (opening) => this.open(opening)),
      bind: (bindings) => this.request(this.host.bind(bindings), (opening) => this.open(opening)),
      metric: (metric) => {
        this.keeper.set({ metric });
        this.graph.setMetric(this.metric);
      },
      fit: () => this.graph.view.fit(),
      groups: (step) => this.graph.step(step),
      gradCam: () => this.attempt(this.host.showGradCam()),
      compare: () => this.comparing.choose(),
      exported: (format) => this.attempt(exportAs(format, this.host, this.stage, this.model)),
    };
  }

  /** Shows a model, new or changed on disk: the reader stays where he was, by the names of the nodes. */
  private async open(opening: GraphOpening): Promise<void> {
    const before = this.graph.model;
    const left = before?.opening.inside[opening.inside.length]?.node;
    const isElsewhere = before !== undefined && before.opening.inside.length !== opening.inside.length;
    const last = before && this.selected !== undefined ? before.scene.names[this.selected] : this.keeper.state.selected;
    const name = isElsewhere ? left : last;
    const place = isElsewhere ? undefined : (this.graph.view.place ?? this.keeper.state.place);
    const model = buildModel(opening);
    const grouped = groupModel(model);
    const found = name === undefined ? -1 : grouped.scene.names.indexOf(name);
    this.model = model;
    this.selected = found < 0 ? undefined : found;
    this.loaded = undefined;
    const laidOut = this.graph.show(grouped, this.selected, place);
    this.reading.show(grouped, this.selected);
    this.details.forget();
    this.card.close();
    this.failure.hidden = true;
    this.app.classList.remove('failed');
    this.toolbar.setOpening(opening);
    this.notices.setWarnings(opening.warnings);
    this.showTotals();
    this.stage.setModel(model);
    this.stage.selected = this.selected;
    this.showDetails();
    this.comparing.ask();
    await laidOut;
    if (isElsewhere && this.selected !== undefined) this.locate(this.selected);
  }

  /** Another report of the same scene; what the opening says besides stays, unless it is given. */
  private showReport(report: ReportData, { hardware }: { readonly hardware?: readonly HardwareChoice[] } = {}): void {
    if (!this.model) return;
    const opening = { ...this.model.opening, report, hardware: hardware ?? this.model.opening.hardware };
    this.toolbar.setHardware(opening.hardware, report.hardwareId);
    this.annotate(withReport({ ...this.model, opening }, report), false);
  }

  private showTrial(answer: WhatIfAnswer, moving: boolean): void {
    if (!this.model) return;
    this.toolbar.batchSize = answer.batch;
    this.annotate(withTrial(this.model, answer), moving);
  }

  /** `moving`: more follow at once, so only what is looked at is done. */
  private annotate(model: PanelModel, moving: boolean): void {
    this.model = model;
    this.showTotals();
    this.graph.setModel(model, moving);
    this.stage.setModel(model);
    if (!moving) {
      this.say(spokenTotals(model));
      this.comparing.ask();
      if (this.order.length > 0) this.search.setScene(model, this.order);
    }
    this.showDetails(!moving);
    if (this.card.node !== undefined) this.openCard(this.card.node, !moving);
  }

  private get metric() {
    const { metric } = this.keeper.state;
    const difference = metric === 'difference' ? this.comparing.metricOf(this.graph.model) : undefined;
    return difference ?? metricOf(metric);
  }

  /** Another comparison, or none any more. A fresh one colours the graph. */
  private showComparison(fresh: boolean): void {
    const { active } = this.comparing;
    const { metric, tab } = this.keeper.state;
    if (active && fresh) this.keeper.set({ metric: 'difference' });
    if (!active && metric === 'difference') this.keeper.set({ metric: 'latency' });
    if (!active && tab === 'difference') this.showTab('graph');
    this.toolbar.comparing = active;
    this.toolbar.metricId = this.keeper.state.metric;
    this.comparing.table.selected = this.selected;
    this.graph.setMetric(this.metric);
  }

  private showTotals(): void {
    if (!this.model) return;
    this.totals.replaceChildren(...totalsContent(this.model));
    this.trials.show(this.model.report);
  }

  private showTab(tab: Tab): void {
    this.keeper.set({ tab });
    this.toolbar.tab = tab;
    this.stage.tab = tab;
    this.card.close();
  }

  private select(node: number | undefined): void {
    if (node === this.selected) return;
    if (this.card.node === this.selected) this.card.close();
    this.selected = node;
    this.keeper.set({ selected: node === undefined ? undefined : this.graph.model?.scene.names[node] });
    this.stage.selected = node;
    this.reading.select(node);
    this.showDetails();
  }

  /** Shows the selected node's details, without what only the host knows until that has come. */
  private showDetails(ask = true): void {
    const { model, selected } = this;
    if (!model) return;
    if (selected === undefined) {
      this.details.showModel(model);
      return;
    }
    const grouped = this.graph.model;
    if (grouped && isGroup(grouped.scene, selected)) {
      const open = this.graph.isOpen(selected);
      const actions = { open, toggle: () => this.graph.toggle(selected), go: (node: number) => this.locate(node) };
      this.details.show(groupDetails(grouped, selected, actions));
      return;
    }
    const known = this.loaded?.node === selected ? this.loaded.value : 'loading';
    this.details.showNode(model, selected, known);
    if (!ask) return;
    const show = (value: Loaded) => {
      if (this.model?.scene !== model.scene || this.selected !== selected) return;
      this.loaded = { node: selected, value };
      this.details.showNode(this.model, selected, value);
    };
    this.explain(selected);
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
    requestAnimationFrame(() => this.graph.reveal(node, true));
  }

  private openCard(node: number | undefined, ask = true): void {
    const anchor = node === undefined ? undefined : this.stage.boxOf(node, this.app);
    const { model } = this.graph;
    if (!model || node === undefined || !anchor) return;
    this.card.open(model, node, anchor);
    if (ask) this.explain(node);
  }

  /** Asks what would make a node faster, unless it is known; an answer about another report than the one shown is dropped. */
  private explain(node: number): void {
    const row = this.model ? reportRow(this.model.scene, node) : -1;
    if (row < 0 || this.model?.explained.has(row)) return;
    this.attempt(
      this.host.explain(node).then(({ revision, advice }) => {
        if (this.model?.report.revision !== revision) return;
        this.model.explained.set(row, advice);
        if (this.card.node === node) this.openCard(node, false);
        if (this.selected === node) this.showDetails(false);
      }),
    );
  }

  private placeCard(): void {
    const { node } = this.card;
    const anchor = node === undefined ? undefined : this.stage.boxOf(node, this.app);
    if (anchor) this.card.follow(anchor);
  }

  private painted(moving: boolean): void {
    this.placeCard();
    const { place } = this.graph.view;
    if (!moving && place) this.keeper.set({ place });
  }

  /** One thing at a time: the card, the highlight, the selection. */
  private escape(): void {
    if (this.card.isOpen) this.card.close();
    else if (!this.reading.end()) this.select(undefined);
  }

  private pointWire(wire: WireUnder | undefined, { x, y }: Point): void {
    const { drawn } = this.graph;
    const { left, top } = this.graph.element.getBoundingClientRect();
    const origin = this.app.getBoundingClientRect();
    const open = wire && drawn && (() => wireCard(drawn, wire, (node) => this.locate(node)));
    this.card.pointWire(open, { x: x + left - origin.left, y: y + top - origin.top });
  }

  private command(name: Parameters<GraphPanel['command']>[0]): void {
    if (name === 'search') this.search.focus();
    else if (name === 'fit') this.graph.view.fit();
    else if (name === 'zoomIn') this.graph.view.zoomBy(1);
    else if (name === 'zoomOut') this.graph.view.zoomBy(-1);
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
    } else if (event.key === 'F3') {
      event.preventDefault();
      this.search.step(event.shiftKey ? -1 : 1);
    } else if (event.key === 'Escape') this.card.close();
  }

  private say(message: string): void {
    this.live.textContent = message;
  }

  private sayNode(node: number): void {
    const { model } = this.graph;
    if (model) this.say(spokenNode(model, node));
  }

  /** Nothing half-open: the message stands alone until the host has something to draw. */
  private fail(message: string): void {
    this.graph.stop();
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
