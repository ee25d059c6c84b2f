import { attrFloat, attrInt } from '../../graph/attributes';
import { elementCount } from '../../graph/graph';
import { productOf } from '../contraction';
import type { Cotangents, VjpContext } from '../gradientContext';
import { ints, maths, reshape } from '../gradientTools';
import { COST } from '../operationCosts';
import type { Operator } from '../operator';
import { tensorInfo } from '../shapes';

/**
 * y = x·s^−β with s = k + α/n·Σ x² over the n channels around (Krizhevsky et al. 2012, section 3.3). With W the sum over
 * neighbours: x̄ = ȳ·s^−β − 2αβ/n·x·Wᵀ(ȳ·x·s^(−β−1)). Channels become the rows of an image of one channel, so that W is a
 * convolution with ones.
 */
function vjp(context: VjpContext): Cotangents {
  const { node, build } = context;
  const [x = ''] = node.inputs;
  const [g] = context.cotangents;
  if (!g || !context.wants(0)) return [];
  const type = context.type(x);
  const m = maths(build, type);
  const shape = context.shape(x);
  const [N = 1, C = 1, ...sizes] = shape;
  const size = attrInt(node, 'size', 1);
  const alpha = attrFloat(node, 'alpha', 1e-4);
  const beta = attrFloat(node, 'beta', 0.75);
  const image = (tensor: string): string => reshape(build, tensor, [N, 1, C, productOf(sizes)]);
  const ones = build.constant(type, new Array<number>(size).fill(1), [1, 1, size, 1]);
  // Channel c sums c − ⌊(n−1)/2⌋ … c + ⌈(n−1)/2⌉; the adjoint looks the other way.
  const before = Math.floor((size - 1) / 2);
  const after = size - 1 - before;
  const sumOver = (tensor: string, first: number, last: number): string =>
    build.add('Conv', [tensor, ones], { kernel_shape: ints([size, 1]), pads: ints([first, 0, last, 0]) });
  const [xs, gs] = [image(x), image(g)];
  const s = m.add(m.mul(sumOver(m.mul(xs, xs), before, after), alpha / size), attrFloat(node, 'bias', 1));
  const direct = m.mul(gs, m.pow(s, -beta));
  const crossed = sumOver(m.mul(m.div(direct, s), xs), after, before);
  return [reshape(build, m.sub(direct, m.mul(xs, m.mul(crossed, (2 * alpha * beta) / size))), shape)];
}

export const lrn: Operator = {
  types: ['LRN'],
  inferShape: ({ inputs: [x] }) => [tensorInfo(x?.type, x?.shape)],
  /** Per element: a square, `size` additions, α and k, a power, a multiplication. The window stays on chip: one pass. */
  work({ node, inputs: [x] }) {
    const count = elementCount(x?.shape);
    const cost = (attrInt(node, 'size', 1) + 4) * COST.simple + COST.pow;
    return count === undefined ? undefined : { kind: 'vector', operations: count * cost, passes: 1 };
  },
  vjp,
};
