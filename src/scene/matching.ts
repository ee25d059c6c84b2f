import { commonSubsequence } from './commonSubsequence';
import { INPUT, type Matchable, OUTPUT } from './matchable';
import { type Matching, Mates, type Pair } from './mates';

/** How alike two items must be to be one. */
interface Likeness {
  readonly key: 'exact' | 'weighted' | 'operators' | 'families';
  /** Whether casts and the like may come between. */
  readonly through: boolean;
}

/** The next one only where the ones before find nothing more. */
const LIKENESSES: readonly Likeness[] = [
  { key: 'exact', through: false },
  { key: 'weighted', through: false },
  { key: 'weighted', through: true },
  { key: 'operators', through: true },
  { key: 'families', through: true },
];
const SIDES = [0, 1] as const;
/** How many wires around an item are looked at where neither everything before nor everything behind it is the same. */
const REACH = 4;
/** Every round goes on from what the ones before have found. */
const MOST_ROUNDS = 4;

/** Of one graph under two annotations. */
export function identity(count: number): Matching {
  const pairs = Array.from({ length: count }, (_, item): Pair => ({ a: item, b: item, by: 'name' }));
  return { pairs, onlyA: [], onlyB: [] };
}

/**
 * Names first, as far as an exporter gave them; then structure: what computes the same from matched items, or is read the same way
 * by them, again and again until nothing new is found. O(edges) for each round.
 */
export function match(a: Matchable, b: Matchable): Matching {
  const mates = new Mates(a, b);
  mates.pairBy(nameKey);
  mates.pairBy(({ operators }, item) => edgeOfGraph(operators[item]), 'in order');
  for (const likeness of LIKENESSES) {
    if (isDone(mates)) break;
    if (likeness.through) pairCounted(mates);
    matchCones(mates, likeness);
    matchSurroundings(mates, likeness);
    matchCones(mates, likeness);
    matchSequence(mates, likeness);
    matchCones(mates, likeness);
  }
  mates.pairBy(({ labels, operators }, item) => `${operators[item]} ${labels[item]}`);
  // The same place in the network holds another operator now.
  mates.pairBy(({ names }, item) => names[item]);
  return mates.matching();
}

/**
 * Names that only count are believed where the weights are alike, or nothing but a neighbour's names agree, too: a node more in one
 * of the graphs moves all numbers behind it.
 */
function pairCounted(mates: Mates): void {
  const [a, b] = [mates.wiring(0, true), mates.wiring(1, true)];
  const supposed = Int32Array.from(mates.of[0]);
  const pairs = mates
    .alike(({ labels, weighted }, item) => `${weighted[item]} ${labels[item]}`)
    .flatMap(([[x, ...more], [y, ...others]]): (readonly [number, number])[] => {
      return x === undefined || y === undefined || more.length + others.length > 0 ? [] : [[x, y]];
    });
  for (const [x, y] of pairs) supposed[x] = y;
  const agree = (ofA: readonly number[] = [], ofB: readonly number[] = []): boolean => {
    const inB = new Set(ofB);
    return ofA.some((item) => inB.has(supposed[item] ?? -1));
  };
  for (const [x, y] of pairs) {
    const alike = agree(a.sources[x], b.sources[y]) || agree(a.targets[x], b.targets[y]);
    if (alike || mates.sides[0].hasWeights[x]) mates.pair(x, y);
  }
}

function isDone({ count, sides: [a, b] }: Mates): boolean {
  return count === Math.min(a.count, b.count);
}

/** Inputs and outputs of the graph that go by other names. */
function edgeOfGraph(operator: string | undefined): string | undefined {
  return operator === INPUT || operator === OUTPUT ? operator : undefined;
}

function nameKey({ names, operators }: Matchable, item: number): string | undefined {
  const name = names[item];
  return name === undefined ? undefined : `${operators[item]} ${name}`;
}

/** Codes of the items of a side: equal codes, equal items; NaN for items that are not to be paired. */
type Codes = Float64Array;

/** Codes of 52 bits. Equal texts have equal ones; that two others do is as good as impossible (10⁻⁶ at 50,000 nodes). */
class Coder {
  readonly #texts = new Map<string, number>();

  text(text: string): number {
    const number = this.#texts.get(text) ?? this.#texts.size;
    this.#texts.set(text, number);
    return mixed(number, 1);
  }

  /** A code and those of items, whose order may say nothing. */
  joinAll(start: number, codes: Codes, items: readonly number[], order: 'as it is' | 'any'): number {
    const own = items.map((item) => codes[item] ?? 0);
    if (order === 'any' && own.length > 1) own.sort((x, y) => x - y);
    return own.reduce(mixed, mixed(start, own.length));
  }
}

const HALF = 2 ** 26;

function mixed(x: number, y: number): number {
  const [lowX, highX, lowY, highY] = [x % HALF, x / HALF, y % HALF, y / HALF];
  const low = scrambled(
    Math.imul(lowX, 0x9e3779b1) ^ Math.imul(highX, 0x85ebca6b) ^ Math.imul(lowY + 1, 0xc2b2ae35) ^ highY,
  );
  const high = scrambled(low ^ Math.imul(highY + 1, 0x27d4eb2f) ^ Math.imul(lowX + 1, 0x165667b1) ^ highX);
  return (low >>> 6) * HALF + (high >>> 6);
}

/** Every bit of the result depends on every bit. */
function scrambled(value: number): number {
  const once = Math.imul(value ^ (value >>> 16), 0x45d9f3b);
  const twice = Math.imul(once ^ (once >>> 16), 0x45d9f3b);
  return twice ^ (twice >>> 16);
}

/** Codes of a side's items by themselves; matched ones have the same on both sides. */
function ownCodes(mates: Mates, which: 0 | 1, { key }: Likeness, coder: Coder): Codes {
  const [texts, mate] = [mates.sides[which][key], mates.of[which]];
  return Float64Array.from(texts, (text, item) => {
    const other = mate[item] ?? -1;
    return other < 0 ? coder.text(text) : mixed(which === 0 ? item : other, 2);
  });
}

/** Items that are to be paired. */
function candidates(mates: Mates, which: 0 | 1, { through }: Likeness): readonly number[] {
  const { isThrough } = mates.sides[which];
  return mates.free(which).filter((item) => !(through && isThrough[item]));
}

/** Of the candidates alone. */
function keysOf(codes: Codes, items: readonly number[]): Codes {
  const keys = new Float64Array(codes.length).fill(Number.NaN);
  for (const item of items) keys[item] = codes[item] ?? 0;
  return keys;
}

function pairByCodes(mates: Mates, codes: readonly Codes[]): number {
  const codeOf = (item: number, which: 0 | 1): number => codes[which]?.[item] ?? Number.NaN;
  return mates.pairBy(
    (_, item, which) => (Number.isNaN(codeOf(item, which)) ? undefined : codeOf(item, which)),
    'in order',
  );
}

/** Pairs what is the same up to the nearest matched items: on both sides of it, before it, or behind it. */
function matchCones(mates: Mates, likeness: Likeness): void {
  for (let round = 0; round < MOST_ROUNDS && !isDone(mates); round++) {
    const coder = new Coder();
    const cones = SIDES.map((which) => conesOf(mates, which, likeness, coder));
    const before = mates.count;
    for (const part of ['around', 'before', 'behind'] as const)
      pairByCodes(
        mates,
        cones.map((cone) => cone[part]),
      );
    if (mates.count === before) return;
  }
}

/** Codes of the candidates with all that comes before them, with all that comes behind, and with both. */
function conesOf(mates: Mates, which: 0 | 1, likeness: Likeness, coder: Coder) {
  const { sources, targets } = mates.wiring(which, likeness.through);
  const items = candidates(mates, which, likeness);
  const before = ownCodes(mates, which, likeness, coder);
  const behind = before.slice();
  for (const item of items) before[item] = coder.joinAll(before[item] ?? 0, before, sources[item] ?? [], 'as it is');
  for (const item of items.toReversed())
    behind[item] = coder.joinAll(behind[item] ?? 0, behind, targets[item] ?? [], 'any');
  const around = before.map((code, item) => mixed(code, behind[item] ?? 0));
  return { before: keysOf(before, items), behind: keysOf(behind, items), around: keysOf(around, items) };
}

/** Codes of the candidates with everything a few wires around them. */
function surroundings(mates: Mates, which: 0 | 1, likeness: Likeness, coder: Coder, reach: number): Codes {
  const { sources, targets } = mates.wiring(which, likeness.through);
  const items = candidates(mates, which, likeness);
  let now = ownCodes(mates, which, likeness, coder);
  for (let step = 0; step < reach; step++) {
    const next = now.slice();
    for (const item of items) {
      const upward = coder.joinAll(now[item] ?? 0, now, sources[item] ?? [], 'as it is');
      next[item] = coder.joinAll(upward, now, targets[item] ?? [], 'any');
    }
    now = next;
  }
  return keysOf(now, items);
}

function matchSurroundings(mates: Mates, likeness: Likeness): void {
  if (isDone(mates)) return;
  const coder = new Coder();
  pairByCodes(
    mates,
    SIDES.map((which) => surroundings(mates, which, likeness, coder, REACH)),
  );
}

/** Pairs the longest sequence in the order of execution that both sides have in common, with what is next to each item. */
function matchSequence(mates: Mates, likeness: Likeness): void {
  if (isDone(mates)) return;
  const coder = new Coder();
  const [a, b] = SIDES.map((which) => surroundings(mates, which, likeness, coder, 1));
  if (!a || !b) return;
  // What the other side has not cannot be in both.
  const inBoth = (codes: Codes, others: Codes): readonly number[] => {
    const there = new Set(others);
    return Array.from(codes.keys()).filter((item) => !Number.isNaN(codes[item]) && there.has(codes[item] ?? 0));
  };
  const [itemsA, itemsB] = [inBoth(a, b), inBoth(b, a)];
  const sequence = (codes: Codes, items: readonly number[]) => Float64Array.from(items, (item) => codes[item] ?? 0);
  for (const [x, y] of commonSubsequence(sequence(a, itemsA), sequence(b, itemsB)))
    mates.pair(itemsA[x] ?? 0, itemsB[y] ?? 0);
}
