/** The comparison of a panel: its bar, its table, and the metric that colours the graph by the difference. */
import type { ComparisonData } from '../../src/protocol/comparison';
import type { GraphHost } from '../../src/protocol/graphPanel';
import type { Remote } from '../../src/protocol/rpc';
import { differenceMetric, figureOf } from '../model/compare';
import type { GroupedModel } from '../model/groupModel';
import type { Metric } from '../model/metrics';
import { CompareBar } from './compareBar';
import { CompareTable, type CompareTableEvents } from './compareTable';

export interface CompareEvents extends CompareTableEvents {
  /** There is another comparison, or none any more; `fresh`: there was none before. */
  compared(fresh: boolean): void;
  failed(error: unknown): void;
}

export class Comparing {
  readonly bar: CompareBar;
  readonly table: CompareTable;
  private readonly host: Remote<GraphHost>;
  private readonly events: CompareEvents;
  private data: ComparisonData | undefined;
  private figure = 'seconds';
  /** Questions so far: only the answer to the last one counts. */
  private asked = 0;

  constructor(host: Remote<GraphHost>, events: CompareEvents) {
    this.host = host;
    this.events = events;
    this.table = new CompareTable(events);
    this.bar = new CompareBar({
      figure: (id) => {
        this.figure = id;
        this.show();
        events.compared(false);
      },
      other: () => this.attempt(host.showOther()),
      stop: () => this.attempt(host.stopComparing().then(() => this.ask())),
    });
  }

  get active(): boolean {
    return this.data !== undefined;
  }

  /** Asks the host for the comparison with the report that is shown. */
  ask(): void {
    const question = ++this.asked;
    this.attempt(
      this.host.comparison().then((data) => {
        if (question !== this.asked || (!data && !this.data)) return;
        const fresh = !this.data;
        this.data = data;
        this.show();
        this.events.compared(fresh);
      }),
    );
  }

  /** Lets the reader choose what to compare with. */
  choose(): void {
    this.attempt(this.host.compareWith().then((chosen) => chosen && this.ask()));
  }

  /** Colours of the difference; undefined where nothing is compared. */
  metricOf(model: GroupedModel | undefined): Metric | undefined {
    const figure = this.data && figureOf(this.data, this.figure);
    return this.data && figure && model ? differenceMetric(this.data, figure, model) : undefined;
  }

  private show(): void {
    const figure = this.data && figureOf(this.data, this.figure);
    if (!this.data || !figure) {
      this.bar.hide();
      return;
    }
    this.bar.show(this.data, figure);
    this.table.show(this.data, figure);
  }

  private attempt(work: Promise<unknown>): void {
    work.catch((error: unknown) => this.events.failed(error));
  }
}
