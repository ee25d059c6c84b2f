import type { Changes, GraphHost, ReportData, WhatIfAnswer } from '../src/protocol/graphPanel';
import { errorMessage, type Remote } from '../src/protocol/rpc';
import { Newest } from './model/newest';
import { changesOf, isChanged } from './model/whatIf';
import { WhatIfDrawer } from './panes/whatIf';
import type { StateKeeper } from './stateKeeper';
import type { ViewState } from './viewState';

export interface TrialEvents {
  asked(): void;
  /** `moving`: a slider is still held, so more answers follow at once. */
  answered(answer: WhatIfAnswer, moving: boolean): void;
  failed(message: string): void;
  /** After an answer or a failure. */
  settled(): void;
  saved(): void;
}

/** Tries out what the drawer changes: asks the host for the newest change only, and keeps it for the next time the panel opens. */
export class WhatIfTrials {
  readonly drawer: WhatIfDrawer;
  private readonly host: Remote<GraphHost>;
  private readonly keeper: StateKeeper;
  private readonly events: TrialEvents;
  private report: ReportData | undefined;
  private readonly newest = new Newest<{ readonly changes: Changes; readonly moving: boolean }>(
    async ({ changes, moving }) => {
      this.events.asked();
      try {
        this.events.answered(await this.host.whatIf(changes, moving), moving);
      } catch (error) {
        this.events.failed(errorMessage(error));
        if (this.report) this.drawer.show(this.report.whatIf, this.newest.overtaken);
      }
      this.events.settled();
    },
  );

  constructor(host: Remote<GraphHost>, keeper: StateKeeper, events: TrialEvents) {
    this.host = host;
    this.keeper = keeper;
    this.events = events;
    this.drawer = new WhatIfDrawer({
      changed: (changes, moving) => void this.newest.put({ changes, moving }),
      saved: () => events.saved(),
      toggled: (whatIfOpen) => keeper.set({ whatIfOpen }),
    });
    this.drawer.open = keeper.state.whatIfOpen;
  }

  /** What is in force now. */
  show(report: ReportData): void {
    this.report = report;
    const { whatIf, hardwareId } = report;
    this.drawer.show(whatIf, this.newest.overtaken);
    this.keeper.set({ trial: isChanged(whatIf) ? { hardwareId, changes: changesOf(whatIf) } : undefined });
  }

  /** Tries again what was tried when the panel was closed, on the same hardware, unless the host still has it. */
  resume(trial: ViewState['trial']): void {
    if (!this.report || trial?.hardwareId !== this.report.hardwareId || isChanged(this.report.whatIf)) return;
    void this.newest.put({ ...trial, moving: false });
  }
}
