/** One kernel of a schedule, as far as it matters what stays on chip. Tensors are numbers; a set of operands is one of bits. */
export interface Step {
  readonly reads: readonly number[];
  readonly writes: readonly number[];
  /** Bytes of the on-chip memory that its tiles take where these operands are on chip: bit i is reads[i], then come the writes. */
  room(onChip: number): number;
  /** What is to be made small, where these operands are on chip and all that stays meanwhile leaves so many bytes for tiles. */
  cost(onChip: number, room: number): number;
}

/** Schedules that differ in what is on chip now, of which the cheapest are followed. */
const MOST_STATES = 32;
/** Bits of a number: operands of a step, where one has more none of them stays, and tensors that stay at one time. */
const MOST_BITS = 30;
/** Results of a step that may stay, the largest first. */
const MOST_RESULTS = 4;

/** A schedule up to a step. */
interface State {
  /** Slots of what is on chip. */
  readonly held: number;
  readonly bytes: number;
  readonly cost: number;
  readonly kept: Kept | undefined;
}

interface Kept {
  readonly tensor: number;
  readonly before: Kept | undefined;
}

/**
 * Which tensors to keep on chip from the step that writes them to the last one that reads them, so that the sum of the costs is the
 * least while what is kept and the tiles of the running step fit the capacity: a dynamic programme over the schedule whose state
 * is what is on chip. Exact as long as no more than MOST_STATES such states matter at a time, else the cheapest are followed. A
 * tensor stays for good or not at all. Linear in the number of steps.
 */
export function keepOnChip(steps: readonly Step[], bytesOf: readonly number[], capacity: number): ReadonlySet<number> {
  const lifetimes = lifetimesOf(steps, bytesOf, capacity);
  const slots = new Slots();
  let states: readonly State[] = [{ held: 0, bytes: 0, cost: 0, kept: undefined }];
  steps.forEach((step, now) => {
    const written = step.writes.filter((tensor) => lifetimes.get(tensor)?.first === now && slots.take(tensor));
    const ending = [...new Set(step.reads)].filter((tensor) => lifetimes.get(tensor)?.last === now);
    const turn = new Turn(step, written, ending, slots, bytesOf, capacity);
    states = cheapest(turn.after(states));
    for (const tensor of ending) slots.free(tensor);
  });
  const [best] = [...states].sort((a, b) => a.cost - b.cost);
  const kept = new Set<number>();
  for (let link = best?.kept; link; link = link.before) kept.add(link.tensor);
  return kept;
}

/** Bytes that the tensors that are kept leave for the tiles of each step; no limit where nothing is there. */
export function roomsBeside(
  kept: ReadonlySet<number>,
  steps: readonly Step[],
  bytesOf: readonly number[],
  capacity: number,
): readonly number[] {
  const lifetimes = lifetimesOf(steps, bytesOf, capacity);
  const held = new Set<number>();
  let bytes = 0;
  return steps.map(({ reads, writes }, now) => {
    for (const tensor of writes) {
      if (!kept.has(tensor) || held.has(tensor)) continue;
      held.add(tensor);
      bytes += bytesOf[tensor] ?? 0;
    }
    const room = held.size === 0 ? Number.POSITIVE_INFINITY : capacity - bytes;
    for (const tensor of reads) {
      if (lifetimes.get(tensor)?.last === now && held.delete(tensor)) bytes -= bytesOf[tensor] ?? 0;
    }
    return room;
  });
}

interface Lifetime {
  readonly first: number;
  readonly last: number;
}

/** First and last step of the tensors that could stay: written by one step, read by later ones, and no larger than the memory. */
function lifetimesOf(
  steps: readonly Step[],
  bytesOf: readonly number[],
  capacity: number,
): ReadonlyMap<number, Lifetime> {
  const lifetimes = new Map<number, Lifetime>();
  const size = (tensor: number): number => bytesOf[tensor] ?? Number.POSITIVE_INFINITY;
  steps.forEach(({ reads, writes }, now) => {
    for (const tensor of reads) {
      const known = lifetimes.get(tensor);
      if (known) lifetimes.set(tensor, { ...known, last: now });
    }
    const results = writes.filter((tensor) => size(tensor) <= capacity).sort((a, b) => size(b) - size(a));
    for (const tensor of results.slice(0, MOST_RESULTS)) lifetimes.set(tensor, { first: now, last: now });
    if (reads.length + writes.length > MOST_BITS) for (const tensor of [...reads, ...writes]) lifetimes.delete(tensor);
  });
  return new Map([...lifetimes].filter(([, { first, last }]) => last > first));
}

/** Bits for the tensors that may be on chip at one time. */
class Slots {
  private readonly owners = new Map<number, number>();
  private taken = 0;

  /** Whether there was one. */
  take(tensor: number): boolean {
    for (let slot = 0; slot < MOST_BITS; slot++) {
      if (this.taken & (1 << slot)) continue;
      this.taken |= 1 << slot;
      this.owners.set(tensor, 1 << slot);
      return true;
    }
    return false;
  }

  /** 0 where it has none. */
  of(tensor: number): number {
    return this.owners.get(tensor) ?? 0;
  }

  free(tensor: number): void {
    this.taken &= ~this.of(tensor);
    this.owners.delete(tensor);
  }
}

/** One step of the programme. */
class Turn {
  private readonly step: Step;
  private readonly capacity: number;
  private readonly bytesOf: readonly number[];
  private readonly written: readonly number[];
  private readonly ending: readonly { readonly slot: number; readonly bytes: number }[];
  private readonly readSlots: readonly number[];
  private readonly slots: Slots;

  constructor(
    step: Step,
    written: readonly number[],
    ending: readonly number[],
    slots: Slots,
    bytesOf: readonly number[],
    capacity: number,
  ) {
    this.step = step;
    this.written = written;
    this.slots = slots;
    this.bytesOf = bytesOf;
    this.capacity = capacity;
    this.ending = ending.map((tensor) => ({ slot: slots.of(tensor), bytes: bytesOf[tensor] ?? 0 }));
    this.readSlots = step.reads.map((tensor) => slots.of(tensor));
  }

  /** The cheapest way to everything that may be on chip after the step. */
  after(states: readonly State[]): readonly State[] {
    const next = new Map<number, State>();
    for (const state of states) {
      const read = this.readSlots.reduce((bits, slot, i) => (state.held & slot ? bits | (1 << i) : bits), 0);
      for (let choice = 0; choice < 1 << this.written.length; choice++) this.follow(state, read, choice, next);
    }
    return [...next.values()];
  }

  private follow(state: State, read: number, choice: number, next: Map<number, State>): void {
    const { step, written, capacity } = this;
    let { held, bytes, kept } = state;
    let onChip = read;
    written.forEach((tensor, i) => {
      if (!(choice & (1 << i))) return;
      held |= this.slots.of(tensor);
      bytes += this.bytesOf[tensor] ?? 0;
      kept = { tensor, before: kept };
      onChip |= 1 << (step.reads.length + step.writes.indexOf(tensor));
    });
    const room = held === 0 ? Number.POSITIVE_INFINITY : capacity - bytes;
    if (step.room(onChip) > room) return;
    const cost = state.cost + step.cost(onChip, room);
    for (const { slot, bytes: freed } of this.ending) {
      if (!(held & slot)) continue;
      held &= ~slot;
      bytes -= freed;
    }
    const known = next.get(held);
    if (!known || cost < known.cost) next.set(held, { held, bytes, cost, kept });
  }
}

/** At most MOST_STATES, the one with nothing on chip among them: from it every step can go on. */
function cheapest(states: readonly State[]): readonly State[] {
  if (states.length <= MOST_STATES) return states;
  const [first, ...others] = [...states].sort((a, b) => Number(a.held !== 0) - Number(b.held !== 0) || a.cost - b.cost);
  return first ? [first, ...others.slice(0, MOST_STATES - 1)] : [];
}
