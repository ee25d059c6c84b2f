import { attrInt } from '../../graph/attributes';
import { elementCount, isStatic } from '../../graph/graph';
import { MAX_VALUES } from '../constantValues';
import { zeroVjp } from '../gradientTools';
import { COST } from '../operationCosts';
import type { Operator } from '../operator';
import { contiguousFrom, normalizeAxis, strides, tensorInfo, withDim } from '../shapes';
import { movement, perInput } from '../workRules';

/** Coordinates of the non-zero elements, [rank, count]. */
const nonZero: Operator = {
  types: ['NonZero'],
  inferShape({ inputs }) {
    const { shape, values } = inputs[0] ?? {};
    const rank = shape?.length ?? null;
    if (!values || !isStatic(shape)) return [tensorInfo('int64', [rank, null])];
    const found = values.flatMap((value, offset) => (value === 0 ? [] : [offset]));
    const steps = strides(shape);
    const coordinates = shape.flatMap((size, axis) => found.map((at) => Math.floor(at / (steps[axis] ?? 1)) % size));
    const known = coordinates.length <= MAX_VALUES ? coordinates : undefined;
    return [tensorInfo('int64', [rank, found.length], known)];
  },
  work: perInput(COST.simple),
  vjp: zeroVjp,
};

/** How much it does depends on the boxes: its work stays unknown. */
const nonMaxSuppression: Operator = {
  types: ['NonMaxSuppression'],
  inferShape: () => [tensorInfo('int64', [null, 3])],
  vjp: zeroVjp,
};

/** Slices along an axis (or elements of the flat tensor) where a condition holds. */
const compress: Operator = {
  types: ['Compress'],
  inferShape({ inputs, node }) {
    const { type, shape } = inputs[0] ?? {};
    const axis = attrInt(node, 'axis', undefined);
    const kept = inputs[1]?.values?.filter((value) => value !== 0).length ?? null;
    if (axis === undefined) return [tensorInfo(type, [kept])];
    return [tensorInfo(type, shape && withDim(shape, normalizeAxis(axis, shape.length), kept))];
  },
  work({ inputs, node }) {
    const shape = inputs[0]?.shape;
    const axis = attrInt(node, 'axis', undefined);
    if (axis === undefined) return movement(1);
    return movement(contiguousFrom(shape, normalizeAxis(axis, shape?.length ?? 0) + 1));
  },
};

/** Distinct elements (or slices along an axis), where each first stands, which one each input is, and how often. */
const unique: Operator = {
  types: ['Unique'],
  inferShape({ inputs, node }) {
    const { type, shape } = inputs[0] ?? {};
    const axis = attrInt(node, 'axis', undefined);
    const along = axis === undefined || !shape ? undefined : normalizeAxis(axis, shape.length);
    const length = along === undefined ? (elementCount(shape) ?? null) : (shape?.[along] ?? null);
    const distinct = along === undefined || !shape ? [null] : withDim(shape, along, null);
    const outputs = [
      tensorInfo(type, distinct),
      tensorInfo('int64', [null]),
      tensorInfo('int64', [length]),
      tensorInfo('int64', [null]),
    ];
    return outputs.slice(0, node.outputs.length);
  },
  /** Sorting: n·log₂ n comparisons. */
  work({ inputs }) {
    const count = elementCount(inputs[0]?.shape);
    if (count === undefined) return undefined;
    return { kind: 'vector', operations: count * Math.ceil(Math.log2(Math.max(2, count))), passes: 1 };
  },
};

export const selections: readonly Operator[] = [nonZero, nonMaxSuppression, compress, unique];
