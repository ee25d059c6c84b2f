import { attrInt } from '../../graph/attributes';
import { cast, int, maths, pad, reduceSum, scalar, unsqueeze, zeroVjp } from '../gradientTools';
import { shapeOf, typeOf } from '../nodeArguments';
import type { Operator } from '../operator';
import { normalizeAxis, tensorInfo } from '../shapes';
import { movementFrom } from '../workRules';

export const gatherElements: Operator = {
  types: ['GatherElements'],
  inferShape: (context) => [tensorInfo(typeOf(context, 0), shapeOf(context, 1))],
  work: movementFrom(({ outputs }) => outputs[0]?.shape?.length ?? 0),
  /** x̄ = Σₙ onehot(indices)[…, size, n, …]·ȳ[…, 1, n, …]; where the indices cover only the front of another axis, zeros follow. */
  vjp(context) {
    const { node, build } = context;
    const [g] = context.cotangents;
    const [x = '', indices = ''] = node.inputs;
    if (g === undefined || !context.wants(0)) return zeroVjp(context);
    const type = context.type(x);
    const shape = context.shape(x);
    const covered = context.shape(indices);
    const axis = normalizeAxis(attrInt(node, 'axis', 0), shape.length);
    const depth = scalar(build, 'int64', shape[axis] ?? 0);
    const places = build.add('OneHot', [cast(build, indices, 'int64'), depth, build.constant(type, [0, 1])], {
      axis: int(axis),
    });
    const spread = maths(build, type).mul(places, unsqueeze(build, g, [axis]));
    const summed = reduceSum(build, spread, [axis + 1], false);
    const missing = shape.map((size, at) => (at === axis ? 0 : size - (covered[at] ?? 0)));
    return [
      pad(
        build,
        summed,
        missing.map(() => 0),
        missing,
      ),
      undefined,
    ];
  },
};
