import { isFloat } from '../../graph/dataTypes';
import type { DataType } from '../../graph/graph';
import { productOf } from '../contraction';
import type { Cotangents, GraphBuilder, VjpContext } from '../gradientContext';
import { cast, ints, inversePermutation, reduce, reshape, string, transpose, zeros } from '../gradientTools';
import { COST } from '../operationCosts';
import type { Operator } from '../operator';
import { channelsToBatch, globallyPooledShape, pooledShape, poolingWork } from '../pooling';
import { range, tensorInfo } from '../shapes';
import { tightened, type WindowAxis, windowAttributes, windowAxes, windowOutput } from '../window';
import { type ConvolutionWeight, convolutionAdjoint, windowAttributesOf } from '../windowGradients';
import { perInput } from '../workRules';

const LOWEST_FLOAT32 = -3.4028234663852886e38;

/** The windows of one axis of x [N, 1, …] laid side by side, as channels; axes before it are not yet reduced, those behind are. */
interface Patches {
  /** [N, taps, …]. */
  readonly name: string;
  /** The one-hot convolution that lays them out. */
  readonly oneHot: ConvolutionWeight;
  readonly window: readonly WindowAxis[];
}

/** One axis of a window that leaves the others alone, whose sizes are already reduced behind it only. */
function alone(axes: readonly WindowAxis[], index: number): readonly WindowAxis[] {
  return axes.map((axis, position): WindowAxis => {
    if (position === index) return tightened(axis);
    const size = position < index ? axis.input : axis.output;
    return { input: size, output: size, kernel: 1, stride: 1, dilation: 1, begin: 0, end: 0 };
  });
}

/** A matrix over the taps of a window, row by row. */
function tapMatrix(taps: number, entry: (row: number, column: number) => number): readonly number[] {
  return range(taps * taps).map((i) => entry(Math.floor(i / taps), i % taps));
}

function patchesOf(
  build: GraphBuilder,
  type: DataType,
  x: string,
  axes: readonly WindowAxis[],
  index: number,
): Patches {
  const window = alone(axes, index);
  const { kernel = 1, output = 1, stride = 1, dilation = 1, begin = 0, input = 1 } = window[index] ?? {};
  const along = (size: number): readonly number[] => window.map((_, position) => (position === index ? size : 1));
  const identity = tapMatrix(kernel, (row, column) => (row === column ? 1 : 0));
  const shape = [kernel, 1, ...along(kernel)];
  const oneHot = { name: build.constant(type, identity, shape), shape, group: 1 };
  const name = build.add('Conv', [x, oneHot.name], windowAttributesOf(window));
  // The convolution pads with zeros; what lies outside must lose against everything.
  const penalties = range(kernel * output).map((i) => {
    const position = (i % output) * stride + Math.floor(i / output) * dilation - begin;
    return position >= 0 && position < input ? 0 : type === 'float64' ? -Number.MAX_VALUE : LOWEST_FLOAT32;
  });
  if (penalties.every((penalty) => penalty === 0)) return { name, oneHot, window };
  const penalty = build.constant(type, penalties, [kernel, ...along(output)]);
  return { name: build.add('Add', [name, penalty]), oneHot, window };
}

/** Of a window's taps that reach the maximum y, the first takes its cotangent; overlapping windows add up. */
function axisCotangent(build: GraphBuilder, type: DataType, g: string, y: string, patches: Patches): string {
  const { name, oneHot, window } = patches;
  const [taps = 1] = oneHot.shape;
  const reaches = cast(build, build.add('Not', [build.add('Less', [name, y])]), type);
  // Reaches y, less the number of earlier taps that do, cut off at 0: 1 for the first alone.
  const earlier = tapMatrix(taps, (row, column) => (row === column ? 1 : column < row ? -1 : 0));
  const weight = build.constant(type, earlier, [taps, taps, ...window.map(() => 1)]);
  const first = build.add('Relu', [build.add('Conv', [reaches, weight])]);
  return convolutionAdjoint(build, build.add('Mul', [first, g]), oneHot, window);
}

const UNIT_AXIS: WindowAxis = { input: 1, output: 1, kernel: 1, stride: 1, dilation: 1, begin: 0, end: 0 };

/**
 * A maximum over a box is one along its last axis, then along the one before, and so on: each is undone alone. Valid from
 * opset 7 on. A last axis of size one keeps onnxruntime from its channel-blocked layout, which would pad the taps to 16.
 */
function separably(context: VjpContext, g: string, box: readonly WindowAxis[]): string {
  const { node, build } = context;
  const [x = ''] = node.inputs;
  const axes = [...box, UNIT_AXIS];
  const xType = context.type(x);
  const type = isFloat(xType) ? xType : 'float32';
  const shape = context.shape(x);
  let reduced = channelsToBatch(build, type === xType ? x : cast(build, x, type), [...shape, 1]);
  const steps: { readonly patches: Patches; readonly y: string }[] = [];
  for (const [index, axis] of [...axes.entries()].reverse()) {
    if (axis.kernel === 1 && axis.stride === 1) continue;
    const patches = patchesOf(build, type, reduced, axes, index);
    reduced = reduce(build, 'Max', patches.name, [1]);
    steps.push({ patches, y: reduced });
  }
  let cotangent = channelsToBatch(build, g, [...context.shape(node.outputs[0] ?? ''), 1]);
  for (const { patches, y } of steps.reverse()) cotangent = axisCotangent(build, type, cotangent, y, patches);
  return reshape(build, cotangent, shape);
}

/**
 * Puts g where the pool found its maxima: four to ten times faster. Where windows overlap the scatter must add, which exists from
 * opset 16 on only.
 */
function byIndices(context: VjpContext, g: string, box: readonly WindowAxis[]): string {
  const { node, build } = context;
  const [x = ''] = node.inputs;
  const shape = context.shape(x);
  const { storage_order: _, ...attributes } = Object.fromEntries(node.attributes);
  const kernel_shape = ints(box.map((axis) => axis.kernel));
  const [, indices = ''] = build.addMany('MaxPool', [x], 2, { ...attributes, kernel_shape });
  const xType = context.type(x);
  const nothing = zeros(build, isFloat(xType) ? xType : 'float32', [productOf(shape)]);
  const flat = [nothing, reshape(build, indices, [-1]), reshape(build, g, [-1])];
  const adding = overlap(box) ? { reduction: string('add') } : undefined;
  return reshape(build, build.add('ScatterElements', flat, adding), shape);
}

const overlap = (box: readonly WindowAxis[]): boolean =>
  box.some(({ kernel, stride, dilation }) => stride < (kernel - 1) * dilation + 1);

/** The first element in row-major order wins a tie, as in onnxruntime and PyTorch. */
function maximumVjp(context: VjpContext, box: readonly WindowAxis[]): Cotangents {
  const [g] = context.cotangents;
  if (!g || !context.wants(0)) return [];
  return [context.build.opset >= (overlap(box) ? 16 : 11) ? byIndices(context, g, box) : separably(context, g, box)];
}

/** The same pool with the channels in front; levels of 8 bits are compared as numbers. */
function channelsLastVjp(context: VjpContext): Cotangents {
  const { node, build } = context;
  const [x = ''] = node.inputs;
  const [y = ''] = node.outputs;
  const [g] = context.cotangents;
  if (!g || !context.wants(0)) return [];
  const toFront = (shape: readonly number[]): readonly number[] => [
    0,
    shape.length - 1,
    ...range(shape.length - 2).map((i) => i + 1),
  ];
  const front = (tensor: string): readonly number[] => {
    const shape = context.shape(tensor);
    return toFront(shape).map((axis) => shape[axis] ?? 1);
  };
  const perm = toFront(context.shape(x));
  const real = transpose(build, cast(build, x, 'float32'), perm);
  const inFront: VjpContext = {
    ...context,
    node: { ...node, inputs: [real], outputs: [y] },
    shape: (tensor) => front(tensor === real ? x : tensor),
    type: () => 'float32',
    cotangents: [transpose(build, g, perm)],
  };
  const box = windowAxes(windowAttributes(node), front(x).slice(2));
  const [cotangent] = maximumVjp(inFront, box);
  return [cotangent && transpose(build, cotangent, inversePermutation(perm))];
}

/** MaxPool may also answer the flat index of each maximum. */
export const maxPool: readonly Operator[] = [
  {
    types: ['MaxPool'],
    inferShape(context) {
      const shape = pooledShape(context);
      return [tensorInfo(context.inputs[0]?.type, shape), tensorInfo('int64', shape)];
    },
    work: poolingWork(),
    vjp(context) {
      const sizes = context.shape(context.node.inputs[0] ?? '').slice(2);
      return maximumVjp(context, windowAxes(windowAttributes(context.node), sizes));
    },
  },
  {
    /** onnxruntime's, of 8-bit tensors [N, sizes…, C]. */
    types: ['com.microsoft:NhwcMaxPool'],
    inferShape: ({ node, inputs: [x] }) => {
      const [batch = null, ...rest] = x?.shape ?? [];
      const sizes = windowOutput(windowAttributes(node), rest.slice(0, -1));
      return [tensorInfo(x?.type, x?.shape && [batch, ...sizes, rest.at(-1) ?? null])];
    },
    work: poolingWork(),
    vjp: channelsLastVjp,
  },
  {
    types: ['GlobalMaxPool'],
    inferShape: (context) => [tensorInfo(context.inputs[0]?.type, globallyPooledShape(context))],
    work: perInput(COST.simple),
    vjp(context) {
      const sizes = context.shape(context.node.inputs[0] ?? '').slice(2);
      const whole = { output: 1, stride: 1, dilation: 1, begin: 0, end: 0 };
      return maximumVjp(
        context,
        sizes.map((size) => ({ ...whole, input: size, kernel: size })),
      );
    },
  },
];
