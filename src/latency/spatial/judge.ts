import type { ArrayLayer, ArraySeconds } from './arrayLayer';
import { keepsDataflow } from './dataflow';
import {
  BUFFER_INPUT_READS,
  BUFFER_INPUT_TILE,
  BUFFER_OUTPUT_TILE,
  BUFFER_OUTPUT_WRITES,
  BUFFER_WEIGHT_READS,
  BUFFER_WEIGHT_TILE,
  COUNTS,
  DIMENSIONS,
  DRAM_INPUT_READS,
  DRAM_OUTPUT_READS,
  DRAM_WEIGHT_READS,
  type Mapping,
} from './mapping';

/** Energy of an off-chip access over that of one on chip (Eyeriss, ISCA 2016: 200 to 6). */
const OFF_CHIP_ENERGY = 200 / 6;
/** Times that differ by less are the same. */
const SAME = 1e-9;

/** A mapping that changes in place, so that trying one allocates nothing. */
export class Draft implements Mapping {
  readonly spatial = new Int32Array(DIMENSIONS.length).fill(1);
  readonly registerTile = new Int32Array(DIMENSIONS.length).fill(1);
  readonly bufferTile = new Int32Array(DIMENSIONS.length).fill(1);
  dramOrder: readonly number[] = [];
  bufferOrder: readonly number[] = [];
  spatialGroups = 1;
  kept = 0;

  set(from: Mapping): void {
    this.spatial.set(from.spatial);
    this.registerTile.set(from.registerTile);
    this.bufferTile.set(from.bufferTile);
    this.dramOrder = from.dramOrder;
    this.bufferOrder = from.bufferOrder;
    this.spatialGroups = from.spatialGroups;
    this.kept = from.kept ?? 0;
  }
}

/** Times mappings and keeps the best: the fastest, and of equally fast ones that with the least traffic. */
export class Judge {
  readonly best = new Draft();
  /** Of the best; ∞ before there is one. */
  seconds = Number.POSITIVE_INFINITY;
  evaluated = 0;
  private readonly problem: ArrayLayer;
  private readonly counts = new Float64Array(COUNTS);
  private readonly times: ArraySeconds = noSeconds();
  private traffic = Number.POSITIVE_INFINITY;

  constructor(problem: ArrayLayer) {
    this.problem = problem;
  }

  /** Seconds of a mapping whose register tiles fit; ∞ where its buffer tiles do not or it is not of the dataflow. */
  consider(mapping: Draft): number {
    const { problem, counts, times } = this;
    if (!keepsDataflow(problem.layer, mapping, problem.hardware.dataflow)) return Number.POSITIVE_INFINITY;
    this.evaluated++;
    problem.count(mapping, counts);
    if (!this.fitsBuffer()) return Number.POSITIVE_INFINITY;
    problem.time(mapping, counts, times);
    const { total } = times;
    if (total > this.seconds * (1 + SAME)) return total;
    const traffic = this.energy();
    if (total < this.seconds * (1 - SAME) || traffic < this.traffic * (1 - SAME)) {
      this.best.set(mapping);
      this.seconds = total;
      this.traffic = traffic;
    }
    return total;
  }

  /** What the best moves, and how long each level takes. */
  result(): { readonly counts: Float64Array; readonly seconds: ArraySeconds } {
    const counts = new Float64Array(COUNTS);
    const seconds = noSeconds();
    this.problem.count(this.best, counts);
    this.problem.time(this.best, counts, seconds);
    return { counts, seconds };
  }

  private fitsBuffer(): boolean {
    const at = (index: number): number => this.counts[index] ?? 0;
    return this.problem.fitsBuffer(at(BUFFER_INPUT_TILE), at(BUFFER_WEIGHT_TILE), at(BUFFER_OUTPUT_TILE));
  }

  /** Of the accesses, in units of one on-chip access. */
  private energy(): number {
    const { width } = this.problem;
    const at = (index: number): number => this.counts[index] ?? 0;
    const offChip =
      at(DRAM_INPUT_READS) * width.input + at(DRAM_WEIGHT_READS) * width.weight + 2 * at(DRAM_OUTPUT_READS) * width.sum;
    const onChip =
      at(BUFFER_INPUT_READS) * width.input +
      at(BUFFER_WEIGHT_READS) * width.weight +
      2 * at(BUFFER_OUTPUT_WRITES) * width.sum;
    return OFF_CHIP_ENERGY * offChip + onChip;
  }
}

function noSeconds(): ArraySeconds {
  return { compute: 0, globalBuffer: 0, offChip: 0, peFill: 0, ramp: 0, drain: 0, total: 0 };
}
