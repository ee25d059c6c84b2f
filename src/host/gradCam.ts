import * as vscode from 'vscode';
import { CamPanelSession } from './camPanelSession';
import { type CamState, parseState } from './camState';
import { log } from './log';
import type { Memory } from './memory';
import type { ModelRunner } from './modelRunner';
import { activeImage, pickImage, pickModel } from './pickers';
import { runBlocked } from './trust';

const CAM_VIEW = 'evoProfiler.gradCam';

export interface CamServices {
  readonly extensionUri: vscode.Uri;
  readonly memory: Memory;
  readonly runner: ModelRunner;
}

const MODEL_QUESTION = 'Grad-CAM: explain which model?';
const IMAGE_QUESTION = 'Grad-CAM: explain which image?';

/** What is evident from where the user asked. */
interface Given {
  readonly model?: vscode.Uri;
  readonly image?: vscode.Uri;
  /** Tensor of the target layer. */
  readonly layer?: string;
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

  /** Explains an image with a model, asking for what is not evident. Answers when the panel is there, not when it is filled. */
  async show(given: Given): Promise<void> {
    const model =
      given.model ?? this.#activePanelModel() ?? (await pickModel(MODEL_QUESTION, this.#last('gradCam.model')));
    if (!model) return;
    const blocked = runBlocked(model);
    if (blocked) throw new Error(blocked);
    const image = given.image ?? activeImage() ?? (await pickImage(IMAGE_QUESTION, this.#lastImage(model)));
    if (!image) return;
    await this.#remember(model, image);
    const existing = this.#open.get(model.toString());
    if (existing) {
      existing.reveal();
      await existing.explain(image, given.layer);
      return;
    }
    const panel = vscode.window.createWebviewPanel(CAM_VIEW, 'Grad-CAM', vscode.ViewColumn.Beside, {
      retainContextWhenHidden: true,
    });
    const { layer } = given;
    this.#attach(panel, { model: model.toString(), image: image.toString(), ...(layer !== undefined && { layer }) });
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

  #activePanelModel(): vscode.Uri | undefined {
    return [...this.#open.values()].find(({ active }) => active)?.model;
  }

  #last(key: string): vscode.Uri | undefined {
    const uri = this.#services.memory.get<string>(key);
    return uri === undefined ? undefined : vscode.Uri.parse(uri);
  }

  #lastImage(model: vscode.Uri): vscode.Uri | undefined {
    const { image } = this.#services.memory.model(model);
    return image === undefined ? this.#last('gradCam.image') : vscode.Uri.parse(image);
  }

  async #remember(model: vscode.Uri, image: vscode.Uri): Promise<void> {
    const { memory } = this.#services;
    await memory.set('gradCam.model', model.toString());
    await memory.set('gradCam.image', image.toString());
    await memory.rememberModel(model, { image: image.toString() });
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
