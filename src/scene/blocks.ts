/** Repeated blocks of a graph that says nothing about its modules. */

/** A source that is no item: an input of the graph. */
export const FROM_OUTSIDE = -1;

/** What is grouped: items in execution order, each reading items before it. */
export interface Items {
  readonly count: number;
  /** What an item is, the same for what may repeat. */
  kindOf(item: number): string;
  /** The items that it reads, or FROM_OUTSIDE. */
  sourcesOf(item: number): readonly number[];
}

/** Items from `from` up to, but without, `to`. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Equal blocks in a row. */
export interface Repetition {
  readonly blocks: readonly Span[];
}

/** A block of fewer items is not worth a name. */
const LEAST_ITEMS = 3;
/** Segments in one block; longer repetitions are found as shorter ones inside. */
const LONGEST_PERIOD = 24;

/**
 * Cuts the order of execution where only one value is handed on, and finds runs of cuts that repeat: equal operators, wired
 * equally, whatever their sizes. A block between two runs that branches stands alone. O(items · longest period).
 */
export function repeatedBlocks(items: Items): readonly Repetition[] {
  const segments = segmentsOf(items);
  const signatures = numbered(segments.map((segment) => signatureOf(items, segment)));
  const found: Repetition[] = [];
  for (let at = 0; at < segments.length; ) {
    const { period, repeats } = bestRun(signatures, segments, at);
    const blocks = Array.from({ length: repeats }, (_, i) => spanOf(segments, at + i * period, period));
    if (sizeOf(blocks[0]) >= LEAST_ITEMS) found.push({ blocks });
    at += period * repeats;
  }
  return found;
}

const sizeOf = (span: Span | undefined): number => (span ? span.to - span.from : 0);

function spanOf(segments: readonly Span[], first: number, count: number): Span {
  return { from: segments[first]?.from ?? 0, to: segments[first + count - 1]?.to ?? 0 };
}

/** Ends a segment after every item behind which nothing older is read any more. */
function segmentsOf({ count, sourcesOf }: Items): readonly Span[] {
  const lastReader = new Uint32Array(count);
  for (let item = 0; item < count; item++)
    for (const source of sourcesOf(item)) if (source !== FROM_OUTSIDE) lastReader[source] = item;
  const segments: Span[] = [];
  let from = 0;
  let olderReadUntil = 0;
  for (let item = 0; item < count; item++) {
    if (olderReadUntil <= item) {
      segments.push({ from, to: item + 1 });
      from = item + 1;
    }
    olderReadUntil = Math.max(olderReadUntil, lastReader[item] ?? 0);
  }
  if (from < count) segments.push({ from, to: count });
  return segments;
}

/** Operators and wires of a segment; what comes from before is the same wherever it comes from. */
function signatureOf({ kindOf, sourcesOf }: Items, { from, to }: Span): string {
  const parts: string[] = [];
  for (let item = from; item < to; item++) {
    const wires = sourcesOf(item).map((source) => (source < from ? '<' : item - source));
    parts.push(`${kindOf(item)}(${wires})`);
  }
  return parts.join(' ');
}

/** Equal texts as equal numbers, which compare faster. */
function numbered(texts: readonly string[]): Uint32Array {
  const known = new Map<string, number>();
  return Uint32Array.from(texts, (text) => {
    const number = known.get(text) ?? known.size;
    known.set(text, number);
    return number;
  });
}

/** The repetition from `at` on that covers most items, of blocks that do not repeat anything inside. One segment once where there is none. */
function bestRun(signatures: Uint32Array, segments: readonly Span[], at: number) {
  let best = { period: 1, repeats: 1, items: 0 };
  for (let period = 1; period <= LONGEST_PERIOD && at + 2 * period <= signatures.length; period++) {
    const repeats = repeatsOf(signatures, at, period);
    if (repeats < 2 || repeatsInside(signatures, segments, at, period)) continue;
    const block = sizeOf(spanOf(segments, at, period));
    const items = block >= LEAST_ITEMS ? block * repeats : 0;
    if (items > best.items) best = { period, repeats, items };
  }
  return best;
}

/** Whether a part of a block is itself repeated blocks: then these are what the network is made of. */
function repeatsInside(signatures: Uint32Array, segments: readonly Span[], at: number, length: number): boolean {
  for (let period = 1; 2 * period <= length; period++) {
    for (let start = at; start + 2 * period <= at + length; start++) {
      const isBlock = sizeOf(spanOf(segments, start, period)) >= LEAST_ITEMS;
      if (isBlock && repeatsOf(signatures.subarray(0, at + length), start, period) >= 2) return true;
    }
  }
  return false;
}

function repeatsOf(signatures: Uint32Array, at: number, period: number): number {
  let end = at + period;
  while (end < signatures.length && signatures[end] === signatures[end - period]) end++;
  return Math.floor((end - at) / period);
}
