/** The sweep panel: asks the host for points and shows them as a heat map, a scatter plot or a table. */
import { connect, errorMessage, type Remote } from '../../src/protocol/rpc';
import type {
  SweepHost,
  SweepOpening,
  SweepPanel,
  SweepRequest,
  SweepResult,
  SweepView,
} from '../../src/protocol/sweepPanel';
import { h, on } from '../dom';
import { Notices } from '../panes/notices';
import { button, progressRing } from '../toolkit';
import { hostPort, vscode } from '../vscode';
import { fittingRequest } from './axes';
import { Chart, type ChartEvents } from './chart';
import type { Shown } from './drawing';
import { Form } from './form';
import { heatMap } from './heatMap';
import { PointBar, PointCard } from './pointViews';
import { scatter } from './scatter';
import { DEFAULT_VIEW, parseState, SHOWN, shownOf, type Shown as ViewName, viewIn } from './state';
import { costOf, costsOf, frontOf, isSameGrid, METRICS, metricOf, type Sweep, sweepOf } from './sweep';
import { pointTable } from './table';

const TAB_LABELS: Readonly<Record<ViewName, string>> = { map: 'Heat map', scatter: 'Pareto front', table: 'Table' };

const CANCELLED = 'Cancelled: what is shown is the sweep before. Change a value to compute again.';
const CANCELLED_QUICK =
  'Cancelled: what is shown is of a quick search, whose times lie above a profile’s, by up to 20 % where measured.';

export class SweepApp {
  private readonly app: HTMLElement;
  private readonly host: Remote<SweepHost>;
  private readonly saved = parseState(vscode.getState());
  private readonly notices = new Notices([], () => {});
  private readonly form: Form;
  private readonly progress: HTMLElement;
  private readonly done = h('span');
  private readonly map: Chart;
  private readonly scatter: Chart;
  private readonly table = pointTable((index) => this.choose(index));
  private readonly card = new PointCard();
  private readonly bar: PointBar;
  private readonly metric = h('select', { id: 'sweep-metric' });
  private readonly cost = h('select', { id: 'sweep-cost' });
  private readonly metricLabel = labelled('Colour', this.metric);
  private readonly costLabel = labelled('Weigh time against', this.cost);
  private readonly tabs = new Map<ViewName, HTMLElement>();
  private view: SweepView = this.saved?.view ?? DEFAULT_VIEW;
  private opening: SweepOpening | undefined;
  private request: SweepRequest | undefined;
  private sweep: Sweep | undefined;
  private selected: number | undefined;
  private inGraph = false;
  /** What is shown is of a quick search. */
  private quick = false;
  /** Counts what was asked of the host: an answer to an older question is dropped. */
  private asked = 0;

  constructor(app: HTMLElement) {
    this.app = app;
    const panel: SweepPanel = {
      update: (opening) => void this.adopt(opening),
      progress: (done, all, refining) => {
        const count = `${done} of ${all} points`;
        this.done.textContent = refining ? `Searching further: ${count}` : count;
      },
      preview: (result) => {
        if (!this.opening) return;
        this.showResult(result, this.opening);
        this.quick = true;
      },
      showError: (message) => this.fail(message),
    };
    this.host = connect<SweepHost>(hostPort, panel).remote;
    const stop = button('Cancel', () => this.tell(this.host.cancel()));
    stop.id = 'sweep-cancel';
    this.progress = h(
      'div',
      { id: 'sweep-progress', role: 'status', hidden: true },
      progressRing('Computing'),
      this.done,
      stop,
    );
    this.form = new Form(
      {
        hardware: (id) => void this.open(this.host.setHardware(id)),
        request: (request) => void this.run(request),
        wrong: (message) => this.fail(message),
      },
      this.progress,
      saver('csv', 'CSV…', 'Save all points as a CSV file', () => this.tell(this.host.saveCsv())),
      saver('png', 'PNG…', 'Save the chart as a PNG picture', () => this.savePng()),
    );
    const events = this.chartEvents();
    this.map = new Chart('sweep-map', TAB_LABELS.map, heatMap, events);
    this.scatter = new Chart('sweep-scatter', TAB_LABELS.scatter, scatter, events);
    this.bar = new PointBar({
      open: () => void this.tryOut(true),
      save: () => this.tell(this.host.saveHardware(this.values())),
    });
    this.lay();
  }

  async start(): Promise<void> {
    await this.open(this.host.ready());
  }

  private lay(): void {
    for (const { id, label } of METRICS) this.metric.append(h('option', { value: id }, label));
    on(this.metric, 'change', () => this.look({ metric: this.metric.value }));
    on(this.cost, 'change', () => this.look({ cost: this.cost.value }));
    const stage = h(
      'div',
      { class: 'stage' },
      this.map.element,
      this.scatter.element,
      this.table.element,
      this.card.element,
    );
    const tools = h('div', { id: 'sweep-tools' }, this.tabList(), this.metricLabel, this.costLabel);
    this.app.append(this.form.element, this.notices.element, tools, stage, this.bar.element);
    this.showView();
  }

  private tabList(): HTMLElement {
    const list = h('div', { class: 'tabs', role: 'tablist', 'aria-label': 'View' });
    for (const [place, id] of SHOWN.entries()) {
      const tab = h('button', { type: 'button', role: 'tab', 'aria-controls': `sweep-${id}` }, TAB_LABELS[id]);
      on(tab, 'click', () => this.look({ shown: id }));
      on(tab, 'keydown', ({ key }) => {
        if (key !== 'ArrowLeft' && key !== 'ArrowRight') return;
        const other = SHOWN[(place + (key === 'ArrowRight' ? 1 : SHOWN.length - 1)) % SHOWN.length] ?? id;
        this.look({ shown: other });
        this.tabs.get(other)?.focus();
      });
      this.tabs.set(id, tab);
      list.append(tab);
    }
    return list;
  }

  private chartEvents(): ChartEvents {
    return {
      pointed: (index) => this.point(index),
      stepped: (index) => this.select(index),
      chosen: (index) => this.choose(index),
      escaped: () => this.select(undefined),
    };
  }

  private async open(opening: Promise<SweepOpening>): Promise<void> {
    const question = ++this.asked;
    this.notices.setProblem('');
    try {
      const answer = await opening;
      if (question === this.asked) await this.adopt(answer);
    } catch (error) {
      if (question === this.asked) this.fail(errorMessage(error));
    }
  }

  /** Asks for what was asked last on this hardware, here or in another session, else for what anybody would. */
  private async adopt(opening: SweepOpening): Promise<void> {
    const before = this.opening ? { hardwareId: this.opening.hardwareId, request: this.request } : this.saved;
    if (!before) this.view = viewIn(opening.view) ?? this.view;
    this.opening = opening;
    const { hardwareId, knobs, warnings } = opening;
    this.notices.setWarnings(warnings);
    try {
      const request = (before?.hardwareId === hardwareId && before.request) || opening.request;
      await this.run(fittingRequest(request, knobs));
    } catch (error) {
      this.fail(errorMessage(error));
    }
  }

  private async run(request: SweepRequest): Promise<void> {
    const { opening } = this;
    if (!opening) return;
    const question = ++this.asked;
    this.request = request;
    this.quick = false;
    this.form.show(opening, request);
    this.notices.setProblem('');
    this.done.textContent = 'Computing…';
    this.progress.hidden = false;
    this.keep();
    try {
      const result = await this.host.run(request);
      if (question !== this.asked) return;
      if (result) this.showResult(result, opening);
      else this.notices.setProblem(this.quick ? CANCELLED_QUICK : CANCELLED);
    } catch (error) {
      if (question === this.asked) this.fail(errorMessage(error));
    }
    if (question === this.asked) this.progress.hidden = true;
  }

  private showResult(result: SweepResult, { knobs }: SweepOpening): void {
    const next = sweepOf(result, knobs);
    if (!this.sweep || !isSameGrid(this.sweep, next)) this.selected = undefined;
    this.sweep = next;
    this.cost.replaceChildren(...costsOf(this.sweep).map(({ id, label }) => h('option', { value: id }, label)));
    this.showView();
    this.app.setAttribute('data-ready', String(this.asked));
  }

  private look(part: Partial<SweepView>): void {
    this.view = { ...this.view, ...part };
    this.showView();
    this.keep();
    this.tell(this.host.remember(this.view));
  }

  /** What both charts and the table draw. */
  private get shown(): Shown | undefined {
    const { opening, sweep } = this;
    if (!opening || !sweep) return undefined;
    const cost = costOf(sweep, this.view.cost);
    const changed = Object.keys(opening.changes).length > 0 ? ', changed' : '';
    const title = `${opening.modelName} on ${opening.hardwareName}${changed}`;
    return { sweep, title, metric: metricOf(this.view.metric), cost, front: frontOf(sweep, cost) };
  }

  private showView(): void {
    const name = shownOf(this.view);
    const { shown } = this;
    this.map.element.hidden = name !== 'map';
    this.scatter.element.hidden = name !== 'scatter';
    this.table.element.hidden = name !== 'table';
    this.metricLabel.hidden = name !== 'map';
    for (const [id, tab] of this.tabs) {
      tab.setAttribute('aria-selected', String(id === name));
      tab.tabIndex = id === name ? 0 : -1;
    }
    this.metric.value = metricOf(this.view.metric).id;
    this.card.close();
    if (!shown) return;
    this.cost.value = shown.cost.id;
    this.map.show(shown);
    this.scatter.show(shown);
    this.table.show(shown);
    this.select(this.selected);
  }

  private get chart(): Chart | undefined {
    return { map: this.map, scatter: this.scatter, table: undefined }[shownOf(this.view)];
  }

  private point(index: number | undefined): void {
    const box = index === undefined ? undefined : this.chart?.boxOf(index);
    const { shown } = this;
    if (shown && box && index !== undefined) this.card.open(shown, index, box);
    else this.card.close();
  }

  private select(index: number | undefined): void {
    const { shown } = this;
    if (!shown) return;
    if (index !== this.selected) this.inGraph = false;
    this.selected = index;
    this.map.selected = index;
    this.scatter.selected = index;
    this.table.select(index);
    this.bar.show(shown, index, this.inGraph);
  }

  /** Selects a point, and shows it in the graph if that is open. */
  private choose(index: number): void {
    this.select(index);
    if (this.sweep?.points[index]?.problem === '') void this.tryOut(false);
  }

  private async tryOut(open: boolean): Promise<void> {
    const { selected } = this;
    try {
      const inGraph = await this.host.tryOut(this.values(), open);
      if (selected !== this.selected) return;
      this.inGraph = inGraph;
      this.select(selected);
    } catch (error) {
      this.fail(errorMessage(error));
    }
  }

  /** Of the selected point, by key. */
  private values(): Readonly<Record<string, number>> {
    const { sweep, selected } = this;
    const point = selected === undefined ? undefined : sweep?.points[selected];
    return sweep && point ? { [sweep.x.key]: point.x, [sweep.y.key]: point.y } : {};
  }

  private savePng(): void {
    const { chart, opening } = this;
    if (!chart || !opening || !this.sweep) {
      this.fail('The table is no picture: choose the heat map or the Pareto front to save one.');
      return;
    }
    const name = `${opening.modelName.replace(/\.onnx$/i, '')}-sweep-${shownOf(this.view)}.png`;
    this.tell(chart.png().then((bytes) => this.host.savePng(name, bytes)));
  }

  private keep(): void {
    const { opening, request, view } = this;
    if (!opening) return;
    vscode.setState({ restore: opening.restore, hardwareId: opening.hardwareId, request, view });
  }

  private fail(message: string): void {
    this.progress.hidden = true;
    this.notices.setProblem(message);
  }

  /** For requests whose only answer is that they failed. */
  private tell(request: Promise<unknown>): void {
    request.catch((reason: unknown) => this.fail(errorMessage(reason)));
  }
}

function saver(id: string, label: string, title: string, run: () => void): HTMLElement {
  const element = button(label, run);
  element.id = `sweep-save-${id}`;
  element.title = title;
  return element;
}

function labelled(label: string, control: HTMLElement): HTMLElement {
  return h('label', { class: 'labelled' }, h('span', {}, label), control);
}
