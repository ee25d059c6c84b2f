import type { ModeMap } from '../gradientMode';
import type { MapArithmetic } from '../methods';
import { gradCam } from '../methods/gradCam';
import { chooseMode } from '../modes';
import type { CamOutput, CamQuestion } from './camSession';
import type { PictureBench } from './pictureBench';

type ModeAnswer = { readonly raw: Float32Array } & Pick<
  CamOutput,
  'mode' | 'fellBack' | 'relativeError' | 'errorBound'
>;

/** A map that may be so far off, by its greatest magnitude, is none. */
const TOO_ROUGH = 0.5;

/** Whether a map is made otherwise than from reverse mode's gradient. Throws where a method needs all of that gradient. */
export function isByMode(how: MapArithmetic, { mode }: CamQuestion, missing: string | undefined): boolean {
  if (how.needs !== 'gradients') return false;
  const isReverse = mode === 'reverse' || (mode === undefined && missing === undefined);
  if (isReverse && missing !== undefined) throw new Error(missing);
  if (isReverse) return false;
  if (how.compute === gradCam.compute) return true;
  if (mode === undefined && missing !== undefined) throw new Error(missing);
  throw new Error(
    `${how.title} needs the whole gradient, which reverse mode alone makes; choose Grad-CAM or reverse mode`,
  );
}

/** Grad-CAM's maps by other modes than reverse. Those that answer every class are kept: to switch the class runs nothing. */
export class ModeMaps {
  #last: { readonly activations: Float32Array; readonly key: string; readonly map: ModeMap } | undefined;

  async map(bench: PictureBench, id: string | undefined): Promise<ModeAnswer> {
    const context = bench.modeContext;
    const { mode, fellBack } = chooseMode(context, id);
    const key = `${mode.id} ${context.tail.of}`;
    const last = this.#last?.activations === bench.activations && this.#last.key === key ? this.#last.map : undefined;
    const map: ModeMap = last?.mapOf
      ? { ...last, raw: last.mapOf(await bench.cotangent()) }
      : await mode.gradCam(bench, context);
    this.#last = { activations: bench.activations, key, map };
    const { raw, relativeError, errorBound } = map;
    if (fellBack !== undefined && !((errorBound ?? 0) < TOO_ROUGH)) {
      throw new Error(`finite differences cannot stand in here, they are too rough: ${context.missing}`);
    }
    return {
      ...{ raw, mode: mode.id },
      ...(fellBack !== undefined && { fellBack }),
      ...(relativeError !== undefined && { relativeError }),
      ...(errorBound !== undefined && { errorBound }),
    };
  }
}
