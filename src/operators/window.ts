import { attrInt, attrInts, attrString } from '../graph/attributes';
import type { Dim, Node, Shape } from '../graph/graph';

/** How a window slides over the spatial axes: the attributes of Conv, ConvTranspose and the pools, defaults filled in. */
export interface WindowAttributes {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Begins of all axes, then their ends; `autoPad` other than NOTSET overrides them. */
  readonly pads: readonly number[];
  readonly autoPad: 'NOTSET' | 'VALID' | 'SAME_UPPER' | 'SAME_LOWER';
  readonly ceilMode: boolean;
}

/** One spatial axis of a window over an input of known size, pads resolved. Output o reads begin-padded o·stride + k·dilation. */
export interface WindowAxis {
  readonly input: number;
  readonly output: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly begin: number;
  readonly end: number;
}

/** Reads the window of a node; `kernel` stands in for a missing `kernel_shape`. Throws where a list has the wrong length. */
export function windowAttributes(node: Node, kernel?: readonly number[]): WindowAttributes {
  const kernelShape = attrInts(node, 'kernel_shape', kernel);
  if (!kernelShape) throw new Error('the attribute kernel_shape is missing');
  const rank = kernelShape.length;
  const list = (name: string, length: number, fallback: number, least: number): readonly number[] => {
    const values = attrInts(node, name, new Array<number>(length).fill(fallback));
    if (values.length !== length) throw new Error(`${name} has ${values.length} entries; ${length} are needed`);
    if (values.some((value) => value < least)) throw new Error(`${name} [${values}] must be at least ${least}`);
    return values;
  };
  const autoPad = attrString(node, 'auto_pad', 'NOTSET');
  if (autoPad !== 'NOTSET' && autoPad !== 'VALID' && autoPad !== 'SAME_UPPER' && autoPad !== 'SAME_LOWER') {
    throw new Error(`auto_pad '${autoPad}' is none of NOTSET, VALID, SAME_UPPER, SAME_LOWER`);
  }
  return {
    kernel: kernelShape,
    strides: list('strides', rank, 1, 1),
    dilations: list('dilations', rank, 1, 1),
    pads: list('pads', 2 * rank, 0, 0),
    autoPad,
    ceilMode: attrInt(node, 'ceil_mode', 0) !== 0,
  };
}

/** Resolves the window over an input of known spatial sizes. Throws where it does not fit. */
export function windowAxes(window: WindowAttributes, sizes: readonly number[]): readonly WindowAxis[] {
  checkRank(window, sizes.length);
  return sizes.map((input, axis) => resolveAxis(window, axis, input));
}

/** Output sizes where some input sizes may be open: a symbol survives a window that keeps sizes, else it becomes unknown. */
export function windowOutput(window: WindowAttributes, sizes: Shape): Shape {
  checkRank(window, sizes.length);
  return sizes.map((size, axis): Dim => {
    if (typeof size === 'number') return resolveAxis(window, axis, size).output;
    const { span, stride, begin, end } = declaredAxis(window, axis);
    return stride === 1 && (isSame(window) || begin + end === span - 1) ? size : null;
  });
}

/** Padded positions from the window's first to its last read: (output − 1)·stride + (kernel − 1)·dilation + 1. */
export function windowReach(axis: WindowAxis): number {
  return (axis.output - 1) * axis.stride + (axis.kernel - 1) * axis.dilation + 1;
}

function checkRank(window: WindowAttributes, rank: number): void {
  const axes = window.kernel.length;
  if (axes !== rank) throw new Error(`a kernel of ${axes} axes cannot slide over ${rank} spatial axes`);
}

const isSame = (window: WindowAttributes): boolean => window.autoPad.startsWith('SAME');

function declaredAxis(window: WindowAttributes, axis: number) {
  const kernel = window.kernel[axis] ?? 1;
  const dilation = window.dilations[axis] ?? 1;
  const isPadded = window.autoPad === 'NOTSET';
  return {
    kernel,
    dilation,
    stride: window.strides[axis] ?? 1,
    span: (kernel - 1) * dilation + 1,
    begin: isPadded ? (window.pads[axis] ?? 0) : 0,
    end: isPadded ? (window.pads[axis + window.kernel.length] ?? 0) : 0,
  };
}

/** Output sizes and pads as the ONNX operator specification has them (Conv: auto_pad; MaxPool: ceil_mode). */
function resolveAxis(window: WindowAttributes, axis: number, input: number): WindowAxis {
  const { kernel, dilation, stride, span, begin, end } = declaredAxis(window, axis);
  if (isSame(window)) {
    const output = Math.ceil(input / stride);
    const total = Math.max(0, (output - 1) * stride + span - input);
    const first = window.autoPad === 'SAME_UPPER' ? Math.floor(total / 2) : Math.ceil(total / 2);
    return { input, output, kernel, stride, dilation, begin: first, end: total - first };
  }
  const room = input + begin + end - span;
  if (room < 0) throw new Error(`a window of ${span} does not fit an input of ${input} with pads ${begin} and ${end}`);
  const output = Math.floor(room / stride) + 1;
  // In ceil mode the last window may stick out, but must start inside the input or its begin pad.
  const sticksOut = window.ceilMode && room % stride !== 0 && output * stride < input + begin;
  return { input, output: sticksOut ? output + 1 : output, kernel, stride, dilation, begin, end };
}

/** The same window with just the end pad that its last position reads: what ceil mode adds, without what nothing reads. */
export function tightened(axis: WindowAxis): WindowAxis {
  return { ...axis, end: Math.max(0, windowReach(axis) - axis.begin - axis.input) };
}
