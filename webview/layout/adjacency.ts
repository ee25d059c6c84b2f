/** Compressed rows: the items of row i are `items[start[i] … start[i + 1] - 1]`. */
export interface Rows {
  readonly start: Uint32Array;
  readonly items: Uint32Array;
}

/** Groups 0 … keys.length - 1 by key, keeping their order. Keys lie in 0 … rowCount - 1. */
export function groupBy(keys: Uint32Array, rowCount: number): Rows {
  const start = new Uint32Array(rowCount + 1);
  for (let i = 0; i < keys.length; i++) start[at(keys, i) + 1] = at(start, at(keys, i) + 1) + 1;
  for (let row = 0; row < rowCount; row++) start[row + 1] = at(start, row + 1) + at(start, row);
  const next = start.slice();
  const items = new Uint32Array(keys.length);
  for (let i = 0; i < keys.length; i++) {
    const place = at(next, at(keys, i));
    items[place] = i;
    next[at(keys, i)] = place + 1;
  }
  return { start, items };
}

/** Element of an array of indices or counts; the index is known to be inside. */
export function at(array: Uint32Array | Int32Array, index: number): number {
  return array[index] ?? 0;
}

/** Element of an array of coordinates. Apart from `at`, because a function that sees one kind of array only is several times faster. */
export function realAt(array: Float64Array, index: number): number {
  return array[index] ?? 0;
}

/** Every second entry of a list of pairs: the sources (offset 0) or the targets (offset 1). */
export function column(pairs: Uint32Array, offset: 0 | 1): Uint32Array {
  const values = new Uint32Array(pairs.length >> 1);
  for (let i = 0; i < values.length; i++) values[i] = at(pairs, 2 * i + offset);
  return values;
}
