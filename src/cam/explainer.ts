import path from 'node:path';
import type { Model, ValueInfo } from '../graph/graph';
import { type DecodedImage, decodeImage } from '../image/decode';
import type { GuessedPreprocessing } from '../image/guessPreprocessing';
import { classNamed, findLabelsFor, fitLabels, topClasses } from '../image/labels';
import { picture } from '../image/picture';
import { type Preprocessing, preprocess } from '../image/preprocess';
import {
  checkPreprocessing,
  describePreprocessing,
  type InputGeometry,
  inputGeometry,
  withPreset,
} from '../image/preprocessing';
import { findPreprocessing } from '../image/preprocessingBeside';
import { inferShapes } from '../operators/inferShapes';
import type { CamLayer, CamMethodOption, CamOpening, CamResult } from '../protocol/camPanel';
import type { RuntimeTensor } from '../protocol/runtime';
import type { Runtime } from '../runtime/runtime';
import type { CamMethod } from './camMethod';
import type { KnownShapes } from './camPlan';
import { type CamOutput, type CamSession, openCam } from './camSession';
import type { CamLayer as TargetLayer } from './layers';
import { camMethod, METHODS, type MethodChoice } from './methods';
import { type CamLogits, imageInput } from './target';

export interface ExplainerOptions {
  /** Name of a preprocessing preset; guessed from the model when absent. */
  readonly preset?: string | undefined;
}

export interface Question extends MethodChoice {
  /** Default: the most probable class. */
  readonly classIndex?: number;
  /** Tensor of the target layer; chosen automatically when absent. */
  readonly layer?: string;
  readonly signal?: AbortSignal;
}

/** A session on its way, and the question that asked for it first: its cancel ends the loading. */
interface Opening {
  readonly session: Promise<CamSession>;
  readonly signal: AbortSignal | undefined;
}

export type Explanation = Pick<CamOpening, 'picture' | 'result'>;

/** A model that explains pictures: everything between an image file and a heat map, for the panel and the command line. */
export class Explainer {
  readonly model: Model;
  readonly inputGeometry: InputGeometry;
  readonly #runtime: Runtime;
  readonly #input: ValueInfo;
  /** With a picture of the preprocessing's size as input. */
  #shapes: KnownShapes | undefined;
  /** Loaded sessions by target layer; '' is the automatic choice. */
  readonly #sessions = new Map<string, Opening>();
  #preprocessing: GuessedPreprocessing;
  #labels: readonly string[] | undefined;
  #lastImage: { readonly file: string; readonly image: DecodedImage } | undefined;

  private constructor(runtime: Runtime, model: Model, input: ValueInfo, preprocessing: GuessedPreprocessing) {
    this.#runtime = runtime;
    this.model = model;
    this.#input = input;
    this.inputGeometry = inputGeometry(input);
    checkPreprocessing(preprocessing.spec, this.inputGeometry);
    this.#preprocessing = preprocessing;
  }

  /** @throws one sentence when the model's input is no picture. */
  static async open(runtime: Runtime, model: Model, options: ExplainerOptions = {}): Promise<Explainer> {
    const input = imageInput(model.graph);
    const explainer = new Explainer(runtime, model, input, await findPreprocessing(model, input));
    if (options.preset !== undefined) explainer.usePreset(options.preset);
    return explainer;
  }

  /** How pictures are normalised, and how sure that is. */
  get preprocessing(): GuessedPreprocessing {
    return this.#preprocessing;
  }

  usePreset(name: string): void {
    this.usePreprocessing({ spec: withPreset(this.inputGeometry, name), certain: true, why: 'chosen by you' });
  }

  /** @throws one sentence when it does not fit the model's input. */
  usePreprocessing(preprocessing: GuessedPreprocessing): void {
    const { spec } = preprocessing;
    const { width, height } = this.#preprocessing.spec;
    checkPreprocessing(spec, this.inputGeometry);
    this.#preprocessing = preprocessing;
    if (spec.width === width && spec.height === height) return;
    this.#shapes = undefined;
    void this.release();
  }

  /** Class names to show instead of those found beside the model. */
  useLabels(names: readonly string[]): void {
    this.#labels = names;
  }

  /** @throws one sentence when the image cannot be decoded, the layer holds no maps, or the model does not run. */
  async explain(file: string, question: Question = {}): Promise<Explanation> {
    const image = await this.#decode(file);
    const { tensor, seen } = preprocess(image, this.#preprocessing.spec);
    return { picture: picture(image, seen), result: await this.explainTensor(tensor, path.basename(file), question) };
  }

  /** The same for a ready input; `name` is what the result calls it. */
  async explainTensor(input: RuntimeTensor, name: string, question: Question = {}): Promise<CamResult> {
    const { classIndex, layer, ...how } = question;
    const session = await this.#session(layer, how.signal);
    const labels = await this.#labelsFor(session.logits.classes);
    const output = await session.run(input, classIndex, how);
    return this.#result(name, session, output, labels, how.eigen ?? false);
  }

  /** Index of a class given by number, or by a label or a part of only one. @throws when there is no such class, or several. */
  async classIndex(wanted: string, layer?: string): Promise<number> {
    if (/^\d+$/.test(wanted)) return Number(wanted);
    const { classes } = (await this.#session(layer)).logits;
    const labels = await this.#labelsFor(classes);
    return classNamed(labels, wanted, classes);
  }

  /** The model extended for one target layer; loaded once. */
  async #session(layer?: string, signal?: AbortSignal): Promise<CamSession> {
    const key = layer ?? '';
    const opening = this.#sessions.get(key) ?? { session: this.#openSession(layer, signal), signal };
    this.#sessions.set(key, opening);
    try {
      return await opening.session;
    } catch (error) {
      if (this.#sessions.get(key) === opening) this.#sessions.delete(key);
      const cancelledByAnother = opening.signal?.aborted && !signal?.aborted;
      if (cancelledByAnother) return this.#session(layer, signal);
      throw error;
    }
  }

  async #openSession(layer: string | undefined, signal: AbortSignal | undefined): Promise<CamSession> {
    const shape = inputShape(this.#input, this.inputGeometry, this.#preprocessing.spec);
    this.#shapes ??= inferShapes(this.model, { inputShapes: new Map([[this.#input.name, shape]]) });
    return openCam(this.#runtime, this.model, this.#shapes, {
      ...(layer !== undefined && { layer }),
      ...(signal && { signal }),
    });
  }

  async release(): Promise<void> {
    const sessions = [...this.#sessions.values()];
    this.#sessions.clear();
    await Promise.allSettled(sessions.map(async ({ session }) => (await session).release()));
  }

  async #decode(file: string): Promise<DecodedImage> {
    if (this.#lastImage?.file === file) return this.#lastImage.image;
    const image = await decodeImage(file);
    this.#lastImage = { file, image };
    return image;
  }

  async #labelsFor(classCount: number): Promise<readonly string[]> {
    this.#labels ??= (await findLabelsFor(this.model.path, classCount, this.model.metadata))?.names ?? [];
    if (this.#labels.length === 0) return this.#labels;
    const names = fitLabels(this.#labels, classCount);
    if (names) return names;
    throw new Error(`there are ${this.#labels.length} labels, but the model has ${classCount} classes`);
  }

  #result(name: string, session: CamSession, output: CamOutput, labels: readonly string[], eigen: boolean): CamResult {
    const { spec } = this.#preprocessing;
    return {
      modelName: path.basename(this.model.path),
      imageName: name,
      classes: topClasses(output, { names: labels, keep: output.classIndex }),
      targetClass: output.classIndex,
      layer: output.layer,
      layers: session.layers.map(panelLayer),
      method: output.method,
      methodTitle: output.methodTitle,
      eigen,
      methods: PANEL_METHODS,
      mode: 'reverse',
      raw: output.raw,
      map: output.map,
      allZero: output.allZero,
      selfCheck: output.selfCheckRelativeError,
      milliseconds: output.milliseconds,
      note: noteOn(this.#preprocessing, session.logits, camMethod(output.method)),
      preprocessing: describePreprocessing(spec),
    };
  }
}

const PANEL_METHODS: readonly CamMethodOption[] = (Object.values(METHODS) as readonly CamMethod[]).map(
  ({ id, title, needs, smooth }) => ({ id, title, needs, smooth: smooth !== undefined }),
);

function noteOn({ certain, why }: GuessedPreprocessing, { head, shape }: CamLogits, method: CamMethod): string {
  const classless = `${method.title} looks at activations alone: its map is the same for every class.`;
  const scores = `Scores per channel, not class probabilities: the output ${shape.join('×')} looks like a detector's or a segmenter's.`;
  return [
    ...(certain ? [] : [`Preprocessing is a guess (${why}).`]),
    ...(head === 'none' ? [scores] : []),
    ...(method.needs === 'activations' ? [classless] : []),
  ].join(' ');
}

function panelLayer({ tensor, label, channels, height, width }: TargetLayer): CamLayer {
  return { tensor, label, shape: `${channels}×${height}×${width}` };
}

/** The shape of one picture for an input [N, C, H, W] or [N, H, W, C]; a batch that the model fixes stays. */
function inputShape(
  { shape = [] }: ValueInfo,
  { channels, layout }: InputGeometry,
  { height, width }: Preprocessing,
): readonly number[] {
  const [batch] = shape;
  const images = typeof batch === 'number' && batch > 0 ? batch : 1;
  return layout === 'NCHW' ? [images, channels, height, width] : [images, height, width, channels];
}
