import * as vscode from 'vscode';
import { Runtime } from '../runtime/runtime';
import { log } from './log';

/** The process in which models run, shared by all panels. It starts on first use and can be killed at any time. */
export class ModelRunner implements vscode.Disposable {
  readonly runtime: Runtime;

  constructor(childPath: string) {
    this.runtime = new Runtime({
      childPath,
      // Read anew at every start of the process.
      get threads() {
        return vscode.workspace.getConfiguration('evoProfiler').get<number>('runtime.threads') ?? 0;
      },
      log: (line) => log().info(`model runner: ${line}`),
      onCrash: (sentence) => {
        void vscode.window.showWarningMessage(`EVO: ${sentence}.`, 'Show Log').then((answer) => {
          if (answer) log().show();
        });
      },
    });
  }

  /** Ends the process; the next use starts a fresh one, with the settings of that moment, and loads its models again. */
  stop(): void {
    this.runtime.cancel();
  }

  dispose(): void {
    this.runtime.dispose();
  }
}
