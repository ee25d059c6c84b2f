import * as vscode from 'vscode';
import { CamPanelSession, type CamState } from './camPanelSession';
import { log } from './log';
import type { Memory } from './memory';
import type { ModelRunner } from './modelRunner';
import { pickImage, pickModel } from './pickers';
import { runBlocked } from './trust';

export const CAM_VIEW = 'evoProfiler.gradCam';

export interface CamServices {
  readonly extensionUri: vscode.Uri;
  readonly memory: Memory;
  readonly runner: ModelRunner;
}

/** Heat-map panels: one per model, restored after Reload Window. */
export class GradCam implements vscode.Disposable {
  readonly #services: CamServices;
  readonly #open = new Map<string, CamPanelSession>();
  readonly #serializer: vscode.Disposable;

  constructor(services: CamServices) {
    this.#services = services;
    this.#serializer = vscode.window.registerWebviewPanelSerializer(CAM_VIEW, {
      deserializeWebviewPanel: async (panel, state: unknown) => this.#restore(panel, state),
    });
  }

  /** Explains an image with a model, asking for what is not given. Answers when the panel is there, not when it is filled. */
  async show(given: { readonly model?: vscode.Uri; readonly image?: vscode.Uri }): Promise<void> {
    const { memory } = this.#services;
    const lastModel = memory.get<string>('gradCam.model');
    const model =
      given.model ??
      (await pickModel('Grad-CAM: explain which model?', lastModel ? vscode.Uri.parse(lastModel) : undefined));
    if (!model) return;
    const blocked = runBlocked(model);
    if (blocked) throw new Error(blocked);
    const lastImage = memory.model(model).image ?? memory.get<string>('gradCam.image');
    const image =
      given.image ??
      (await pickImage('Grad-CAM: explain which image?', lastImage ? vscode.Uri.parse(lastImage) : undefined));
    if (!image) return;
    await memory.set('gradCam.model', model.toString());
    await memory.set('gradCam.image', image.toString());
    await memory.rememberModel(model, { image: image.toString() });
    const existing = this.#open.get(model.toString());
    if (existing) {
      existing.reveal();
      await existing.explain(image);
      return;
    }
    const panel = vscode.window.createWebviewPanel(CAM_VIEW, 'Grad-CAM', vscode.ViewColumn.Beside, {
      retainContextWhenHidden: true,
    });
    this.#attach(panel, { model: model.toString(), image: image.toString() });
  }

  /** The same image with a model that the user picks, whatever panel is active. */
  async showWithOtherModel(image: vscode.Uri): Promise<void> {
    const model = await pickModel('Explain with which model?', undefined, false);
    if (model) await this.show({ model, image });
  }

  dispose(): void {
    this.#serializer.dispose();
    for (const session of this.#open.values()) session.dispose();
  }

  #restore(panel: vscode.WebviewPanel, state: unknown): void {
    const saved = parseState(state);
    if (saved) this.#attach(panel, saved);
    else {
      log().warn('a heat-map panel had no saved state and was closed');
      panel.dispose();
    }
  }

  #attach(panel: vscode.WebviewPanel, state: CamState): void {
    const session = new CamPanelSession(panel, state, this.#services, this);
    this.#open.set(state.model, session);
    panel.onDidDispose(() => {
      session.dispose();
      if (this.#open.get(state.model) === session) this.#open.delete(state.model);
      // Nobody is left to run models for: give their memory back.
      if (this.#open.size === 0) this.#services.runner.stop();
    });
  }
}

/** What the panel kept for us: `{ restore: JSON of CamState }`. */
function parseState(state: unknown): CamState | undefined {
  if (typeof state !== 'object' || state === null || !('restore' in state)) return undefined;
  if (typeof state.restore !== 'string') return undefined;
  try {
    const saved: unknown = JSON.parse(state.restore);
    return isCamState(saved) ? saved : undefined;
  } catch {
    return undefined;
  }
}

function isCamState(value: unknown): value is CamState {
  return (
    typeof value === 'object' &&
    value !== null &&
    'model' in value &&
    typeof value.model === 'string' &&
    'image' in value &&
    typeof value.image === 'string'
  );
}
