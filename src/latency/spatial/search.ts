import type { ArrayLayer, ArraySeconds } from './arrayLayer';
import { type BufferTile, bufferTiles, ORDERS } from './bufferTiles';
import {
  BUFFER_INPUT_READS,
  BUFFER_INPUT_TILE,
  BUFFER_OUTPUT_TILE,
  BUFFER_OUTPUT_WRITES,
  BUFFER_WEIGHT_READS,
  BUFFER_WEIGHT_TILE,
  C,
  COUNTS,
  DRAM_INPUT_READS,
  DRAM_OUTPUT_READS,
  DRAM_WEIGHT_READS,
  K,
  type Mapping,
  P,
} from './mapping';
import { GROUPS, leastCycles, type Placement, placements } from './placements';
import { fits, registerTiles } from './registerTiles';

const KEPT_TILES = 8;
const KEPT_PLACEMENTS = 6;
/** Candidates after which the best one has to do. */
const BUDGET = 1200;
/** A mapping this close to what its tile and placement allow is not improved. */
const CLOSE = 1.0005;

export interface Found {
  readonly mapping: Mapping;
  readonly counts: Float64Array;
  readonly seconds: Readonly<ArraySeconds>;
  readonly lowerBoundSeconds: number;
  /** Candidates that were evaluated. */
  readonly evaluated: number;
}

/**
 * The fastest mapping found, with the least traffic among equally fast ones; undefined where no tile fits the global buffer.
 * Stages: placements on the array by their cycles; for each the buffer tiles by what they take at least; for each of those register
 * tiles from templates and all inner orders that the dataflow allows. What cannot beat the best so far is never tried.
 */
export function searchMapping(problem: ArrayLayer): Found | undefined {
  return new MappingSearch(problem).run();
}

class MappingSearch {
  private readonly problem: ArrayLayer;
  private readonly orders: readonly (readonly number[])[];
  private readonly counts = new Float64Array(COUNTS);
  private readonly seconds: ArraySeconds = {
    compute: 0,
    globalBuffer: 0,
    offChip: 0,
    peFill: 0,
    ramp: 0,
    drain: 0,
    total: 0,
  };
  private best: Mapping | undefined;
  private bestSeconds = Number.POSITIVE_INFINITY;
  private bestTraffic = Number.POSITIVE_INFINITY;
  private evaluated = 0;

  constructor(problem: ArrayLayer) {
    this.problem = problem;
    this.orders = innerOrders(problem.hardware.dataflow);
  }

  run(): Found | undefined {
    const { problem } = this;
    const allowed = placements(problem.layer, problem.hardware, KEPT_PLACEMENTS);
    const fewest = allowed[0]?.cycles ?? 0;
    for (const placement of allowed) {
      if (this.isEnough(problem.lowerBound(placement.cycles))) break;
      this.tryPlacement(placement);
    }
    if (!this.best) return undefined;
    if (!this.isEnough(problem.lowerBound(fewest))) this.climb(this.best);
    const leastArrayCycles = leastCycles(problem.macs, fewest, problem.layer, problem.hardware);
    return this.found(this.best, problem.lowerBound(leastArrayCycles));
  }

  /** Whether nothing that takes at least `floor` seconds is worth a try. */
  private isEnough(floor: number): boolean {
    return this.bestSeconds <= floor * CLOSE || this.evaluated > BUDGET;
  }

  private tryPlacement(placement: Placement): void {
    const { problem } = this;
    const floor = problem.lowerBound(placement.cycles);
    for (const tile of bufferTiles(problem, placement, KEPT_TILES, floor * (1 + 1e-12))) {
      if (this.isEnough(floor)) return;
      if (this.bestSeconds > tile.floor * CLOSE) this.tryTile(placement, tile);
    }
  }

  private tryTile({ factors }: Placement, { tile: bufferTile, order: dramOrder }: BufferTile): void {
    const spatial = factors.slice(0, GROUPS);
    const spatialGroups = factors[GROUPS] ?? 1;
    for (const registerTile of registerTiles(this.problem, bufferTile, spatial)) {
      for (const bufferOrder of this.orders) {
        this.consider({ spatial, registerTile, bufferTile, dramOrder, bufferOrder, spatialGroups });
      }
    }
  }

  /** Keeps a mapping that is faster than the best, or as fast with less traffic. Whether it was. */
  private consider(mapping: Mapping): boolean {
    const { problem, counts, seconds } = this;
    this.evaluated++;
    problem.count(mapping, counts);
    problem.time(mapping, counts, seconds);
    if (seconds.total > this.bestSeconds * (1 + 1e-9)) return false;
    const traffic = this.traffic();
    const faster = seconds.total < this.bestSeconds * (1 - 1e-9);
    if (!faster && traffic >= this.bestTraffic) return false;
    if (!this.fitsBuffer()) return false;
    this.best = mapping;
    this.bestSeconds = seconds.total;
    this.bestTraffic = traffic;
    return true;
  }

  private fitsBuffer(): boolean {
    const { counts, problem } = this;
    const at = (index: number): number => counts[index] ?? 0;
    return problem.fitsBuffer(at(BUFFER_INPUT_TILE), at(BUFFER_WEIGHT_TILE), at(BUFFER_OUTPUT_TILE));
  }

  /** Energy of the accesses in units of one on-chip access; off chip costs some 200/6 of it (Eyeriss, ISCA 2016). */
  private traffic(): number {
    const { counts, problem } = this;
    const { width } = problem;
    const at = (index: number): number => counts[index] ?? 0;
    const offChip =
      at(DRAM_INPUT_READS) * width.input + at(DRAM_WEIGHT_READS) * width.weight + 2 * at(DRAM_OUTPUT_READS) * width.sum;
    const onChip =
      at(BUFFER_INPUT_READS) * width.input +
      at(BUFFER_WEIGHT_READS) * width.weight +
      2 * at(BUFFER_OUTPUT_WRITES) * width.sum;
    return (200 / 6) * offChip + onChip;
  }

  /** Doubles or halves one tile size or changes an order for as long as that helps. */
  private climb(start: Mapping): void {
    const limit = this.evaluated + BUDGET / 2;
    for (let mapping = start; this.evaluated < limit; ) {
      for (const neighbour of this.neighbours(mapping)) this.consider(neighbour);
      if (!this.best || this.best === mapping) return;
      mapping = this.best;
    }
  }

  private *neighbours(mapping: Mapping): Generator<Mapping> {
    const { sizes } = this.problem.layer;
    for (const bufferOrder of this.orders) yield { ...mapping, bufferOrder };
    for (const dramOrder of ORDERS) yield { ...mapping, dramOrder };
    for (let d = 0; d < sizes.length; d++) {
      const array = mapping.spatial[d] ?? 1;
      for (const registerTile of resized(mapping.registerTile, d, Math.ceil((mapping.bufferTile[d] ?? 1) / array))) {
        if (!fits(this.problem, registerTile)) continue;
        for (const bufferOrder of this.orders) yield { ...mapping, registerTile, bufferOrder };
      }
      for (const bufferTile of resized(mapping.bufferTile, d, sizes[d] ?? 1)) yield { ...mapping, bufferTile };
    }
  }

  private found(mapping: Mapping, lowerBoundSeconds: number): Found {
    this.problem.count(mapping, this.counts);
    this.problem.time(mapping, this.counts, this.seconds);
    const { counts, seconds, evaluated } = this;
    return { mapping, counts, seconds, lowerBoundSeconds, evaluated };
  }
}

/** The vector with one entry doubled, halved, or set to all there is. */
function resized(vector: Int32Array, d: number, most: number): readonly Int32Array[] {
  const size = vector[d] ?? 1;
  const sizes = new Set([Math.min(2 * size, most), Math.min(size + 1, most), Math.ceil(size / 2), most]);
  sizes.delete(size);
  return [...sizes].map((changed) => vector.map((old, index) => (index === d ? changed : old)));
}

/** Inner orders that keep in the PEs what the dataflow keeps there: its loops run innermost. */
function innerOrders(dataflow: ArrayLayer['hardware']['dataflow']): readonly (readonly number[])[] {
  const stationary: Partial<Record<typeof dataflow, number>> = { ws: P, os: C, is: K };
  const inner = stationary[dataflow];
  if (inner === undefined) return ORDERS;
  const outside = (order: readonly number[]): number => order.indexOf(inner);
  return ORDERS.filter((order) => [P, C, K].every((d) => order.indexOf(d) <= outside(order)));
}
