import { attrInt } from '../../graph/attributes';
import { zeroVjp } from '../gradientTools';
import { shapeOf } from '../nodeArguments';
import { COST } from '../operationCosts';
import type { Operator } from '../operator';
import { normalizeAxis, tensorInfo } from '../shapes';
import { perInput } from '../workRules';

export const argReductions: Operator = {
  types: ['ArgMax', 'ArgMin'],
  inferShape(context) {
    const { node } = context;
    const shape = shapeOf(context, 0);
    if (!shape) return [tensorInfo('int64', undefined)];
    const axis = normalizeAxis(attrInt(node, 'axis', 0), shape.length);
    const kept = attrInt(node, 'keepdims', 1) !== 0 ? [1] : [];
    return [tensorInfo('int64', [...shape.slice(0, axis), ...kept, ...shape.slice(axis + 1)])];
  },
  work: perInput(COST.simple),
  vjp: zeroVjp,
};
