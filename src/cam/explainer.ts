import path from 'node:path';
import type { Model, ValueInfo } from '../graph/graph';
import { type DecodedImage, decodeImage } from '../image/decode';
import type { GuessedPreprocessing } from '../image/guessPreprocessing';
import { findLabelsFor, topClasses } from '../image/labels';
import { picture } from '../image/picture';
import { preprocess } from '../image/preprocess';
import { describePreprocessing, type InputGeometry, inputGeometry, withPreset } from '../image/preprocessing';
import { findPreprocessing } from '../image/preprocessingBeside';
import { inferShapes } from '../operators/inferShapes';
import type { CamLayer, CamOpening, CamResult } from '../protocol/camPanel';
import type { RuntimeTensor } from '../protocol/runtime';
import type { Runtime } from '../runtime/runtime';
import { type CamOutput, type CamSession, openCam } from './camSession';
import type { CamLayer as TargetLayer } from './layers';
import { camMethod } from './methods';
import { imageInput } from './target';

export interface ExplainerOptions {
  /** Name of a preprocessing preset; guessed from the model when absent. */
  readonly preset?: string | undefined;
  /** Id of a CAM method; default Grad-CAM. */
  readonly method?: string | undefined;
}

export interface Question {
  /** Default: the most probable class. */
  readonly classIndex?: number;
  /** Tensor of the target layer; chosen automatically when absent. */
  readonly layer?: string;
  readonly signal?: AbortSignal;
}

export type Explanation = Pick<CamOpening, 'picture' | 'result'>;

/** A model that explains pictures: everything between an image file and a heat map, for the panel and the command line. */
export class Explainer {
  readonly model: Model;
  readonly inputGeometry: InputGeometry;
  readonly #runtime: Runtime;
  readonly #method: string | undefined;
  readonly #shapes: ReturnType<typeof inferShapes>;
  /** Loaded sessions by target layer; '' is the automatic choice. */
  readonly #sessions = new Map<string, Promise<CamSession>>();
  #preprocessing: GuessedPreprocessing;
  #labels: readonly string[] | undefined;
  #lastImage: { readonly file: string; readonly image: DecodedImage } | undefined;

  private constructor(
    runtime: Runtime,
    model: Model,
    input: ValueInfo,
    preprocessing: GuessedPreprocessing,
    method: string | undefined,
  ) {
    this.#runtime = runtime;
    this.#method = method;
    this.model = model;
    this.inputGeometry = inputGeometry(input);
    this.#preprocessing = preprocessing;
    const shape = inputShape(input, this.inputGeometry);
    this.#shapes = inferShapes(model, { inputShapes: new Map([[input.name, shape]]) });
  }

  /** @throws one sentence when the model's input is no picture. */
  static async open(runtime: Runtime, model: Model, options: ExplainerOptions = {}): Promise<Explainer> {
    const input = imageInput(model.graph);
    const explainer = new Explainer(runtime, model, input, await findPreprocessing(model, input), options.method);
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

  usePreprocessing(preprocessing: GuessedPreprocessing): void {
    this.#preprocessing = preprocessing;
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
    const session = await this.#session(question.layer, question.signal);
    const output = await session.run(input, question.classIndex, question.signal);
    return this.#result(name, session, output, await this.#labelsFor(session.logits.classes));
  }

  /** Index of a class given by number or label. @throws when there is no such class. */
  async classIndex(wanted: string, layer?: string): Promise<number> {
    if (/^\d+$/.test(wanted)) return Number(wanted);
    const { classes } = (await this.#session(layer)).logits;
    const labels = await this.#labelsFor(classes);
    const found = labels.findIndex((label) => label.toLowerCase() === wanted.toLowerCase());
    const index = found >= 0 ? found : labels.findIndex((label) => label.toLowerCase().includes(wanted.toLowerCase()));
    if (index >= 0) return index;
    throw new Error(
      labels.length > 0
        ? `no class is called '${wanted}'; give its index, 0 to ${classes - 1}`
        : `no labels are known for this model; give the class's index, 0 to ${classes - 1}, or --labels FILE`,
    );
  }

  /** The model extended for one target layer; loaded once. */
  async #session(layer?: string, signal?: AbortSignal): Promise<CamSession> {
    const key = layer ?? '';
    const opening =
      this.#sessions.get(key) ??
      openCam(this.#runtime, this.model, this.#shapes, {
        ...(layer !== undefined && { layer }),
        ...(this.#method !== undefined && { method: this.#method }),
        ...(signal && { signal }),
      });
    this.#sessions.set(key, opening);
    try {
      return await opening;
    } catch (error) {
      this.#sessions.delete(key);
      throw error;
    }
  }

  async release(): Promise<void> {
    const sessions = [...this.#sessions.values()];
    this.#sessions.clear();
    await Promise.allSettled(sessions.map(async (session) => (await session).release()));
  }

  async #decode(file: string): Promise<DecodedImage> {
    if (this.#lastImage?.file === file) return this.#lastImage.image;
    const image = await decodeImage(file);
    this.#lastImage = { file, image };
    return image;
  }

  async #labelsFor(classCount: number): Promise<readonly string[]> {
    this.#labels ??= (await findLabelsFor(this.model.path, classCount, this.model.metadata))?.names ?? [];
    return this.#labels;
  }

  #result(name: string, session: CamSession, output: CamOutput, labels: readonly string[]): CamResult {
    const { spec, certain, why } = this.#preprocessing;
    return {
      modelName: path.basename(this.model.path),
      imageName: name,
      classes: topClasses(output, { names: labels, keep: output.classIndex }),
      targetClass: output.classIndex,
      layer: output.layer,
      layers: session.layers.map(panelLayer),
      method: output.method,
      methodTitle: camMethod(output.method).title,
      mode: 'reverse',
      raw: output.raw,
      map: output.map,
      allZero: output.allZero,
      selfCheck: output.selfCheckRelativeError,
      milliseconds: output.milliseconds,
      note: certain ? '' : `Preprocessing is a guess (${why}).`,
      preprocessing: describePreprocessing(spec),
    };
  }
}

function panelLayer({ tensor, label, channels, height, width }: TargetLayer): CamLayer {
  return { tensor, label, shape: `${channels}×${height}×${width}` };
}

/** The shape of one picture for an input [N, C, H, W] or [N, H, W, C]; a batch that the model fixes stays. */
function inputShape({ shape = [] }: ValueInfo, { channels, layout, height, width }: InputGeometry): readonly number[] {
  const [batch] = shape;
  const images = typeof batch === 'number' && batch > 0 ? batch : 1;
  return layout === 'NCHW' ? [images, channels, height, width] : [images, height, width, channels];
}
