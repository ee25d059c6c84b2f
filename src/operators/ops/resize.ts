import { attrFloat, attrFloats, attrInt, attrInts, attrString } from '../../graph/attributes';
import type { Dim, Node, Shape } from '../../graph/graph';
import { productOf } from '../contraction';
import type { Cotangents, VjpContext } from '../gradientContext';
import { reduceSum, reshape } from '../gradientTools';
import { hasInput } from '../nodeArguments';
import type { CostContext, NodeContext, Operator } from '../operator';
import { type ResampledAxis, type Resampling, repetition, resample, resamplingMatrix, type Tap } from '../resampling';
import { contiguousFrom, normalizeAxes, range, staticShape, tensorInfo, unknownShape } from '../shapes';
import type { Work } from '../work';
import { movement } from '../workRules';

/** What a Resize or Upsample node was told, for every axis of its input; undefined where not given or not known. */
interface ResizeArguments {
  readonly scales: readonly number[] | undefined;
  readonly sizes: readonly number[] | undefined;
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  readonly axes: readonly number[];
}

type Values = (index: number) => readonly number[] | undefined;

/** Upsample gave its scales as attributes, from 9 on as an input; Resize knows sizes and a region from 11 on, axes from 18 on. */
function resizeArguments(node: Node, opset: number, rank: number, values: Values): ResizeArguments {
  const axes = normalizeAxes(attrInts(node, 'axes', range(rank)), rank);
  const spread = (given: readonly number[] | undefined, fallback: number): readonly number[] | undefined => {
    if (!given || given.length === 0) return undefined;
    if (given.length !== axes.length)
      throw new Error(`it resizes ${axes.length} axes but is given ${given.length} values`);
    return range(rank).map((axis) => (axes.includes(axis) ? (given[axes.indexOf(axis)] ?? fallback) : fallback));
  };
  const hasRegion = node.operator === 'Resize' && opset >= 11;
  const region = hasRegion && attrString(node, 'coordinate_transformation_mode', '') === 'tf_crop_and_resize';
  const roi = region ? values(1) : undefined;
  if (region && !roi) throw new Error('its region of interest is computed by the network: that is not supported');
  const width = attrFloat(node, 'width_scale', 1);
  const attribute = node.attributes.has('width_scale') ? [1, 1, attrFloat(node, 'height_scale', 1), width] : undefined;
  return {
    scales: spread(attrFloats(node, 'scales', attribute) ?? values(hasRegion ? 2 : 1), 1),
    sizes: hasRegion ? spread(values(3), 1) : undefined,
    starts: spread(roi?.slice(0, axes.length), 0) ?? range(rank).map(() => 0),
    ends: spread(roi?.slice(axes.length), 1) ?? range(rank).map(() => 1),
    axes,
  };
}

/** The scale that sizes stand for: output/input, one for all resized axes where keep_aspect_ratio_policy says so. */
function scaleOfSizes(node: Node, { sizes, axes }: ResizeArguments, input: readonly number[], axis: number): number {
  if (!axes.includes(axis)) return 1;
  const ratio = (of: number): number => Math.fround((sizes?.[of] ?? 1) / (input[of] ?? 1));
  const policy = attrString(node, 'keep_aspect_ratio_policy', 'stretch');
  if (policy === 'not_larger') return Math.min(...axes.map(ratio));
  if (policy === 'not_smaller') return Math.max(...axes.map(ratio));
  return ratio(axis);
}

function resizedShape({ node, opset, inputs }: NodeContext): Shape | undefined {
  const shape = inputs[0]?.shape;
  if (!shape) return undefined;
  const given = resizeArguments(node, opset, shape.length, (index) => inputs[index]?.values);
  const policy = attrString(node, 'keep_aspect_ratio_policy', 'stretch');
  return shape.map((size, axis): Dim => {
    if (!given.axes.includes(axis)) return size;
    if (given.sizes && policy === 'stretch') return given.sizes[axis] ?? null;
    if (given.sizes) {
      const known = staticShape({ shape: given.axes.map((other) => shape[other] ?? null) }) !== undefined;
      if (!known || typeof size !== 'number') return null;
      return Math.floor(Math.fround(scaleOfSizes(node, given, shape.map(Number), axis) * size) + 0.5);
    }
    const scale = given.scales?.[axis];
    if (scale === undefined) return null;
    if (scale <= 0) throw new Error(`its scale ${scale} is not positive`);
    if (typeof size !== 'number') return scale === 1 ? size : null;
    return Math.floor(Math.fround(size * scale));
  });
}

function resampling(node: Node, opset: number): Resampling {
  const mode = attrString(node, 'mode', 'nearest');
  const isOld = node.operator === 'Upsample' || opset < 11;
  const known = mode === 'bilinear' || mode === 'trilinear' ? 'linear' : mode;
  if (known !== 'nearest' && known !== 'linear' && known !== 'cubic') throw new Error(`mode '${mode}' is unknown`);
  return {
    mode: known,
    coordinates: isOld ? 'asymmetric' : attrString(node, 'coordinate_transformation_mode', 'half_pixel'),
    rounding: isOld ? 'simple' : attrString(node, 'nearest_mode', 'round_prefer_floor'),
    cubicCoefficient: attrFloat(node, 'cubic_coeff_a', -0.75),
    excludeOutside: attrInt(node, 'exclude_outside', 0) !== 0,
    antialias: attrInt(node, 'antialias', 0) !== 0,
  };
}

interface ResizedAxis {
  readonly axis: ResampledAxis;
  readonly taps: readonly (readonly Tap[])[];
}

function resizedAxes(
  node: Node,
  opset: number,
  x: readonly number[],
  y: readonly number[],
  values: Values,
): readonly ResizedAxis[] {
  const given = resizeArguments(node, opset, x.length, values);
  const how = resampling(node, opset);
  return x.map((input, index) => {
    const output = y[index] ?? input;
    const stated = given.scales?.[index] ?? (given.sizes && scaleOfSizes(node, given, x, index));
    const scale = stated ?? Math.fround(output / input);
    const axis = { input, output, scale, start: given.starts[index] ?? 0, end: given.ends[index] ?? 1 };
    return { axis, taps: resample(how, axis) };
  });
}

/** Resampling is linear and separable: axes that repeat elements sum them again, others multiply by their transposed matrix. */
function vjp(context: VjpContext): Cotangents {
  const { node, build } = context;
  const [x = ''] = node.inputs;
  const [y = ''] = node.outputs;
  const [g] = context.cotangents;
  if (!g || !context.wants(0)) return [];
  const [xShape, yShape] = [context.shape(x), context.shape(y)];
  // Only an input that is really there has values: a missing one must not be taken for the tensor ''.
  const values = (index: number): readonly number[] | undefined =>
    hasInput(node, index) ? context.values(node.inputs[index] ?? '') : undefined;
  const axes = resizedAxes(node, context.opset, xShape, yShape, values);
  const repeats = axes.map(({ axis, taps }) => repetition(taps, axis) ?? 1);
  let result = g;
  let shape = yShape;
  if (repeats.some((times) => times > 1)) {
    shape = yShape.map((size, index) => size / (repeats[index] ?? 1));
    const split = shape.flatMap((size, index) => [size, repeats[index] ?? 1]);
    const inner = range(axes.length).filter((index) => (repeats[index] ?? 1) > 1);
    const summed = reduceSum(
      build,
      reshape(build, g, split),
      inner.map((index) => 2 * index + 1),
    );
    result = reshape(build, summed, shape);
  }
  const type = context.type(y);
  for (const [index, { axis, taps }] of axes.entries()) {
    if (repetition(taps, axis) !== undefined) continue;
    const matrix = build.constant(type, resamplingMatrix(taps, axis.input), [axis.output, axis.input]);
    result = alongAxis(context, result, matrix, shape, index);
    shape = shape.map((size, other) => (other === index ? axis.input : size));
  }
  return [result === g ? g : reshape(build, result, xShape)];
}

/** Multiplies along an axis with matrix[output, input]: on the right for the last axis, else on the left of [outer, axis, inner]. */
function alongAxis({ build }: VjpContext, x: string, matrix: string, shape: readonly number[], axis: number): string {
  const size = shape[axis] ?? 1;
  const inner = productOf(shape.slice(axis + 1));
  if (inner === 1) return build.add('MatMul', [reshape(build, x, [-1, size]), matrix]);
  const transposed = build.add('Transpose', [matrix]);
  return build.add('MatMul', [transposed, reshape(build, x, [-1, size, inner])]);
}

/** Nearest neighbours are moved; otherwise a multiplication and an addition per tap, the taps of the axes multiplied. */
function resizeWork(context: CostContext): Work | undefined {
  const { node, opset, inputs, outputs } = context;
  const [x, y] = [staticShape(inputs[0]), staticShape(outputs[0])];
  if (!x || !y) return undefined;
  const { mode } = resampling(node, opset);
  if (mode === 'nearest') {
    const lastResized = y.findLastIndex((size, axis) => size !== x[axis]);
    return movement(contiguousFrom(y, lastResized + 1));
  }
  const axes = resizedAxes(node, opset, x, y, (index) => inputs[index]?.values);
  const taps = productOf(axes.map((axis) => Math.max(1, ...axis.taps.map((own) => own.length))));
  return { kind: 'vector', operations: productOf(y) * 2 * taps, passes: 1 };
}

export const resize: Operator = {
  types: ['Resize', 'Upsample'],
  inferShape(context) {
    const [x] = context.inputs;
    return [tensorInfo(x?.type, resizedShape(context) ?? (x?.shape && unknownShape(x.shape.length)))];
  },
  work: resizeWork,
  vjp,
};
