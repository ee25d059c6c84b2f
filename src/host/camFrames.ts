import type { CamOpening } from '../protocol/camPanel';

/** So much is kept: an animation is explained once, and then plays at its own pace. */
const MOST_BYTES = 2 ** 28;

/** What was shown of the pictures of a series, by what was asked; the oldest give way. */
export class CamFrames {
  readonly #known = new Map<string, CamOpening>();
  #bytes = 0;

  get(asked: string): CamOpening | undefined {
    return this.#known.get(asked);
  }

  put(asked: string, opening: CamOpening): void {
    this.#drop(asked);
    this.#known.set(asked, opening);
    this.#bytes += bytesOf(opening);
    for (const oldest of this.#known.keys()) {
      if (this.#bytes <= MOST_BYTES) return;
      this.#drop(oldest);
    }
  }

  clear(): void {
    this.#known.clear();
    this.#bytes = 0;
  }

  #drop(asked: string): void {
    const known = this.#known.get(asked);
    if (!known) return;
    this.#known.delete(asked);
    this.#bytes -= bytesOf(known);
  }
}

function bytesOf({ picture, result: { map, raw, segments } }: CamOpening): number {
  return picture.rgba.byteLength + map.values.byteLength + raw.values.byteLength + (segments?.classes.byteLength ?? 0);
}
