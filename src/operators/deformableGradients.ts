import { attrInt } from '../graph/attributes';
import type { Node } from '../graph/graph';
import { productOf } from './contraction';
import type { Cotangents, VjpContext } from './gradientContext';
import { concat, int, maths, reduceSum, reshape, slice, string, transpose, unsqueeze } from './gradientTools';
import { hasInput } from './nodeArguments';
import { biasCotangent } from './ops/conv';
import { gridSampleVjp } from './samplingGradients';
import { range } from './shapes';
import { windowAttributes } from './window';

/**
 * A deformable convolution is a product of the weights with samples of X between pixels (Dai et al. 2017, equation 2; with a
 * mask Zhu et al. 2019): the samples take Wᵀ·Ȳ, from where sampling leads on to X and to the offsets.
 */
export function deformConvVjp(context: VjpContext): Cotangents {
  const { node, build } = context;
  const [x = '', w = '', offset = '', , mask = ''] = node.inputs;
  const [g] = context.cotangents;
  if (!g) return [];
  if (context.wants(1)) throw new Error('its weight depends on the target: that gradient is not implemented');
  const [N = 1, C = 1, H = 1, W = 1, ...more] = context.shape(x);
  if (more.length > 0) throw new Error('only images of two axes have a gradient rule');
  const [M = 1, perGroup = 1, ...kernel] = context.shape(w);
  const [, , rows = 1, columns = 1] = context.shape(node.outputs[0] ?? '');
  const [group, offsets] = [attrInt(node, 'group', 1), attrInt(node, 'offset_group', 1)];
  const [taps, places, images] = [productOf(kernel), rows * columns, N * offsets];
  const m = maths(build, context.type(x));

  const grid = samplingGrid(context, { rows, columns, kernel, images });
  const pictures = reshape(build, x, [images, C / offsets, H, W]);
  const sampling = {
    ...node,
    operator: 'GridSample',
    domain: '',
    inputs: [pictures, grid],
    attributes: linear(build.opset),
  };
  const shapes = new Map([
    [pictures, [images, C / offsets, H, W]],
    [grid, [images, taps, places, 2]],
  ]);

  const weights = transpose(build, reshape(build, w, [group, M / group, perGroup * taps]), [0, 2, 1]);
  const product = m.of('MatMul', weights, reshape(build, g, [N, group, M / group, places]));
  const perSample = reshape(build, product, [images, C / offsets, taps, places]);
  const shares = hasInput(node, 4) ? reshape(build, mask, [images, 1, taps, places]) : undefined;
  const [toPictures, toGrid] = gridSampleVjp({
    ...context,
    node: sampling,
    cotangents: [shares ? m.mul(perSample, shares) : perSample],
    shape: (tensor) => shapes.get(tensor) ?? context.shape(tensor),
    type: () => context.type(x),
    wants: (index) => context.wants(index === 0 ? 0 : 2),
  });

  /** How a step of one pixel moves the grid's coordinate, [images, taps, 1, places]. */
  const along = (at: 0 | 1, size: number): string =>
    reshape(build, m.mul(slice(build, toGrid ?? '', [3], [at], [at + 1]), 2 / size), [images, taps, 1, places]);
  const toMask = (): string => {
    const samples = build.add('GridSample', [pictures, grid], Object.fromEntries(sampling.attributes));
    return reshape(build, reduceSum(build, m.mul(perSample, samples), [1], false), context.shape(mask));
  };
  return [
    toPictures && reshape(build, toPictures, [N, C, H, W]),
    undefined,
    toGrid && reshape(build, concat(build, [along(1, H), along(0, W)], 2), context.shape(offset)),
    hasInput(node, 3) && context.wants(3) ? biasCotangent(context, g, node.outputs[0] ?? '') : undefined,
    shares && context.wants(4) ? toMask() : undefined,
  ].slice(0, node.inputs.length);
}

interface Taps {
  readonly rows: number;
  readonly columns: number;
  readonly kernel: readonly number[];
  /** Pictures times offset groups. */
  readonly images: number;
}

/** Where every tap of every place reads, as GridSample's coordinates between −1 and 1: [images, taps, places, 2], x before y. */
function samplingGrid(context: VjpContext, { rows, columns, kernel, images }: Taps): string {
  const { node, build } = context;
  const [, , H = 1, W = 1] = context.shape(node.inputs[0] ?? '');
  const { strides, pads, dilations } = windowAttributes(node, kernel);
  const [taps, places, width = 1] = [productOf(kernel), rows * columns, kernel[1]];
  const m = maths(build, context.type(node.inputs[0] ?? ''));
  const moved = reshape(build, node.inputs[2] ?? '', [images, taps, 2, places]);
  const coordinate = (axis: 0 | 1, size: number): string => {
    const still = range(taps * places).map((i) => {
      const [tap, place] = [Math.floor(i / places), i % places];
      const at = axis === 0 ? Math.floor(place / columns) : place % columns;
      const within = axis === 0 ? Math.floor(tap / width) : tap % width;
      return at * (strides[axis] ?? 1) - (pads[axis] ?? 0) + within * (dilations[axis] ?? 1);
    });
    const offset = reshape(build, slice(build, moved, [2], [axis], [axis + 1]), [images, taps, places]);
    const pixel = m.add(offset, build.constant(context.type(node.inputs[0] ?? ''), still, [taps, places]));
    return unsqueeze(build, m.div(m.sub(m.mul(pixel, 2), size - 1), size), [3]);
  };
  return concat(build, [coordinate(1, W), coordinate(0, H)], 3);
}

/** Bilinear, zero outside; called linear from opset 20 on. */
function linear(opset: number): Node['attributes'] {
  return new Map([
    ['mode', string(opset >= 20 ? 'linear' : 'bilinear')],
    ['padding_mode', string('zeros')],
    ['align_corners', int(0)],
  ]);
}
