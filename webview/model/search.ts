/** Full-text search over names, operators, shapes and notes. */
import type { SceneData } from '../../src/protocol/graphPanel';
import { operatorOf } from './panelModel';

export class SearchIndex {
  private readonly texts: readonly string[];

  constructor(scene: SceneData) {
    this.texts = Array.from({ length: scene.nodeCount }, (_, node) =>
      `${scene.names[node] ?? ''}\n${operatorOf(scene, node)}\n${scene.shapes[node] ?? ''}\n${scene.notes[node] ?? ''}`.toLowerCase(),
    );
  }

  /** Nodes that contain every word, in the order given; the multiplication sign of shapes may be typed as x or *. */
  find(query: string, order: Uint32Array): number[] {
    const words = query.toLowerCase().split(/\s+/).filter(Boolean).map(wordPattern);
    if (words.length === 0) return [];
    return Array.from(order).filter((node) => {
      const text = this.texts[node] ?? '';
      return words.every((variants) => variants.some((word) => text.includes(word)));
    });
  }
}

/** As typed, and, where a size stands around it, with × for x and *. */
function wordPattern(word: string): readonly string[] {
  const shape = word.replace(/(?<=[\d?])[x*](?=[\d?]|$)/g, '×');
  return shape === word ? [word] : [word, shape];
}

/** The hit after (or before) the current one, wrapping around; the first (last) where nothing is current. */
export function stepHit(hits: readonly number[], current: number | undefined, step: 1 | -1): number | undefined {
  if (hits.length === 0) return undefined;
  const place = current === undefined ? -1 : hits.indexOf(current);
  if (place < 0) return step > 0 ? hits[0] : hits.at(-1);
  return hits[(place + step + hits.length) % hits.length];
}
