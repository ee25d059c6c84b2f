import path from 'node:path';
import * as vscode from 'vscode';
import type { Explainer } from '../cam/explainer';
import { readModel } from '../formats/modelReader';
import type { CamChoice, CamHost, CamOpening, CamPanel, CamResult, CamView } from '../protocol/camPanel';
import { connect, errorMessage, type Remote } from '../protocol/rpc';
import { localPath, saveBeside } from './files';
import type { CamServices, GradCam } from './gradCam';
import { log } from './log';
import { pickImage } from './pickers';
import { choosePreprocessing } from './preprocessingPicker';
import { runBlocked } from './trust';
import { webviewHtml, webviewOptions } from './webviewHtml';
import { webviewPort } from './webviewPort';

/** What is kept to open the panel again. */
export interface CamState extends CamChoice {
  readonly model: string;
  readonly image: string;
}

/** One heat-map panel: draws what an Explainer answers, and asks again when the user chooses otherwise. */
export class CamPanelSession implements vscode.Disposable {
  readonly #panel: vscode.WebviewPanel;
  readonly #services: CamServices;
  readonly #owner: GradCam;
  readonly model: vscode.Uri;
  readonly #remote: Remote<CamPanel>;
  readonly #disposables: vscode.Disposable[] = [];
  #state: CamState;
  #explainer: Promise<Explainer> | undefined;
  #underWay: AbortController | undefined;

  constructor(panel: vscode.WebviewPanel, state: CamState, services: CamServices, owner: GradCam) {
    this.#panel = panel;
    this.#services = services;
    this.#owner = owner;
    this.#state = { ...services.memory.get<Pick<CamChoice, 'method' | 'eigen'>>('gradCam.method'), ...state };
    this.model = vscode.Uri.parse(state.model);
    const port = webviewPort(panel);
    const { remote, close } = connect<CamPanel>(port, this.#host());
    this.#remote = remote;
    this.#disposables.push(port, { dispose: () => close('the panel was closed') });
    panel.title = `Grad-CAM: ${path.posix.basename(this.model.path)}`;
    panel.iconPath = vscode.Uri.joinPath(services.extensionUri, 'media', 'icon.png');
    panel.webview.options = webviewOptions(services.extensionUri);
    panel.webview.html = webviewHtml(panel.webview, services.extensionUri, {
      title: panel.title,
      script: 'cam.js',
      styles: ['camStyles.css'],
    });
  }

  get active(): boolean {
    return this.#panel.active;
  }

  reveal(): void {
    this.#panel.reveal();
  }

  /** Another picture for the same model; the class is chosen anew, the method stays, and the layer unless another is given. */
  async explain(image: vscode.Uri, layer = this.#state.layer): Promise<void> {
    const { classIndex: _chosenAnew, ...kept } = this.#state;
    this.#state = { ...kept, image: image.toString(), ...(layer !== undefined && { layer }) };
    await this.#showAgain();
  }

  dispose(): void {
    this.#underWay?.abort();
    this.#forgetModel();
    for (const disposable of this.#disposables.splice(0)) disposable.dispose();
  }

  #host(): CamHost {
    return {
      ready: () => this.#opening(),
      select: (choice) => this.#select(choice),
      pickImage: async () => {
        const image = await pickImage('Explain which image?', vscode.Uri.parse(this.#state.image));
        if (!image) return;
        await this.#services.memory.rememberModel(this.model, { image: image.toString() });
        await this.explain(image);
      },
      pickModel: () => this.#owner.showWithOtherModel(vscode.Uri.parse(this.#state.image)),
      pickPreprocessing: async () => {
        const explainer = await this.#explainer;
        if (!explainer) return;
        const name = await choosePreprocessing(explainer.inputGeometry, explainer.preprocessing);
        if (name === undefined) return;
        await this.#services.memory.rememberModel(this.model, { preprocessing: name });
        this.#forgetModel();
        await this.#showAgain();
      },
      savePng: (name, png) => saveBeside(vscode.Uri.parse(this.#state.image), name, png),
      retry: () => this.#showAgain(),
      cancel: async () => this.#underWay?.abort(),
      remember: (view) => this.#services.memory.set('gradCam.view', view),
    };
  }

  async #select(choice: CamChoice): Promise<CamResult> {
    this.#state = { ...this.#state, ...choice };
    const { method, eigen } = this.#state;
    if (choice.method !== undefined || choice.eigen !== undefined) {
      await this.#services.memory.set('gradCam.method', { method, eigen });
    }
    return (await this.#opening()).result;
  }

  /** Runs the model on the image. A newer question cancels one under way. */
  async #opening(): Promise<CamOpening> {
    const blocked = runBlocked(this.model);
    if (blocked) throw new Error(blocked);
    this.#underWay?.abort();
    const controller = new AbortController();
    this.#underWay = controller;
    try {
      const explainer = await this.#open();
      const { image, model: _model, ...choice } = this.#state;
      const file = await localPath(vscode.Uri.parse(image));
      const { picture, result } = await explainer.explain(file, { ...choice, signal: controller.signal });
      return { picture, result, restore: JSON.stringify(this.#state), view: this.#view() };
    } finally {
      if (this.#underWay === controller) this.#underWay = undefined;
    }
  }

  /** For all questions: cancelling the first one does not fail the next. */
  #open(): Promise<Explainer> {
    if (this.#explainer) return this.#explainer;
    const opening = this.#load();
    this.#explainer = opening;
    opening.catch(() => {
      if (this.#explainer === opening) this.#explainer = undefined;
    });
    return opening;
  }

  async #load(): Promise<Explainer> {
    void this.#progress('Reading the model…');
    const { memory, runner } = this.#services;
    // Loaded on first use: the native image library costs start-up, and the graph must work where it has no binary.
    const { Explainer } = await import('../cam/explainer');
    const explainer = await Explainer.open(runner.runtime, await readModel(this.model.fsPath), {
      preset: memory.model(this.model).preprocessing,
    });
    if (!explainer.preprocessing.certain) {
      const name = await choosePreprocessing(explainer.inputGeometry, explainer.preprocessing);
      if (name !== undefined) {
        await memory.rememberModel(this.model, { preprocessing: name });
        explainer.usePreset(name);
      }
    }
    void this.#progress('Running the model…');
    return explainer;
  }

  #forgetModel(): void {
    void this.#explainer
      ?.then((explainer) => explainer.release())
      .catch((error: unknown) => log().debug(String(error)));
    this.#explainer = undefined;
  }

  async #showAgain(): Promise<void> {
    try {
      await this.#remote.show(await this.#opening());
    } catch (error) {
      await this.#remote.showError(errorMessage(error));
    }
  }

  /** A message for the wait. It is only decoration: when the panel is gone, so is its reader. */
  async #progress(message: string): Promise<void> {
    await this.#remote.progress(message).catch((error: unknown) => log().debug(String(error)));
  }

  #view(): CamView {
    const settings = vscode.workspace.getConfiguration('evoProfiler.gradCam');
    return (
      this.#services.memory.get<CamView>('gradCam.view') ?? {
        opacity: settings.get<number>('opacity', 0.5),
        colorMap: settings.get<string>('colorMap', 'turbo'),
      }
    );
  }
}
