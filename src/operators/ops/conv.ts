import { attrInt } from '../../graph/attributes';
import type { Dim, Node, Shape, TensorInfo } from '../../graph/graph';
import { productOf } from '../contraction';
import { beforeActivation } from '../fusedActivation';
import type { Cotangents, VjpContext } from '../gradientContext';
import { reduceSum } from '../gradientTools';
import { hasInput } from '../nodeArguments';
import type { Operator } from '../operator';
import { staticShape, tensorInfo, unknownShape } from '../shapes';
import { type WindowAttributes, windowAttributes, windowAxes, windowOutput } from '../window';
import { convolutionAdjoint } from '../windowGradients';
import type { Work } from '../work';

/** Output shape [N, M, output…] of a convolution of x [N, C, input…] with w [M, C/group, kernel…]. */
export function convolutionShape(node: Node, x: Shape | undefined, w: Shape | undefined): Shape | undefined {
  if (!x || !w) return x && unknownShape(x.length);
  const [batch = null, channels = null, ...sizes] = x;
  const [outputs = null, inputsPerGroup = null, ...kernel] = w;
  if (sizes.length === 0) throw new Error(`its input has rank ${x.length}; it needs [N, C, at least one size]`);
  if (w.length !== x.length) throw new Error(`its weight has rank ${w.length}, its input rank ${x.length}`);
  const group = attrInt(node, 'group', 1);
  checkGroups(group, channels, outputs, inputsPerGroup);
  const window = convolutionWindow(node, kernel);
  return [batch, outputs, ...(window ? windowOutput(window, sizes) : unknownShape(sizes.length))];
}

function checkGroups(group: number, channels: Dim, outputs: Dim, inputsPerGroup: Dim): void {
  if (typeof channels === 'number' && typeof inputsPerGroup === 'number' && channels !== inputsPerGroup * group) {
    const wanted = `${inputsPerGroup} channels in each of ${group} group${group === 1 ? '' : 's'}`;
    throw new Error(`its weight needs ${wanted}, its input has ${channels}`);
  }
  if (typeof outputs === 'number' && outputs % group !== 0) {
    throw new Error(`its ${outputs} output channels do not divide into ${group} groups`);
  }
}

/** The window of a convolution; undefined where neither kernel_shape nor the weight's shape is known. */
function convolutionWindow(node: Node, kernel: Shape): WindowAttributes | undefined {
  const known = staticShape({ shape: kernel });
  return known || node.attributes.has('kernel_shape') ? windowAttributes(node, known) : undefined;
}

/**
 * The loop nest of a convolution. One spatial axis is P with Q = 1; of three, depth is folded into the rows: P = D·H
 * outputs, R = kernel depth · height (the MACs stay exact, the stride is that of the height).
 */
export function convolutionWork(
  node: Node,
  x: TensorInfo | undefined,
  w: TensorInfo | undefined,
  y: TensorInfo | undefined,
  hasBias: boolean,
): Work | undefined {
  const [xShape, wShape, yShape] = [staticShape(x), staticShape(w), staticShape(y)];
  if (!xShape || !wShape || !yShape) return undefined;
  const [N = 1, , ...sizes] = xShape;
  const [M = 1, C = 1, ...kernel] = wShape;
  const { strides, dilations } = windowAttributes(node, kernel);
  const G = attrInt(node, 'group', 1);
  const rows = Math.max(1, sizes.length - 1);
  const fold = (values: readonly number[]): readonly [number, number] => [
    productOf(values.slice(0, rows)),
    productOf(values.slice(rows)),
  ];
  const [P, Q] = fold(yShape.slice(2));
  const [R, S] = fold(kernel);
  const [H, W] = fold(sizes);
  const nest = {
    ...{ N, G, K: M / G, C, P, Q, R, S, H, W },
    strideH: strides[rows - 1] ?? 1,
    strideW: strides[rows] ?? 1,
    dilationH: dilations[rows - 1] ?? 1,
    dilationW: dilations[rows] ?? 1,
    ...(w?.type && w.type !== x?.type && { weightType: w.type }),
  };
  return { kind: 'loopNest', nest, biasAdds: hasBias ? productOf(yShape) : 0 };
}

/** The sum of a cotangent [N, M, sizes…] over everything but the channels: the cotangent of a bias [M]. */
export function biasCotangent(context: VjpContext, g: string, y: string): string {
  const axes = context.shape(y).flatMap((_, axis) => (axis === 1 ? [] : [axis]));
  return reduceSum(context.build, g, axes, false);
}

/** FusedConv is y = f(x∗w + bias + z). */
function vjp(context: VjpContext): Cotangents {
  const { node, build } = context;
  const [x = '', w = '', bias] = node.inputs;
  const [after] = context.cotangents;
  if (!after) return [];
  const g = beforeActivation(context, after);
  if (context.wants(1)) throw new Error('its weight depends on the target: that gradient is not implemented');
  const [, , ...sizes] = context.shape(x);
  const shape = context.shape(w);
  const axes = windowAxes(windowAttributes(node, shape.slice(2)), sizes);
  const weight = { name: w, shape, group: attrInt(node, 'group', 1) };
  return [
    context.wants(0) ? convolutionAdjoint(build, g, weight, axes) : undefined,
    undefined,
    bias && context.wants(2) ? biasCotangent(context, g, node.outputs[0] ?? '') : undefined,
    hasInput(node, 3) && context.wants(3) ? g : undefined,
  ];
}

const shapeAndWork: Pick<Operator, 'inferShape' | 'work'> = {
  inferShape({ node, inputs: [x, w] }) {
    return [tensorInfo(x?.type, convolutionShape(node, x?.shape, w?.shape))];
  },
  work({ node, inputs: [x, w], outputs: [y] }) {
    return convolutionWork(node, x, w, y, hasInput(node, 2));
  },
};

/** Conv; FusedConv adds an activation and a sum, which are applied before the result is written and counted as free. */
export const conv: readonly Operator[] = [
  { types: ['Conv'], ...shapeAndWork, vjp },
  { types: ['com.microsoft:FusedConv'], ...shapeAndWork, vjp },
];
