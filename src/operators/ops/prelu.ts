import { maths, unbroadcast, zeroVjp } from '../gradientTools';
import { COST } from '../operationCosts';
import type { Operator } from '../operator';
import { tensorInfo } from '../shapes';
import { perOutput } from '../workRules';

/** y = x above zero, slope·x below; the slope broadcasts to x. */
export const prelu: Operator = {
  types: ['PRelu'],
  inferShape: ({ inputs }) => [tensorInfo(inputs[0]?.type, inputs[0]?.shape)],
  work: perOutput(COST.leaky),
  vjp(context) {
    const { node, build } = context;
    const [x = '', slope = ''] = node.inputs;
    const [g] = context.cotangents;
    if (g === undefined) return zeroVjp(context);
    const m = maths(build, context.type(x));
    const positive = m.greater(x, 0);
    const slopes = (): string => m.add(positive, m.mul(m.sub(1, positive), slope));
    const negativePart = (): string => m.sub(x, m.of('Relu', x));
    return [
      context.wants(0) ? m.mul(g, slopes()) : undefined,
      context.wants(1)
        ? unbroadcast(build, m.mul(g, negativePart()), context.shape(x), context.shape(slope))
        : undefined,
    ];
  },
};
