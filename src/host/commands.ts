import * as vscode from 'vscode';
import { exportExplained } from './exportExplained';
import type { GradCam } from './gradCam';
import { GRAPH_VIEW, type GraphEditorProvider } from './graphEditor';
import { log, reportError } from './log';
import type { Memory } from './memory';
import type { ModelRunner } from './modelRunner';
import { isImage, isModel, pickModel } from './pickers';
import type { Sweeps } from './sweeps';

interface CommandServices {
  readonly editor: GraphEditorProvider;
  readonly gradCam: GradCam;
  readonly sweeps: Sweeps;
  readonly runner: ModelRunner;
  readonly memory: Memory;
}

/** Every command of the manifest, by its name there. Failures are shown, never swallowed. */
export function registerCommands({ editor, gradCam, sweeps, runner, memory }: CommandServices): vscode.Disposable[] {
  const register = (name: string, title: string, run: (...args: readonly unknown[]) => unknown): vscode.Disposable =>
    vscode.commands.registerCommand(`evoProfiler.${name}`, async (...args: readonly unknown[]) => {
      try {
        await run(...args);
      } catch (error) {
        reportError(title, error);
      }
    });
  return [
    register('profile', 'Profile Model', (uri, uris) => profile(chosen(uri, uris))),
    register('showGradCam', 'Show Grad-CAM', (uri, uris) => showGradCam(gradCam, chosen(uri, uris))),
    register('sweep', 'Sweep Hardware', (uri, uris) => sweeps.show(chosen(uri, uris).find(isModel))),
    register('compare', 'Compare Models', (uri, uris) => compareModels(editor, chosen(uri, uris).filter(isModel))),
    register('exportExplained', 'Export Self-Explaining Model', (uri, uris) =>
      exportExplained({ runner, memory }, chosen(uri, uris).find(isModel)),
    ),
    register('restartRuntime', 'Restart Model Runner', () => {
      runner.stop();
      void vscode.window.setStatusBarMessage('EVO: the model runner was ended; its next use starts a fresh one', 4000);
    }),
    register('showLog', 'Show Log', () => log().show()),
    register('search', 'Search Layers', () => editor.command('search')),
    register('fit', 'Zoom to Fit', () => editor.command('fit')),
    register('zoomIn', 'Zoom In', () => editor.command('zoomIn')),
    register('zoomOut', 'Zoom Out', () => editor.command('zoomOut')),
    register('nextSlowest', 'Go to Next Slowest Layer', () => editor.command('nextSlowest')),
  ];
}

/** What an explorer menu hands over: the row clicked on, and all rows selected when it is among them. */
function chosen(uri: unknown, uris: unknown): readonly vscode.Uri[] {
  const all = Array.isArray(uris) ? uris.filter((one): one is vscode.Uri => one instanceof vscode.Uri) : [];
  if (all.length > 0) return all;
  return uri instanceof vscode.Uri ? [uri] : [];
}

/** Opens each model in a graph panel. Without a selection: the model in the active editor, else the user picks one. */
async function profile(uris: readonly vscode.Uri[]): Promise<void> {
  const models = uris.filter(isModel);
  if (uris.length > 0 && models.length === 0) throw new Error('choose a model: a file that ends in .onnx');
  const picked = models.length > 0 ? models : [await pickModel('Profile which model?')];
  for (const [index, uri] of picked.entries()) {
    if (!uri) return;
    await vscode.commands.executeCommand('vscode.openWith', uri, GRAPH_VIEW, {
      preview: picked.length === 1 && index === 0,
    });
  }
}

/** The first against the second; what is not selected is asked for, the model in the active editor taken as the first. */
async function compareModels(editor: GraphEditorProvider, models: readonly vscode.Uri[]): Promise<void> {
  if (models.length > 2) throw new Error('choose two models: a comparison is of two');
  const first = models[0] ?? (await pickModel('Compare which model?'));
  const second = first && (models[1] ?? (await pickModel('Compare with which model?', undefined, false)));
  if (!first || !second) return;
  if (first.toString() === second.toString()) throw new Error('choose two different models');
  await editor.compare(first, { model: second.toString() });
}

async function showGradCam(gradCam: GradCam, uris: readonly vscode.Uri[]): Promise<void> {
  const model = uris.find(isModel);
  const image = uris.find(isImage);
  await gradCam.show({ ...(model ? { model } : {}), ...(image ? { image } : {}) });
}
