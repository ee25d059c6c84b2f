import type { ArrayLayer } from './arrayLayer';
import { ORDERS } from './dataflow';
import { Draft, type Judge } from './judge';
import { KEEP_ALL } from './mapping';
import { GROUPS, type Placement } from './placements';
import { fits } from './registerTiles';

/** A mapping that takes so much longer, as a share, is taken at the start with the probability 1/e. */
const HEAT = 0.3;
/** Most changes at a time. */
const CHANGES = 2;
/** Of twelve changes one is the placement, two are orders, one is what is kept; four each are sizes of the buffer's and the PEs' tile. */
const KINDS = 12;
/** Most equal parts into which a tile is cut at once. */
const PARTS = 24;

/**
 * Simulated annealing (Kirkpatrick et al., Science 1983) from the judge's best: one or two things change at a time; what is slower is
 * taken at first easily, then less and less. Ends after so many evaluations, or where the best takes no more than `enough`. The
 * random numbers are the same on every run.
 */
export class Annealing {
  private readonly problem: ArrayLayer;
  private readonly judge: Judge;
  private readonly orders: readonly (readonly number[])[];
  private readonly allowed: readonly Placement[];
  /** Loops of more than one step. */
  private readonly loops: readonly number[];
  private readonly current = new Draft();
  private readonly next = new Draft();
  private state = 1;

  constructor(
    problem: ArrayLayer,
    judge: Judge,
    orders: readonly (readonly number[])[],
    allowed: readonly Placement[],
  ) {
    const { sizes } = problem.layer;
    this.problem = problem;
    this.judge = judge;
    this.orders = orders;
    this.allowed = allowed;
    this.loops = [...sizes.keys()].filter((d) => (sizes[d] ?? 1) > 1);
  }

  run(evaluations: number, enough: number): void {
    const { problem, judge, current, next } = this;
    if (this.loops.length === 0) return;
    current.set(judge.best);
    let taken = judge.seconds;
    for (let i = 0; i < evaluations && judge.seconds > enough; i++) {
      next.set(current);
      for (let changes = 1 + this.random(CHANGES); changes > 0; changes--) this.change();
      if (!fits(problem, next.registerTile)) continue;
      const seconds = judge.consider(next);
      const heat = HEAT * (1 - i / evaluations);
      if (seconds > taken && this.fraction() >= Math.exp((1 - seconds / taken) / heat)) continue;
      current.set(next);
      taken = seconds;
    }
  }

  private change(): void {
    const { next, orders, allowed } = this;
    const kind = this.random(KINDS);
    switch (kind) {
      case 0: {
        const { factors } = allowed[this.random(allowed.length)] ?? {};
        if (!factors) return;
        for (let d = 0; d < GROUPS; d++) next.spatial[d] = factors[d] ?? 1;
        next.spatialGroups = factors[GROUPS] ?? 1;
        return;
      }
      case 1:
        next.dramOrder = ORDERS[this.random(ORDERS.length)] ?? next.dramOrder;
        return;
      case 2:
        next.bufferOrder = orders[this.random(orders.length)] ?? next.bufferOrder;
        return;
      case 3:
        next.kept = this.random(KEEP_ALL + 1);
        return;
      default:
        this.resize(this.loops[this.random(this.loops.length)] ?? 0, kind % 2 === 0);
    }
  }

  /** Another size of one tile: one tile more or less, equal parts, or whole array tiles. */
  private resize(d: number, ofBuffer: boolean): void {
    const { next, problem } = this;
    const inSpace = next.spatial[d] ?? 1;
    const tile = ofBuffer ? next.bufferTile : next.registerTile;
    const most = ofBuffer ? (problem.layer.sizes[d] ?? 1) : Math.ceil((next.bufferTile[d] ?? 1) / inSpace);
    const unit = ofBuffer ? inSpace * (next.registerTile[d] ?? 1) : 1;
    const size = this.resized(tile[d] ?? 1, most, unit);
    tile[d] = Math.max(1, Math.min(most, size));
  }

  private resized(size: number, most: number, unit: number): number {
    const trips = Math.ceil(most / size);
    switch (this.random(8)) {
      case 0:
        return Math.ceil(most / (trips + 1));
      case 1:
        return Math.ceil(most / Math.max(1, trips - 1));
      case 2:
        return Math.ceil(most / (1 + this.random(PARTS)));
      case 3:
        return Math.floor(size / unit) * unit;
      case 4:
        return size + unit;
      case 5:
        return size - unit;
      case 6:
        return unit * (1 + this.random(8));
      default:
        return 2 * size;
    }
  }

  /** A whole number below a limit: the linear congruential generator of Numerical Recipes. */
  private random(limit: number): number {
    return Math.floor(this.fraction() * limit);
  }

  private fraction(): number {
    this.state = (Math.imul(this.state, 1664525) + 1013904223) >>> 0;
    return this.state / 2 ** 32;
  }
}
