import { attrInt } from '../../graph/attributes';
import type { Cotangents, VjpContext } from '../gradientContext';
import { maths, reduceSum, zeroVjp } from '../gradientTools';
import { COST } from '../operationCosts';
import type { NodeContext, Operator } from '../operator';
import { normalizeAxis, range, tensorInfo } from '../shapes';
import { perInput } from '../workRules';

/** The normalised axes: one from opset 13 on (the last by default); before, all from `axis` (1) on, as of a matrix. */
function normalizedAxes(context: VjpContext): readonly number[] {
  const { node, opset } = context;
  const rank = context.shape(node.inputs[0] ?? '').length;
  if (opset >= 13) return [normalizeAxis(attrInt(node, 'axis', -1), rank)];
  const axis = attrInt(node, 'axis', 1);
  return range(rank).slice(axis === rank ? rank : normalizeAxis(axis, rank));
}

/** x̄ = y·(ȳ − Σ ȳ·y). */
function softmaxVjp(context: VjpContext): Cotangents {
  const { node, build } = context;
  const [y = ''] = node.outputs;
  const [g] = context.cotangents;
  if (!g || !context.wants(0)) return [];
  const m = maths(build, context.type(y));
  return [m.mul(y, m.sub(g, reduceSum(build, m.mul(g, y), normalizedAxes(context))))];
}

/** x̄ = ȳ − e^y·Σ ȳ. */
function logSoftmaxVjp(context: VjpContext): Cotangents {
  const { node, build } = context;
  const [y = ''] = node.outputs;
  const [g] = context.cotangents;
  if (!g || !context.wants(0)) return [];
  const m = maths(build, context.type(y));
  return [m.sub(g, m.mul(m.of('Exp', y), reduceSum(build, g, normalizedAxes(context))))];
}

const inferShape = ({ inputs: [x] }: NodeContext) => [tensorInfo(x?.type, x?.shape)];

/**
 * Three passes: the maximum; the exponential of the difference and its sum; a multiplication by the sum's reciprocal, or
 * for the logarithm a subtraction.
 */
const work = perInput(COST.exp + 4 * COST.simple, 3);

export const softmax: readonly Operator[] = [
  { types: ['Softmax'], inferShape, work, vjp: softmaxVjp },
  { types: ['LogSoftmax'], inferShape, work, vjp: logSoftmaxVjp },
  /** Finds the maximum, then writes ones and zeros. */
  { types: ['Hardmax'], inferShape, work: perInput(COST.simple, 1), vjp: zeroVjp },
  /** Adds a second operand first (a mask). */
  { types: ['com.microsoft:BiasSoftmax'], inferShape, work: perInput(COST.exp + 5 * COST.simple, 3) },
];
