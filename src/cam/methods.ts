import type { CamBench, CamMethod, SummedMethod } from './camMethod';
import { eigenCam } from './methods/eigenCam';
import { eigenGradCam } from './methods/eigenGradCam';
import { fem } from './methods/fem';
import { gradCam } from './methods/gradCam';
import { gradCamElementwise } from './methods/gradCamElementwise';
import { gradCamPlusPlus } from './methods/gradCamPlusPlus';
import { hiResCam } from './methods/hiResCam';
import { kpcaCam } from './methods/kpcaCam';
import { layerCam } from './methods/layerCam';
import { segEigenCam } from './methods/segEigenCam';
import { xGradCam } from './methods/xGradCam';

/** Every method, by the file in src/cam/methods that holds it; the order is that of lists for people. */
export const METHODS = {
  ...{ gradCam, gradCamPlusPlus, xGradCam, hiResCam, gradCamElementwise, layerCam },
  ...{ eigenGradCam, segEigenCam, eigenCam, kpcaCam, fem },
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
  const appendable = methods.filter((method): method is SummedMethod => method.append !== undefined);
  const method = appendable.find((candidate) => candidate.id === id);
  if (method) return method;
  const ids = appendable.map((known) => known.id).join(', ');
  throw new Error(`${title} cannot be written as operators of the model; choose one of ${ids}`);
}

/** Which map is wanted. */
export interface MethodChoice {
  /** Id of a method, default `gradcam`. */
  readonly method?: string;
  /** Eigen smoothing (default no): the first principal component of weights · A instead of their sum. */
  readonly eigen?: boolean;
}

/** The arithmetic of a choice, with its title. Throws where there is no such method, or nothing to smooth. */
export function mapArithmetic({ method: id = 'gradcam', eigen = false }: MethodChoice): {
  readonly method: CamMethod;
  readonly title: string;
  compute(bench: CamBench): Float32Array;
} {
  const method = camMethod(id);
  const { title, compute, smooth } = method;
  if (!eigen) return { method, title, compute };
  if (!smooth) throw new Error(`${title} is a principal component already; eigen smoothing is for other methods`);
  return { method, title: `${title}, eigen-smoothed`, compute: smooth };
}
