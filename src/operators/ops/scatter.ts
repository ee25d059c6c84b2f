import { attrInt, attrString } from '../../graph/attributes';
import type { Node } from '../../graph/graph';
import type { Cotangents, VjpContext } from '../gradientContext';
import { cast, int, maths, reduceSum, scalar, slice, unsqueeze, zeros, zeroVjp } from '../gradientTools';
import { shapeOf, typeOf } from '../nodeArguments';
import type { Operator } from '../operator';
import { contiguousFrom, normalizeAxis, range, tensorInfo } from '../shapes';
import { movement, movementFrom } from '../workRules';

/** Updates replace elements (none) or are added; other reductions have no rule. */
function reductionOf(node: Node): 'none' | 'add' {
  const reduction = attrString(node, 'reduction', 'none');
  if (reduction === 'none' || reduction === 'add') return reduction;
  throw new Error(`reduction '${reduction}' has no gradient rule`);
}

/** The gradient of what was replaced is zero; that of the updates is read where they were written. */
function scatterVjp(context: VjpContext, gather: (g: string) => string): Cotangents {
  const { node, build } = context;
  const [g] = context.cotangents;
  const [, indices = '', updates = ''] = node.inputs;
  if (g === undefined) return zeroVjp(context);
  const replaces = reductionOf(node) === 'none';
  const cleared = (): string =>
    build.add(node.operator, [g, indices, zeros(build, context.type(updates), context.shape(updates))], {
      ...(node.operator !== 'ScatterND' && { axis: int(attrInt(node, 'axis', 0)) }),
    });
  return [
    context.wants(0) ? (replaces ? cleared() : g) : undefined,
    undefined,
    context.wants(2) ? gather(g) : undefined,
  ];
}

/** The elements of x at the indices: GatherElements, or before opset 11 Σₛ onehot(indices)[…, s, n, …]·x[…, s, 1, …]. */
function elementsAt({ node, build, type, shape }: VjpContext, x: string): string {
  const [data = '', indices = ''] = node.inputs;
  const [whole, covered] = [shape(data), shape(indices)];
  const axis = normalizeAxis(attrInt(node, 'axis', 0), whole.length);
  if (build.opset >= 11) return build.add('GatherElements', [x, indices], { axis: int(axis) });
  const depth = scalar(build, 'int64', whole[axis] ?? 0);
  const values = build.constant(type(data), [0, 1]);
  const places = build.add('OneHot', [cast(build, indices, 'int64'), depth, values], { axis: int(axis) });
  const others = range(whole.length).filter((one) => one !== axis && covered[one] !== whole[one]);
  const zero = others.map(() => 0);
  const part =
    others.length === 0
      ? x
      : slice(
          build,
          x,
          others,
          zero,
          others.map((one) => covered[one] ?? 0),
        );
  return reduceSum(build, maths(build, type(data)).mul(places, unsqueeze(build, part, [axis + 1])), [axis], false);
}

/** Scatter is the name before opset 11. */
const scatterElements: Operator = {
  types: ['ScatterElements', 'Scatter'],
  inferShape: (context) => [tensorInfo(typeOf(context, 0), shapeOf(context, 0))],
  work: movementFrom(({ outputs }) => outputs[0]?.shape?.length ?? 0),
  vjp: (context) => scatterVjp(context, (g) => elementsAt(context, g)),
};

const scatterNd: Operator = {
  types: ['ScatterND'],
  inferShape: (context) => [tensorInfo(typeOf(context, 0), shapeOf(context, 0))],
  work({ inputs }) {
    const depth = inputs[1]?.shape?.at(-1);
    return typeof depth === 'number' ? movement(contiguousFrom(inputs[0]?.shape, depth)) : undefined;
  },
  vjp: (context) => scatterVjp(context, (g) => context.build.add('GatherND', [g, context.node.inputs[1] ?? ''])),
};

export const scatters: readonly Operator[] = [scatterElements, scatterNd];
