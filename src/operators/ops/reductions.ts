import { attrInt } from '../../graph/attributes';
import type { Node, Shape } from '../../graph/graph';
import { elementCount, isStatic } from '../../graph/graph';
import { toType } from '../constantValues';
import type { VjpContext } from '../gradientContext';
import {
  expand,
  inversePermutation,
  type Maths,
  maths,
  reduce,
  reduceSum,
  reshape,
  transpose,
  zeroVjp,
} from '../gradientTools';
import { type ListArgument, listArgument, listOf } from '../nodeArguments';
import { COST } from '../operationCosts';
import type { Operator } from '../operator';
import { normalizeAxes, offsetsAt, range, strides, tensorInfo, unknownShape } from '../shapes';

/** Where a gradient is taken: y and ȳ have the reduced axes as ones (`y`, `g`); x has them in full. */
interface Point {
  readonly context: VjpContext;
  readonly m: Maths;
  readonly x: string;
  readonly y: string;
  readonly g: string;
  readonly axes: readonly number[];
  readonly shape: readonly number[];
}

interface Rule {
  readonly type: string;
  /** Operations per input element and per output element, and readings of the input. */
  readonly perInput: number;
  readonly perOutput?: number;
  readonly passes?: number;
  readonly evaluate: (elements: readonly number[]) => number;
  /** x̄; may have any shape that broadcasts to x's. */
  readonly gradient: (point: Point) => string;
}

/** Reduced axes; no axes mean all, or with noop_with_empty_axes none. */
function reducedAxes(node: Node, rank: number, given: ListArgument): readonly number[] | undefined {
  if (given === 'unknown') return undefined;
  if (given !== 'absent' && given.length > 0) return normalizeAxes(given, rank);
  return attrInt(node, 'noop_with_empty_axes', 0) !== 0 ? [] : range(rank);
}

const keepsDims = (node: Node): boolean => attrInt(node, 'keepdims', 1) !== 0;

function reducedShape(shape: Shape, axes: readonly number[], keepDims: boolean): Shape {
  if (keepDims) return shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  return shape.filter((_, axis) => !axes.includes(axis));
}

function reduction(rule: Rule): Operator {
  const { type, perInput, perOutput = 0, passes = 1, evaluate, gradient } = rule;
  return {
    types: [type],
    inferShape(context) {
      const { node, inputs } = context;
      const [x = {}] = inputs;
      if (!x.shape) return [tensorInfo(x.type, undefined)];
      const axes = reducedAxes(node, x.shape.length, listOf(context, 'axes', 1));
      if (!axes) return [tensorInfo(x.type, keepsDims(node) ? unknownShape(x.shape.length) : undefined)];
      const shape = reducedShape(x.shape, axes, keepsDims(node));
      if (!x.values || !isStatic(x.shape)) return [tensorInfo(x.type, shape)];
      const values = reduceValues(x.values, x.shape, axes, evaluate).map((value) => toType(x.type, value));
      return [tensorInfo(x.type, shape, values)];
    },
    work({ inputs, outputs }) {
      const [read, written] = [elementCount(inputs[0]?.shape), elementCount(outputs[0]?.shape)];
      if (read === undefined || written === undefined) return undefined;
      return { kind: 'vector', operations: read * perInput + written * perOutput, passes };
    },
    vjp(context) {
      const { node, build } = context;
      const [g] = context.cotangents;
      const [x = ''] = node.inputs;
      const [y = ''] = node.outputs;
      if (g === undefined || !context.wants(0)) return zeroVjp(context);
      const shape = context.shape(x);
      const given = listArgument(node, 'axes', 1, (index) => context.values(node.inputs[index] ?? ''));
      const axes = reducedAxes(node, shape.length, given);
      if (!axes) throw new Error('its axes are computed at run time');
      const kept = shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
      const restore = (tensor: string): string => (keepsDims(node) ? tensor : reshape(build, tensor, kept));
      const m = maths(build, context.type(x));
      const point: Point = { context, m, x, y: restore(y), g: restore(g), axes, shape };
      const full = gradient(point);
      return node.inputs.map((_, index) => (index === 0 ? full : undefined));
    },
  };
}

function reduceValues(
  values: readonly number[],
  shape: readonly number[],
  axes: readonly number[],
  evaluate: (elements: readonly number[]) => number,
): readonly number[] {
  const steps = strides(shape);
  const along = (isWanted: (axis: number) => boolean): readonly number[] =>
    offsetsAt(
      shape.map((size, axis) => (isWanted(axis) ? range(size) : [0])),
      steps,
    );
  const inner = along((axis) => axes.includes(axis));
  const outer = along((axis) => !axes.includes(axis));
  return outer.map((base) => evaluate(inner.map((offset) => values[base + offset] ?? 0)));
}

const total = (elements: readonly number[]): number => elements.reduce((a, b) => a + b, 0);
const squares = (elements: readonly number[]): number => total(elements.map((element) => element ** 2));

/** ȳ repeated along the reduced axes. */
const spread = ({ context, x, g, shape }: Point): string => expand(context.build, context.type(x), g, shape);

/** To the elements that equal y, in equal shares. */
function extremum(type: 'ReduceMax' | 'ReduceMin'): Rule {
  const isMax = type === 'ReduceMax';
  return {
    type,
    perInput: COST.simple,
    evaluate: (elements) => (isMax ? Math.max(...elements) : Math.min(...elements)),
    gradient: ({ context, m, x, y, g, axes }) => {
      const isExtreme = m.sub(1, isMax ? m.less(x, y) : m.greater(x, y));
      return m.mul(isExtreme, m.div(g, reduceSum(context.build, isExtreme, axes)));
    },
  };
}

/**
 * ∂y/∂xᵢ is the product of all others, exact also where elements are zero: of an n×n copy of the n reduced elements with
 * ones on its diagonal.
 */
function productGradient({ context, m, x, g, axes, shape }: Point): string {
  const { build } = context;
  const type = context.type(x);
  const kept = range(shape.length).filter((axis) => !axes.includes(axis));
  const perm = [...kept, ...axes];
  const moved = perm.map((axis) => shape[axis] ?? 1);
  const count = elementCount(axes.map((axis) => shape[axis] ?? 1)) ?? 1;
  const outer = elementCount(kept.map((axis) => shape[axis] ?? 1)) ?? 1;
  const rows = reshape(build, transpose(build, x, perm), [outer, 1, count]);
  const eye = range(count).flatMap((row) => range(count).map((column) => Number(row === column)));
  const diagonal = build.constant(type, eye, [count, count]);
  // x·(1 − I) + I: the diagonal is one, every other element x.
  const masked = m.add(m.mul(rows, m.sub(1, diagonal)), diagonal);
  const others = reduce(build, 'Prod', masked, [2], false);
  return m.mul(g, transpose(build, reshape(build, others, moved), inversePermutation(perm)));
}

/** y itself, but 1 where it is 0: norms divide by it, and the numerator is 0 there. */
const orOne = ({ m, y }: Point): string => m.add(y, m.sub(1, m.greater(y, 0)));

export const reductions: readonly Operator[] = [
  reduction({ type: 'ReduceSum', perInput: COST.simple, evaluate: total, gradient: spread }),
  reduction({
    type: 'ReduceMean',
    perInput: COST.simple,
    perOutput: COST.simple,
    evaluate: (elements) => total(elements) / elements.length,
    gradient: (at) => {
      const count = elementCount(at.axes.map((axis) => at.shape[axis] ?? 1)) ?? 1;
      return spread({ ...at, g: at.m.div(at.g, count) });
    },
  }),
  reduction(extremum('ReduceMax')),
  reduction(extremum('ReduceMin')),
  reduction({
    type: 'ReduceProd',
    perInput: COST.simple,
    evaluate: (elements) => elements.reduce((a, b) => a * b, 1),
    gradient: productGradient,
  }),
  reduction({
    type: 'ReduceL1',
    perInput: 2 * COST.simple,
    evaluate: (elements) => total(elements.map(Math.abs)),
    gradient: ({ m, x, g }) => m.mul(g, m.sub(m.greater(x, 0), m.less(x, 0))),
  }),
  reduction({
    type: 'ReduceL2',
    perInput: 2 * COST.simple,
    perOutput: COST.sqrt,
    evaluate: (elements) => Math.sqrt(squares(elements)),
    gradient: (at) => at.m.mul(at.x, at.m.div(at.g, orOne(at))),
  }),
  reduction({
    type: 'ReduceSumSquare',
    perInput: 2 * COST.simple,
    evaluate: squares,
    gradient: ({ m, x, g }) => m.mul(x, m.mul(g, 2)),
  }),
  reduction({
    type: 'ReduceLogSum',
    perInput: COST.simple,
    perOutput: COST.log,
    evaluate: (elements) => Math.log(total(elements)),
    gradient: (at) => spread({ ...at, g: at.m.div(at.g, at.m.of('Exp', at.y)) }),
  }),
  reduction({
    type: 'ReduceLogSumExp',
    perInput: COST.exp + 3 * COST.simple,
    perOutput: COST.log,
    passes: 2,
    evaluate: (elements) => Math.log(total(elements.map(Math.exp))),
    gradient: ({ m, x, y, g }) => m.mul(g, m.of('Exp', m.sub(x, y))),
  }),
];
