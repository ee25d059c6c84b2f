import { Annealing } from './anneal';
import type { ArrayLayer, ArraySeconds } from './arrayLayer';
import { type BufferTile, bufferTiles } from './bufferTiles';
import { innerOrders, ORDERS } from './dataflow';
import { Draft, Judge } from './judge';
import type { Mapping } from './mapping';
import { GROUPS, leastCycles, type Placement, placements } from './placements';
import { fits, registerTiles } from './registerTiles';
import { tileBound } from './tileBound';

const KEPT_PLACEMENTS = 6;
const KEPT_TILES = 6;
/** Candidates after which the best of them has to do. */
const CANDIDATES = 600;
/** A candidate this close to what none can beat ends the search for candidates, which cost little. */
const CLOSE = 1.0005;
/** A mapping this close to the bound is good enough. */
const NEAR = 1.05;
/** Evaluations of one annealing, and how many in a row may find nothing that is a thousandth faster. */
const ANNEALING = 2500;
const IDLE_ROUNDS = 6;
const FASTER = 0.999;

export interface Found {
  readonly mapping: Mapping;
  readonly counts: Float64Array;
  readonly seconds: Readonly<ArraySeconds>;
  /** What of its operands is on chip in these seconds. */
  readonly problem: ArrayLayer;
  /** Cycles that no placement on the array can beat. */
  readonly arrayCycles: number;
  readonly lowerBoundSeconds: number;
  /** Mappings that were evaluated. */
  readonly evaluated: number;
}

/**
 * The fastest mapping found, with the least traffic among equally fast ones; undefined where no tile fits the global buffer.
 *
 * 1. Candidates: placements on the array by their cycles; for each the buffer tiles by what they take at least; for each of those
 *    register tiles from templates and all inner orders that the dataflow allows. Most layers are at their bound then.
 * 2. Where they are not, the bound is made as tight as it can be, and annealing improves the best candidate until it is near.
 *
 * Where something else is `known` of the same layer, with other operands on chip, that and the candidates are all that is tried.
 *
 * Layers, hardware and nothing else decide: a search never starts from an earlier result, so that a figure does not depend on what was
 * looked at before. Only a quick search does: mappings from `similar` hardware and the candidates are all that it tries. It is for
 * figures that another search replaces soon, and for differences from what was there before.
 */
export function searchMapping(problem: ArrayLayer, { known, similar }: SearchOptions = {}): Found | undefined {
  const again = known && timed(problem, known);
  if (again && again.seconds.total <= problem.lowerBound(again.arrayCycles) * CLOSE) return again;
  return new MappingSearch(problem).run(known, similar);
}

export interface SearchOptions {
  /** Found for the same layer with something else on chip. */
  readonly known?: Found;
  readonly similar?: readonly Mapping[] | undefined;
}

/** What was found, with something else on chip. */
export function timed(problem: ArrayLayer, found: Found): Found {
  const seconds = { ...found.seconds };
  problem.time(found.mapping, found.counts, seconds);
  return { ...found, problem, seconds, lowerBoundSeconds: problem.lowerBound(found.arrayCycles) };
}

class MappingSearch {
  private readonly problem: ArrayLayer;
  private readonly orders: readonly (readonly number[])[];
  private readonly allowed: readonly Placement[];
  private readonly arrayCycles: number;
  private readonly judge: Judge;
  private readonly draft = new Draft();

  constructor(problem: ArrayLayer) {
    this.problem = problem;
    this.orders = innerOrders(problem.hardware.dataflow);
    const { best, fewestCycles } = placements(problem, KEPT_PLACEMENTS);
    this.allowed = best;
    this.arrayCycles = leastCycles(problem.macs, fewestCycles, problem.layer, problem.hardware);
    this.judge = new Judge(problem);
  }

  run(known?: Found, similar?: readonly Mapping[]): Found | undefined {
    const { problem, judge, draft, allowed, arrayCycles } = this;
    if (known) {
      draft.set(known.mapping);
      judge.consider(draft);
    }
    for (const mapping of similar ?? []) this.tryAgain(mapping);
    for (const placement of allowed) {
      if (this.isEnough(problem.lowerBound(placement.cycles))) break;
      this.tryPlacement(placement);
    }
    if (judge.seconds === Number.POSITIVE_INFINITY) return undefined;
    const least = problem.lowerBound(arrayCycles);
    const lowerBoundSeconds = known || similar ? Math.min(least, judge.seconds) : this.improve(least);
    const { evaluated } = judge;
    return { mapping: judge.best, ...judge.result(), problem, arrayCycles, lowerBoundSeconds, evaluated };
  }

  /** What was found on similar hardware, where this one can run it. */
  private tryAgain(mapping: Mapping): void {
    const { draft, judge, problem, allowed } = this;
    const placed = allowed.some(
      ({ factors }) =>
        factors[GROUPS] === mapping.spatialGroups && mapping.spatial.every((factor, d) => factor === factors[d]),
    );
    draft.set(mapping);
    if (placed && fits(problem, draft.registerTile)) judge.consider(draft);
  }

  /** Anneals until the best is near the bound, or nothing better turns up; answers the bound. */
  private improve(least: number): number {
    const { problem, judge, allowed, orders } = this;
    if (judge.seconds <= least * NEAR) return least;
    const bound = problem.hardware.dataflow === 'nlr' ? least : tileBound(problem, least, judge.seconds);
    const annealing = new Annealing(problem, judge, orders, allowed);
    for (let idle = 0; idle < IDLE_ROUNDS && judge.seconds > bound * NEAR; idle++) {
      const before = judge.seconds;
      annealing.run(ANNEALING, bound * CLOSE);
      if (judge.seconds < before * FASTER) idle = -1;
    }
    return Math.min(bound, judge.seconds);
  }

  /** Whether nothing that takes at least `floor` seconds is worth a try. */
  private isEnough(floor: number): boolean {
    return this.judge.seconds <= floor * CLOSE || this.judge.evaluated > CANDIDATES;
  }

  private tryPlacement(placement: Placement): void {
    const { problem, judge } = this;
    const floor = problem.lowerBound(placement.cycles);
    for (const tile of bufferTiles(problem, placement, KEPT_TILES, floor * (1 + 1e-12))) {
      if (judge.seconds > tile.floor * CLOSE) this.tryTile(placement, tile);
      if (this.isEnough(floor)) return;
    }
  }

  private tryTile({ factors }: Placement, { tile, order, kept }: BufferTile): void {
    const { draft, judge, problem } = this;
    for (let d = 0; d < GROUPS; d++) draft.spatial[d] = factors[d] ?? 1;
    draft.spatialGroups = factors[GROUPS] ?? 1;
    draft.bufferTile.set(tile);
    draft.kept = kept;
    for (const registerTile of registerTiles(problem, draft.bufferTile, draft.spatial)) {
      draft.registerTile.set(registerTile);
      draft.dramOrder = order;
      this.tryInnerOrders();
      // An array tile that is all of the buffer's leaves the dataflow to the outer loops.
      if (judge.seconds < Number.POSITIVE_INFINITY) continue;
      for (const other of ORDERS) {
        draft.dramOrder = other;
        this.tryInnerOrders();
      }
    }
  }

  private tryInnerOrders(): void {
    for (const bufferOrder of this.orders) {
      this.draft.bufferOrder = bufferOrder;
      this.judge.consider(this.draft);
    }
  }
}
