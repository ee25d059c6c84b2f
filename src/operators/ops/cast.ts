import { attrInt } from '../../graph/attributes';
import { dataTypeOf, isFloat } from '../../graph/dataTypes';
import type { DataType } from '../../graph/graph';
import { mapValues } from '../constantValues';
import { cast as castNode, zeroVjp } from '../gradientTools';
import { typeOf } from '../nodeArguments';
import { COST } from '../operationCosts';
import type { NodeContext, Operator } from '../operator';
import { tensorInfo } from '../shapes';
import { free, perOutput } from '../workRules';

/**
 * Between floating-point types the cotangent is cast back. From floating point to integers it is a staircase: zero. Integers
 * that have a cotangent stand for quantised reals, whose cotangent is floating point: it passes as it is.
 */
const of = (type: string, target: (context: NodeContext) => DataType | undefined): Operator => ({
  types: [type],
  inferShape(context) {
    const x = context.inputs[0] ?? {};
    const to = target(context);
    const values = mapValues(to, x.shape, [x], (value) => value);
    return [tensorInfo(to, x.shape, values)];
  },
  work: (context) =>
    typeOf(context, 0) === target(context) ? free('it has this type already')() : perOutput(COST.simple)(context),
  vjp(context) {
    const [g] = context.cotangents;
    const [x = ''] = context.node.inputs;
    const [y = ''] = context.node.outputs;
    const xType = context.type(x);
    const isStaircase = isFloat(xType) && !isFloat(context.type(y));
    if (g === undefined || isStaircase || !context.wants(0)) return zeroVjp(context);
    const cotangent = isFloat(xType) ? castNode(context.build, g, xType) : g;
    return context.node.inputs.map((_, index) => (index === 0 ? cotangent : undefined));
  },
});

export const casts: readonly Operator[] = [
  of('Cast', ({ node }) => dataTypeOf(attrInt(node, 'to', 0))),
  of('CastLike', (context) => typeOf(context, 1)),
];
