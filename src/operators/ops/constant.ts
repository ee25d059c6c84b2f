import { attrFloat, attrFloats, attrInt, attrInts, attrTensor } from '../../graph/attributes';
import { dataTypeOf } from '../../graph/dataTypes';
import type { DataType, Node, TensorInfo } from '../../graph/graph';
import { filled, MAX_VALUES, toType } from '../constantValues';
import { zeroVjp } from '../gradientTools';
import { shapeOf, typeOf, valuesOf } from '../nodeArguments';
import { COST } from '../operationCosts';
import type { Operator } from '../operator';
import { range as indices, tensorInfo, unknownShape } from '../shapes';
import { free, movementFrom, perOutput } from '../workRules';

/** One of the attributes value, value_int(s), value_float(s), value_string(s). */
function constantInfo(node: Node): TensorInfo {
  const tensor = attrTensor(node, 'value');
  if (tensor) return tensorInfo(tensor.type, tensor.shape, tensor.values);
  const list = (type: DataType, values: readonly number[] | undefined): TensorInfo | undefined =>
    values && tensorInfo(type, [values.length], values.length <= MAX_VALUES ? values : undefined);
  const one = (type: DataType, value: number | undefined): TensorInfo | undefined =>
    value === undefined ? undefined : tensorInfo(type, [], [value]);
  const strings = node.attributes.get('value_strings');
  return (
    list('int64', attrInts(node, 'value_ints', undefined)) ??
    list('float32', attrFloats(node, 'value_floats', undefined)) ??
    one('int64', attrInt(node, 'value_int', undefined)) ??
    one('float32', attrFloat(node, 'value_float', undefined)) ??
    (strings?.type === 'strings' ? tensorInfo('string', [strings.value.length]) : undefined) ??
    (node.attributes.has('value_string') ? tensorInfo('string', []) : {})
  );
}

const constant: Operator = {
  types: ['Constant'],
  inferShape: ({ node }) => [constantInfo(node)],
  work: free('a constant'),
  vjp: zeroVjp,
};

const constantOfShape: Operator = {
  types: ['ConstantOfShape'],
  inferShape(context) {
    const value = attrTensor(context.node, 'value');
    const type = value?.type ?? 'float32';
    const shape = valuesOf(context, 0);
    const rank = shapeOf(context, 0)?.[0];
    if (!shape) return [tensorInfo(type, typeof rank === 'number' ? unknownShape(rank) : undefined)];
    const element = value ? value.values?.[0] : 0;
    return [tensorInfo(type, shape, element === undefined ? undefined : filled(shape, element))];
  },
  work: movementFrom(() => 0),
  vjp: zeroVjp,
};

/** ⌈(limit − start)/delta⌉ elements, none where that is negative. */
const range: Operator = {
  types: ['Range'],
  inferShape(context) {
    const type = typeOf(context, 0);
    const [start, limit, delta] = [0, 1, 2].map((index) => valuesOf(context, index)?.[0]);
    if (start === undefined || limit === undefined || delta === undefined) return [tensorInfo(type, [null])];
    if (delta === 0) throw new Error('its delta is 0');
    const count = Math.max(0, Math.ceil((limit - start) / delta));
    const values = count > MAX_VALUES ? undefined : indices(count).map((index) => toType(type, start + index * delta));
    return [tensorInfo(type, [count], values)];
  },
  work: perOutput(COST.simple),
  vjp: zeroVjp,
};

const eyeLike: Operator = {
  types: ['EyeLike'],
  inferShape(context) {
    const { type: from, shape } = context.inputs[0] ?? {};
    const type = dataTypeOf(attrInt(context.node, 'dtype', 0)) ?? from ?? 'float32';
    const [rows, columns] = shape ?? [];
    const diagonal = attrInt(context.node, 'k', 0);
    if (typeof rows !== 'number' || typeof columns !== 'number' || rows * columns > MAX_VALUES) {
      return [tensorInfo(type, shape)];
    }
    const values = indices(rows).flatMap((row) => indices(columns).map((column) => Number(column === row + diagonal)));
    return [tensorInfo(type, shape, values)];
  },
  work: movementFrom(() => 0),
  vjp: zeroVjp,
};

export const constants: readonly Operator[] = [constant, constantOfShape, range, eyeLike];
