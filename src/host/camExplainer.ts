/** Opens what explains a model. Loaded on first use, for it needs the native image library. */
import type * as vscode from 'vscode';
import { Explainer } from '../cam/explain/explainer';
import type { Model } from '../graph/graph';
import type { Runtime } from '../runtime/runtime';
import type { Memory } from './memory';
import { choosePreprocessing } from './preprocessingPicker';

/** With the preprocessing that was chosen for the model before; where that is a guess, it is asked for once. */
export async function openExplainer(
  runtime: Runtime,
  memory: Memory,
  uri: vscode.Uri,
  model: Model,
): Promise<Explainer> {
  const explainer = await Explainer.open(runtime, model, { preset: memory.model(uri).preprocessing });
  if (explainer.preprocessing.certain) return explainer;
  const name = await choosePreprocessing(explainer.inputGeometry, explainer.preprocessing);
  if (name !== undefined) {
    await memory.rememberModel(uri, { preprocessing: name });
    explainer.usePreset(name);
  }
  return explainer;
}
