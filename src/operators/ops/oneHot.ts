import { attrInt } from '../../graph/attributes';
import { zeroVjp } from '../gradientTools';
import { shapeOf, typeOf, valuesOf } from '../nodeArguments';
import type { Operator } from '../operator';
import { normalizeAxis, tensorInfo } from '../shapes';
import { movementFrom } from '../workRules';

export const oneHot: Operator = {
  types: ['OneHot'],
  inferShape(context) {
    const indices = shapeOf(context, 0);
    const type = typeOf(context, 2);
    if (!indices) return [tensorInfo(type, undefined)];
    const axis = normalizeAxis(attrInt(context.node, 'axis', -1), indices.length + 1);
    const depth = valuesOf(context, 1)?.[0] ?? null;
    return [tensorInfo(type, [...indices.slice(0, axis), depth, ...indices.slice(axis)])];
  },
  work: movementFrom(() => 0),
  vjp: zeroVjp,
};
