import path from 'node:path';
import * as vscode from 'vscode';
import type { Explainer } from '../cam/explain/explainer';
import { readModel } from '../formats/modelReader';
import type { ImageSequence } from '../image/sequence';
import type {
  CamChange,
  CamChoice,
  CamHost,
  CamMetrics,
  CamOpening,
  CamPanel,
  CamView,
  TargetChoice,
} from '../protocol/camPanel';
import { connect, errorMessage, type Remote } from '../protocol/rpc';
import { CamFrames } from './camFrames';
import { pickImages } from './camPictures';
import { type CamState, changed } from './camState';
import type { PanelSubject } from './camSubjects';
import type { Asked, Work } from './camWork';
import { localPath, saveBeside } from './files';
import type { CamServices, GradCam } from './gradCam';
import { log } from './log';
import { pickImage, pickTruth } from './pickers';
import { choosePreprocessing } from './preprocessingPicker';
import { runBlocked } from './trust';
import { webviewHtml, webviewOptions } from './webviewHtml';
import { webviewPort } from './webviewPort';

/** Choices of how maps are made, which the next model begins with. */
type Manner = Pick<CamChoice, 'method' | 'eigen'>;

/** What a question that is given up answers. */
const CANCELLED = new Error('cancelled');

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
  /** The last answer, for the files that are made of it. */
  #shown: CamOpening | undefined;
  readonly #frames = new CamFrames();
  /** Of what is shown, where it was measured: the report has it, too. */
  #measured: CamMetrics | undefined;
  #series: { readonly key: string; readonly sequence: Promise<ImageSequence> } | undefined;
  #subject:
    | {
        readonly explainer: Explainer;
        readonly series: ImageSequence;
        readonly place: number;
        readonly subject: PanelSubject;
      }
    | undefined;
  /** The question under way, and what a tab asks beside it. */
  #underWay: AbortController | undefined;
  #aside: AbortController | undefined;

  constructor(panel: vscode.WebviewPanel, state: CamState, services: CamServices, owner: GradCam) {
    this.#panel = panel;
    this.#services = services;
    this.#owner = owner;
    this.#state = { ...services.memory.get<Manner>('gradCam.method'), ...state };
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
    const { images: _others, ...kept } = this.#anew();
    this.#state = { ...kept, image: image.toString(), ...(layer !== undefined && { layer }) };
    await this.#showAgain();
  }

  dispose(): void {
    this.#cancel();
    this.#forgetModel();
    for (const disposable of this.#disposables.splice(0)) disposable.dispose();
  }

  #host(): CamHost {
    return {
      ready: () => this.#opening(),
      select: (change) => this.#select(change),
      pickImage: () => this.#pickImage(),
      pickImages: () => this.#pickImages(),
      goTo: (index, sameClass) => this.#goTo(index, sameClass),
      pickModel: () => this.#owner.showWithOtherModel(this.#image),
      pickPreprocessing: () => this.#pickPreprocessing(),
      save: (kind, name, view) => this.#save(kind, name, view),
      savePng: (name, png) => saveBeside(this.#image, name, png),
      retry: () => this.#showAgain(),
      cancel: async () => this.#cancel(),
      remember: (view) => this.#services.memory.set('gradCam.view', view),
      thumbnails: async (indices) => (await import('./camWork')).smallPictures(await this.#openSeries(), indices),
      pickTruth: () => this.#pickTruth(),
      pickReference: () => this.#pickReference(),
      layerStrip: () => this.#beside('layerStrip', 'Computing the map at every layer…'),
      methodGrid: (costly) => this.#beside('methodGrid', 'Computing the map of every method…', costly),
      classGrid: (indices) => this.#beside('classGrid', 'Computing the map of every class…', indices),
      concepts: () => this.#beside('concepts', 'Finding the concepts of the layer…'),
      saliencyGrid: (costly) => this.#beside('saliencyGrid', 'Differentiating by the picture…', costly),
      metrics: (compared) => this.#metrics(compared),
      gridSources: () => this.#beside('gridSources', 'Reading the model…'),
      featureMaps: (question) => this.#beside('featureMaps', 'Computing feature maps…', question),
      kernels: (question) => this.#beside('kernels', 'Reading kernels…', question),
    };
  }

  get #image(): vscode.Uri {
    return vscode.Uri.parse(this.#state.image);
  }

  /** What stays when another picture is explained: it may well be compared with the same one. */
  #anew(): CamState {
    const { classIndex: _chosenAnew, target, frame: _first, ...kept } = this.#state;
    return target?.kind === 'embedding' ? { ...kept, target } : kept;
  }

  async #pickImage(): Promise<void> {
    const image = await pickImage('Explain which image?', this.#image);
    if (!image) return;
    await this.#services.memory.rememberModel(this.model, { image: image.toString() });
    await this.explain(image);
  }

  async #pickImages(): Promise<void> {
    const images = await pickImages('Explain several images', this.#image);
    const [first] = images ?? [];
    if (!images || !first) return;
    const all = images.map(String);
    const image = all.includes(this.#state.image) ? this.#state.image : first.toString();
    this.#state = { ...this.#anew(), image, images: all };
    await this.#showAgain();
  }

  async #goTo(index: number, sameClass: boolean): Promise<CamOpening> {
    const { images } = this.#state;
    const image = images?.[index] ?? this.#state.image;
    const classIndex = this.#shown?.result.targetClass;
    const kept = sameClass ? { ...this.#state, ...(classIndex !== undefined && { classIndex }) } : this.#anew();
    this.#state = { ...kept, image, ...(!images && { frame: index }) };
    const asked = JSON.stringify(this.#state);
    const known = this.#frames.get(asked);
    if (!known) {
      const opening = await this.#opening();
      this.#frames.put(asked, opening);
      return opening;
    }
    this.#cancel();
    this.#measured = undefined;
    this.#shown = known;
    return known;
  }

  async #pickTruth(): Promise<string | undefined> {
    const { truth: last } = this.#state;
    const truth = await pickTruth(this.#image, last === undefined ? undefined : vscode.Uri.parse(last));
    if (!truth) return undefined;
    this.#state = { ...this.#state, truth: truth.toString() };
    return path.posix.basename(truth.path);
  }

  async #pickReference(): Promise<TargetChoice | undefined> {
    const { memory } = this.#services;
    const { reference: last } = memory.model(this.model);
    const uri = await pickImage('Similar to which image?', last === undefined ? undefined : vscode.Uri.parse(last));
    if (!uri) return undefined;
    const { embeddingOf } = await import('./camWork');
    const target = await this.#alone('Running the model…', async ({ explainer, question }) =>
      embeddingOf(explainer, await explainer.subject(await localPath(uri)), question.signal),
    );
    await memory.rememberModel(this.model, { reference: uri.toString() });
    return target;
  }

  async #pickPreprocessing(): Promise<void> {
    const explainer = await this.#explainer;
    if (!explainer) return;
    const name = await choosePreprocessing(explainer.inputGeometry, explainer.preprocessing);
    if (name === undefined) return;
    await this.#services.memory.rememberModel(this.model, { preprocessing: name });
    this.#forgetModel();
    await this.#showAgain();
  }

  async #save(kind: Parameters<CamHost['save']>[0], name: string, view: Parameters<CamHost['save']>[2]): Promise<void> {
    const shown = this.#shown;
    if (!shown) return;
    const { FILES } = await import('./camSave');
    const series = await this.#openSeries();
    const content = await this.#alone('Preparing the file…', (asked) =>
      FILES[kind]({ shown, asked, series, view, measured: this.#measured }),
    );
    await saveBeside(this.#image, name, content);
  }

  async #select(change: CamChange): Promise<Pick<CamOpening, 'restore' | 'result'>> {
    this.#state = changed(this.#state, change);
    const { method, eigen } = this.#state;
    if (change.method !== undefined || change.eigen !== undefined) {
      const manner: Manner = { ...(method !== undefined && { method }), ...(eigen !== undefined && { eigen }) };
      await this.#services.memory.set('gradCam.method', manner);
    }
    const { restore, result } = await this.#opening();
    return { restore, result };
  }

  /** Runs the model on the image. A newer question cancels one under way. */
  async #opening(): Promise<CamOpening> {
    const blocked = runBlocked(this.model);
    if (blocked) throw new Error(blocked);
    this.#cancel();
    const controller = new AbortController();
    this.#underWay = controller;
    try {
      const { explained, describeSeries, placeIn } = await import('./camWork');
      const { picture, ...asked } = await this.#asked(controller.signal, 'Running the model…');
      const result = await explained(asked);
      const series = describeSeries(await this.#openSeries(), placeIn(this.#state));
      const restore = JSON.stringify(this.#state);
      this.#measured = undefined;
      this.#shown = { picture, result, restore, view: this.#view(), ...(series && { series }) };
      return this.#shown;
    } finally {
      if (this.#underWay === controller) this.#underWay = undefined;
    }
  }

  /** Something else about what is shown, for a tab. */
  async #beside<K extends keyof Work>(
    name: K,
    message: string,
    ...args: Parameters<CamHost[K]>
  ): Promise<Awaited<ReturnType<CamHost[K]>>> {
    const { WORK } = await import('./camWork');
    return this.#alone(message, (asked) => run(WORK[name], asked, args));
  }

  /** Work that takes a while: with progress, until the next of its kind, the next question, or a cancel. */
  async #alone<T>(message: string, work: (asked: Asked) => T): Promise<Awaited<T>> {
    this.#aside?.abort(CANCELLED);
    const controller = new AbortController();
    this.#aside = controller;
    try {
      return await work(await this.#asked(controller.signal, message));
    } finally {
      if (this.#aside === controller) this.#aside = undefined;
    }
  }

  async #metrics(compared: boolean): Promise<CamMetrics> {
    const shown = this.#shown;
    const measured = await this.#beside('metrics', 'Measuring the map…', compared);
    if (shown === this.#shown) this.#measured = measured;
    return measured;
  }

  /** Everything that a question needs; long work says how far it is. */
  async #asked(signal: AbortSignal, message: string): Promise<Asked & Pick<CamOpening, 'picture'>> {
    const explainer = await this.#open();
    const state = this.#state;
    const { image, images: _all, model: _model, frame: _frame, truth, ...choice } = state;
    const onProgress = (done: number, total: number): void => {
      void this.#progress(`${message} ${Math.floor(done)} of ${total}`, total > 0 ? done / total : 0);
    };
    const subject = await this.#openSubject(explainer);
    return {
      ...{ explainer, subject, picture: subject.picture, question: { ...choice, signal, onProgress } },
      file: await localPath(vscode.Uri.parse(image)),
      truth: truth === undefined ? undefined : await localPath(vscode.Uri.parse(truth)),
    };
  }

  /** The picture that is shown, decoded once: what was found in it stays known. */
  async #openSubject(explainer: Explainer): Promise<PanelSubject> {
    const { subjectOf, placeIn } = await import('./camWork');
    const series = await this.#openSeries();
    const place = placeIn(this.#state);
    const known = this.#subject;
    if (known?.explainer === explainer && known.series === series && known.place === place) return known.subject;
    const subject = await subjectOf(explainer, series, place);
    this.#subject = { explainer, series, place, subject };
    return subject;
  }

  /** The pictures to go through; opened once. */
  #openSeries(): Promise<ImageSequence> {
    const { images, image } = this.#state;
    const key = (images ?? [image]).join('\n');
    if (this.#series?.key !== key) {
      const sequence = import('./camWork').then(({ openSeries }) => openSeries(this.#state));
      this.#series = { key, sequence };
      sequence.catch(() => {
        this.#series = undefined;
      });
    }
    return this.#series.sequence;
  }

  #cancel(): void {
    this.#underWay?.abort(CANCELLED);
    this.#aside?.abort(CANCELLED);
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
    const { openExplainer } = await import('./camWork');
    const explainer = await openExplainer(runner.runtime, memory, this.model, await readModel(this.model.fsPath));
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
    this.#frames.clear();
    try {
      await this.#remote.show(await this.#opening());
    } catch (error) {
      await this.#remote.showError(errorMessage(error));
    }
  }

  /** A message for the wait. It is only decoration: when the panel is gone, so is its reader. */
  async #progress(message: string, share?: number): Promise<void> {
    await this.#remote.progress(message, share).catch((error: unknown) => log().debug(String(error)));
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

/** One of several functions, with the arguments that are its own. */
function run<A extends readonly unknown[], R>(work: (asked: Asked, ...args: A) => R, asked: Asked, args: A): R {
  return work(asked, ...args);
}
