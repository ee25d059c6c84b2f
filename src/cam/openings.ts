interface Opening<T> {
  readonly value: Promise<T>;
  /** Of the question that asked first. */
  readonly signal: AbortSignal | undefined;
}

/** What takes long to open, by key: opened once for all who ask. Who asked first may cancel; the others get it all the same. */
export class Openings<T> {
  readonly #known = new Map<string, Opening<T>>();

  async get(key: string, open: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const opening = this.#known.get(key) ?? { value: open(), signal };
    this.#known.set(key, opening);
    try {
      return await opening.value;
    } catch (error) {
      if (this.#known.get(key) === opening) this.#known.delete(key);
      const cancelledByAnother = opening.signal?.aborted && !signal?.aborted;
      if (cancelledByAnother) return this.get(key, open, signal);
      throw error;
    }
  }

  /** Forgets all, and closes each that opens. */
  async clear(close: (value: T) => Promise<void>): Promise<void> {
    const openings = [...this.#known.values()];
    this.#known.clear();
    await Promise.allSettled(openings.map(async ({ value }) => close(await value)));
  }
}
