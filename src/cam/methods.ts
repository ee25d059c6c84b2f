import type { CamMethod } from './camMethod';
import { gradCam } from './methods/gradCam';
import { gradCamPlusPlus } from './methods/gradCamPlusPlus';
import { hiResCam } from './methods/hiResCam';
import { layerCam } from './methods/layerCam';
import { xGradCam } from './methods/xGradCam';

/** Every method, by the file in src/cam/methods that holds it. */
export const METHODS = { gradCam, gradCamPlusPlus, hiResCam, layerCam, xGradCam } satisfies Record<string, CamMethod>;

/** The method with an id. Throws one sentence with all ids when there is none. */
export function camMethod(id: string): CamMethod {
  const methods: readonly CamMethod[] = Object.values(METHODS);
  const method = methods.find((candidate) => candidate.id === id);
  if (method) return method;
  throw new Error(`there is no CAM method '${id}'; choose one of ${methods.map((known) => known.id).join(', ')}`);
}
