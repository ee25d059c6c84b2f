import { attrInt } from '../../graph/attributes';
import type { Cotangents, VjpContext } from '../gradientContext';
import { maths } from '../gradientTools';
import { hasInput } from '../nodeArguments';
import type { Operator } from '../operator';
import { dequantized, passUnclipped } from '../quantizedGradients';
import { tensorInfo } from '../shapes';
import { windowAttributes, windowAxes } from '../window';
import { convolutionAdjoint } from '../windowGradients';
import { convolutionShape, convolutionWork } from './conv';

function inputCotangent(context: VjpContext, g: string, x: string, w: string, realWeight: string): string {
  const [, , ...sizes] = context.shape(x);
  const shape = context.shape(w);
  const axes = windowAxes(windowAttributes(context.node, shape.slice(2)), sizes);
  const weight = { name: realWeight, shape, group: attrInt(context.node, 'group', 1) };
  return convolutionAdjoint(context.build, g, weight, axes);
}

/** One parameter per output channel, against a weight [M, C/group, kernel…]. */
function perOutputChannel(context: VjpContext, w: string): readonly number[] {
  return context.shape(w).map((size, axis) => (axis === 0 ? size : 1));
}

/** y = clip(conv(x − x₀, w − w₀)·(s_x s_w / s_y) + y₀): x̄ = (s_x / s_y)·convᵀ(ȳ, s_w (w − w₀)) where y is not clipped. */
function qLinearConvVjp(context: VjpContext): Cotangents {
  const { node, build } = context;
  const [x = '', xScale = '', , w = '', wScale = '', wZero = '', yScale = ''] = node.inputs;
  const [y = ''] = node.outputs;
  const [g] = context.cotangents;
  if (!g || !context.wants(0)) return [];
  const type = context.type(xScale);
  const m = maths(build, type);
  const passed = passUnclipped(build, type, g, y, context.type(y));
  const scaled = m.mul(passed, m.div(xScale, yScale));
  return [
    inputCotangent(context, scaled, x, w, dequantized(context, type, w, wScale, wZero, perOutputChannel(context, w))),
  ];
}

/** y = conv(x − x₀, w − w₀) in int32: x̄ = convᵀ(ȳ, w − w₀). */
function convIntegerVjp(context: VjpContext): Cotangents {
  const [x = '', w = '', , wZero = ''] = context.node.inputs;
  const [g] = context.cotangents;
  if (!g || !context.wants(0)) return [];
  return [
    inputCotangent(context, g, x, w, dequantized(context, 'float32', w, '', wZero, perOutputChannel(context, w))),
  ];
}

export const quantizedConv: readonly Operator[] = [
  {
    types: ['QLinearConv'],
    inferShape({ node, inputs }) {
      return [tensorInfo(inputs[7]?.type, convolutionShape(node, inputs[0]?.shape, inputs[3]?.shape))];
    },
    work({ node, inputs, outputs: [y] }) {
      return convolutionWork(node, inputs[0], inputs[3], y, hasInput(node, 8));
    },
    vjp: qLinearConvVjp,
  },
  {
    types: ['ConvInteger'],
    inferShape: ({ node, inputs: [x, w] }) => [tensorInfo('int32', convolutionShape(node, x?.shape, w?.shape))],
    work: ({ node, inputs: [x, w], outputs: [y] }) => convolutionWork(node, x, w, y, false),
    vjp: convIntegerVjp,
  },
];
