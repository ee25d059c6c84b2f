import * as vscode from 'vscode';
import { Runtime } from '../runtime/runtime';
import { log } from './log';

/** The process in which models run, shared by all panels. It starts on first use and can be killed at any time. */
export class ModelRunner implements vscode.Disposable {
  readonly #childPath: string;
  #current: Runtime | undefined;

  constructor(childPath: string) {
    this.#childPath = childPath;
  }

  get runtime(): Runtime {
    this.#current ??= new Runtime({
      childPath: this.#childPath,
      threads: vscode.workspace.getConfiguration('evoProfiler').get<number>('runtime.threads') ?? 0,
      log: (line) => log().info(`model runner: ${line}`),
      onCrash: (sentence) => {
        void vscode.window.showWarningMessage(`EVO: ${sentence}.`, 'Show Log').then((answer) => {
          if (answer) log().show();
        });
      },
    });
    return this.#current;
  }

  /** Ends the process; the next use starts a fresh one, with the settings of that moment. */
  stop(): void {
    this.#current?.dispose();
    this.#current = undefined;
  }

  dispose(): void {
    this.stop();
  }
}
