import type { CamBench, CamMethod, ChannelCount, FormulaMethod, RunMethod, SummedMethod } from './camMethod';
import { ablationCam } from './methods/ablationCam';
import { cam } from './methods/cam';
import { deepFeatureFactorization } from './methods/deepFeatureFactorization';
import { eigenCam } from './methods/eigenCam';
import { eigenGradCam } from './methods/eigenGradCam';
import { fem } from './methods/fem';
import { finerCam } from './methods/finerCam';
import { gradCam } from './methods/gradCam';
import { gradCamElementwise } from './methods/gradCamElementwise';
import { gradCamPlusPlus } from './methods/gradCamPlusPlus';
import { hiResCam } from './methods/hiResCam';
import { kpcaCam } from './methods/kpcaCam';
import { layerCam } from './methods/layerCam';
import { scoreCam } from './methods/scoreCam';
import { segEigenCam } from './methods/segEigenCam';
import { shapleyCam } from './methods/shapleyCam';
import { xGradCam } from './methods/xGradCam';
import type { RunBench } from './session/bench';

/** Every method, by the file in src/cam/methods that holds it; the order is that of lists for people. */
export const METHODS = {
  ...{ gradCam, gradCamPlusPlus, xGradCam, hiResCam, gradCamElementwise, layerCam },
  ...{ eigenGradCam, segEigenCam, eigenCam, kpcaCam, fem },
  ...{ cam, finerCam, shapleyCam, ablationCam, scoreCam, deepFeatureFactorization },
} satisfies Record<string, CamMethod>;

/** The method with an id. Throws one sentence with all ids when there is none. */
export function camMethod(id: string): CamMethod {
  const methods: readonly CamMethod[] = Object.values(METHODS);
  const method = methods.find((candidate) => candidate.id === id);
  if (method) return method;
  throw new Error(`there is no CAM method '${id}'; choose one of ${methods.map((known) => known.id).join(', ')}`);
}

/** The method with an id, for a graph. Throws one sentence when there is none, or it is no formula of ONNX operators. */
export function appendableMethod(id: string): SummedMethod {
  const { title } = camMethod(id);
  const methods: readonly CamMethod[] = Object.values(METHODS);
  const appendable = methods.filter(isAppendable);
  const method = appendable.find((candidate) => candidate.id === id);
  if (method) return method;
  const ids = appendable.map((known) => known.id).join(', ');
  throw new Error(`${title} cannot be written as operators of the model; choose one of ${ids}`);
}

/** Whether ONNX operators can compute a method's map. */
export function isAppendable(method: CamMethod): method is SummedMethod {
  return method.needs !== 'runs' && method.append !== undefined;
}

/** Whether eigen smoothing applies to a method. */
export function isSmoothable(method: CamMethod): boolean {
  return method.needs !== 'runs' && method.smooth !== undefined;
}

/** Which map is wanted. */
export interface MethodChoice {
  /** Id of a method, default `gradcam`. */
  readonly method?: string;
  /** Eigen smoothing (default no): the first principal component of weights · A instead of their sum. */
  readonly eigen?: boolean;
  /** Of methods that ask the model once per channel: the strongest so many, or all; default the method's own. */
  readonly channels?: ChannelCount;
  /** Grad-CAM's weights on a grid of so many cells a side instead of one for the whole map (default 1). */
  readonly pooling?: number;
  /** Slope of a LeakyReLU in place of the last ReLU, in [0, 1] (default 0): shows what speaks against the class, too. */
  readonly leak?: number;
}

/** What a choice computes, with its title: at once from the last run, or by more runs. */
export type MapArithmetic =
  | {
      readonly needs: FormulaMethod['needs'];
      readonly method: FormulaMethod;
      readonly title: string;
      compute(bench: CamBench): Float32Array;
    }
  | {
      readonly needs: 'runs';
      readonly method: RunMethod;
      readonly title: string;
      computeByRuns(bench: RunBench): Promise<Float32Array>;
    };

/** The arithmetic of a choice. Throws where there is no such method, or nothing to smooth. */
export function mapArithmetic(choice: MethodChoice): MapArithmetic {
  const arithmetic = unleaked(choice);
  const { leak = 0 } = choice;
  return leak > 0 ? { ...arithmetic, title: `${arithmetic.title}, leaky ReLU ${leak}` } : arithmetic;
}

function unleaked(choice: MethodChoice): MapArithmetic {
  const { method: id = 'gradcam', eigen = false, channels, pooling = 1 } = choice;
  const method = camMethod(id);
  checkOptions(choice, method);
  const { title } = method;
  if (method.needs === 'runs') {
    if (eigen) throw new Error(`${title} has no weighted maps to smooth; eigen smoothing is for other methods`);
    const options = { channels: channels ?? method.channelsDefault ?? 'all' };
    return { needs: 'runs', method, title, computeByRuns: (bench) => method.computeByRuns(bench, options) };
  }
  const { needs, compute, smooth, pooled } = method;
  if (pooled && pooling > 1) {
    const compute = (bench: CamBench) => pooled(bench, pooling);
    return { needs, method, title: `${title}, weights on ${pooling}×${pooling} cells`, compute };
  }
  if (!eigen) return { needs, method, title, compute };
  if (!smooth) throw new Error(`${title} is a principal component already; eigen smoothing is for other methods`);
  return { needs, method, title: `${title}, eigen-smoothed`, compute: smooth };
}

/** Throws one sentence where an option makes no sense, or not with this method. */
function checkOptions({ eigen, pooling = 1, leak = 0, channels = 1 }: MethodChoice, method: CamMethod): void {
  if (channels !== 'all' && !(Number.isInteger(channels) && channels > 0)) {
    throw new Error(`${channels} channels: give a whole number from 1, or 'all'`);
  }
  if (!(leak >= 0 && leak <= 1)) throw new Error(`a leak of ${leak}: give a slope from 0 (a ReLU) to 1`);
  if (!(Number.isInteger(pooling) && pooling > 0)) {
    throw new Error(`a pooling of ${pooling}: give a whole number of cells a side, from 1`);
  }
  if (pooling === 1) return;
  if (eigen) throw new Error('eigen smoothing and pooling on a grid exclude each other: choose one');
  if (method.needs === 'runs' || !method.pooled) {
    throw new Error(`pooling on a grid is for Grad-CAM: ${method.title} takes no mean of the gradient`);
  }
}
