import { ModelFormatError } from '../graph/modelFormatError';
import { readFully, type Span } from './files';

const WINDOW_BYTES = 65_536;
/** As deep as the reference implementation of protobuf follows nested messages. */
const MAX_DEPTH = 100;
/** Longer texts (binary blobs in string attributes) are cut: only their beginning is of use to a reader. */
const MAX_TEXT_BYTES = 1_048_576;
const CUT_TEXT_BYTES = 1_024;
/** Fields and list elements together: each costs memory, and a damaged file may claim one per byte. */
const MAX_ITEMS = 33_554_432;

/** Protobuf wire types (encoding guide, "Message structure"). */
const VARINT = 0;
const FIXED64 = 1;
const DELIMITED = 2;
const FIXED32 = 5;
const WIRE_NAMES: readonly string[] = ['a varint', 'eight bytes', 'a length', 'a group', 'a group’s end', 'four bytes'];

/**
 * Walks the fields of protobuf messages in a file through a small window, so that what is skipped is never read:
 * `enter(); while (next()) switch (field) { case 1: name = text(); break; default: skip(); }`.
 * Every violation of the encoding throws a ModelFormatError with the byte offset.
 */
export class Cursor {
  /** Number of the current field, valid after `next()` answered true. */
  field = 0;
  /** File offset of the next byte to read. */
  position = 0;
  /** File offset of the current field's tag. */
  tagOffset = 0;
  #wire = 0;
  #items = 0;
  #end: number;
  readonly #ends: number[] = [];
  readonly #file: number;
  readonly #size: number;
  readonly #window = Buffer.allocUnsafe(WINDOW_BYTES);
  #windowStart = 0;
  #windowEnd = 0;
  /** Upper and lower half of the varint read last, unsigned. */
  #high = 0;
  #low = 0;

  /** `file`: an open file descriptor; the whole file of `size` bytes is the outermost message. */
  constructor(file: number, size: number) {
    this.#file = file;
    this.#size = size;
    this.#end = size;
  }

  /** Goes into the message that is the current field's content. */
  enter(): void {
    const length = this.#length();
    if (this.#ends.length >= MAX_DEPTH) this.fail(`messages are nested more than ${MAX_DEPTH} deep`);
    this.#ends.push(this.#end);
    this.#end = this.position + length;
  }

  /** Moves to the next field of the current message; at its end leaves the message and answers false. */
  next(): boolean {
    if (this.position >= this.#end) {
      if (this.position > this.#end) this.fail('a field reaches beyond the end of its message');
      this.#end = this.#ends.pop() ?? this.#end;
      return false;
    }
    this.tagOffset = this.position;
    this.#count(1);
    const tag = this.#varint();
    this.#wire = tag & 7;
    this.field = Math.floor(tag / 8);
    if (this.field === 0 || tag > 0xffff_ffff) this.#failHere('there is no valid field tag');
    return true;
  }

  skip(): void {
    if (this.#wire === VARINT) this.#varint();
    else if (this.#wire === FIXED64) this.position += 8;
    else if (this.#wire === FIXED32) this.position += 4;
    else if (this.#wire === DELIMITED) this.span();
    else this.#failHere(`field ${this.field} has wire type ${this.#wire}, which no ONNX file uses,`);
  }

  /** Signed 64-bit integer; beyond ±2^53 rounded to the nearest double. */
  int64(): number {
    this.#expect(VARINT);
    return this.#int64();
  }

  float(): number {
    this.#expect(FIXED32);
    return this.#float();
  }

  /** UTF-8; invalid sequences are shown as �. */
  text(): string {
    const length = this.#length();
    if (length > MAX_TEXT_BYTES) {
      const beginning = this.bytesAt({ offset: this.position, length: CUT_TEXT_BYTES });
      this.position += length;
      return `${Buffer.from(beginning).toString('utf8')}… (${length.toLocaleString('en-US')} bytes)`;
    }
    if (length > WINDOW_BYTES) {
      const bytes = this.bytesAt({ offset: this.position, length });
      this.position += length;
      return Buffer.from(bytes.buffer).toString('utf8');
    }
    const at = this.#load(length);
    this.position += length;
    return this.#window.toString('utf8', at, at + length);
  }

  /** Skips a length-delimited field and says where it lies. */
  span(): Span {
    const length = this.#length();
    const offset = this.position;
    this.position += length;
    return { offset, length };
  }

  /** Skips the current field of any type (as an element of a repeated scalar) and says where its encoding lies. */
  scalarSpan(): Span & { readonly packed: boolean } {
    if (this.#wire === DELIMITED) return { ...this.span(), packed: true };
    const offset = this.position;
    this.skip();
    return { offset, length: this.position - offset, packed: false };
  }

  /** Appends a repeated integer field, packed or not. */
  int64s(into: number[], limit = MAX_ITEMS): void {
    this.#repeated(VARINT, into, limit, () => this.#int64());
  }

  floats(into: number[]): void {
    this.#repeated(FIXED32, into, MAX_ITEMS, () => this.#float());
  }

  /** A copy of bytes anywhere in the file; `position` stays. */
  bytesAt({ offset, length }: Span): Uint8Array {
    if (offset >= this.#windowStart && offset + length <= this.#windowEnd) {
      return new Uint8Array(this.#window.subarray(offset - this.#windowStart, offset - this.#windowStart + length));
    }
    const bytes = new Uint8Array(length);
    if (readFully(this.#file, bytes, offset) < length) this.#failEnd();
    return bytes;
  }

  fail(what: string, offset = this.position): never {
    throw new ModelFormatError(`${what} at byte ${offset}`, offset);
  }

  #repeated(wire: number, into: number[], limit: number, read: () => number): void {
    const before = into.length;
    if (this.#wire !== DELIMITED) {
      this.#expect(wire);
      into.push(read());
    } else {
      const end = this.#length() + this.position;
      while (this.position < end && into.length <= limit) into.push(read());
      if (this.position > end) this.fail('a list ends inside one of its elements');
      this.#count(into.length - before);
    }
    if (into.length > limit) this.#failHere(`a list (field ${this.field}) has more than ${limit} elements`);
  }

  #count(items: number): void {
    this.#items += items;
    if (this.#items > MAX_ITEMS) this.fail(`there are more than ${MAX_ITEMS} values outside of tensors`);
  }

  #expect(wire: number): void {
    if (this.#wire === wire) return;
    const found = WIRE_NAMES[this.#wire] ?? `wire type ${this.#wire}`;
    this.#failHere(`field ${this.field} holds ${found} where ${WIRE_NAMES[wire]} is expected`);
  }

  /** Length of the current length-delimited field, checked against the message that it lies in. */
  #length(): number {
    this.#expect(DELIMITED);
    const length = this.#varint();
    if (length <= this.#end - this.position) return length;
    const bytes = length.toLocaleString('en-US');
    if (this.#end < this.#size)
      return this.#failHere(`field ${this.field} declares ${bytes} bytes, more than its message has,`);
    const missing = (length - (this.#end - this.position)).toLocaleString('en-US');
    return this.#failHere(
      `the file is truncated, ${missing} bytes are missing of field ${this.field} which declares ${bytes}`,
    );
  }

  #varint(): number {
    const first = this.#byte();
    if (first < 0x80) {
      this.#high = 0;
      this.#low = first;
      return first;
    }
    return this.#longVarint(first);
  }

  #longVarint(first: number): number {
    let low = first & 0x7f;
    let high = 0;
    for (let shift = 7; shift < 70; shift += 7) {
      const byte = this.#byte();
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high = bits >>> 4;
      } else high |= shift < 63 ? bits << (shift - 32) : (bits & 1) << 31;
      if (byte < 0x80) {
        this.#high = high >>> 0;
        this.#low = low >>> 0;
        return this.#high * 0x1_0000_0000 + this.#low;
      }
    }
    return this.#failHere('a varint is longer than ten bytes');
  }

  #int64(): number {
    this.#varint();
    return (this.#high | 0) * 0x1_0000_0000 + this.#low;
  }

  #float(): number {
    const at = this.#load(4);
    this.position += 4;
    return this.#window.readFloatLE(at);
  }

  #byte(): number {
    if (this.position < this.#windowStart || this.position >= this.#windowEnd) this.#fill();
    const byte = this.#window[this.position - this.#windowStart] ?? 0;
    this.position++;
    return byte;
  }

  /** Makes `length` bytes from the current position lie in the window; answers their index there. */
  #load(length: number): number {
    if (this.position < this.#windowStart || this.position + length > this.#windowEnd) this.#fill();
    if (this.position + length > this.#windowEnd) this.#failEnd();
    return this.position - this.#windowStart;
  }

  #fill(): void {
    const read = readFully(this.#file, this.#window, this.position);
    if (read === 0) this.#failEnd();
    this.#windowStart = this.position;
    this.#windowEnd = this.position + read;
  }

  #failHere(what: string): never {
    this.fail(what, this.tagOffset);
  }

  #failEnd(): never {
    this.fail('the file ends unexpectedly', this.#size);
  }
}
