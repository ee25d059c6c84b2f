import type { TargetChoice } from '../../protocol/camPanel';
import type { RuntimeTensor, RuntimeTensors } from '../../protocol/runtime';
import type { RuntimeSession } from '../../runtime/runtime';
import { convertTo, int64Tensor, toFloat32 } from '../../runtime/runtimeTensor';
import type { CamTarget, TargetValue } from '../camTarget';
import { isZeroGradient, OTHER_METHODS, withoutGradient } from '../explain/withoutGradient';
import type { ModeContext } from '../gradientMode';
import { toMaps } from '../layers/nativeMaps';
import type { CamLogits } from '../layers/target';
import { positionAxes } from '../layers/target';
import { aboutClasses, camTarget, classOf, withClass } from '../targets';
import { buildForwardGraph, type CamGraph, type ForwardGraph } from './camGraph';
import type { CamPlan } from './camPlan';
import type { CamOptions, CamOutput, CamQuestion } from './camSession';
import type { ModelFacts } from './modelFacts';
import { Openings } from './openings';
import { PictureBench } from './pictureBench';
import { checkGradient } from './selfCheck';
import { type Shot, TailSessions } from './tailSessions';

/** What the first run of a picture answers; later questions run only what follows the layer. */
export interface PictureShot extends Shot {
  /** As it was given. */
  readonly picture: RuntimeTensor;
  readonly logits: Float32Array;
  readonly probabilities: Float32Array;
  /** [C, h, w] */
  readonly activations: Float32Array;
  readonly milliseconds: number;
}

/** A target at a picture: ready to be asked for. */
export interface Aim {
  readonly choice: TargetChoice;
  readonly target: CamTarget;
  /** The tensor whose function the target is. */
  readonly of: string;
  /** The target's class; the most probable one where it is no class. */
  readonly classIndex: number;
}

type RunOptions = Pick<CamOptions, 'selfCheck' | 'timePlain' | 'signal'>;

interface Recipe {
  readonly graph: CamGraph | ForwardGraph;
  readonly missing: string | undefined;
  readonly isZero: boolean;
}

interface Forward {
  readonly graph: ForwardGraph;
  readonly session: RuntimeSession;
}

/** Everything about the explanation of a picture before any method. */
export type Explained = Omit<
  CamOutput,
  'checkNote' | 'layer' | 'method' | 'methodTitle' | 'mode' | 'raw' | 'map' | 'allZero'
>;

/** The runs that questions about one picture at one layer take, each only once; the last picture's are kept. */
export class PictureRuns {
  /** Why there are no gradients, in one sentence. */
  readonly missing: string | undefined;
  /** Whether that is because they are zero. */
  readonly #isZero: boolean;
  readonly plan: CamPlan;
  readonly tails: TailSessions;
  readonly #facts: ModelFacts;
  readonly #options: RunOptions;
  readonly #graph: CamGraph | ForwardGraph;
  readonly #session: RuntimeSession;
  /** The whole model without gradients, by the target's tensor. */
  readonly #forwards = new Openings<Forward>(({ session }) => session.release());
  #last: PictureShot | undefined;
  /** Of the last picture. */
  #gradient: { readonly key: string; readonly values: Float32Array } | undefined;
  #selfCheck = Number.NaN;

  static async open(facts: ModelFacts, plan: CamPlan, options: RunOptions): Promise<PictureRuns> {
    const known = recipe(plan);
    const { path } = plan.prepared.model;
    const session = await facts.runtime.load({ path, appended: known.graph.appended }, options.signal);
    return new PictureRuns(facts, plan, options, known, session);
  }

  private constructor(
    facts: ModelFacts,
    plan: CamPlan,
    options: RunOptions,
    { graph, missing, isZero }: Recipe,
    session: RuntimeSession,
  ) {
    this.#facts = facts;
    this.plan = plan;
    this.#options = options;
    this.#graph = graph;
    this.missing = missing;
    this.#isZero = isZero;
    this.#session = session;
    this.tails = new TailSessions(facts.runtime, plan);
  }

  async explain(picture: RuntimeTensor, choice: TargetChoice, signal?: AbortSignal): Promise<Explained> {
    const { shot, aim } = await this.#aim(picture, choice, signal);
    const gradients = await this.gradients(shot, aim, signal);
    const isTimed = this.#options.timePlain ?? true;
    const plainForward = isTimed ? await this.#facts.plainForward(shot.fed, signal) : Number.NaN;
    await this.#check(shot, aim, gradients, signal);
    const { channels, height, width } = this.plan.layer;
    const shape = [1, channels, height, width];
    return {
      logits: shot.logits,
      probabilities: shot.probabilities,
      classIndex: aim.classIndex,
      about: aboutClasses(aim.choice),
      targetTitle: aim.target.title,
      activations: { shape, data: shot.activations },
      gradients: { shape, data: gradients },
      selfCheckRelativeError: this.#selfCheck,
      ...(Number.isNaN(this.#selfCheck) && { unchecked: this.#unchecked(aim) }),
      milliseconds: {
        load: this.#session.loadMilliseconds,
        plainForward,
        run: shot.milliseconds,
      },
    };
  }

  async bench(picture: RuntimeTensor, choice: TargetChoice, question: CamQuestion): Promise<PictureBench> {
    const { shot, aim } = await this.#aim(picture, choice, question.signal);
    const [gradients, value] = [
      await this.gradients(shot, aim, question.signal),
      await this.value(shot, aim, question.signal),
    ];
    return new PictureBench(this, { shot, aim, gradients, score: value.score, question });
  }

  /** What modes ask before anything is run. Throws one sentence where the target does not follow from the layer. */
  context(choice: TargetChoice): ModeContext {
    return this.contextOf(camTarget(choice, this.plan).of ?? this.plan.logits.tensor);
  }

  /** The same for a target that is a function of a tensor. */
  contextOf(of: string): ModeContext {
    return { layer: this.plan.layer, tail: this.tails.tail(of), missing: this.missing, isZero: this.#isZero };
  }

  /** The target's gradient at the layer, [C, h, w]; empty where a rule is missing. */
  async gradients(shot: PictureShot, aim: Aim, signal?: AbortSignal): Promise<Float32Array> {
    if (this.missing !== undefined) return new Float32Array(0);
    const key = keyOf(aim);
    if (this.#last === shot && this.#gradient?.key === key) return this.#gradient.values;
    const values =
      aim.choice.kind === 'class'
        ? await this.tails.classGradient(aim.classIndex, { shot, signal })
        : await this.tails.pullBack(aim.of, (await this.value(shot, aim, signal)).cotangent, { shot, signal });
    if (this.#last === shot) this.#gradient = { key, values };
    return values;
  }

  /** The target's score and its derivative by the elements of its tensor, with other activations where they are given. */
  async value(shot: PictureShot, aim: Aim, signal?: AbortSignal, native?: RuntimeTensor): Promise<TargetValue> {
    const { logits } = this.plan;
    const isKnown = native === undefined && aim.of === logits.tensor && positionAxes(logits).length === 0;
    const values = isKnown ? shot.logits : await this.tails.values(aim.of, { shot, native, signal });
    const value = aim.target.at(values, this.tails.shape(aim.of));
    if (value.cotangent.every(Number.isFinite)) return value;
    throw new Error(
      `the target (${aim.target.title}) has no derivative here: its score is ${value.score}; check what it compares with, or choose another target`,
    );
  }

  /** Another picture through the whole model, without gradients. */
  async another(
    input: RuntimeTensor,
    aim: Aim,
    signal?: AbortSignal,
  ): Promise<{ readonly score: number; readonly logits: Float32Array; readonly activations: Float32Array }> {
    const { input: picture, layer } = this.plan;
    const { session, graph } = await this.#forward(aim.of, signal);
    const { outputs } = await session.run(
      { [picture.name]: convertTo(picture.type, input) },
      [...new Set([graph.logits, graph.activations, aim.of])],
      signal,
    );
    const of = toFloat32(read(outputs, aim.of));
    return {
      score: aim.target.at(of, this.tails.shape(aim.of)).score,
      logits: toFloat32(read(outputs, graph.logits)),
      activations: toMaps(read(outputs, graph.activations), layer),
    };
  }

  async release(): Promise<void> {
    await Promise.all([this.#session.release(), this.tails.release(), this.#forwards.clear()]);
  }

  async #aim(picture: RuntimeTensor, choice: TargetChoice, signal?: AbortSignal) {
    const { logits, input } = this.plan;
    // What cannot be asked for is refused before the model runs.
    camTarget(choice, this.plan);
    checkShape(picture, input.shape);
    const last = this.#last && Buffer.compare(this.#last.picture.data, picture.data) === 0 ? this.#last : undefined;
    const shot = last ?? (await this.#shoot(picture, choice.kind === 'class' ? choice.index : undefined, signal));
    const mostProbable = indexOfMax(shot.logits);
    const settled = withClass(choice, mostProbable);
    const target = camTarget(settled, this.plan);
    const classIndex = classOf(settled) ?? mostProbable;
    const aim: Aim = { choice: settled, target, of: target.of ?? logits.tensor, classIndex };
    return { shot, aim };
  }

  /** The first run of a picture: with the gradient of a class, which is what most ask for next. */
  async #shoot(picture: RuntimeTensor, classIndex?: number, signal?: AbortSignal): Promise<PictureShot> {
    const { input, logits: scores, layer } = this.plan;
    const graph = this.#graph;
    const fed = { [input.name]: convertTo(input.type, picture) };
    const [asked, gradients] =
      'gradients' in graph ? [{ [graph.classInput]: classTensor(classIndex) }, [graph.gradients]] : [{}, []];
    const fetches = [...new Set([graph.logits, graph.activations, ...gradients])];
    const { outputs, milliseconds } = await this.#session.run({ ...fed, ...asked }, fetches, signal);
    const logits = toFloat32(read(outputs, graph.logits));
    checkScores(logits);
    const native = read(outputs, graph.activations);
    const shot: PictureShot = {
      ...{ picture, fed, native, sides: new Map(), logits, milliseconds },
      probabilities: PROBABILITIES[scores.head](logits),
      activations: toMaps(native, layer),
    };
    this.#last = shot;
    this.#gradient = undefined;
    for (const name of gradients) {
      this.#gradient = { key: `class ${classIndex ?? indexOfMax(logits)}`, values: toFloat32(read(outputs, name)) };
    }
    return shot;
  }

  #unchecked({ choice }: Aim): string {
    if (this.missing !== undefined) return 'not possible: there is no gradient here';
    if (choice.kind !== 'class') return 'made for classes only';
    return (this.#options.selfCheck ?? true) ? 'not possible: the gradient is zero' : 'not made';
  }

  /** A gradient that is zero cannot be checked: another target may have a better one. */
  async #check(shot: PictureShot, aim: Aim, gradient: Float32Array, signal?: AbortSignal): Promise<void> {
    const isWanted = (this.#options.selfCheck ?? true) && Number.isNaN(this.#selfCheck);
    if (!isWanted || this.missing !== undefined || aim.choice.kind !== 'class') return;
    const { logits, layer } = this.plan;
    const tail = this.tails.tail(logits.tensor);
    const fed = { ...(await this.tails.sides(tail, shot, signal)), [layer.tensor]: shot.native };
    const answer = { ...shot, classIndex: aim.classIndex, gradient };
    this.#selfCheck = await checkGradient(this.#facts.runtime, { tail, logits, layer }, fed, answer, signal);
  }

  #forward(of: string, signal?: AbortSignal): Promise<Forward> {
    const { prepared, logits, layer } = this.plan;
    const open = async (): Promise<Forward> => {
      const graph = buildForwardGraph(prepared, logits, layer, [of]);
      const { path } = prepared.model;
      return { graph, session: await this.#facts.runtime.load({ path, appended: graph.appended }, signal) };
    };
    return this.#forwards.get(of, open, signal);
  }
}

/** The one-run recipe; where a gradient rule is missing, what works without. */
function recipe(plan: CamPlan): Recipe {
  try {
    return { graph: plan.graph, missing: undefined, isZero: false };
  } catch (error) {
    const { prepared, logits, layer } = plan;
    const missing = withoutGradient(error, `a layer behind it, or ${OTHER_METHODS}`);
    return { graph: buildForwardGraph(prepared, logits, layer), missing, isZero: isZeroGradient(error) };
  }
}

/** What tells one gradient from another. */
function keyOf({ choice, classIndex }: Aim): string {
  return choice.kind === 'class' ? `class ${classIndex}` : JSON.stringify(choice);
}

function read(outputs: RuntimeTensors, name: string): RuntimeTensor {
  const tensor = outputs[name];
  if (!tensor) throw new Error(`the run did not answer '${name}'`);
  return tensor;
}

const PROBABILITIES: Readonly<Record<CamLogits['head'], (logits: Float32Array) => Float32Array>> = {
  softmax,
  sigmoid: (logits) => logits.map((score) => 1 / (1 + Math.exp(-score))),
  none: (logits) => logits.map(() => Number.NaN),
};

/** Throws where the model computes no numbers: they explain nothing. */
function checkScores(logits: Float32Array): void {
  const score = logits.find((one) => !Number.isFinite(one));
  if (score === undefined) return;
  throw new Error(
    `the model answers ${score} for this picture: check mean, standard deviation and scale, or its weights`,
  );
}

function indexOfMax(values: Float32Array): number {
  return values.reduce((best, value, i) => (value > (values[best] ?? Number.NaN) ? i : best), 0);
}

function softmax(logits: Float32Array): Float32Array {
  const greatest = logits.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const powers = logits.map((score) => Math.exp(score - greatest));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

function checkShape(picture: RuntimeTensor, shape: readonly number[]): void {
  const fits = picture.shape.length === shape.length && picture.shape.every((size, axis) => size === shape[axis]);
  if (fits) return;
  throw new Error(`the input is ${picture.shape.join('×')}, the model takes ${shape.join('×')}`);
}

/** The class to feed; none stands for the most probable one. */
function classTensor(index: number | undefined): RuntimeTensor {
  return index === undefined ? int64Tensor([], [0]) : int64Tensor([index], [1]);
}
