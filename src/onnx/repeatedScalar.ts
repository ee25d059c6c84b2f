import type { Cursor } from './cursor';
import type { Span } from './files';

/**
 * A repeated scalar field of a tensor. One packed run stays in the file; several runs or single elements are gathered
 * in memory (writers that produce them are rare and their tensors small).
 */
export class RepeatedScalar {
  /** The one packed run, while there is no more than that. */
  run: Span | undefined;
  readonly #cursor: Cursor;
  #buffer = new Uint8Array(0);
  #length = 0;

  constructor(cursor: Cursor) {
    this.#cursor = cursor;
  }

  /** The encoded elements, where they are not one run. */
  get gathered(): Uint8Array {
    return this.#buffer.slice(0, this.#length);
  }

  /** Takes the cursor's current field. */
  add(): void {
    const { packed, offset, length } = this.#cursor.scalarSpan();
    if (packed && !this.run && this.#length === 0) {
      this.run = { offset, length };
      return;
    }
    if (this.run) this.#gather(this.run);
    this.run = undefined;
    this.#gather({ offset, length });
  }

  #gather(span: Span): void {
    if (this.#length + span.length > this.#buffer.length) {
      const grown = new Uint8Array(2 * (this.#length + span.length));
      grown.set(this.#buffer);
      this.#buffer = grown;
    }
    this.#buffer.set(this.#cursor.bytesAt(span), this.#length);
    this.#length += span.length;
  }
}
