import type { Model } from '../../graph/graph';
import type { CamModeOption, TargetChoice } from '../../protocol/camPanel';
import type { RuntimeTensor } from '../../protocol/runtime';
import type { Runtime } from '../../runtime/runtime';
import type { CamBench } from '../camMethod';
import type { ModeBench } from '../gradientMode';
import type { CamLayer } from '../layers/layers';
import { type CamLogits, type PictureInput, pictureSize } from '../layers/target';
import { computeFormula } from '../maths/arithmetic';
import { whyNotFinite } from '../maths/finite';
import { type CamMap, finishMaps } from '../maths/normalise';
import { METHODS, type MethodChoice, mapArithmetic } from '../methods';
import { modeOptions } from '../modes';
import type { CamChoice, CamPlan, KnownShapes } from './camPlan';
import { planCam } from './camPlan';
import { ModelFacts } from './modelFacts';
import { isByMode, ModeMaps } from './modeMaps';
import type { PictureBench } from './pictureBench';
import { type Explained, PictureRuns } from './pictureRuns';
import { checkNote } from './selfCheck';

export interface CamOptions extends CamChoice {
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
  /** The class that was explained; the most probable one where the target is no class. */
  readonly classIndex: number;
  /** The classes whose scores speak for what is explained; none where that is no class. */
  readonly about: readonly number[];
  /** What was differentiated, for people. */
  readonly targetTitle: string;
  /** Id of how the gradient was made. */
  readonly mode: string;
  /** Why it was made otherwise than asked, in one sentence. */
  readonly fellBack?: string;
  /** Of a mode that only approximates the gradient. */
  readonly relativeError?: number;
  /** Its own estimate of that, where the gradient is not known. */
  readonly errorBound?: number;
  /** What each mode would cost; absent where the method needs none. */
  readonly modes?: readonly CamModeOption[];
  readonly layer: string;
  /** Id of the method, and as papers write it. */
  readonly method: string;
  readonly methodTitle: string;
  /** [1, C, h, w], whatever the layer's layout. */
  readonly activations: CamTensor;
  /** The same; without elements where a gradient rule is missing. */
  readonly gradients: CamTensor;
  /** Low-resolution map before ReLU. */
  readonly raw: CamMap;
  /** Normalised to [0, 1), at input size. */
  readonly map: CamMap;
  /** The rectified map is empty: nothing at this layer speaks for the target. */
  readonly allZero: boolean;
  /** Of ⟨gradient, u⟩ against a finite difference along one random direction u; NaN when not made. */
  readonly selfCheckRelativeError: number;
  /** Why it was not made. */
  readonly unchecked?: string;
  /** What a large error comes from, in one sentence; '' where it is small. */
  readonly checkNote: string;
  readonly milliseconds: { readonly load: number; readonly plainForward: number; readonly run: number };
}

export interface CamQuestion extends MethodChoice {
  /** Default: the class. */
  readonly target?: TargetChoice | undefined;
  /** How Grad-CAM's gradient is made; chosen automatically when absent. */
  readonly mode?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told how much of long work is done. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** A model extended by its gradient graph, loaded in the runtime child. */
export interface CamSession {
  readonly plan: CamPlan;
  readonly layer: CamLayer;
  /** What else could be chosen, in execution order. */
  readonly layers: readonly CamLayer[];
  readonly logits: CamLogits;
  readonly input: PictureInput;
  /** Why there are no gradients here, in one sentence. */
  readonly missing?: string;
  /** Explains a class (default: the most probable one) of one input. Runs the model unless only the method is another. */
  run(input: RuntimeTensor, classIndex?: number, question?: CamQuestion): Promise<CamOutput>;
  /** What methods and metrics may ask of one input; valid until it is released. */
  bench(input: RuntimeTensor, classIndex?: number, question?: CamQuestion): Promise<ModeBench>;
  release(): Promise<void>;
}

/** Extends a model for class activation maps and loads it. Throws one clear sentence where that cannot be done. */
export async function openCam(
  runtime: Runtime,
  model: Model,
  shapes: KnownShapes,
  options: CamOptions = {},
): Promise<CamSession> {
  const facts = new ModelFacts(runtime, model, shapes);
  return openPlanned(facts, planCam(model, { infos: await facts.infos(options.signal) }, options), options);
}

/** The same for what is decided already. */
export async function openPlanned(
  facts: ModelFacts,
  plan: CamPlan,
  options: Omit<CamOptions, keyof CamChoice> = {},
): Promise<CamSession> {
  const { runtime } = facts;
  const runs = await PictureRuns.open(facts, plan, options);
  const modeMaps = new ModeMaps();
  const { layer, layers, logits, input } = plan;
  const choiceOf = (classIndex: number | undefined, target: TargetChoice | undefined): TargetChoice =>
    target ?? { kind: 'class', ...(classIndex !== undefined && { index: classIndex }) };

  const flat = ({ activations, gradients }: Explained): CamBench => ({
    ...{ layer, activations: activations.data, gradients: gradients.data },
  });

  const bench: CamSession['bench'] = (picture, classIndex, question = {}) =>
    runs.bench(picture, choiceOf(classIndex, question.target), question);

  const run: CamSession['run'] = async (picture, classIndex, question = {}) => {
    const choice = choiceOf(classIndex, question.target);
    const how = mapArithmetic(question);
    checkPooling(question, layer);
    const answer = await runs.explain(picture, choice, question.signal);
    const open = (): Promise<PictureBench> => runs.bench(picture, choice, question);
    const formula = (): Promise<Float32Array> =>
      computeFormula(runtime.bundle('arithmeticWorker.js'), question, flat(answer), question.signal);
    const made = isByMode(how, question, runs.missing)
      ? await modeMaps.map(await open(), question.mode)
      : { mode: 'reverse', raw: await (how.needs === 'runs' ? how.computeByRuns(await open()) : formula()) };
    const { raw: values, ...rest } = made;
    const modes = how.method === METHODS.gradCam ? modeOptions(runs.context(choice)) : undefined;
    const raw = { height: layer.height, width: layer.width, values };
    const problem = whyNotFinite(values, layer.tensor, answer.activations.data);
    if (problem !== undefined) throw new Error(problem);
    const [height, width] = pictureSize(input);
    return {
      ...answer,
      ...rest,
      ...(modes && { modes }),
      layer: layer.tensor,
      ...{ method: how.method.id, methodTitle: how.title, raw },
      map: finishMaps([raw], width, height, question),
      allZero: values.every((value) => (question.leak ? value === 0 : value <= 0)),
      checkNote: checkNote(answer.selfCheckRelativeError, runs.context({ kind: 'class' }).tail),
    };
  };
  return {
    ...{ plan, layer, layers, logits, input, run, bench },
    ...(runs.missing !== undefined && { missing: runs.missing }),
    release: () => runs.release(),
  };
}

/** Throws where a grid is finer than the map. */
function checkPooling({ pooling = 1 }: MethodChoice, { height, width }: CamLayer): void {
  const most = Math.max(height, width);
  if (pooling <= most) return;
  throw new Error(`a pooling of ${pooling}: the map is ${height}×${width}, so give at most ${most} cells a side`);
}
