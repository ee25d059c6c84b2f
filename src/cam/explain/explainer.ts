import path from 'node:path';
import type { Model, ValueInfo } from '../../graph/graph';
import { type DecodedImage, decodeImage } from '../../image/decode';
import type { GuessedPreprocessing } from '../../image/guessPreprocessing';
import { classNamed, findLabelsFor, fitLabels } from '../../image/labels';
import { picture } from '../../image/picture';
import { type Preprocessing, preprocess } from '../../image/preprocess';
import { checkPreprocessing, type InputGeometry, inputGeometry, withPreset } from '../../image/preprocessing';
import { findPreprocessing } from '../../image/preprocessingBeside';
import { inferShapes } from '../../operators/inferShapes';
import type { CamResult, Fusion, Picture, TargetChoice } from '../../protocol/camPanel';
import type { RuntimeTensor } from '../../protocol/runtime';
import type { Runtime } from '../../runtime/runtime';
import { channelNames, labelCount } from '../detection/channelNames';
import type { ModeBench } from '../gradientMode';
import { imageInput, pictureSize } from '../layers/target';
import { type CamMap, finishMaps } from '../maths/normalise';
import type { MethodChoice } from '../methods';
import { partOf } from '../progress';
import { type CamPlan, planCam } from '../session/camPlan';
import { type CamOutput, type CamSession, openPlanned } from '../session/camSession';
import { KeptSessions } from '../session/keptSessions';
import { ModelFacts } from '../session/modelFacts';
import { Openings } from '../session/openings';
import { camTarget } from '../targets';
import { meanMap, variants } from './augmentation';
import { camResult } from './camResult';

export interface ExplainerOptions {
  /** Name of a preprocessing preset; guessed from the model when absent. */
  readonly preset?: string | undefined;
}

/** A picture, ready for the model. */
export interface Subject {
  /** What results call it. */
  readonly name: string;
  /** Preprocessed, of the shape that the model takes. */
  readonly input: RuntimeTensor;
  /** To draw; absent for a ready tensor. */
  readonly picture?: Picture;
}

export interface Question extends MethodChoice {
  /** Default: the most probable class. */
  readonly classIndex?: number;
  /** What is differentiated; default: the class's score. */
  readonly target?: TargetChoice;
  /** Tensor of the target layer; chosen automatically when absent. */
  readonly layer?: string;
  /** Tensors of several layers whose maps are fused; fewer than two: `layer` alone. */
  readonly layers?: readonly string[];
  readonly fuse?: Fusion;
  /** How Grad-CAM's gradient is made; chosen automatically when absent. */
  readonly mode?: string;
  /** The mean of the maps of changed copies of the picture. */
  readonly augment?: boolean;
  readonly signal?: AbortSignal;
  /** Told how much of long work is done. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** So many layers are kept loaded. */
const MOST_SESSIONS = 3;

/** A model that explains pictures: everything between an image file and a heat map, for the panel and the command line. */
export class Explainer {
  readonly model: Model;
  readonly inputGeometry: InputGeometry;
  readonly runtime: Runtime;
  readonly #input: ValueInfo;
  /** Runs what is asked of every picture in the same way, without gradients. */
  readonly kept: KeptSessions;
  /** With a picture of the preprocessing's size as input. */
  #facts: ModelFacts | undefined;
  readonly #plans = new Map<string, CamPlan>();
  readonly #sessions = new Openings<CamSession>((session) => session.release(), MOST_SESSIONS);
  #preprocessing: GuessedPreprocessing;
  #labels: readonly string[] | undefined;
  #lastImage: { readonly file: string; readonly image: DecodedImage } | undefined;
  #lastSubject: { readonly file: string; readonly spec: Preprocessing; readonly subject: Subject } | undefined;

  private constructor(runtime: Runtime, model: Model, input: ValueInfo, preprocessing: GuessedPreprocessing) {
    this.runtime = runtime;
    this.kept = new KeptSessions(runtime);
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
    this.#facts = undefined;
    this.#plans.clear();
    void this.release();
  }

  /** Class names to show instead of those found beside the model. */
  useLabels(names: readonly string[]): void {
    this.#labels = names;
  }

  /** A picture of a file, decoded and preprocessed once. @throws one sentence when it cannot be decoded. */
  async subject(file: string): Promise<Subject> {
    const { spec } = this.#preprocessing;
    if (this.#lastSubject?.file === file && this.#lastSubject.spec === spec) return this.#lastSubject.subject;
    const image = await this.#decode(file);
    const { tensor, seen } = preprocess(image, spec);
    const subject = { name: path.basename(file), input: tensor, picture: picture(image, seen) };
    this.#lastSubject = { file, spec, subject };
    return subject;
  }

  /** @throws one sentence when the layer holds no maps, there is no such class, or the model does not run. */
  async explain(subject: Subject, question: Question = {}): Promise<CamResult> {
    const sessions = await this.#sessionsFor(question);
    const [session] = sessions;
    const labels = await this.#namesFor(session.plan);
    const ask = questioner(sessions, question);
    const copies = question.augment ? variants(subject.input) : [];
    const asked = await ask(subject.input, question.classIndex, 0, 1 + copies.length);
    // The same class for every copy of the picture.
    const maps = await inTurn(copies, async ({ input, restore }, i) =>
      restore((await ask(input, asked.output.classIndex, 1 + i, 1 + copies.length)).map),
    );
    return camResult({
      ...{ imageName: subject.name, question, session, labels, output: asked.output, allZero: asked.allZero },
      preprocessing: subject.picture && this.#preprocessing,
      map: question.augment ? meanMap(maps) : asked.map,
      layers: sessions.map(({ layer }) => layer.tensor),
    });
  }

  /** What methods, metrics and modes may ask of a picture, at the first layer of the question. */
  async bench(subject: Subject, question: Question = {}): Promise<ModeBench> {
    const [session] = await this.#sessionsFor(question);
    return session.bench(subject.input, question.classIndex, question);
  }

  /** What is decided before the model is run, for those who append their own graphs. */
  async plan(layer?: string, signal?: AbortSignal, of?: string): Promise<CamPlan> {
    const facts = this.#known();
    const key = JSON.stringify([layer, of]);
    const choice = { ...(layer !== undefined && { layer }), ...(of !== undefined && { of }) };
    const plan = this.#plans.get(key) ?? planCam(this.model, { infos: await facts.infos(signal) }, choice);
    if (facts === this.#facts) this.#plans.set(key, plan);
    return plan;
  }

  /** The name of every class, of a detector those of its boxes; none where no labels are known. */
  async labels(): Promise<readonly string[]> {
    return this.#labelsFor(await this.plan());
  }

  /** Index of a class given by number, or by a label or a part of only one. @throws when there is no such class, or several. */
  async classIndex(wanted: string, layer?: string): Promise<number> {
    if (/^\d+$/.test(wanted)) return Number(wanted);
    const plan = await this.plan(layer);
    return classNamed(await this.#namesFor(plan), wanted, plan.logits.classes);
  }

  /** Of the layers that are asked for, which lead to what is differentiated. */
  async #sessionsFor(question: Question): Promise<readonly [CamSession, ...CamSession[]]> {
    const { layer, layers = [], signal } = question;
    const [first, ...others] = layers.length > 1 ? layers : [layer];
    const of = await this.#otherTensor(question);
    const opened = [await this.#session(first, signal, of)] as const;
    return [...opened, ...(await inTurn(others, (other) => this.#session(other, signal, of)))];
  }

  /** What the target is a function of, where that is not the scores. */
  async #otherTensor({ target, signal }: Question): Promise<string | undefined> {
    if (!target) return undefined;
    const plan = await this.plan(undefined, signal);
    const { of } = camTarget(target, plan);
    return of === plan.logits.tensor ? undefined : of;
  }

  /** The model extended for one target layer; loaded once while it is in use. */
  async #session(layer?: string, signal?: AbortSignal, of?: string): Promise<CamSession> {
    const plan = await this.plan(layer, signal, of);
    const open = () => openPlanned(this.#known(), plan, signal ? { signal } : {});
    return this.#sessions.get(JSON.stringify([plan.layer.tensor, of]), open, signal);
  }

  #known(): ModelFacts {
    if (this.#facts) return this.#facts;
    const shape = inputShape(this.#input, this.inputGeometry, this.#preprocessing.spec);
    const shapes = inferShapes(this.model, { inputShapes: new Map([[this.#input.name, shape]]) });
    this.#facts = new ModelFacts(this.runtime, this.model, shapes);
    return this.#facts;
  }

  async release(): Promise<void> {
    await Promise.all([this.#sessions.clear(), this.kept.clear()]);
  }

  async #decode(file: string): Promise<DecodedImage> {
    if (this.#lastImage?.file === file) return this.#lastImage.image;
    const image = await decodeImage(file);
    this.#lastImage = { file, image };
    return image;
  }

  /** Of every score. */
  async #namesFor(plan: CamPlan): Promise<readonly string[]> {
    return channelNames(plan, plan.logits, await this.#labelsFor(plan));
  }

  async #labelsFor(plan: CamPlan): Promise<readonly string[]> {
    const classCount = labelCount(plan, plan.logits);
    if (classCount === undefined) return this.#labels ?? [];
    this.#labels ??= (await findLabelsFor(this.model.path, classCount, this.model.metadata))?.names ?? [];
    if (this.#labels.length === 0) return this.#labels;
    const names = fitLabels(this.#labels, classCount);
    if (names) return names;
    throw new Error(`there are ${this.#labels.length} labels, but the model has ${classCount} classes`);
  }
}

/** What one copy of the picture answers: all layers' maps as one. */
interface Asked {
  readonly output: CamOutput;
  readonly map: CamMap;
  readonly allZero: boolean;
}

/** `part` of `parts`: which of the pictures that are asked about. */
type Ask = (input: RuntimeTensor, classIndex: number | undefined, part: number, parts: number) => Promise<Asked>;

/** Asks every layer the same question. */
function questioner(sessions: readonly [CamSession, ...CamSession[]], question: Question): Ask {
  return async (input, classIndex, part, parts) => {
    question.signal?.throwIfAborted();
    const [first, ...others] = sessions;
    const asked = (layer: number) => partOf(question, part * sessions.length + layer, parts * sessions.length);
    const output = await first.run(input, classIndex, asked(0));
    const rest = await inTurn(others, (other, i) => other.run(input, output.classIndex, asked(1 + i)));
    const outputs = [output, ...rest];
    const [height, width] = pictureSize(first.input);
    const raw = outputs.map((one) => one.raw);
    return {
      output,
      map: others.length === 0 ? output.map : finishMaps(raw, width, height, question),
      allZero: outputs.every(({ allZero }) => allZero),
    };
  };
}

/** One after the other: the model runner has one thread to wait for. */
async function inTurn<T, R>(all: readonly T[], work: (one: T, index: number) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = [];
  for (const [index, one] of all.entries()) results.push(await work(one, index));
  return results;
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
