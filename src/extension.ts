import path from 'node:path';
import * as vscode from 'vscode';
import { registerCommands } from './host/commands';
import { GradCam } from './host/gradCam';
import { GRAPH_VIEW, GraphEditorProvider } from './host/graphEditor';
import { HardwareStore } from './host/hardwareStore';
import { log } from './host/log';
import { Memory } from './host/memory';
import { ModelRunner } from './host/modelRunner';

/** Wiring only. Nothing is activated on start-up: a command, a panel or its restoration brings us here. */
export function activate(context: vscode.ExtensionContext): void {
  const memory = new Memory(context.workspaceState);
  const hardware = new HardwareStore(context.extensionPath);
  const runner = new ModelRunner(path.join(context.extensionPath, 'dist', 'runtimeChild.js'));
  const gradCam = new GradCam({ extensionUri: context.extensionUri, memory, runner });
  const editor = new GraphEditorProvider({
    extensionUri: context.extensionUri,
    hardware,
    memory,
    gradCam,
  });
  context.subscriptions.push(
    log(),
    hardware,
    runner,
    gradCam,
    vscode.window.registerCustomEditorProvider(GRAPH_VIEW, editor, {
      webviewOptions: { retainContextWhenHidden: true },
      supportsMultipleEditorsPerDocument: true,
    }),
    ...registerCommands({ editor, gradCam, runner }),
  );
}
