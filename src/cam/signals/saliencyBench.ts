import { isFloat } from '../../graph/dataTypes';
import type { TargetChoice } from '../../protocol/camPanel';
import type { RuntimeTensor, RuntimeTensors } from '../../protocol/runtime';
import type { Runtime, RuntimeSession } from '../../runtime/runtime';
import { convertTo, float32Tensor, int64Tensor, toFloat32 } from '../../runtime/runtimeTensor';
import { bestClass, type CamTarget } from '../camTarget';
import type { CamLayer } from '../layers/layers';
import { pictureSize } from '../layers/target';
import type { CamMap } from '../maths/normalise';
import type { Planes } from '../saliencyKind';
import { appendixFor, undeclared } from '../session/camGraph';
import type { CamPlan } from '../session/camPlan';
import { camTarget, classOf, withClass } from '../targets';
import { type BackwardRule, notRectified } from './backwardRules';
import {
  type BackwardWay,
  buildScoreGraph,
  buildSeedGraph,
  buildUnitGraph,
  type ScoreGraph,
  type SeedGraph,
} from './saliencyGraph';

export interface SaliencyBenchOptions {
  /** The picture as it is fed. */
  readonly picture: RuntimeTensor;
  /** A black one. */
  readonly black: RuntimeTensor;
  /** Default: the most probable class of the picture. */
  readonly classIndex?: number;
  /** What is differentiated; default: the class's score. */
  readonly target?: TargetChoice;
  /** Grad-CAM of a class, or of the target, at input size, values in [0, 1). */
  readonly gradCam: (classIndex: number) => Promise<CamMap>;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

/** A score and its signal at a picture. */
export interface Scored {
  readonly classIndex: number;
  readonly score: number;
  readonly signal: Planes;
}

/** The signal of one unit. */
export interface UnitSignal {
  readonly layer: CamLayer;
  readonly channel: number;
  readonly x: number;
  readonly y: number;
  /** What the unit holds, with which the signal starts. */
  readonly activation: number;
  readonly signal: Planes;
}

interface Loaded<G> {
  readonly session: RuntimeSession;
  readonly graph: G;
}

/** Answers what kinds of saliency ask of one picture; each extended model is loaded once. */
export class SaliencyBench {
  readonly picture: Planes;
  readonly black: Planes;
  readonly #runtime: Runtime;
  readonly #plan: CamPlan;
  readonly #options: SaliencyBenchOptions;
  readonly #sessions: RuntimeSession[] = [];
  readonly #fromClasses = new Map<string, Promise<Loaded<ScoreGraph>>>();
  readonly #fromSeeds = new Map<string, Promise<Loaded<SeedGraph>>>();
  #plain: Promise<RuntimeSession> | undefined;
  #classIndex: number | undefined;
  #target: CamTarget | undefined;

  constructor(runtime: Runtime, plan: CamPlan, options: SaliencyBenchOptions) {
    this.#runtime = runtime;
    this.#plan = plan;
    this.#options = options;
    this.#classIndex = options.classIndex;
    this.picture = this.#planes(options.picture);
    this.black = this.#planes(options.black);
  }

  /** The class that was asked for, or of the first score; undefined before. */
  get classIndex(): number | undefined {
    return this.#classIndex;
  }

  /** The score of the class and what goes back from it to a picture (default: this one). The class is that of the first answer. */
  async score(rule: BackwardRule = 'gradient', picture?: Float32Array): Promise<Scored> {
    const { maps: _none, ...scored } = await this.#back({ rule }, picture);
    return scored;
  }

  /** With the gradient at the picture, Σ_c |b·G| of every biased convolution and normalisation, each as large as its maps. */
  async biases(): Promise<Scored & { readonly maps: readonly CamMap[] }> {
    return this.#back({ biases: true });
  }

  /** From the strongest unit of a channel of the layer; default the channel that holds the greatest activation. */
  async unit(channel?: number): Promise<UnitSignal> {
    const { layer } = this.#plan;
    if (channel !== undefined && !(Number.isInteger(channel) && channel >= 0 && channel < layer.channels)) {
      throw new Error(`there is no channel ${channel}; '${layer.tensor}' has ${layer.channels}, numbered from 0`);
    }
    const graph = buildUnitGraph(this.#plan, layer);
    const session = await this.#open(graph.appended);
    const asked = channel === undefined ? int64Tensor([], [0]) : int64Tensor([channel], [1]);
    const { chosenChannel, position, activation, signal } = graph;
    const feeds = { ...this.#fed(), [graph.channelInput]: asked };
    const { outputs } = await session.run(feeds, [chosenChannel, position, activation, signal], this.#options.signal);
    const flat = numberOf(outputs, position);
    return {
      layer,
      channel: numberOf(outputs, chosenChannel),
      x: flat % layer.width,
      y: Math.floor(flat / layer.width),
      activation: numberOf(outputs, activation),
      signal: this.#planes(outputOf(outputs, signal)),
    };
  }

  /** What was differentiated, where that is no class's score; undefined before the first answer. */
  get targetTitle(): string | undefined {
    return this.#target?.title;
  }

  /** Grad-CAM of the class, or of the target, at input size, values in [0, 1). */
  async gradCam(): Promise<CamMap> {
    return this.#options.gradCam(this.#classIndex ?? (await this.score()).classIndex);
  }

  /** One sentence or more on activations that the rules other than the gradient's leave as they are. */
  notRectified(): string {
    const { model, infos } = this.#plan.prepared;
    const values = (tensor: string) => model.graph.constants.get(tensor)?.values ?? infos.get(tensor)?.values;
    return notRectified(model.graph.nodes, values);
  }

  /** Told after every piece of long work. @throws when cancelled. */
  progress(done: number, total: number): void {
    this.#options.signal?.throwIfAborted();
    this.#options.onProgress?.(done, total);
  }

  async release(): Promise<void> {
    await Promise.allSettled(this.#sessions.splice(0).map((session) => session.release()));
  }

  /** A score, and what goes back from it to the picture in a way. */
  async #back(way: BackwardWay, picture?: Float32Array): Promise<Scored & { readonly maps: readonly CamMap[] }> {
    const { target } = this.#options;
    const isClass = target === undefined || target.kind === 'class';
    const { outputs, graph, ...scored } = isClass
      ? await this.#fromClass(way, picture)
      : await this.#fromTarget(target, way, picture);
    const maps = graph.biases.map((name): CamMap => {
      const tensor = outputOf(outputs, name);
      const [height = 1, width = 1] = tensor.shape.slice(-2);
      return { width, height, values: toFloat32(tensor) };
    });
    return { ...scored, signal: this.#signal(outputs, graph.signal), maps };
  }

  /** In one run; the class is that of the first answer. */
  async #fromClass(way: BackwardWay, picture?: Float32Array) {
    const { target } = this.#options;
    const asked = this.#classIndex ?? (target && classOf(target));
    const { classes } = this.#plan.logits;
    if (asked !== undefined && !(Number.isInteger(asked) && asked >= 0 && asked < classes)) {
      throw new Error(`there is no class ${asked}; this model has ${classes}, numbered from 0`);
    }
    const build = () => buildScoreGraph(this.#plan, way);
    const { session, graph } = await this.#loaded(this.#fromClasses, way, build);
    const classTensor = asked === undefined ? int64Tensor([], [0]) : int64Tensor([asked], [1]);
    const feeds = { ...this.#fed(picture), [graph.classInput]: classTensor };
    const fetches = [graph.chosenClass, graph.score, graph.signal, ...graph.biases];
    const { outputs } = await session.run(feeds, fetches, this.#options.signal);
    this.#classIndex ??= numberOf(outputs, graph.chosenClass);
    return { outputs, graph, classIndex: this.#classIndex, score: numberOf(outputs, graph.score) };
  }

  /** Two runs: the target says what its tensor's values are differentiated by, and that goes back. */
  async #fromTarget(choice: TargetChoice, way: BackwardWay, picture?: Float32Array) {
    const { logits } = this.#plan;
    const { signal } = this.#options;
    const fed = this.#fed(picture);
    const of = camTarget(choice, this.#plan).of ?? logits.tensor;
    const names = [...new Set([of, logits.tensor])];
    const values = await this.#values(fed, names);
    const best = bestClass(toFloat32(outputOf(values, logits.tensor)), logits);
    const settled = withClass(choice, this.#classIndex ?? best);
    this.#classIndex ??= classOf(settled) ?? best;
    this.#target ??= camTarget(settled, this.#plan);
    const tensor = outputOf(values, of);
    const { score, cotangent } = this.#target.at(toFloat32(tensor), tensor.shape);
    const build = () => buildSeedGraph(this.#plan, of, way);
    const { session, graph } = await this.#loaded(this.#fromSeeds, way, build);
    const feeds = { ...fed, [graph.seed]: float32Tensor(cotangent, graph.shape) };
    const { outputs } = await session.run(feeds, [graph.signal, ...graph.biases], signal);
    return { outputs, graph, classIndex: this.#classIndex, score };
  }

  async #values(fed: RuntimeTensors, names: readonly string[]): Promise<RuntimeTensors> {
    const { prepared } = this.#plan;
    const inner = undeclared(prepared.model, names);
    this.#plain ??= this.#open(inner.length > 0 ? appendixFor(prepared).encode([], inner) : undefined);
    return (await (await this.#plain).run(fed, names, this.#options.signal)).outputs;
  }

  /** Made and loaded once for each way. */
  #loaded<G extends { readonly appended: Uint8Array }>(
    known: Map<string, Promise<Loaded<G>>>,
    way: BackwardWay,
    build: () => G,
  ): Promise<Loaded<G>> {
    const load = async (): Promise<Loaded<G>> => {
      const graph = build();
      return { graph, session: await this.#open(graph.appended) };
    };
    const key = JSON.stringify(way);
    const loading = known.get(key) ?? load();
    known.set(key, loading);
    return loading;
  }

  async #open(appended?: Uint8Array): Promise<RuntimeSession> {
    const { path } = this.#plan.prepared.model;
    const session = await this.#runtime.load({ path, ...(appended && { appended }) }, this.#options.signal);
    this.#sessions.push(session);
    return session;
  }

  #fed(picture?: Float32Array): RuntimeTensors {
    const { name, type, shape } = this.#plan.input;
    if (picture === undefined) return { [name]: convertTo(type, this.#options.picture) };
    if (!isFloat(type)) {
      throw new Error(
        `the model takes whole-numbered pixels (${type}), so it cannot be asked about pictures in between`,
      );
    }
    return { [name]: convertTo(type, float32Tensor(this.#native(picture), shape)) };
  }

  #signal(outputs: RuntimeTensors, name: string): Planes {
    const signal = this.#planes(outputOf(outputs, name));
    const wrong = signal.values.find((one) => !Number.isFinite(one));
    if (wrong !== undefined) {
      throw new Error(`the signal at the picture holds ${wrong}: check the preprocessing, or the model's weights`);
    }
    return signal;
  }

  /** [1, C, H, W] or [1, H, W, C] as [C, H, W]. */
  #planes(tensor: RuntimeTensor): Planes {
    const values = toFloat32(tensor);
    const [height, width] = pictureSize(this.#plan.input);
    const pixels = height * width;
    const channels = values.length / pixels;
    const planes = this.#isChannelsLast
      ? values.map((_, i) => values[(i % pixels) * channels + Math.floor(i / pixels)] ?? Number.NaN)
      : values;
    return { channels, height, width, values: planes };
  }

  #native(planes: Float32Array): Float32Array {
    if (!this.#isChannelsLast) return planes;
    const { channels, height, width } = this.picture;
    return planes.map((_, i) => planes[(i % channels) * height * width + Math.floor(i / channels)] ?? Number.NaN);
  }

  get #isChannelsLast(): boolean {
    const [, width] = pictureSize(this.#plan.input);
    return this.#plan.input.shape.at(-1) !== width;
  }
}

function outputOf(outputs: RuntimeTensors, name: string): RuntimeTensor {
  const tensor = outputs[name];
  if (!tensor) throw new Error(`the run did not answer '${name}'`);
  return tensor;
}

function numberOf(outputs: RuntimeTensors, name: string): number {
  return toFloat32(outputOf(outputs, name))[0] ?? Number.NaN;
}
