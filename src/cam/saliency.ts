import { NoGradient } from '../autodiff/reverse';
import { type Preprocessing, preprocess } from '../image/preprocess';
import type { TargetChoice } from '../protocol/camPanel';
import type { Explainer, Subject } from './explain/explainer';
import { OTHER_METHODS, withoutGradient } from './explain/withoutGradient';
import type { CamMap } from './maths/normalise';
import { deconvolution } from './saliency/deconvolution';
import { fullGrad } from './saliency/fullGrad';
import { gradientTimesInput } from './saliency/gradientTimesInput';
import { guidedBackpropagation } from './saliency/guidedBackpropagation';
import { guidedGradCam } from './saliency/guidedGradCam';
import { integratedGradients } from './saliency/integratedGradients';
import { smoothGrad } from './saliency/smoothGrad';
import { vanillaGradient } from './saliency/vanillaGradient';
import { zfNetDeconvolution } from './saliency/zfNetDeconvolution';
import type { Planes, SaliencyAnswer, SaliencyKind, SaliencyOptions } from './saliencyKind';
import { SaliencyBench } from './signals/saliencyBench';
import { deprocessed, saliencyMap } from './signals/saliencyPicture';

/** Every kind, by the file in src/cam/saliency that holds it; the order is that of lists for people. */
export const SALIENCY_KINDS = {
  ...{ vanillaGradient, gradientTimesInput, smoothGrad, integratedGradients },
  ...{ guidedBackpropagation, guidedGradCam, deconvolution, zfNetDeconvolution, fullGrad },
} satisfies Record<string, SaliencyKind>;

const ALL: readonly SaliencyKind[] = Object.values(SALIENCY_KINDS);
/** In the order of lists for people. */
export const SALIENCY_IDS: readonly string[] = ALL.map(({ id }) => id);

/** The kind with an id. Throws one sentence with all ids when there is none. */
export function saliencyKind(id: string): SaliencyKind {
  const kind = ALL.find((candidate) => candidate.id === id);
  if (kind) return kind;
  throw new Error(`there is no saliency '${id}'; choose one of ${SALIENCY_IDS.join(', ')}`);
}

export interface SaliencyQuestion extends SaliencyOptions {
  /** Default: the most probable class. */
  readonly classIndex?: number;
  /** What is differentiated; default: the class's score. */
  readonly target?: TargetChoice;
  /** Tensor of the layer for Grad-CAM and for the unit of a deconvolution; chosen automatically when absent. */
  readonly layer?: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

export interface SaliencyResult extends SaliencyAnswer {
  readonly kind: string;
  readonly title: string;
  /** The class that was explained; absent where a unit was. */
  readonly classIndex?: number;
  /** What was differentiated, where that is no class's score. */
  readonly targetTitle?: string;
  /** One value per pixel, 0–1, at input size. */
  readonly map: CamMap;
  /** Opaque pixels around grey, at input size; absent where there is only a map. */
  readonly rgba?: Uint8Array;
}

/** Several kinds of one picture, from models that are loaded once. */
export interface OpenSaliency {
  of(kind: string): Promise<SaliencyResult>;
  release(): Promise<void>;
}

/** Ready to differentiate a score, or a unit, by the picture itself. @throws one clear sentence where that cannot be done. */
export async function openSaliency(
  explainer: Explainer,
  subject: Subject,
  question: SaliencyQuestion = {},
): Promise<OpenSaliency> {
  const { classIndex, target, layer, signal, onProgress, ...options } = question;
  const { spec } = explainer.preprocessing;
  const plan = await explainer.plan(layer, signal);
  const cancel = signal ? { signal } : {};
  const bench = new SaliencyBench(explainer.runtime, plan, {
    ...cancel,
    picture: subject.input,
    black: preprocess({ width: 1, height: 1, rgb: new Uint8Array(3) }, { ...spec, resize: 'squash' }).tensor,
    ...(classIndex !== undefined && { classIndex }),
    ...(target && { target }),
    ...(onProgress && { onProgress }),
    gradCam: async (asked) => {
      const asks = target && target.kind !== 'class' ? { target } : { classIndex: asked };
      return (await explainer.explain(subject, { ...asks, layer: plan.layer.tensor, ...cancel })).map;
    },
  });
  return {
    of: (id) => answer(bench, saliencyKind(id), options, spec),
    release: () => bench.release(),
  };
}

async function answer(
  bench: SaliencyBench,
  kind: SaliencyKind,
  options: SaliencyOptions,
  spec: Preprocessing,
): Promise<SaliencyResult> {
  const { raw, ...more } = await kind.compute(bench, options).catch((error: unknown) => {
    throw error instanceof NoGradient
      ? new Error(withoutGradient(error, `instead of saliency the map of a layer by ${OTHER_METHODS}`))
      : error;
  });
  const { id, title } = kind;
  const { classIndex, targetTitle } = bench;
  return {
    ...{ kind: id, title, raw, ...more },
    ...(classIndex !== undefined && { classIndex }),
    ...(targetTitle !== undefined && { targetTitle }),
    map: saliencyMap(raw, kind.map),
    ...(kind.map !== 'itself' && { rgba: deprocessed(raw, colorOrder(raw, spec)) }),
  };
}

/** Which planes are red, green and blue. */
function colorOrder({ channels }: Planes, { channels: order }: Preprocessing): readonly [number, number, number] {
  if (channels < 3) return [0, 0, 0];
  return order === 'bgr' ? [2, 1, 0] : [0, 1, 2];
}
