import { attrInts } from '../../graph/attributes';
import type { Dim, Node } from '../../graph/graph';
import { isStatic } from '../../graph/graph';
import { pickValues } from '../constantValues';
import { unslice, zeroVjp } from '../gradientTools';
import { hasInput } from '../nodeArguments';
import type { Operator } from '../operator';
import { contiguousFrom, normalizeAxes, range, tensorInfo, withDim } from '../shapes';
import { movement } from '../workRules';

interface Bounds {
  readonly axis: number;
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

/** Bounds per sliced axis as they are written (inputs from opset 10); undefined bounds are not known before the run. */
function writtenBounds(
  node: Node,
  rank: number,
  values: (index: number) => readonly number[] | undefined,
): { readonly axes: readonly number[] | undefined; readonly bounds: readonly Bounds[] | undefined } {
  const starts = attrInts(node, 'starts', undefined) ?? values(1);
  const ends = attrInts(node, 'ends', undefined) ?? values(2);
  const written = attrInts(node, 'axes', undefined) ?? (hasInput(node, 3) ? values(3) : range(starts?.length ?? rank));
  const steps = hasInput(node, 4) ? values(4) : [];
  const axes = written && normalizeAxes(written, rank);
  if (!axes || !starts || !ends || !steps) return { axes, bounds: undefined };
  const bounds = axes.map((axis, index) => ({
    axis,
    start: starts[index] ?? 0,
    end: ends[index] ?? 0,
    step: steps[index] ?? 1,
  }));
  return { axes, bounds };
}

/** First index and number of elements of a slice of `size`, as NumPy clamps them. */
function resolve({ start, end, step }: Bounds, size: number): { readonly first: number; readonly count: number } {
  const clamp = (bound: number, low: number, high: number): number =>
    Math.min(Math.max(bound < 0 ? bound + size : bound, low), high);
  if (step === 0) throw new Error('its step is 0');
  const first = step > 0 ? clamp(start, 0, size) : clamp(start, -1, size - 1);
  const last = step > 0 ? clamp(end, 0, size) : clamp(end, -1, size - 1);
  return { first, count: Math.max(0, Math.ceil((last - first) / step)) };
}

/** An open size survives a slice from 0 to the end; it stays open after any other. */
function slicedDim(bounds: Bounds, size: Dim): Dim {
  if (typeof size === 'number') return resolve(bounds, size).count;
  return bounds.start === 0 && bounds.step === 1 && bounds.end >= 2 ** 31 - 1 ? size : null;
}

export const slice: Operator = {
  types: ['Slice'],
  inferShape({ inputs, node }) {
    const [x = {}] = inputs;
    const { type, shape } = x;
    if (!shape) return [tensorInfo(type, undefined)];
    const { axes, bounds } = writtenBounds(node, shape.length, (index) => inputs[index]?.values);
    if (!bounds)
      return [
        tensorInfo(
          type,
          shape.map((dim, axis) => (!axes || axes.includes(axis) ? null : dim)),
        ),
      ];
    let sliced = shape;
    for (const one of bounds) sliced = withDim(sliced, one.axis, slicedDim(one, shape[one.axis] ?? null));
    if (!x.values || !isStatic(shape) || !isStatic(sliced)) return [tensorInfo(type, sliced)];
    const cuts = shape.map((size, axis) => {
      const along = bounds.find((one) => one.axis === axis);
      return { first: along ? resolve(along, size).first : 0, step: along?.step ?? 1 };
    });
    const index = (axis: number, at: number): number => (cuts[axis]?.first ?? 0) + at * (cuts[axis]?.step ?? 1);
    return [tensorInfo(type, sliced, pickValues(x, sliced, index))];
  },
  /** Runs reach from the last axis that is cut to the end; with a step every element stands alone. */
  work({ inputs, node, outputs }) {
    const from = inputs[0]?.shape;
    const to = outputs[0]?.shape;
    if (!from || !to) return undefined;
    const cut = from.findLastIndex((size, axis) => size !== to[axis]);
    const { bounds } = writtenBounds(node, from.length, (index) => inputs[index]?.values);
    const strided = bounds?.some(({ axis, step }) => axis === cut && step !== 1) ?? false;
    return movement(contiguousFrom(to, strided ? cut + 1 : Math.max(cut, 0)));
  },
  vjp(context) {
    const { node, build } = context;
    const [g] = context.cotangents;
    const [x = ''] = node.inputs;
    const [y = ''] = node.outputs;
    if (g === undefined || !context.wants(0)) return zeroVjp(context);
    const from = context.shape(x);
    const { bounds } = writtenBounds(node, from.length, (index) => context.values(node.inputs[index] ?? ''));
    if (!bounds) throw new Error('its bounds are computed at run time');
    let shape = context.shape(y);
    let grown = g;
    for (const one of bounds) {
      const size = from[one.axis] ?? 0;
      grown = unslice(build, grown, shape, one.axis, resolve(one, size).first, one.step, size);
      shape = shape.map((dim, axis) => (axis === one.axis ? size : dim));
    }
    return node.inputs.map((_, index) => (index === 0 ? grown : undefined));
  },
};
