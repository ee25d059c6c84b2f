import { isStatic } from '../../graph/graph';
import { mapValues, pickValues } from '../constantValues';
import { reduceSum, reshape, unbroadcast, zeroVjp } from '../gradientTools';
import { shapeOf, valuesOf } from '../nodeArguments';
import type { Operator } from '../operator';
import { broadcast, tensorInfo, unknownShape } from '../shapes';
import { movementFrom } from '../workRules';

const lastAxis = movementFrom(({ outputs }) => Math.max(0, (outputs[0]?.shape?.length ?? 1) - 1));

const expand: Operator = {
  types: ['Expand'],
  inferShape(context) {
    const x = context.inputs[0] ?? {};
    const target = valuesOf(context, 1);
    const rank = shapeOf(context, 1)?.[0];
    if (!x.shape || !target) {
      const known = x.shape && typeof rank === 'number' ? unknownShape(Math.max(rank, x.shape.length)) : undefined;
      return [tensorInfo(x.type, known)];
    }
    const shape = broadcast(x.shape, target);
    return [
      tensorInfo(
        x.type,
        shape,
        mapValues(x.type, shape, [x], (value) => value),
      ),
    ];
  },
  work: lastAxis,
  vjp(context) {
    const { node, build } = context;
    const [g] = context.cotangents;
    const [x = ''] = node.inputs;
    const [y = ''] = node.outputs;
    if (g === undefined || !context.wants(0)) return zeroVjp(context);
    return [unbroadcast(build, g, context.shape(y), context.shape(x)), undefined];
  },
};

/** Repeats are an input from opset 6. */
const tile: Operator = {
  types: ['Tile'],
  inferShape(context) {
    const { type, shape } = context.inputs[0] ?? {};
    const repeats = valuesOf(context, 1);
    if (!shape) return [tensorInfo(type, undefined)];
    if (!repeats) return [tensorInfo(type, unknownShape(shape.length))];
    if (repeats.length !== shape.length)
      throw new Error(`repeats [${repeats}] do not fit a tensor of rank ${shape.length}`);
    const tiled = shape.map((size, axis) => {
      const times = repeats[axis] ?? 1;
      if (times === 1) return size;
      return typeof size === 'number' ? size * times : null;
    });
    const picked = isStatic(shape)
      ? pickValues(context.inputs[0], tiled, (axis, at) => at % (shape[axis] ?? 1))
      : undefined;
    return [tensorInfo(type, tiled, picked)];
  },
  work: lastAxis,
  /** ȳ as [r₀, d₀, r₁, d₁, …], summed over the repeats. */
  vjp(context) {
    const { node, build } = context;
    const [g] = context.cotangents;
    const [x = ''] = node.inputs;
    const [y = ''] = node.outputs;
    if (g === undefined || !context.wants(0)) return zeroVjp(context);
    const from = context.shape(x);
    const paired = context.shape(y).flatMap((size, axis) => [size / (from[axis] ?? 1), from[axis] ?? 1]);
    const repeated = from.flatMap((_, axis) => (paired[2 * axis] === 1 ? [] : [2 * axis]));
    if (repeated.length === 0) return [g, undefined];
    return [reshape(build, reduceSum(build, reshape(build, g, paired), repeated), from), undefined];
  },
};

export const expansions: readonly Operator[] = [expand, tile];
