import { checkClass, scorePlaces, type TargetKind, weightedSum, wholeNumber } from '../camTarget';
import { addClass } from './classTarget';

const USAGE = 'mask:N or, with a mask of your own, mask:N:FILE.npy';

/** A class's scores over its own pixels, or over those of a given mask (Vinogradova et al., Seg-Grad-CAM, 2020, eq. 2). */
export const maskTarget: TargetKind<'mask'> = {
  kind: 'mask',
  usage: USAGE,
  async parse(text, readNumbers) {
    const [, index = text, file] = /^([^:]*):(.+)$/.exec(text) ?? [];
    const choice = { kind: 'mask', index: wholeNumber(index, USAGE) } as const;
    return file === undefined ? choice : { ...choice, pixels: await readNumbers(file) };
  },
  fits: ({ logits }) => scorePlaces(logits).positions > 1,
  target({ index, pixels }, { logits }) {
    checkClass(index, logits);
    const { positions, at } = scorePlaces(logits);
    if (positions === 1) {
      throw new Error('the model gives one score per class for the whole picture, no pixels; choose the class instead');
    }
    if (pixels && pixels.length !== positions) {
      throw new Error(
        `the mask has ${pixels.length} pixels, the model's output ${positions} (${logits.shape.join('×')}); ` +
          "give the mask in the output's size",
      );
    }
    if (pixels && !(pixels.every(Number.isFinite) && pixels.some((weight) => weight !== 0))) {
      throw new Error('the mask has no pixels, or holds what is no number; give 1 for its pixels and 0 for the others');
    }
    return {
      title: `class ${index} over ${pixels ? 'a given mask' : 'its own pixels'}`,
      at(values) {
        const weights = new Float32Array(values.length);
        if (!pixels) addClass(weights, values, logits, index, 1);
        else for (const [position, weight] of pixels.entries()) weights[at(position, index)] = weight;
        return weightedSum(values, weights);
      },
    };
  },
};
