import path from 'node:path';
import * as vscode from 'vscode';
import { checkExportTarget, type ExplainedModel, explainedModel, writeExplained } from '../cam/export/exportModel';
import { lossTexts, type QuantizationLoss } from '../cam/export/quantizationLoss';
import { readModel } from '../formats/modelReader';
import type { Model } from '../graph/graph';
import { inferShapes } from '../operators/inferShapes';
import { pickImages } from './camPictures';
import { GRAPH_VIEW } from './graphEditor';
import type { Memory } from './memory';
import type { ModelRunner } from './modelRunner';
import { pickModel } from './pickers';
import { runBlocked } from './trust';

const TITLE = 'Export Self-Explaining Model';

interface Services {
  readonly runner: ModelRunner;
  readonly memory: Memory;
}

/** What was asked for. */
interface Wanted {
  readonly uri: vscode.Uri;
  /** `top`, `input`, an index or a name. */
  readonly class: string;
  /** What int8 is calibrated on; absent: the model as it is. */
  readonly images?: readonly vscode.Uri[];
  readonly file: string;
}

interface Written {
  readonly explained: ExplainedModel;
  readonly loss?: QuantizationLoss;
}

interface Work {
  readonly progress: (message: string) => void;
  readonly signal: AbortSignal;
}

/** Writes a model with one more output, its class activation map. Asks what is not evident; does nothing when cancelled. */
export async function exportExplained(services: Services, given?: vscode.Uri): Promise<void> {
  const uri = given ?? (await pickModel('Export which model with its class activation map?'));
  if (!uri) return;
  const blocked = runBlocked(uri);
  if (blocked) throw new Error(blocked);
  const wantedClass = await pickClass();
  if (wantedClass === undefined) return;
  const images = await pickCalibration(uri);
  if (!images) return;
  const { dir, name } = path.parse(uri.fsPath);
  const isInt8 = images !== 'as it is';
  const defaultUri = vscode.Uri.file(path.join(dir, `${name}_cam${isInt8 ? '_int8' : ''}.onnx`));
  const target = await vscode.window.showSaveDialog({ title: TITLE, defaultUri, filters: { Models: ['onnx'] } });
  if (!target) return;
  if (target.scheme !== 'file') throw new Error('choose a file on disk, not one in a virtual workspace');
  const wanted: Wanted = { uri, class: wantedClass, file: target.fsPath, ...(isInt8 && { images }) };
  const location = vscode.ProgressLocation.Notification;
  const written = await vscode.window.withProgress(
    { location, title: `EVO: ${TITLE}`, cancellable: true },
    (progress, token) => {
      const cancelled = new AbortController();
      token.onCancellationRequested(() => cancelled.abort(new vscode.CancellationError()));
      return write(services, wanted, {
        progress: (message) => progress.report({ message }),
        signal: cancelled.signal,
      });
    },
  );
  const answer = await vscode.window.showInformationMessage(summary(wanted, written), 'Open Graph');
  if (answer) await vscode.commands.executeCommand('vscode.openWith', target, GRAPH_VIEW);
}

async function write(services: Services, wanted: Wanted, work: Work): Promise<Written> {
  work.progress('reading…');
  const model = await readModel(wanted.uri.fsPath, work.signal);
  await checkExportTarget(model, wanted.file);
  return wanted.images
    ? writeInt8(services, model, { ...wanted, images: wanted.images }, work)
    : writeAsItIs(services, model, wanted, work);
}

async function writeAsItIs({ runner }: Services, model: Model, wanted: Wanted, work: Work): Promise<Written> {
  const { progress, signal } = work;
  progress('appending the map…');
  const shapes = inferShapes(model, { batch: 1 });
  const explained = await explainedModel(runner.runtime, model, shapes, { class: wanted.class, signal });
  progress('writing…');
  await writeExplained(model, explained, wanted.file, signal);
  return { explained };
}

async function writeInt8(
  { runner, memory }: Services,
  model: Model,
  { uri, ...wanted }: Wanted & Required<Pick<Wanted, 'images'>>,
  work: Work,
): Promise<Written> {
  const { openExplainer, writeQuantized } = await import('./camQuantize');
  const explainer = await openExplainer(runner.runtime, memory, uri, model);
  return writeQuantized(explainer, { ...wanted, ...work });
}

function summary({ file }: Wanted, { explained, loss }: Written): string {
  const { output, shape, method, rule, notes } = explained;
  const saved = `EVO: ${path.basename(file)} has the output '${output}' (${shape.join('×')}): ${method} for ${rule}`;
  const lost = loss && lossTexts(loss);
  const losses = lost ? [`Weights: ${lost.weights}`, `Classes: ${lost.classes}`, `Maps: ${lost.maps}`] : [];
  return [saved, ...losses, ...notes].join('. ');
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

/** The pictures that int8 is calibrated on; undefined when cancelled. */
async function pickCalibration(model: vscode.Uri): Promise<readonly vscode.Uri[] | 'as it is' | undefined> {
  const choices = [
    { label: 'As the model is', description: 'its bytes unchanged, the map appended', int8: false },
    {
      label: 'Eight bits (int8), calibrated on pictures…',
      description: 'a quarter of the size; what that loses is said',
      int8: true,
    },
  ];
  const choice = await vscode.window.showQuickPick(choices, { title: 'Write the model with which numbers?' });
  if (!choice) return undefined;
  return choice.int8 ? pickImages('Calibrate int8 on which typical pictures?', model) : 'as it is';
}
