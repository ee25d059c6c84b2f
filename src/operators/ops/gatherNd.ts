import { attrInt } from '../../graph/attributes';
import { elementCount } from '../../graph/graph';
import { selectionAdjoint } from '../gatherGradients';
import type { VjpContext } from '../gradientContext';
import { cast, reduceSum, reshape, zeroVjp } from '../gradientTools';
import type { Operator } from '../operator';
import { contiguousFrom, range, strides, tensorInfo } from '../shapes';
import { movement } from '../workRules';

export const gatherNd: Operator = {
  types: ['GatherND'],
  inferShape({ inputs, node }) {
    const [data = {}, indices] = inputs;
    const depth = indices?.shape?.at(-1);
    if (!data.shape || !indices?.shape || typeof depth !== 'number') return [tensorInfo(data.type, undefined)];
    const rest = attrInt(node, 'batch_dims', 0) + depth;
    if (rest > data.shape.length)
      throw new Error(`its indices address ${rest} axes of a tensor of rank ${data.shape.length}`);
    return [tensorInfo(data.type, [...indices.shape.slice(0, -1), ...data.shape.slice(rest)])];
  },
  work({ inputs, node }) {
    const depth = inputs[1]?.shape?.at(-1);
    if (typeof depth !== 'number') return undefined;
    return movement(contiguousFrom(inputs[0]?.shape, attrInt(node, 'batch_dims', 0) + depth));
  },
  /** The selection of rows of the data, seen as a matrix, by row number. */
  vjp(context) {
    const { node, build } = context;
    const [g] = context.cotangents;
    const [data = '', indices = ''] = node.inputs;
    if (g === undefined || !context.wants(0)) return zeroVjp(context);
    const shape = context.shape(data);
    const depth = context.shape(indices).at(-1) ?? 0;
    const addressed = attrInt(node, 'batch_dims', 0) + depth;
    const rows = selectionAdjoint(build, g, {
      type: context.type(data),
      outer: 1,
      size: elementCount(shape.slice(0, addressed)) ?? 0,
      inner: elementCount(shape.slice(addressed)) ?? 0,
      count: (elementCount(context.shape(indices)) ?? 0) / depth,
      indices: rowNumbers(context, shape, depth),
    });
    return [reshape(build, rows, shape), undefined];
  },
};

/** Row = Σ indices·strides, plus the batch's first row; a negative index counts from the end of its axis. */
function rowNumbers(context: VjpContext, shape: readonly number[], depth: number): string {
  const { node, build } = context;
  const batchDims = attrInt(node, 'batch_dims', 0);
  const [, indices = ''] = node.inputs;
  const sizes = shape.slice(0, batchDims + depth);
  const steps = strides(sizes);
  const int64 = (values: readonly number[]): string => build.constant('int64', values);
  const given = cast(build, indices, 'int64');
  const isNegative = cast(build, build.add('Less', [given, int64([0])]), 'int64');
  const wrapped = build.add('Add', [given, build.add('Mul', [isNegative, int64(sizes.slice(batchDims))])]);
  const offsets = build.add('Mul', [wrapped, int64(steps.slice(batchDims))]);
  const rank = context.shape(indices).length;
  const rows = reduceSum(build, offsets, [rank - 1], false);
  const batches = elementCount(sizes.slice(0, batchDims)) ?? 1;
  const count = (elementCount(context.shape(indices)) ?? 0) / depth;
  const flat = reshape(build, rows, [count]);
  if (batches === 1) return flat;
  const rowsPerBatch = elementCount(sizes.slice(batchDims)) ?? 0;
  return build.add('Add', [flat, int64(range(count).map((row) => Math.floor(row / (count / batches)) * rowsPerBatch))]);
}
