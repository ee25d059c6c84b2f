import type { AppendixBuilder } from '../../autodiff/graphBuilder';
import { gradient } from '../../autodiff/reverse';
import { isStatic } from '../../graph/graph';
import type { ValueToWrite } from '../../onnx/writer';
import type { RuntimeTensor, RuntimeTensors } from '../../protocol/runtime';
import type { Runtime, RuntimeSession } from '../../runtime/runtime';
import { float32Tensor, int64Tensor, toFloat32 } from '../../runtime/runtimeTensor';
import { fromMaps } from '../layers/nativeMaps';
import { appendixFor, asMaps, classSeed, undeclared } from './camGraph';
import type { CamPlan } from './camPlan';
import { Openings } from './openings';
import { encodeTail, reachedFrom, type Tail, tailBuilder, tailOf } from './tail';
import { hessianRecipe, pushRecipe } from './tailForward';

/** What is kept of one picture, so that all further questions run only what follows the layer. */
export interface Shot {
  /** The picture, as the model takes it. */
  readonly fed: RuntimeTensors;
  /** The layer's tensor. */
  readonly native: RuntimeTensor;
  /** Side inputs by the tail's tensor; filled when first needed. */
  readonly sides: Map<string, RuntimeTensors>;
}

/** A question to a tail. */
export interface TailQuestion {
  readonly shot: Shot;
  /** Other activations than the picture's. */
  readonly native?: RuntimeTensor | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A tail with what is appended to it: how it is asked, and the names of its answers. */
export interface TailRecipe {
  readonly whole: Uint8Array;
  /** Inputs beside the layer's and the sides. */
  readonly inputs?: readonly string[];
  readonly outputs: readonly string[];
}

interface LoadedTail {
  readonly recipe: TailRecipe;
  /** Undefined where there is nothing to answer. */
  readonly session: RuntimeSession | undefined;
}

/** The parts of a model behind one layer, loaded when they are first needed. */
export class TailSessions {
  readonly #runtime: Pick<Runtime, 'load'>;
  readonly #plan: CamPlan;
  readonly #tails = new Map<string, Tail>();
  readonly #loaded = new Openings<LoadedTail>(async ({ session }) => session?.release());
  /** Sessions of the whole model that answer side inputs. */
  readonly #sources = new Openings<RuntimeSession>((session) => session.release());

  constructor(runtime: Pick<Runtime, 'load'>, plan: CamPlan) {
    this.#runtime = runtime;
    this.#plan = plan;
  }

  /** What lies between the layer and a tensor. Throws one sentence where that is nothing. */
  tail(of: string): Tail {
    const tail = this.#tails.get(of) ?? tailOf(this.#plan.prepared, this.#plan.layer, of);
    this.#tails.set(of, tail);
    return tail;
  }

  /** Whether a tensor follows from the layer. */
  reaches(of: string): boolean {
    const { prepared, layer } = this.#plan;
    return reachedFrom(prepared.model.graph.nodes, [layer.tensor]).has(of);
  }

  /** The gradient of a class's score, [C, h, w]. */
  async classGradient(classIndex: number, question: TailQuestion): Promise<Float32Array> {
    const { logits, layer } = this.#plan;
    const recipe = (tail: Tail): TailRecipe => {
      const build = tailBuilder(tail);
      const asked: ValueToWrite = { name: build.reserve('class'), type: 'int64', shape: [1] };
      const seed = classSeed(build, logits, asked.name);
      const request = { of: logits.tensor, seed, wrt: [layer.tensor], recompute: true };
      const gradients = gradient(tail.model, tail.infos, build, request).get(layer.tensor) ?? '';
      return recipeOf(tail, build, [asked], asMaps(build, gradients, layer));
    };
    return only(await this.ask('class', logits.tensor, recipe, question, [int64Tensor([classIndex], [1])]));
  }

  /** The elements of a tensor. */
  async values(of: string, question: TailQuestion): Promise<Float32Array> {
    const recipe = (tail: Tail): TailRecipe => recipeOf(tail, tailBuilder(tail), [], of);
    return only(await this.ask('values', of, recipe, question));
  }

  /** ⟨cotangent, ∂of/∂A⟩ for any cotangent of `of`, [C, h, w]. */
  async pullBack(of: string, cotangent: Float32Array, question: TailQuestion): Promise<Float32Array> {
    const { layer } = this.#plan;
    const shape = this.shape(of);
    const recipe = (tail: Tail): TailRecipe => {
      const build = tailBuilder(tail);
      const seed: ValueToWrite = { name: build.reserve('seed'), type: 'float32', shape };
      const request = { of, seed: { tensor: seed.name }, wrt: [layer.tensor] };
      const gradients = gradient(tail.model, tail.infos, build, request).get(layer.tensor) ?? '';
      return recipeOf(tail, build, [seed], asMaps(build, gradients, layer));
    };
    return only(await this.ask('pullBack', of, recipe, question, [float32Tensor(cotangent, shape)]));
  }

  /**
   * ∂of/∂A · direction for `count` directions [C, h, w], or [C] where one is the same at all positions: [count, elements of
   * `of`]; undefined where it is zero for every direction.
   */
  async push(
    of: string,
    directions: Float32Array,
    question: TailQuestion,
    count = 1,
  ): Promise<Float32Array | undefined> {
    const { layer } = this.#plan;
    const { channels, height, width } = layer;
    const size = directions.length === count * channels ? [1, 1] : [height, width];
    const rows = float32Tensor(directions, [count, channels, ...size]);
    return (await this.ask('push', of, (tail) => pushRecipe(tail, layer), question, [rows]))[0];
  }

  /**
   * The Hessian of ⟨cotangent, of⟩ times a direction [C, h, w]; undefined where there is no curvature at all. Tokens in front
   * of the image's move along their own values, so that the direction A is all of the layer's tensor.
   */
  async hessianTimes(
    of: string,
    cotangent: Float32Array,
    direction: Float32Array,
    question: TailQuestion,
  ): Promise<Float32Array | undefined> {
    const { layer } = this.#plan;
    const { native = question.shot.native } = question;
    const like = float32Tensor(toFloat32(native), native.shape);
    const extra = [float32Tensor(cotangent, this.shape(of)), fromMaps(direction, layer, like)];
    return (await this.ask('hessian', of, (tail) => hessianRecipe(tail, layer), question, extra))[0];
  }

  /** The shape of a tensor that is differentiated. Throws where it is not known. */
  shape(of: string): readonly number[] {
    const shape = this.#plan.prepared.infos.get(of)?.shape;
    if (isStatic(shape)) return shape;
    throw new Error(`the shape of '${of}' is not known`);
  }

  /** Runs a tail that ends at `of`, extended by a recipe; `kind` names the recipe, which is loaded once. */
  async ask(
    kind: string,
    of: string,
    recipe: (tail: Tail) => TailRecipe,
    { shot, native = shot.native, signal }: TailQuestion,
    extra: readonly RuntimeTensor[] = [],
  ): Promise<readonly Float32Array[]> {
    const tail = this.tail(of);
    const loaded = await this.#loaded.get(`${kind} ${of}`, () => this.#load(tail, recipe(tail), signal), signal);
    const { recipe: asked, session } = loaded;
    if (!session) return [];
    const { inputs = [], outputs } = asked;
    const isRead = (name: string): boolean => session.inputs.includes(name);
    const given: RuntimeTensors = {
      ...(tail.sides.some(isRead) && (await this.sides(tail, shot, signal))),
      [this.#plan.layer.tensor]: native,
      ...Object.fromEntries(inputs.flatMap((name, index) => (extra[index] ? [[name, extra[index]]] : []))),
    };
    const feeds = Object.fromEntries(Object.entries(given).filter(([name]) => isRead(name)));
    const answer = (await session.run(feeds, outputs, signal)).outputs;
    return outputs.map((name) => {
      const tensor = answer[name];
      if (!tensor) throw new Error(`the run did not answer '${name}'`);
      return toFloat32(tensor);
    });
  }

  /** The side inputs of a picture: from one run of the whole model, where there are any. */
  async sides(tail: Tail, { fed, sides }: Shot, signal?: AbortSignal): Promise<RuntimeTensors> {
    const known = sides.get(tail.of);
    if (known) return known;
    const wanted = tail.sides.filter((name) => fed[name] === undefined);
    const answer = wanted.length > 0 ? await this.#fetch(tail.of, wanted, fed, signal) : {};
    const all = Object.fromEntries(Object.entries({ ...fed, ...answer }).filter(([name]) => tail.sides.includes(name)));
    sides.set(tail.of, all);
    return all;
  }

  async release(): Promise<void> {
    await Promise.all([this.#loaded.clear(), this.#sources.clear()]);
  }

  async #load(tail: Tail, recipe: TailRecipe, signal: AbortSignal | undefined): Promise<LoadedTail> {
    if (recipe.outputs.length === 0) return { recipe, session: undefined };
    const { path } = this.#plan.prepared.model;
    // 'all' adds blocked layouts: where nothing convolves, changing into them is all that they cost.
    const convolves = tail.model.graph.nodes.some(({ operator }) => operator.includes('Conv'));
    const optimization = convolves ? 'all' : 'extended';
    return { recipe, session: await this.#runtime.load({ path, whole: recipe.whole, optimization }, signal) };
  }

  async #fetch(
    of: string,
    wanted: readonly string[],
    fed: RuntimeTensors,
    signal: AbortSignal | undefined,
  ): Promise<RuntimeTensors> {
    const { prepared } = this.#plan;
    const open = (): Promise<RuntimeSession> => {
      const appended = appendixFor(prepared).encode([], undeclared(prepared.model, wanted));
      return this.#runtime.load({ path: prepared.model.path, appended }, signal);
    };
    const session = await this.#sources.get(of, open, signal);
    return (await session.run(fed, wanted, signal)).outputs;
  }
}

function only([answer]: readonly Float32Array[]): Float32Array {
  if (!answer) throw new Error('the run answered nothing');
  return answer;
}

/** A tail that answers one tensor, or nothing. */
function recipeOf(
  tail: Tail,
  build: AppendixBuilder,
  inputs: readonly ValueToWrite[],
  output: string | undefined,
): TailRecipe {
  const outputs = output === undefined ? [] : [output];
  return { whole: encodeTail(tail, build, inputs, outputs), inputs: inputs.map(({ name }) => name), outputs };
}
