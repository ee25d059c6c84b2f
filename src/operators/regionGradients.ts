import { attrFloat, attrInt, attrString } from '../graph/attributes';
import type { Cotangents, VjpContext } from './gradientContext';
import { cast, maths, reduce, reshape, slice, transpose } from './gradientTools';
import { range } from './shapes';

/**
 * RoiAlign by its input (He et al., Mask R-CNN, 2017): an output is a mean of bilinear samples, which are separable, so that
 * y = A·X·Bᵀ with a matrix of shares per region and axis; X̄ = Aᵀ·Ȳ·B, added up over the regions of a picture. Regions are taken
 * as constants, as detectors are trained.
 */
export function roiAlignVjp(context: VjpContext): Cotangents {
  const { node, build } = context;
  const [g] = context.cotangents;
  if (!g || !context.wants(0)) return [];
  const [x = '', rois = '', batchIndices = ''] = node.inputs;
  const [batch = 1, channels = 1, height = 1, width = 1] = context.shape(x);
  const [regions = 1] = context.shape(rois);
  const [rows, columns] = [attrInt(node, 'output_height', 1), attrInt(node, 'output_width', 1)];
  if (attrString(node, 'mode', 'avg') !== 'avg') throw new Error('mode max has no gradient rule');
  const down = shares(context, { from: 1, outputs: rows, size: height });
  const across = shares(context, { from: 0, outputs: columns, size: width });
  const m = maths(build, 'float32');
  // [N, R]: whose picture a region lies in.
  const own = m.of(
    'Equal',
    build.constant('int64', range(batch), [batch, 1]),
    reshape(build, batchIndices, [1, regions]),
  );
  const perPicture = m.mul(reshape(build, cast(build, own, 'float32'), [batch, regions, 1, 1]), down);
  const left = transpose(build, reshape(build, perPicture, [batch, regions * rows, height]), [0, 2, 1]);
  const spread = m.of('MatMul', g, reshape(build, across, [regions, 1, columns, width]));
  const right = reshape(build, transpose(build, spread, [0, 2, 1, 3]), [regions * rows, channels * width]);
  const image = reshape(build, m.of('MatMul', left, right), [batch, height, channels, width]);
  return [transpose(build, image, [0, 2, 1, 3]), undefined, undefined];
}

interface Axis {
  /** Index of a region's begin among its four numbers; its end is two further on. */
  readonly from: 0 | 1;
  readonly outputs: number;
  readonly size: number;
}

/** [R, outputs, size]: what share of an output each pixel has. */
function shares({ node, build, opset, shape }: VjpContext, { from, outputs, size }: Axis): string {
  const samples = attrInt(node, 'sampling_ratio', 0);
  if (samples === 0) throw new Error('as many samples as a region needs (sampling_ratio 0) have no gradient rule');
  const rois = node.inputs[1] ?? '';
  const [regions = 1] = shape(rois);
  const mode = opset >= 16 ? 'half_pixel' : 'output_half_pixel';
  const isHalf = attrString(node, 'coordinate_transformation_mode', mode) === 'half_pixel';
  const m = maths(build, 'float32');
  const border = (index: number): string => {
    const scaled = m.mul(slice(build, rois, [1], [index], [index + 1]), attrFloat(node, 'spatial_scale', 1));
    return reshape(build, isHalf ? m.sub(scaled, 0.5) : scaled, [regions, 1, 1]);
  };
  const begin = border(from);
  const extent = m.sub(border(from + 2), begin);
  // Without half pixels a region is at least a pixel wide.
  const length = isHalf ? extent : m.add(m.of('Relu', m.sub(extent, 1)), 1);
  const steps = range(outputs * samples).map((i) => (i + 0.5) / (outputs * samples));
  const places = m.add(begin, m.mul(length, build.constant('float32', steps, [1, steps.length, 1])));
  // Nothing is read further than a pixel outside; what is nearer counts as on the border.
  const outside = m.add(m.less(places, -1), m.greater(places, size));
  const least = m.of('Relu', places);
  const inside = m.sub(size - 1, m.of('Relu', m.sub(size - 1, least)));
  const pixels = build.constant('float32', range(size), [1, 1, size]);
  const nearness = m.of('Relu', m.sub(1, m.of('Abs', m.sub(inside, pixels))));
  const hats = m.mul(nearness, m.sub(1, outside));
  return reduce(build, 'Mean', reshape(build, hats, [regions, outputs, samples, size]), [2], false);
}
