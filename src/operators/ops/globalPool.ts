import { attrInt } from '../../graph/attributes';
import type { DataType } from '../../graph/graph';
import { productOf } from '../contraction';
import type { Cotangents, GraphBuilder, VjpContext } from '../gradientContext';
import { maths } from '../gradientTools';
import { COST } from '../operationCosts';
import type { NodeContext, Operator } from '../operator';
import { globallyPooledShape, powerSlopes } from '../pooling';
import { operandsAt, quantizedVjp } from '../quantizedGradients';
import { tensorInfo } from '../shapes';
import { perInput } from '../workRules';

const inferShape: Operator['inferShape'] = (context: NodeContext) => [
  tensorInfo(context.inputs[0]?.type, globallyPooledShape(context)),
];

/** Every position gets an equal share, by broadcasting. */
function share(build: GraphBuilder, type: DataType, g: string, sizes: readonly number[]): string {
  const count = productOf(sizes);
  return maths(build, type).mul(g, build.constant(type, new Array<number>(count).fill(1 / count), sizes));
}

function averageVjp(context: VjpContext): Cotangents {
  const [x = ''] = context.node.inputs;
  const [g] = context.cotangents;
  if (!g || !context.wants(0)) return [];
  return [share(context.build, context.type(x), g, context.shape(x).slice(2))];
}

const quantizedAverageVjp = quantizedVjp({
  operands: operandsAt(0),
  result: 3,
  real: ({ build, g, names, shape, node }) => {
    if (attrInt(node, 'channels_last', 0) !== 0) throw new Error('channels_last has no gradient rule');
    return [share(build, 'float32', g, shape(names[0] ?? '').slice(2))];
  },
});

/** y = (Σ|x|ᵖ)^(1/p): x̄ = ȳ·y^(1−p)·sign(x)|x|ᵖ⁻¹. */
function normVjp(context: VjpContext): Cotangents {
  const [g] = context.cotangents;
  if (!g || !context.wants(0)) return [];
  const { perOutput, perInput: slope } = powerSlopes(context, g);
  return [maths(context.build, context.type(context.node.inputs[0] ?? '')).mul(slope, perOutput)];
}

/** Global averages and p-norms; GlobalMaxPool is a MaxPool. One addition per element (p-norm: and a power). */
export const globalPool: readonly Operator[] = [
  { types: ['GlobalAveragePool'], inferShape, work: perInput(COST.simple), vjp: averageVjp },
  {
    types: ['com.microsoft:QLinearGlobalAveragePool'],
    inferShape,
    work: perInput(COST.simple),
    vjp: quantizedAverageVjp,
  },
  {
    types: ['GlobalLpPool'],
    inferShape,
    work: (context) => perInput(attrInt(context.node, 'p', 2) > 2 ? COST.pow + COST.simple : 2 * COST.simple)(context),
    vjp: normVjp,
  },
];
