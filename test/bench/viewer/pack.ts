/**
 * Values with typed arrays as one block of bytes, for the page: JSON in which an array of numbers is its place in what follows.
 * Layout: length of the JSON in bytes (32 bits, little-endian), the JSON, then the arrays, each from a multiple of 8.
 */

const ARRAYS = { Uint8Array, Uint16Array, Uint32Array, Int32Array, Float32Array, Float64Array } as const;
type ArrayName = keyof typeof ARRAYS;
const MARK = '$array';
const NUMBER = '$number';

export function pack(value: unknown): Uint8Array {
  const arrays: { readonly bytes: Uint8Array; readonly offset: number }[] = [];
  let end = 0;
  const text = JSON.stringify(value, (_, item: unknown) => {
    if (typeof item === 'number' && !Number.isFinite(item)) return { [NUMBER]: String(item) };
    if (!ArrayBuffer.isView(item)) return item;
    const bytes = new Uint8Array(item.buffer, item.byteOffset, item.byteLength);
    const offset = end;
    arrays.push({ bytes, offset });
    end = aligned(offset + bytes.length);
    return { [MARK]: item.constructor.name, offset, bytes: bytes.length };
  });
  const json = new TextEncoder().encode(text);
  const first = aligned(4 + json.length);
  const packed = new Uint8Array(first + end);
  new DataView(packed.buffer).setUint32(0, json.length, true);
  packed.set(json, 4);
  for (const { bytes, offset } of arrays) packed.set(bytes, first + offset);
  return packed;
}

export function unpack(packed: ArrayBuffer): unknown {
  const length = new DataView(packed).getUint32(0, true);
  const first = aligned(4 + length);
  const text = new TextDecoder().decode(new Uint8Array(packed, 4, length));
  return JSON.parse(text, (_, item: unknown) => {
    if (typeof item !== 'object' || item === null) return item;
    const { [MARK]: name, [NUMBER]: number, offset, bytes }: Record<string, unknown> = { ...item };
    if (typeof number === 'string') return Number(number);
    if (!isArrayName(name)) return item;
    const Kind = ARRAYS[name];
    return new Kind(packed, first + Number(offset), Number(bytes) / Kind.BYTES_PER_ELEMENT);
  });
}

function isArrayName(name: unknown): name is ArrayName {
  return typeof name === 'string' && name in ARRAYS;
}

function aligned(offset: number): number {
  return Math.ceil(offset / 8) * 8;
}
