import { BITS, type DataType } from '../graph/graph';

type Decoder = (view: DataView, index: number) => number;

/** Value of a small float: sign, `exponentBits`, `mantissaBits`, from the top; subnormal where the exponent is 0. */
function smallFloat(bits: number, exponentBits: number, mantissaBits: number, bias: number): number {
  const sign = bits >> (exponentBits + mantissaBits) ? -1 : 1;
  const exponent = (bits >> mantissaBits) & (2 ** exponentBits - 1);
  const mantissa = (bits & (2 ** mantissaBits - 1)) / 2 ** mantissaBits;
  return exponent === 0 ? sign * mantissa * 2 ** (1 - bias) : sign * (1 + mantissa) * 2 ** (exponent - bias);
}

/** IEEE 754 half precision. */
export function float16Value(bits: number): number {
  if ((bits & 0x7c00) !== 0x7c00) return smallFloat(bits, 5, 10, 15);
  return bits & 0x3ff ? Number.NaN : bits & 0x8000 ? -Infinity : Infinity;
}

/** "FP8 Formats for Deep Learning" (Micikevicius et al. 2022), E5M2: infinities and NaNs as in IEEE 754. */
function float8e5m2(bits: number): number {
  if ((bits & 0x7c) !== 0x7c) return smallFloat(bits, 5, 2, 15);
  return bits & 3 ? Number.NaN : bits & 0x80 ? -Infinity : Infinity;
}

const scratch = new DataView(new ArrayBuffer(4));
function bfloat16(bits: number): number {
  scratch.setUint32(0, bits << 16);
  return scratch.getFloat32(0);
}

/** Element `index` of elements of `bits` < 8 bits, lowest bits first. */
const part = (view: DataView, index: number, bits: number): number =>
  (view.getUint8(Math.floor((index * bits) / 8)) >> ((index * bits) % 8)) & (2 ** bits - 1);
const signed = (value: number, bits: number): number => (value >= 2 ** (bits - 1) ? value - 2 ** bits : value);

/** ONNX, "Float stored in 8 bits" and "4 bit integer types"; complex numbers are read as pairs of their halves. */
const DECODERS: Readonly<Record<Exclude<DataType, 'string'>, Decoder>> = {
  float32: (view, index) => view.getFloat32(4 * index, true),
  uint8: (view, index) => view.getUint8(index),
  int8: (view, index) => view.getInt8(index),
  uint16: (view, index) => view.getUint16(2 * index, true),
  int16: (view, index) => view.getInt16(2 * index, true),
  int32: (view, index) => view.getInt32(4 * index, true),
  int64: (view, index) => Number(view.getBigInt64(8 * index, true)),
  bool: (view, index) => (view.getUint8(index) ? 1 : 0),
  float16: (view, index) => float16Value(view.getUint16(2 * index, true)),
  float64: (view, index) => view.getFloat64(8 * index, true),
  uint32: (view, index) => view.getUint32(4 * index, true),
  uint64: (view, index) => Number(view.getBigUint64(8 * index, true)),
  complex64: (view, index) => view.getFloat32(4 * index, true),
  complex128: (view, index) => view.getFloat64(8 * index, true),
  bfloat16: (view, index) => bfloat16(view.getUint16(2 * index, true)),
  float8e4m3fn: (view, index) => {
    const bits = view.getUint8(index);
    return (bits & 0x7f) === 0x7f ? Number.NaN : smallFloat(bits, 4, 3, 7);
  },
  float8e4m3fnuz: (view, index) => {
    const bits = view.getUint8(index);
    return bits === 0x80 ? Number.NaN : smallFloat(bits, 4, 3, 8);
  },
  float8e5m2: (view, index) => float8e5m2(view.getUint8(index)),
  float8e5m2fnuz: (view, index) => {
    const bits = view.getUint8(index);
    return bits === 0x80 ? Number.NaN : smallFloat(bits, 5, 2, 16);
  },
  uint4: (view, index) => part(view, index, 4),
  int4: (view, index) => signed(part(view, index, 4), 4),
  float4e2m1: (view, index) => smallFloat(part(view, index, 4), 2, 1, 1),
  float8e8m0: (view, index) => {
    const bits = view.getUint8(index);
    return bits === 0xff ? Number.NaN : 2 ** (bits - 127);
  },
  uint2: (view, index) => part(view, index, 2),
  int2: (view, index) => signed(part(view, index, 2), 2),
};

/** Numbers per element: complex elements are two. */
export const numbersPerElement = (type: DataType): number => (type === 'complex64' || type === 'complex128' ? 2 : 1);

/** Fills `into` with the first elements of little-endian `bytes` (complex ones as real, imaginary, real, …). */
export function decodeElements<T extends number[] | Float64Array>(
  type: Exclude<DataType, 'string'>,
  bytes: Uint8Array,
  into: T,
): T {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const decode = DECODERS[type];
  for (let index = 0; index < into.length; index++) into[index] = decode(view, index);
  return into;
}

/**
 * Packed varints (TensorProto.int32_data, int64_data, uint64_data) as little-endian elements: each varint's low bits.
 * Sub-byte types hold one byte, that is two or four elements, per varint. Stops after `maxVarints`.
 */
export function varintElements(type: DataType, encoded: Uint8Array, maxVarints = Infinity): Uint8Array {
  const size = Math.max(1, BITS[type] / 8);
  const decoded = new Uint8Array(Math.min(maxVarints, countVarints(encoded)) * size);
  let position = 0;
  for (let at = 0; at < decoded.length; at += size) {
    let bitsHeld = 0;
    let held = 0;
    let written = 0;
    let byte = 0x80;
    while (byte & 0x80 && position < encoded.length) {
      byte = encoded[position++] ?? 0;
      held |= (byte & 0x7f) << bitsHeld;
      bitsHeld += 7;
      if (bitsHeld >= 8) {
        if (written < size) decoded[at + written] = held & 0xff;
        written++;
        held >>>= 8;
        bitsHeld -= 8;
      }
    }
    if (written < size) decoded[at + written] = held & 0xff;
  }
  return decoded;
}

/** How many varints end in these bytes. */
function countVarints(encoded: Uint8Array): number {
  let count = 0;
  for (const byte of encoded) if (byte < 0x80) count++;
  return count;
}
