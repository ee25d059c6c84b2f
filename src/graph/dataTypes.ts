import type { DataType } from './graph';

/** TensorProto.DataType in order: the number in the file is the index here, 0 is undefined (onnx.proto). */
const BY_CODE: readonly (DataType | undefined)[] = [
  undefined,
  'float32',
  'uint8',
  'int8',
  'uint16',
  'int16',
  'int32',
  'int64',
  'string',
  'bool',
  'float16',
  'float64',
  'uint32',
  'uint64',
  'complex64',
  'complex128',
  'bfloat16',
  'float8e4m3fn',
  'float8e4m3fnuz',
  'float8e5m2',
  'float8e5m2fnuz',
  'uint4',
  'int4',
  'float4e2m1',
  'float8e8m0',
  'uint2',
  'int2',
];

/** The element type of a TensorProto.DataType number; undefined for 0 and unknown numbers. */
export function dataTypeOf(code: number): DataType | undefined {
  return BY_CODE[code];
}

/** The TensorProto.DataType number of an element type. */
export function dataTypeCode(type: DataType): number {
  return BY_CODE.indexOf(type);
}

export function isFloat(type: DataType): boolean {
  return /^b?float|^complex/.test(type);
}
