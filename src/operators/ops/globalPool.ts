import { attrInt } from '../../graph/attributes';
import { productOf } from '../contraction';
import type { Cotangents, VjpContext } from '../gradientContext';
import { maths } from '../gradientTools';
import { COST } from '../operationCosts';
import type { NodeContext, Operator } from '../operator';
import { globallyPooledShape } from '../pooling';
import { tensorInfo } from '../shapes';
import { perInput } from '../workRules';

const inferShape: Operator['inferShape'] = (context: NodeContext) => [
  tensorInfo(context.inputs[0]?.type, globallyPooledShape(context)),
];

/** Every position gets an equal share, by broadcasting. */
function averageVjp(context: VjpContext): Cotangents {
  const { build, node } = context;
  const [x = ''] = node.inputs;
  const [g] = context.cotangents;
  if (!g || !context.wants(0)) return [];
  const type = context.type(x);
  const sizes = context.shape(x).slice(2);
  const count = productOf(sizes);
  return [maths(build, type).mul(g, build.constant(type, new Array<number>(count).fill(1 / count), sizes))];
}

/** Global averages and p-norms; GlobalMaxPool is a MaxPool. One addition per element (p-norm: and a power). */
export const globalPool: readonly Operator[] = [
  { types: ['GlobalAveragePool'], inferShape, work: perInput(COST.simple), vjp: averageVjp },
  { types: ['com.microsoft:QLinearGlobalAveragePool'], inferShape, work: perInput(COST.simple) },
  {
    types: ['GlobalLpPool'],
    inferShape,
    work: (context) => perInput(attrInt(context.node, 'p', 2) > 2 ? COST.pow + COST.simple : 2 * COST.simple)(context),
  },
];
