import { attrInt } from '../../graph/attributes';
import type { Dim, TensorInfo } from '../../graph/graph';
import { elementCount } from '../../graph/graph';
import { MAX_VALUES } from '../constantValues';
import { split, zeroVjp } from '../gradientTools';
import type { Operator } from '../operator';
import { contiguousFrom, mergeDim, normalizeAxis, range, sum, tensorInfo } from '../shapes';
import { movement } from '../workRules';

/** The shape that parts have together along an axis; undefined where the rank of one is unknown. */
export function concatShape(parts: readonly (TensorInfo | undefined)[], givenAxis: number): readonly Dim[] | undefined {
  const shapes = parts.map((part) => part?.shape).filter((shape) => shape !== undefined);
  const [first] = shapes;
  if (!first || shapes.length !== parts.length) return undefined;
  const axis = normalizeAxis(givenAxis, first.length);
  if (shapes.some((shape) => shape.length !== first.length)) {
    throw new Error(`its inputs have different ranks: ${shapes.map((shape) => `[${shape}]`).join(' ')}`);
  }
  return first.map((_, at) => {
    const sizes = shapes.map((shape) => shape[at] ?? null);
    return at === axis ? sum(sizes) : sizes.reduce(mergeDim);
  });
}

/** Elements of all parts, outer indices first. */
function joined(parts: readonly (TensorInfo | undefined)[], axis: number): readonly number[] | undefined {
  const blocks = parts.map((part) => contiguousFrom(part?.shape, axis) ?? 0);
  const [first] = parts;
  const outer = elementCount(first?.shape?.slice(0, axis)) ?? 0;
  if (parts.some((part) => !part?.values) || outer * blocks.reduce((a, b) => a + b, 0) > MAX_VALUES) return undefined;
  return range(outer).flatMap((index) =>
    parts.flatMap((part, at) => {
      const block = blocks[at] ?? 0;
      return part?.values?.slice(index * block, (index + 1) * block) ?? [];
    }),
  );
}

export const concat: Operator = {
  types: ['Concat'],
  inferShape({ inputs, node }) {
    const axis = attrInt(node, 'axis', 1);
    const shape = concatShape(inputs, axis);
    const type = inputs.find((input) => input?.type)?.type;
    return [tensorInfo(type, shape, shape && joined(inputs, normalizeAxis(axis, shape.length)))];
  },
  /** The shortest run decides: one part's elements from the axis on. */
  work({ inputs, node }) {
    const axis = attrInt(node, 'axis', 1);
    const runs = inputs.map((input) => contiguousFrom(input?.shape, normalizeAxis(axis, input?.shape?.length ?? 0)));
    return runs.includes(undefined) ? undefined : movement(Math.min(...runs.map((run) => run ?? 0)));
  },
  vjp(context) {
    const { node, build } = context;
    const [g] = context.cotangents;
    if (g === undefined) return zeroVjp(context);
    const shapes = node.inputs.map((name) => context.shape(name));
    const axis = normalizeAxis(attrInt(node, 'axis', 1), shapes[0]?.length ?? 0);
    const parts = split(
      build,
      g,
      axis,
      shapes.map((shape) => shape[axis] ?? 0),
    );
    return parts.map((part, index) => (context.wants(index) ? part : undefined));
  },
};
