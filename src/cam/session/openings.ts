interface Opening<T> {
  readonly value: Promise<T>;
  /** Of the question that asked first. */
  readonly signal: AbortSignal | undefined;
}

/** What takes long to open, by key: opened once for all who ask. Who asked first may cancel; the others get it all the same. */
export class Openings<T> {
  /** The one that was asked for last comes last. */
  readonly #known = new Map<string, Opening<T>>();
  readonly #close: (value: T) => Promise<void>;
  readonly #most: number;

  /** Of more than `most`, the one that was not asked for the longest is closed. */
  constructor(close: (value: T) => Promise<void>, most = Number.POSITIVE_INFINITY) {
    this.#close = close;
    this.#most = most;
  }

  async get(key: string, open: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const opening = this.#known.get(key) ?? { value: open(), signal };
    this.#known.delete(key);
    this.#known.set(key, opening);
    try {
      const value = await opening.value;
      await this.#makeRoom();
      return value;
    } catch (error) {
      if (this.#known.get(key) === opening) this.#known.delete(key);
      const cancelledByAnother = opening.signal?.aborted && !signal?.aborted;
      if (cancelledByAnother) return this.get(key, open, signal);
      throw error;
    }
  }

  /** Forgets all, and closes each that opens. */
  clear(): Promise<void> {
    return this.#forget([...this.#known.keys()]);
  }

  #makeRoom(): Promise<void> {
    const keys = [...this.#known.keys()];
    return this.#forget(keys.slice(0, Math.max(0, keys.length - this.#most)));
  }

  async #forget(keys: readonly string[]): Promise<void> {
    const openings = keys.flatMap((key) => this.#known.get(key) ?? []);
    for (const key of keys) this.#known.delete(key);
    await Promise.allSettled(openings.map(async ({ value }) => this.#close(await value)));
  }
}
