/** Writes one protobuf message: fields in the order of the calls. What is written is kept in parts until `bytes()`. */
export class ProtoWriter {
  readonly #parts: Uint8Array[] = [];
  #length = 0;

  /** A varint field; negative values take ten bytes (two's complement). */
  int64(field: number, value: number): this {
    return this.#push(tag(field, 0)).#push(varint(value));
  }

  float(field: number, value: number): this {
    return this.#push(tag(field, 5)).#push(new Uint8Array(littleEndianFloats([value])));
  }

  text(field: number, value: string): this {
    return this.bytes(field, Buffer.from(value, 'utf8'));
  }

  bytes(field: number, value: Uint8Array): this {
    return this.#push(tag(field, 2)).#push(varint(value.length)).#push(value);
  }

  message(field: number, value: ProtoWriter): this {
    this.#push(tag(field, 2)).#push(varint(value.#length));
    for (const part of value.#parts) this.#push(part);
    return this;
  }

  packedInt64s(field: number, values: readonly number[]): this {
    return this.bytes(field, Buffer.concat(values.map(varint)));
  }

  packedFloats(field: number, values: readonly number[]): this {
    return this.bytes(field, new Uint8Array(littleEndianFloats(values)));
  }

  /** Whole fields, encoded already. */
  encoded(fields: Uint8Array): this {
    return this.#push(fields);
  }

  /** The message, without a length in front. */
  finish(): Uint8Array {
    return Buffer.concat(this.#parts, this.#length);
  }

  #push(part: Uint8Array): this {
    this.#parts.push(part);
    this.#length += part.length;
    return this;
  }
}

/** What exporters write for "to the end"; as a double it is 2^63. */
const MAX_INT64 = 2n ** 63n - 1n;

const tag = (field: number, wire: number): Uint8Array => varint(field * 8 + wire);

/** Base-128, least significant group first (protobuf encoding guide). Integers from 2^63 on are written as 2^63 − 1. */
function varint(value: number): Uint8Array {
  if (value >= 0 && value < 0x80) return Uint8Array.of(value);
  const groups: number[] = [];
  const integer = value >= 2 ** 63 ? MAX_INT64 : BigInt(value);
  for (let rest = BigInt.asUintN(64, integer); ; rest >>= 7n) {
    const group = Number(rest & 0x7fn);
    if (rest < 0x80n) return Uint8Array.from([...groups, group]);
    groups.push(group | 0x80);
  }
}

function littleEndianFloats(values: readonly number[]): ArrayBuffer {
  const view = new DataView(new ArrayBuffer(4 * values.length));
  for (const [index, value] of values.entries()) view.setFloat32(4 * index, value, true);
  return view.buffer;
}
