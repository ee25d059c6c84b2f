import { NoGradient } from '../../autodiff/reverse';
import { errorMessage } from '../../protocol/rpc';
import { METHODS } from '../methods';

const { eigenCam, fem, ablationCam, scoreCam } = METHODS;

/** What else explains a layer. */
export const OTHER_METHODS = `a method that needs no gradient: ${[eigenCam, fem, ablationCam, scoreCam].map(({ id }) => id).join(', ')}`;

/** Why there is no gradient, in one sentence for those who use a model. `instead`: what else they can do. */
export function withoutGradient(error: unknown, instead: string): string {
  if (!(error instanceof NoGradient)) return errorMessage(error);
  const why = error.isZero ? `${error.why}: the derivative is zero, as of rounding or of a choice` : error.why;
  return `${why}; choose ${instead}`;
}

/** Whether the gradient is not unknown, but zero. */
export function isZeroGradient(error: unknown): boolean {
  return error instanceof NoGradient && error.isZero;
}
