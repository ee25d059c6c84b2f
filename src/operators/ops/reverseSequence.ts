import { attrInt } from '../../graph/attributes';
import { int, zeroVjp } from '../gradientTools';
import type { Operator } from '../operator';
import { tensorInfo } from '../shapes';
import { movementFrom } from '../workRules';

/** Reverses the front of every sequence; its own adjoint. */
export const reverseSequence: Operator = {
  types: ['ReverseSequence'],
  inferShape: ({ inputs }) => [tensorInfo(inputs[0]?.type, inputs[0]?.shape)],
  work: movementFrom(() => 2),
  vjp(context) {
    const { node, build } = context;
    const [g] = context.cotangents;
    const [, lengths = ''] = node.inputs;
    if (g === undefined || !context.wants(0)) return zeroVjp(context);
    const axes = { batch_axis: int(attrInt(node, 'batch_axis', 1)), time_axis: int(attrInt(node, 'time_axis', 0)) };
    return [build.add('ReverseSequence', [g, lengths], axes), undefined];
  },
};
