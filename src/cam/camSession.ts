import type { Model } from '../graph/graph';
import type { RuntimeTensor, RuntimeTensors } from '../protocol/runtime';
import type { Runtime } from '../runtime/runtime';
import { convertTo, int64Tensor, toFloat32 } from '../runtime/runtimeTensor';
import type { CamGraph } from './camGraph';
import { type CamChoice, type KnownShapes, planCam } from './camPlan';
import type { CamLayer } from './layers';
import { type MethodChoice, mapArithmetic } from './methods';
import { type CamMap, finishMaps } from './normalise';
import { probeShapes } from './probeShapes';
import { checkRunnable } from './runnable';
import { checkGradient } from './selfCheck';
import { type CamLogits, type PictureInput, pictureInput, pictureSize } from './target';

export interface CamOptions extends Omit<CamChoice, 'method'> {
  /** Compare the gradient with a finite difference at the first run (default true). */
  readonly selfCheck?: boolean;
  /** Time the unmodified model at the first run (default true). */
  readonly timePlain?: boolean;
  readonly signal?: AbortSignal;
}

export interface CamTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

export interface CamOutput {
  /** One per class. */
  readonly logits: Float32Array;
  readonly probabilities: Float32Array;
  /** The class that was explained. */
  readonly classIndex: number;
  readonly layer: string;
  /** Id of the method, and as papers write it. */
  readonly method: string;
  readonly methodTitle: string;
  /** [1, C, h, w], whatever the layer's layout. */
  readonly activations: CamTensor;
  readonly gradients: CamTensor;
  /** Low-resolution map before ReLU. */
  readonly raw: CamMap;
  /** Normalised to [0, 1), at input size. */
  readonly map: CamMap;
  /** The rectified map is empty: nothing at this layer speaks for the class. */
  readonly allZero: boolean;
  /** Of ⟨gradient, u⟩ against a finite difference along one random direction u; NaN when not made. */
  readonly selfCheckRelativeError: number;
  readonly milliseconds: { readonly load: number; readonly plainForward: number; readonly run: number };
}

export interface CamQuestion extends MethodChoice {
  readonly signal?: AbortSignal | undefined;
}

/** A model extended by its gradient graph, loaded in the runtime child. */
export interface CamSession {
  readonly layer: CamLayer;
  /** What else could be chosen, in execution order. */
  readonly layers: readonly CamLayer[];
  readonly logits: CamLogits;
  readonly input: PictureInput;
  readonly appendedBytes: number;
  /** Explains a class (default: the most probable one) of one input. Runs the model unless only the method is another. */
  run(input: RuntimeTensor, classIndex?: number, question?: CamQuestion): Promise<CamOutput>;
  release(): Promise<void>;
}

/** Extends a model for class activation maps and loads it. Throws one clear sentence where that cannot be done. */
export async function openCam(
  runtime: Runtime,
  model: Model,
  shapes: KnownShapes,
  options: CamOptions = {},
): Promise<CamSession> {
  checkRunnable(model);
  const fedPicture = pictureInput(model.graph, shapes.infos);
  const infos = await probeShapes(runtime, model, shapes.infos, fedPicture, options.signal);
  const plan = planCam(model, { infos }, options);
  const { input, logits, layers, layer, graph } = plan;
  const session = await runtime.load({ path: model.path, appended: graph.appended }, options.signal);
  let plainForward: number | undefined;
  let selfCheck = Number.NaN;

  let last: { readonly picture: Uint8Array; readonly answer: Answer } | undefined;

  /** The last answer where it is the one to this question: methods differ in arithmetic only. */
  const known = ({ data }: RuntimeTensor, classIndex: number | undefined): Answer | undefined => {
    if (!last || Buffer.compare(last.picture, data) !== 0) return undefined;
    return last.answer.classIndex === (classIndex ?? indexOfMax(last.answer.logits)) ? last.answer : undefined;
  };

  const answerTo = async (picture: RuntimeTensor, classIndex?: number, signal?: AbortSignal): Promise<Answer> => {
    const fed = { [input.name]: convertTo(input.type, picture) };
    const feeds = { ...fed, [graph.classInput]: classTensor(classIndex, logits.classes) };
    const fetches = [graph.logits, graph.chosenClass, graph.activations, graph.gradients];
    const { outputs, milliseconds } = await session.run(feeds, fetches, signal);
    const values = readAnswer(outputs, graph, logits);
    if (options.timePlain ?? true) plainForward ??= await timePlain(runtime, model.path, fed, signal);
    // A gradient that is zero cannot be checked: another class may have a better one.
    if ((options.selfCheck ?? true) && Number.isNaN(selfCheck)) {
      selfCheck = await checkGradient(runtime, plan, fed, values, signal);
    }
    return {
      ...values,
      selfCheckRelativeError: selfCheck,
      milliseconds: { load: session.loadMilliseconds, plainForward: plainForward ?? Number.NaN, run: milliseconds },
    };
  };

  const run: CamSession['run'] = async (picture, classIndex, { signal, ...choice } = {}) => {
    const { method, title, compute } = mapArithmetic(choice);
    checkShape(picture, input.shape);
    const answer = known(picture, classIndex) ?? (await answerTo(picture, classIndex, signal));
    last = { picture: picture.data, answer };
    const values = compute({ layer, activations: answer.activations.data, gradients: answer.gradients.data });
    const raw = { height: layer.height, width: layer.width, values };
    checkFinite(raw, layer);
    const [height, width] = pictureSize(input);
    return {
      ...answer,
      layer: layer.tensor,
      ...{ method: method.id, methodTitle: title, raw },
      map: finishMaps([raw], width, height),
      allZero: values.every((value) => value <= 0),
    };
  };
  const { length: appendedBytes } = graph.appended;
  return {
    ...{ layer, layers, logits, input, appendedBytes, run },
    release: () => session.release(),
  };
}

type Outputs = Readonly<Record<string, RuntimeTensor>>;
/** What a run answers, before any method. */
type Answer = Omit<CamOutput, 'layer' | 'method' | 'methodTitle' | 'raw' | 'map' | 'allZero'>;

function readAnswer(outputs: Outputs, cam: CamGraph, { head }: CamLogits) {
  const read = (name: string): CamTensor => {
    const tensor = outputs[name];
    if (!tensor) throw new Error(`the run did not answer '${name}'`);
    return { shape: tensor.shape, data: toFloat32(tensor) };
  };
  const { data: logits } = read(cam.logits);
  checkScores(logits);
  return {
    logits,
    probabilities: PROBABILITIES[head](logits),
    classIndex: read(cam.chosenClass).data[0] ?? 0,
    activations: read(cam.activations),
    gradients: read(cam.gradients),
  };
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

/** Throws where the gradient is none. */
function checkFinite(raw: CamMap, { tensor }: CamLayer): void {
  const pixel = raw.values.find((one) => !Number.isFinite(one));
  if (pixel === undefined) return;
  throw new Error(
    `the map at '${tensor}' holds ${pixel}: the gradient overflows on its way there; choose a later layer`,
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

/** Milliseconds of the unmodified model: its second run, since the first allocates. */
async function timePlain(
  runtime: Runtime,
  path: string,
  fed: RuntimeTensors,
  signal: AbortSignal | undefined,
): Promise<number> {
  const session = await runtime.load({ path }, signal);
  try {
    await session.run(fed, undefined, signal);
    return (await session.run(fed, undefined, signal)).milliseconds;
  } finally {
    await session.release();
  }
}

function checkShape(picture: RuntimeTensor, shape: readonly number[]): void {
  const fits = picture.shape.length === shape.length && picture.shape.every((size, axis) => size === shape[axis]);
  if (fits) return;
  throw new Error(`the input is ${picture.shape.join('×')}, the model takes ${shape.join('×')}`);
}

/** The class to feed; none stands for the most probable one. */
function classTensor(index: number | undefined, classes: number): RuntimeTensor {
  if (index === undefined) return int64Tensor([], [0]);
  if (Number.isInteger(index) && index >= 0 && index < classes) return int64Tensor([index], [1]);
  throw new Error(`there is no class ${index}; this model has ${classes}, numbered from 0`);
}
