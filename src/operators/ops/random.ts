import { attrInt, attrInts } from '../../graph/attributes';
import { dataTypeOf } from '../../graph/dataTypes';
import { zeroVjp } from '../gradientTools';
import { COST } from '../operationCosts';
import type { NodeContext, Operator } from '../operator';
import { tensorInfo } from '../shapes';
import { perOutput } from '../workRules';

const chosenType = ({ node }: NodeContext) => dataTypeOf(attrInt(node, 'dtype', 0));

/** A normal number is two special functions more than a uniform one (Box and Muller). */
const work = perOutput(2 * COST.special);

const fromAttributes: Operator = {
  types: ['RandomNormal', 'RandomUniform'],
  inferShape: (context) => [tensorInfo(chosenType(context) ?? 'float32', attrInts(context.node, 'shape', undefined))],
  work,
  vjp: zeroVjp,
};

const likeInput: Operator = {
  types: ['RandomNormalLike', 'RandomUniformLike', 'Bernoulli'],
  inferShape: (context) => [tensorInfo(chosenType(context) ?? context.inputs[0]?.type, context.inputs[0]?.shape)],
  work,
  vjp: zeroVjp,
};

const multinomial: Operator = {
  types: ['Multinomial'],
  inferShape: (context) => [
    tensorInfo(chosenType(context) ?? 'int32', [
      context.inputs[0]?.shape?.[0] ?? null,
      attrInt(context.node, 'sample_size', 1),
    ]),
  ],
  work,
  vjp: zeroVjp,
};

export const random: readonly Operator[] = [fromAttributes, likeInput, multinomial];
