/** Full-text search over names, operators, shapes, notes, attributes and tensors. */
import type { SceneData } from '../../src/protocol/graphPanel';
import { at } from '../layout/adjacency';
import { operatorOf } from './panelModel';

/** The texts of all nodes as one, in lower case: looking through it is native work, however many nodes there are. */
class TextColumn {
  private readonly text: string;
  /** Of each node, behind its text. */
  private readonly end: Uint32Array;

  constructor(texts: readonly string[]) {
    const lower = texts.map((text) => `${text.toLowerCase()}\n`);
    this.text = lower.join('');
    let end = 0;
    this.end = Uint32Array.from(lower, ({ length }) => {
      end += length;
      return end;
    });
  }

  /** Sets the marks of all nodes that contain a word, which has no line break. */
  mark(word: string, marks: Uint8Array): void {
    let node = 0;
    for (let place = this.text.indexOf(word); place >= 0; place = this.text.indexOf(word, at(this.end, node))) {
      while (at(this.end, node) <= place) node++;
      marks[node] = 1;
    }
  }
}

export class SearchIndex {
  private readonly nodeCount: number;
  private readonly columns: TextColumn[];
  private more: readonly string[] = [];

  constructor(scene: SceneData) {
    this.nodeCount = scene.nodeCount;
    const texts = Array.from(
      { length: scene.nodeCount },
      (_, node) =>
        `${scene.names[node] ?? ''}\n${operatorOf(scene, node)}\n${scene.shapes[node] ?? ''}\n${scene.notes[node] ?? ''}`,
    );
    this.columns = [new TextColumn(texts)];
  }

  /** Attributes and tensors of each node, a line each. */
  add(more: readonly string[]): void {
    this.more = more;
    this.columns.push(new TextColumn(more));
  }

  /** Nodes that contain every word, in the order given; the multiplication sign of shapes may be typed as x or *. */
  find(query: string, order: Uint32Array): number[] {
    const marks = wordsOf(query).map((variants) => this.nodesWith(variants));
    const found: number[] = [];
    if (marks.length === 0) return found;
    for (const node of order) if (marks.every((mark) => mark[node] === 1)) found.push(node);
    return found;
  }

  /** Of what a result does not show anyhow, the first line that contains a word of the query; '' where none does. */
  excerpt(query: string, node: number): string {
    const words = wordsOf(query).flat();
    const lines = (this.more[node] ?? '').split('\n');
    return lines.find((line) => words.some((word) => line.toLowerCase().includes(word))) ?? '';
  }

  private nodesWith(variants: readonly string[]): Uint8Array {
    const marks = new Uint8Array(this.nodeCount);
    for (const word of variants) for (const column of this.columns) column.mark(word, marks);
    return marks;
  }
}

function wordsOf(query: string): readonly (readonly string[])[] {
  return query.toLowerCase().split(/\s+/).filter(Boolean).map(wordPattern);
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
