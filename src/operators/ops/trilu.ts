import { attrInt } from '../../graph/attributes';
import { int, zeroVjp } from '../gradientTools';
import type { Operator } from '../operator';
import { tensorInfo } from '../shapes';
import { movementFrom } from '../workRules';

/** The upper or lower triangle of the last two axes. Linear and its own adjoint. */
export const trilu: Operator = {
  types: ['Trilu'],
  inferShape: ({ inputs }) => [tensorInfo(inputs[0]?.type, inputs[0]?.shape)],
  work: movementFrom(({ outputs }) => Math.max(0, (outputs[0]?.shape?.length ?? 1) - 1)),
  vjp(context) {
    const { node, build } = context;
    const [g] = context.cotangents;
    if (g === undefined || !context.wants(0)) return zeroVjp(context);
    const triangle = build.add('Trilu', [g, ...node.inputs.slice(1)], { upper: int(attrInt(node, 'upper', 1)) });
    return node.inputs.map((_, index) => (index === 0 ? triangle : undefined));
  },
};
