import { mapValues } from '../constantValues';
import { scalar, unbroadcast, zeroVjp } from '../gradientTools';
import { COST } from '../operationCosts';
import type { Operator } from '../operator';
import { broadcastAll, tensorInfo } from '../shapes';
import { perOutput } from '../workRules';

/** The gradient goes to the operand that was chosen. */
export const where: Operator = {
  types: ['Where'],
  inferShape({ inputs }) {
    const type = inputs[1]?.type ?? inputs[2]?.type;
    const shape = broadcastAll(inputs.map((input) => input?.shape));
    return [
      tensorInfo(
        type,
        shape,
        mapValues(type, shape, inputs, (condition, a, b) => (condition ? a : b) ?? 0),
      ),
    ];
  },
  work: perOutput(COST.simple),
  vjp(context) {
    const { node, build } = context;
    const [condition = '', a = '', b = ''] = node.inputs;
    const [y = ''] = node.outputs;
    const [g] = context.cotangents;
    if (g === undefined) return zeroVjp(context);
    const zero = scalar(build, context.type(y), 0);
    const shape = context.shape(y);
    return [
      undefined,
      context.wants(1)
        ? unbroadcast(build, build.add('Where', [condition, g, zero]), shape, context.shape(a))
        : undefined,
      context.wants(2)
        ? unbroadcast(build, build.add('Where', [condition, zero, g]), shape, context.shape(b))
        : undefined,
    ];
  },
};
