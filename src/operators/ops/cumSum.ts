import { attrInt } from '../../graph/attributes';
import { int, zeroVjp } from '../gradientTools';
import { COST } from '../operationCosts';
import type { Operator } from '../operator';
import { tensorInfo } from '../shapes';
import { perInput } from '../workRules';

/** A cumulative sum's adjoint is the cumulative sum from the other end. */
export const cumSum: Operator = {
  types: ['CumSum'],
  inferShape: ({ inputs }) => [tensorInfo(inputs[0]?.type, inputs[0]?.shape)],
  work: perInput(COST.simple),
  vjp(context) {
    const { node, build } = context;
    const [g] = context.cotangents;
    const [, axis = ''] = node.inputs;
    if (g === undefined || !context.wants(0)) return zeroVjp(context);
    const backwards = build.add('CumSum', [g, axis], {
      exclusive: int(attrInt(node, 'exclusive', 0)),
      reverse: int(1 - attrInt(node, 'reverse', 0)),
    });
    return [backwards, undefined];
  },
};
