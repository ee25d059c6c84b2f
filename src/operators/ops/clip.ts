import { attrFloat } from '../../graph/attributes';
import { mapValues } from '../constantValues';
import type { VjpContext } from '../gradientContext';
import type { Maths, Operand } from '../gradientTools';
import { maths, zeroVjp } from '../gradientTools';
import { hasInput } from '../nodeArguments';
import { COST } from '../operationCosts';
import type { Operator } from '../operator';
import { tensorInfo } from '../shapes';
import { perOutput } from '../workRules';

/** Limits are attributes before opset 11 and inputs from there. The gradient passes strictly between them. */
export const clip: Operator = {
  types: ['Clip'],
  inferShape({ inputs, node }) {
    const [x = {}, low, high] = inputs;
    const least = low ?? { type: 'float32', shape: [], values: [attrFloat(node, 'min', -Infinity)] };
    const most = high ?? { type: 'float32', shape: [], values: [attrFloat(node, 'max', Infinity)] };
    const clipped = mapValues(x.type, x.shape, [x, least, most], (v, from, to) => Math.min(Math.max(v, from), to));
    return [tensorInfo(x.type, x.shape, clipped)];
  },
  work: perOutput(COST.clip),
  vjp(context) {
    const { node, build, cotangents } = context;
    const [g] = cotangents;
    const [x = ''] = node.inputs;
    if (g === undefined || !context.wants(0)) return zeroVjp(context);
    const m = maths(build, context.type(x));
    const inside = insideLimits(context, m);
    return node.inputs.map((_, index) =>
      index === 0 ? inside.reduce((product, mask) => m.mul(product, mask), g) : undefined,
    );
  },
};

function insideLimits({ node }: VjpContext, m: Maths): readonly string[] {
  const [y = ''] = node.outputs;
  const limit = (attribute: string, index: number): Operand | undefined =>
    hasInput(node, index) ? node.inputs[index] : attrFloat(node, attribute, undefined);
  const least = limit('min', 1);
  const most = limit('max', 2);
  return [...(least === undefined ? [] : [m.greater(y, least)]), ...(most === undefined ? [] : [m.less(y, most)])];
}
