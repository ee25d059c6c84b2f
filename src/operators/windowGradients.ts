import type { Attribute } from '../graph/graph';
import type { GraphBuilder } from './gradientContext';
import { int, ints, reshape, reverse, transpose } from './gradientTools';
import { tightened, type WindowAxis, windowReach } from './window';

/** The convolution weight [M, C/group, kernel…] of a model, or a symmetric constant whose flip is itself. */
export interface ConvolutionWeight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly group: number;
  /** Equal to its own flip and transpose, such as a window of ones over one channel. */
  readonly symmetric?: boolean;
}

/**
 * The adjoint of a convolution in its input: from the cotangent of its output [N, M, output…] that of its input
 * [N, C, input…]. A stride of 1 gives a convolution with the flipped, transposed weight (onnxruntime's fastest kernel),
 * others a ConvTranspose whose output_padding restores the positions that no window reached.
 */
export function convolutionAdjoint(
  build: GraphBuilder,
  g: string,
  weight: ConvolutionWeight,
  axes: readonly WindowAxis[],
): string {
  const flipped = axes.map((axis) => {
    const begin = (axis.kernel - 1) * axis.dilation - axis.begin;
    return { ...axis, begin, end: axis.input - axis.output + (axis.kernel - 1) * axis.dilation - begin };
  });
  const group = int(weight.group);
  if (flipped.every(({ stride, begin, end }) => stride === 1 && begin >= 0 && end >= 0)) {
    const attributes = { ...windowAttributesOf(flipped), group };
    return build.add('Conv', [g, weight.symmetric ? weight.name : flip(build, weight)], attributes);
  }
  const unread = axes.map((axis) => Math.max(0, axis.begin + axis.input - windowReach(axis)));
  return build.add('ConvTranspose', [g, weight.name], {
    ...windowAttributesOf(axes.map(tightened)),
    group,
    output_padding: ints(unread),
  });
}

/** The attributes of a Conv, ConvTranspose or pool that slides this window (pools know dilations from opset 10 on). */
export function windowAttributesOf(axes: readonly WindowAxis[]): Readonly<Record<string, Attribute>> {
  const isDilated = axes.some((axis) => axis.dilation > 1);
  return {
    kernel_shape: ints(axes.map((axis) => axis.kernel)),
    strides: ints(axes.map((axis) => axis.stride)),
    pads: ints([...axes.map((axis) => axis.begin), ...axes.map((axis) => axis.end)]),
    ...(isDilated && { dilations: ints(axes.map((axis) => axis.dilation)) }),
  };
}

/** [M, C/g, kernel…] → [C, M/g, kernel reversed…], group by group. onnxruntime folds it where the weight is constant. */
function flip(build: GraphBuilder, { name, shape, group }: ConvolutionWeight): string {
  const [outputs = 1, inputsPerGroup = 1, ...kernel] = shape;
  const outputsPerGroup = outputs / group;
  let result = name;
  if (group === 1) {
    result = transpose(build, result, [1, 0, ...kernel.map((_, axis) => axis + 2)]);
  } else if (inputsPerGroup > 1 || outputsPerGroup > 1) {
    const split = reshape(build, result, [group, outputsPerGroup, inputsPerGroup, ...kernel]);
    const swapped = transpose(build, split, [0, 2, 1, ...kernel.map((_, axis) => axis + 3)]);
    result = reshape(build, swapped, [group * inputsPerGroup, outputsPerGroup, ...kernel]);
  }
  for (const [axis, size] of kernel.entries()) {
    if (size > 1) result = reverse(build, result, axis + 2, size);
  }
  return result;
}
