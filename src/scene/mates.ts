import type { Matchable } from './matchable';

export interface Pair {
  readonly a: number;
  readonly b: number;
  readonly by: 'name' | 'structure';
}

/** Which item of B each of A is. Indices are those of the scenes. */
export interface Matching {
  /** In the order of A. */
  readonly pairs: readonly Pair[];
  readonly onlyA: readonly number[];
  readonly onlyB: readonly number[];
}

/** Wires between items; through items stand aside where a likeness looks through them. */
export interface Wiring {
  readonly sources: readonly (readonly number[])[];
  readonly targets: readonly (readonly number[])[];
}

function wiringOf({ count, sources, isThrough }: Matchable, through: boolean): Wiring {
  const origin = Int32Array.from({ length: count }, (_, item) => item);
  const resolved = sources.map((own, item) => {
    const seen = own.map((source) => origin[source] ?? source);
    if (through && isThrough[item]) origin[item] = seen[0] ?? item;
    return seen;
  });
  const targets = resolved.map((): number[] => []);
  for (const [item, own] of resolved.entries()) {
    if (through && isThrough[item]) continue;
    for (const source of own) targets[source]?.push(item);
  }
  return { sources: resolved, targets };
}

const NO_WIRES: Wiring = { sources: [], targets: [] };

/** What must be the same of two items; undefined for an item that is not to be paired. */
export type KeyOf = (side: Matchable, item: number, which: 0 | 1) => string | number | undefined;

/** The pairs so far. */
export class Mates {
  readonly sides: readonly [Matchable, Matchable];
  /** Of each item of a side its mate on the other one; -1 for none yet. */
  readonly of: readonly [Int32Array, Int32Array];
  count = 0;
  readonly #wirings: readonly (readonly [straight: Wiring, through: Wiring])[];

  constructor(a: Matchable, b: Matchable) {
    this.sides = [a, b];
    this.of = [new Int32Array(a.count).fill(-1), new Int32Array(b.count).fill(-1)];
    this.#wirings = this.sides.map((side) => [wiringOf(side, false), wiringOf(side, true)]);
  }

  pair(a: number, b: number): void {
    this.of[0][a] = b;
    this.of[1][b] = a;
    this.count++;
  }

  wiring(side: 0 | 1, through: boolean): Wiring {
    return this.#wirings[side]?.[through ? 1 : 0] ?? NO_WIRES;
  }

  /** Items without a mate, in order. */
  free(side: 0 | 1): number[] {
    const mates = this.of[side];
    return Array.from(mates.keys()).filter((item) => mates[item] === -1);
  }

  /** Pairs items of the same key where each side has one; `in order`: or as many, those of the same label first. Answers how many. */
  pairBy(keyOf: KeyOf, several: 'none' | 'in order' = 'none'): number {
    const before = this.count;
    for (const [ofA, ofB] of this.alike(keyOf)) {
      if (ofA.length === ofB.length && (several === 'in order' || ofA.length === 1)) this.#pairAll(ofA, ofB);
    }
    return this.count - before;
  }

  /** Items of the same key, those of A and those of B. */
  alike(keyOf: KeyOf): readonly (readonly [ofA: readonly number[], ofB: readonly number[]])[] {
    const [inA, inB] = [this.#byKey(0, keyOf), this.#byKey(1, keyOf)];
    return [...inA].map(([key, ofA]) => [ofA, inB.get(key) ?? []]);
  }

  #byKey(which: 0 | 1, keyOf: KeyOf): ReadonlyMap<string | number, readonly number[]> {
    const found = new Map<string | number, number[]>();
    for (const item of this.free(which)) {
      const key = keyOf(this.sides[which], item, which);
      if (key === undefined) continue;
      const known = found.get(key);
      if (known) known.push(item);
      else found.set(key, [item]);
    }
    return found;
  }

  matching(): Matching {
    const [a, b] = this.sides;
    const pairs = Array.from(this.of[0].keys()).flatMap((item): Pair[] => {
      const mate = this.of[0][item] ?? -1;
      if (mate < 0) return [];
      return [{ a: item, b: mate, by: a.labels[item] === b.labels[mate] ? 'name' : 'structure' }];
    });
    return { pairs, onlyA: this.free(0), onlyB: this.free(1) };
  }

  #pairAll(ofA: readonly number[], ofB: readonly number[]): void {
    const [a, b] = this.sides;
    const byLabel = new Map(ofB.map((item) => [b.labels[item], item]));
    const named = ofB.length > 1 && byLabel.size === ofB.length && ofA.every((item) => byLabel.has(a.labels[item]));
    ofA.forEach((item, place) => {
      const mate = named ? byLabel.get(a.labels[item]) : ofB[place];
      if (mate !== undefined && this.of[1][mate] === -1) this.pair(item, mate);
    });
  }
}
