import { attrInt, attrInts } from '../../graph/attributes';
import type { Dim, Node, Shape } from '../../graph/graph';
import { productOf } from '../contraction';
import type { Cotangents, VjpContext } from '../gradientContext';
import { int } from '../gradientTools';
import { hasInput } from '../nodeArguments';
import type { Operator } from '../operator';
import { staticShape, tensorInfo, unknownShape } from '../shapes';
import { type WindowAttributes, type WindowAxis, windowAttributes } from '../window';
import { windowAttributesOf } from '../windowGradients';
import { biasCotangent } from './conv';

interface TransposedWindow extends WindowAttributes {
  readonly outputPadding: readonly number[];
  readonly outputShape: readonly number[] | undefined;
}

function transposedWindow(node: Node, kernel: readonly number[]): TransposedWindow {
  const window = windowAttributes(node, kernel);
  const rank = window.kernel.length;
  return {
    ...window,
    outputPadding: attrInts(node, 'output_padding', new Array<number>(rank).fill(0)),
    // Some exporters give [N, C, sizes…] instead of the spatial sizes.
    outputShape: attrInts(node, 'output_shape', undefined)?.slice(-rank),
  };
}

/** Output positions that the windows reach, uncropped: (input − 1)·stride + (kernel − 1)·dilation + 1 + output_padding. */
function reach(window: TransposedWindow, axis: number, input: number): number {
  const span = ((window.kernel[axis] ?? 1) - 1) * (window.dilations[axis] ?? 1) + 1;
  return (input - 1) * (window.strides[axis] ?? 1) + span + (window.outputPadding[axis] ?? 0);
}

/**
 * Resolves one axis as the ONNX specification of ConvTranspose has it: with output_shape or SAME the size is given and
 * the surplus is cropped, at the end first for SAME_UPPER, else at the beginning.
 */
function transposedAxis(window: TransposedWindow, axis: number, input: number): WindowAxis {
  const rank = window.kernel.length;
  const stride = window.strides[axis] ?? 1;
  const whole = reach(window, axis, input);
  const fixed = { input, kernel: window.kernel[axis] ?? 1, stride, dilation: window.dilations[axis] ?? 1 };
  const isSame = window.autoPad.startsWith('SAME');
  // Where the windows do not even reach input·stride, onnxruntime leaves the size as it is.
  const output = window.outputShape?.[axis] ?? (isSame ? Math.min(input * stride, whole) : undefined);
  if (output === undefined) {
    const isPadded = window.autoPad === 'NOTSET';
    const begin = isPadded ? (window.pads[axis] ?? 0) : 0;
    const end = isPadded ? (window.pads[axis + rank] ?? 0) : 0;
    return { ...fixed, output: whole - begin - end, begin, end };
  }
  const total = Math.max(0, whole - output);
  const begin = window.autoPad === 'SAME_UPPER' ? Math.floor(total / 2) : Math.ceil(total / 2);
  return { ...fixed, output, begin, end: total - begin };
}

function inferredShape(node: Node, x: Shape | undefined, w: Shape | undefined): Shape | undefined {
  if (!x || !w) return x && unknownShape(x.length);
  const [batch = null, channels = null, ...sizes] = x;
  const [inputs = null, outputsPerGroup = null, ...kernel] = w;
  if (w.length !== x.length) throw new Error(`its weight has rank ${w.length}, its input rank ${x.length}`);
  if (typeof channels === 'number' && typeof inputs === 'number' && channels !== inputs) {
    throw new Error(`its weight needs ${inputs} channels, its input has ${channels}`);
  }
  const outputs = typeof outputsPerGroup === 'number' ? outputsPerGroup * attrInt(node, 'group', 1) : null;
  const known = staticShape({ shape: kernel });
  if (!known && !node.attributes.has('kernel_shape')) return [batch, outputs, ...unknownShape(sizes.length)];
  const window = transposedWindow(node, known ?? []);
  return [batch, outputs, ...sizes.map((size, axis): Dim => outputSize(window, axis, size))];
}

function outputSize(window: TransposedWindow, axis: number, size: Dim): Dim {
  if (typeof size !== 'number') return window.outputShape?.[axis] ?? null;
  const { output } = transposedAxis(window, axis, size);
  if (output < 1) throw new Error(`an input of ${size} is cropped to nothing by its pads`);
  return output;
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}

function vjp(context: VjpContext): Cotangents {
  const { node, build } = context;
  const [x = '', w = '', bias] = node.inputs;
  const [g] = context.cotangents;
  if (!g) return [];
  if (context.wants(1)) throw new Error('its weight depends on the target: that gradient is not implemented');
  const dx = (): string => {
    const [, , ...sizes] = context.shape(x);
    const window = transposedWindow(node, context.shape(w).slice(2));
    const axes = sizes.map((size, axis) => transposedAxis(window, axis, size));
    return build.add('Conv', [g, w], { ...windowAttributesOf(axes), group: int(attrInt(node, 'group', 1)) });
  };
  return [
    context.wants(0) ? dx() : undefined,
    undefined,
    bias && context.wants(2) ? biasCotangent(context, g, node.outputs[0] ?? '') : undefined,
  ];
}

export const convTranspose: Operator = {
  types: ['ConvTranspose'],
  inferShape({ node, inputs: [x, w] }) {
    return [tensorInfo(x?.type, inferredShape(node, x?.shape, w?.shape))];
  },
  /**
   * Every input element meets every kernel tap: MACs = N·G·C·K·inputs·taps, cropped outputs included. The stride's phases
   * are sub-kernels over the input's grid: where a = gcd(kernel, stride) of an axis, `a` phases count as output channels
   * (K·a) of a kernel/a window, so that the nest writes as many outputs as the layer where the stride divides the kernel.
   */
  work({ node, inputs: [x, w], outputs: [y] }) {
    const [xShape, wShape, yShape] = [staticShape(x), staticShape(w), staticShape(y)];
    if (!xShape || !wShape || !yShape) return undefined;
    const [N = 1, channels = 1, ...sizes] = xShape;
    const [, outputsPerGroup = 1, ...kernel] = wShape;
    const { strides } = transposedWindow(node, kernel);
    const G = attrInt(node, 'group', 1);
    const phases = kernel.map((size, axis) => gcd(size, strides[axis] ?? 1));
    const taps = kernel.map((size, axis) => size / (phases[axis] ?? 1));
    const rows = Math.max(1, sizes.length - 1);
    const H = productOf(sizes.slice(0, rows));
    const W = productOf(sizes.slice(rows));
    const nest = {
      ...{ N, G, K: outputsPerGroup * productOf(phases), C: channels / G, P: H, Q: W, H, W },
      ...{ R: productOf(taps.slice(0, rows)), S: productOf(taps.slice(rows)) },
      ...{ strideH: 1, strideW: 1, dilationH: 1, dilationW: 1 },
    };
    return { kind: 'loopNest', nest, biasAdds: hasInput(node, 2) ? productOf(yShape) : 0 };
  },
  vjp,
};
