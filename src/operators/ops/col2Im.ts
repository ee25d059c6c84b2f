import { productOf } from '../contraction';
import { shapeOf, typeOf, valuesOf } from '../nodeArguments';
import { COST } from '../operationCosts';
import type { Operator } from '../operator';
import { tensorInfo } from '../shapes';
import { perInput } from '../workRules';

/** Blocks [N, C·taps, count] added up where they overlap: an image [N, C, sizes…]. */
export const col2Im: Operator = {
  types: ['Col2Im'],
  inferShape(context) {
    const [batch = null, rows] = shapeOf(context, 0) ?? [];
    const [sizes, block] = [valuesOf(context, 1), valuesOf(context, 2)];
    if (!sizes) return [tensorInfo(typeOf(context, 0), undefined)];
    const channels = typeof rows === 'number' && block ? rows / productOf(block) : null;
    return [tensorInfo(typeOf(context, 0), [batch, channels, ...sizes])];
  },
  work: perInput(COST.simple),
};
