import { BITS, type DataType } from './graph';

export type TypedArray =
  | Float32Array
  | Float64Array
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | BigInt64Array
  | BigUint64Array;

const ARRAYS: Partial<Record<DataType, new (buffer: ArrayBufferLike, offset: number, length: number) => TypedArray>> = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  uint8: Uint8Array,
  int8: Int8Array,
  bool: Uint8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  uint32: Uint32Array,
  int32: Int32Array,
  uint64: BigUint64Array,
  int64: BigInt64Array,
};

/** Little-endian elements as a typed array (float16 as its bits), without a copy where the bytes are aligned. */
export function typedArray(type: DataType, data: Uint8Array): TypedArray {
  const Type = ARRAYS[type];
  if (!Type) throw new Error(`elements of type ${type} have no typed array`);
  const elementSize = BITS[type] / 8;
  const { buffer, byteOffset } = data.byteOffset % elementSize === 0 ? data : new Uint8Array(data);
  return new Type(buffer, byteOffset, data.byteLength / elementSize);
}

/** The bytes of a typed array, without a copy. */
export function elementBytes(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

/** Limits of the integers that arithmetic can leave. */
const RANGES: Partial<Record<DataType, readonly [number, number]>> = {
  uint8: [0, 255],
  int8: [-128, 127],
  uint16: [0, 65535],
  int16: [-32768, 32767],
};

/** Numbers as little-endian elements; integers are rounded, those of 8 and 16 bits clipped, float16 to nearest even. */
export function encodeElements(type: DataType, values: ArrayLike<number>): Uint8Array {
  const data = new Uint8Array((values.length * BITS[type]) / 8);
  const target = typedArray(type, data);
  const isInteger = !type.startsWith('float');
  const [least, greatest] = RANGES[type] ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let index = 0; index < values.length; index++) {
    const value = values[index] ?? 0;
    if (type === 'float16') target[index] = float16Bits(value);
    else if (target instanceof BigInt64Array || target instanceof BigUint64Array)
      target[index] = BigInt(Math.round(value));
    else target[index] = isInteger ? Math.min(greatest, Math.max(least, Math.round(value))) : value;
  }
  return data;
}

/** A number as IEEE 754 binary16 bits, rounded to nearest, ties to even; from 65,520 on infinite. */
function float16Bits(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  if (Number.isNaN(magnitude)) return 0x7e00;
  if (magnitude >= 65520) return sign | 0x7c00;
  const exponent = Math.max(-14, Math.floor(Math.log2(magnitude)));
  // In units of the last place; a carry out of the fraction runs into the exponent, as it should.
  const units = roundHalfEven(magnitude * 2 ** (10 - exponent));
  return sign | (units + ((exponent + 14) << 10));
}

function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest === 0.5) return floor + (floor % 2);
  return rest < 0.5 ? floor : floor + 1;
}
