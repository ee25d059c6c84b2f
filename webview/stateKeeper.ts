import { readState, type ViewState } from './viewState';
import { vscode } from './vscode';

const SAVE_MILLISECONDS = 250;

/** Keeps the state and writes it a moment after the last change. */
export class StateKeeper {
  state: ViewState;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    this.state = readState(vscode.getState());
  }

  set(change: Partial<ViewState>): void {
    this.state = { ...this.state, ...change };
    clearTimeout(this.timer);
    this.timer = setTimeout(() => vscode.setState(this.state), SAVE_MILLISECONDS);
  }
}
