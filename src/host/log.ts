import * as vscode from 'vscode';
import { errorMessage } from '../protocol/rpc';

let channel: vscode.LogOutputChannel | undefined;

/** The extension's log: Output panel, channel "EVO Profiler". */
export function log(): vscode.LogOutputChannel {
  channel ??= vscode.window.createOutputChannel('EVO Profiler', { log: true });
  return channel;
}

/** Shows an error as one line with a way to the log. A cancelled wait is not an error. */
export function reportError(what: string, error: unknown): void {
  if (error instanceof vscode.CancellationError) return;
  const message = errorMessage(error);
  log().error(`${what}: ${error instanceof Error ? (error.stack ?? message) : message}`);
  void vscode.window.showErrorMessage(`${what}: ${message}`, 'Show Log').then((answer) => {
    if (answer) log().show();
  });
}
