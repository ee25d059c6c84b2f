import path from 'node:path';
import * as vscode from 'vscode';
import { registerCommands } from './host/commands';
import { GradCam } from './host/gradCam';
import { GRAPH_VIEW, GraphEditorProvider } from './host/graphEditor';
import { HardwareProblems } from './host/hardwareProblems';
import { HardwareStore } from './host/hardwareStore';
import { log } from './host/log';
import { Memory } from './host/memory';
import { ModelRunner } from './host/modelRunner';
import { Sweeps } from './host/sweeps';

/** Wiring only. Nothing is activated on start-up: a command, a panel or its restoration, or an open hardware file brings us here. */
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
  const sweeps = new Sweeps({ extensionUri: context.extensionUri, hardware, memory, editor });
  context.subscriptions.push(
    log(),
    hardware,
    new HardwareProblems(hardware),
    runner,
    gradCam,
    sweeps,
    vscode.window.registerCustomEditorProvider(GRAPH_VIEW, editor, {
      webviewOptions: { retainContextWhenHidden: true },
      supportsMultipleEditorsPerDocument: true,
    }),
    ...registerCommands({ editor, gradCam, sweeps, runner, memory }),
  );
}
