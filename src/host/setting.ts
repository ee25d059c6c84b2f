import * as vscode from 'vscode';

/** A setting of this extension, as it is for a file. */
export function setting<T>(name: string, uri: vscode.Uri): T | undefined {
  return vscode.workspace.getConfiguration('evoProfiler', uri).get<T>(name);
}
