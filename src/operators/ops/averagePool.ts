import { attrInt } from '../../graph/attributes';
import type { DataType } from '../../graph/graph';
import { productOf } from '../contraction';
import type { Cotangents, VjpContext } from '../gradientContext';
import { maths, reshape } from '../gradientTools';
import { COST } from '../operationCosts';
import type { Operator } from '../operator';
import { channelsToBatch, pooledShape, poolingWork, powerSlopes } from '../pooling';
import { operandsAt, quantizedVjp } from '../quantizedGradients';
import { tensorInfo } from '../shapes';
import { type WindowAxis, windowAttributes, windowAxes } from '../window';
import { convolutionAdjoint } from '../windowGradients';

/** How many positions each output of an axis averages: those inside the input, or inside its pads where they count. */
function counts(axis: WindowAxis, includePads: boolean): readonly number[] {
  const least = includePads ? 0 : axis.begin;
  const beyond = axis.begin + axis.input + (includePads ? axis.end : 0);
  return Array.from({ length: axis.output }, (_, output) => {
    const start = output * axis.stride;
    const taps = Array.from({ length: axis.kernel }, (_unused, tap) => start + tap * axis.dilation);
    return taps.filter((position) => position >= least && position < beyond).length;
  });
}

function vjp(context: VjpContext): Cotangents {
  const [g] = context.cotangents;
  if (!g || !context.wants(0)) return [];
  return [spreadMean(context, context.type(context.node.inputs[0] ?? ''), g)];
}

const quantizedVjpOfMean = quantizedVjp({
  operands: operandsAt(0),
  result: 3,
  real: (at) => {
    if (attrInt(at.node, 'channels_last', 0) !== 0) throw new Error('channels_last has no gradient rule');
    return [spreadMean(at, 'float32', at.g)];
  },
});

/** Adds up a cotangent per window over the windows that each position of x is in. */
function spreadOver(
  context: VjpContext,
  type: DataType,
  g: string,
  axes: readonly WindowAxis[],
  value: number,
): string {
  const { node, build } = context;
  const [xShape, yShape] = [context.shape(node.inputs[0] ?? ''), context.shape(node.outputs[0] ?? '')];
  const kernel = axes.map((axis) => axis.kernel);
  const shape = [1, 1, ...kernel];
  const name = build.constant(type, new Array<number>(productOf(kernel)).fill(value), shape);
  const perChannel = channelsToBatch(build, g, yShape);
  return reshape(
    build,
    convolutionAdjoint(build, perChannel, { name, shape, group: 1, symmetric: true }, axes),
    xShape,
  );
}

/** y = (Σ|x|ᵖ)^(1/p) over each window: x̄ = sign(x)|x|ᵖ⁻¹·Σ ȳ·y^(1−p) over the windows that x is in. */
function normVjp(context: VjpContext): Cotangents {
  const [x = ''] = context.node.inputs;
  const [g] = context.cotangents;
  if (!g || !context.wants(0)) return [];
  const type = context.type(x);
  const axes = windowAxes(windowAttributes(context.node), context.shape(x).slice(2));
  const { perInput, perOutput } = powerSlopes(context, g);
  return [maths(context.build, type).mul(perInput, spreadOver(context, type, perOutput, axes, 1))];
}

/** Spreads g/count over each window: the count is a product over the axes, so each axis takes its own reciprocals. */
function spreadMean(context: VjpContext, type: DataType, g: string): string {
  const { node, build } = context;
  const sizes = context.shape(node.inputs[0] ?? '').slice(2);
  const axes = windowAxes(windowAttributes(node), sizes);
  const includePads = attrInt(node, 'count_include_pad', 0) !== 0;
  const m = maths(build, type);
  let uniform = 1;
  let shares = g;
  for (const [index, axis] of axes.entries()) {
    const perOutput = counts(axis, includePads);
    const [first = 1] = perOutput;
    if (perOutput.every((count) => count === first)) {
      uniform /= first;
      continue;
    }
    const shape = axes.map((_, other) => (other === index ? perOutput.length : 1));
    const reciprocals = perOutput.map((count) => 1 / count);
    shares = m.mul(shares, build.constant(type, reciprocals, shape));
  }
  if (
    axes.every((axis) => axis.output === 1 && axis.begin === 0 && axis.kernel === axis.input && axis.dilation === 1)
  ) {
    return m.mul(shares, build.constant(type, new Array<number>(productOf(sizes)).fill(uniform), sizes));
  }
  return spreadOver(context, type, shares, axes, uniform);
}

export const averagePool: readonly Operator[] = [
  {
    types: ['AveragePool'],
    inferShape: (context) => [tensorInfo(context.inputs[0]?.type, pooledShape(context))],
    work: poolingWork(),
    vjp,
  },
  {
    types: ['com.microsoft:QLinearAveragePool'],
    inferShape: (context) => [tensorInfo(context.inputs[0]?.type, pooledShape(context))],
    work: poolingWork(),
    vjp: quantizedVjpOfMean,
  },
  {
    /** (Σ|x|^p)^(1/p): a power and an addition per element (p ≤ 2: a simple operation and an addition). */
    types: ['LpPool'],
    inferShape: (context) => [tensorInfo(context.inputs[0]?.type, pooledShape(context))],
    work(context) {
      const p = attrInt(context.node, 'p', 2);
      return poolingWork(p > 2 ? COST.pow + COST.simple : 2 * COST.simple)(context);
    },
    vjp: normVjp,
  },
];
