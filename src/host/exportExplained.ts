import path from 'node:path';
import * as vscode from 'vscode';
import { checkExportTarget, explainedModel, writeExplained } from '../cam/exportModel';
import { readModel } from '../formats/modelReader';
import { inferShapes } from '../operators/inferShapes';
import { GRAPH_VIEW } from './graphEditor';
import type { ModelRunner } from './modelRunner';
import { pickModel } from './pickers';
import { runBlocked } from './trust';

const TITLE = 'Export Self-Explaining Model';

/** Writes a model with one more output, its class activation map. Asks what is not evident; does nothing when cancelled. */
export async function exportExplained({ runtime }: ModelRunner, given?: vscode.Uri): Promise<void> {
  const uri = given ?? (await pickModel('Export which model with its class activation map?'));
  if (!uri) return;
  const blocked = runBlocked(uri);
  if (blocked) throw new Error(blocked);
  const wanted = await pickClass();
  if (wanted === undefined) return;
  const { dir, name } = path.parse(uri.fsPath);
  const defaultUri = vscode.Uri.file(path.join(dir, `${name}_cam.onnx`));
  const target = await vscode.window.showSaveDialog({ title: TITLE, defaultUri, filters: { Models: ['onnx'] } });
  if (!target) return;
  if (target.scheme !== 'file') throw new Error('choose a file on disk, not one in a virtual workspace');
  const location = vscode.ProgressLocation.Notification;
  const explained = await vscode.window.withProgress(
    { location, title: `EVO: ${TITLE}`, cancellable: true },
    async (progress, token) => {
      const cancelled = new AbortController();
      token.onCancellationRequested(() => cancelled.abort(new vscode.CancellationError()));
      const { signal } = cancelled;
      progress.report({ message: 'reading…' });
      const model = await readModel(uri.fsPath, signal);
      await checkExportTarget(model, target.fsPath);
      progress.report({ message: 'appending the map…' });
      const made = await explainedModel(runtime, model, inferShapes(model, { batch: 1 }), { class: wanted, signal });
      progress.report({ message: 'writing…' });
      await writeExplained(model, made, target.fsPath, signal);
      return made;
    },
  );
  const { output, shape, method, rule, notes } = explained;
  const saved = `EVO: ${path.basename(target.fsPath)} has the output '${output}' (${shape.join('×')}): ${method} for ${rule}`;
  const answer = await vscode.window.showInformationMessage([saved, ...notes].join('. '), 'Open Graph');
  if (answer) await vscode.commands.executeCommand('vscode.openWith', target, GRAPH_VIEW);
}

/** `top`, `input`, an index or a name; undefined when cancelled. */
async function pickClass(): Promise<string | undefined> {
  const choices = [
    { label: 'The most probable class', description: 'no extra input', wanted: 'top' },
    { label: 'The class given at run time', description: "an extra int64 input, 'class'", wanted: 'input' },
    { label: 'Always the same class…', description: 'by index or name', wanted: undefined },
  ];
  const choice = await vscode.window.showQuickPick(choices, { title: 'Explain which class?' });
  if (!choice || choice.wanted !== undefined) return choice?.wanted;
  return vscode.window.showInputBox({
    title: 'Explain which class?',
    prompt: 'Index, from 0, or name',
    validateInput: (text) => (text.trim() === '' ? 'Give an index or a name' : undefined),
  });
}
