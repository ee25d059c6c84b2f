import { attrInt } from '../graph/attributes';
import type { Node, Shape } from '../graph/graph';
import { productOf } from './contraction';
import type { GraphBuilder, VjpContext } from './gradientContext';
import { maths, reshape } from './gradientTools';
import type { CostContext, NodeContext } from './operator';
import { staticShape } from './shapes';
import { windowAttributes, windowOutput } from './window';
import type { Work } from './work';

/** onnxruntime's own pools may have [N, sizes…, C]. */
const channelsLast = (node: Node): boolean => attrInt(node, 'channels_last', 0) !== 0;

function checkRank(shape: Shape): void {
  if (shape.length < 3) throw new Error(`its input has rank ${shape.length}; it needs [N, C, at least one size]`);
}

/** Output shape [N, C, outputs…] of a pool. */
export function pooledShape({ node, inputs: [x] }: NodeContext): Shape | undefined {
  if (!x?.shape) return undefined;
  checkRank(x.shape);
  const [batch = null, ...rest] = x.shape;
  const window = windowAttributes(node);
  if (channelsLast(node)) return [batch, ...windowOutput(window, rest.slice(0, -1)), rest.at(-1) ?? null];
  return [batch, rest[0] ?? null, ...windowOutput(window, rest.slice(1))];
}

/** Output shape [N, C, 1…] of a pool over everything. */
export function globallyPooledShape({ node, inputs: [x] }: NodeContext): Shape | undefined {
  if (!x?.shape) return undefined;
  checkRank(x.shape);
  const channel = channelsLast(node) ? x.shape.length - 1 : 1;
  return x.shape.map((size, axis) => (axis === 0 || axis === channel ? size : 1));
}

/**
 * `cost` operations per window element: the additions and the division of an average are k² exactly; of a maximum's
 * k² − 1 comparisons, one more is counted.
 */
export const poolingWork =
  (cost = 1) =>
  ({ node, outputs: [y] }: CostContext): Work | undefined => {
    const shape = staticShape(y);
    const taps = productOf(windowAttributes(node).kernel);
    return shape && { kind: 'vector', operations: productOf(shape) * taps * cost, passes: 1 };
  };

/** [N, C, sizes…] → [N·C, 1, sizes…]: a window is the same in all channels, so one channel's weight does for all. */
export function channelsToBatch(build: GraphBuilder, x: string, shape: readonly number[]): string {
  const [N = 1, C = 1, ...sizes] = shape;
  return reshape(build, x, [N * C, 1, ...sizes]);
}

/**
 * The two factors of the slope of y = (Σ|x|ᵖ)^(1/p) (p: 2 by default): sign(x)·|x|ᵖ⁻¹ per input and ȳ·y^(1−p) per output, 0 where
 * the window is all zeros.
 */
export function powerSlopes(
  { node, build, type }: VjpContext,
  g: string,
): { readonly perInput: string; readonly perOutput: string } {
  const [x = ''] = node.inputs;
  const [y = ''] = node.outputs;
  const p = attrInt(node, 'p', 2);
  const m = maths(build, type(x));
  const sign = m.sub(m.greater(x, 0), m.less(x, 0));
  const isZero = m.sub(1, m.greater(y, 0));
  return {
    perInput: p === 2 ? x : m.mul(sign, m.pow(m.of('Abs', x), p - 1)),
    perOutput: m.mul(m.mul(g, m.greater(y, 0)), m.pow(m.add(y, isZero), 1 - p)),
  };
}
