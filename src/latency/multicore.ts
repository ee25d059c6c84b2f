import type { DataType } from '../graph/graph';
import { lanesFor, type MulticoreHardware } from '../hardware/hardware';
import type { LoopNest } from '../operators/work';
import { distance } from './distance';
import { energyOf } from './energy';
import {
  boundOf,
  type LayerCost,
  type OperandBytes,
  overlapped,
  type Tile,
  totalBytes,
  type UnknownCost,
} from './layerCost';
import { type Mapped, OFF_CHIP, type OnChip, type TileBytes } from './mapped';
import { type Busy, exposedShare } from './pipeline';
import {
  type ChannelTile,
  channelTilesOf,
  columnReach,
  columnTilesOf,
  type RowTile,
  rowReach,
  rowTilesOf,
  type Span,
} from './tiles';
import { type Passes, tileText } from './tileText';
import { elementBytes, type Workload } from './workload';

/**
 * The default mode of the multicore engine for contractions: the search of the founding predictor over tiles of output channels,
 * rows and columns, its flaws mended (widths in bytes, true halo and output sizes, tiles that fit their PE, reloads of
 * the shared level). Convolutions are loop nests; matrix products are 1×1 convolutions with M rows.
 */
export function mapContraction(workload: Workload, nest: LoopNest, hardware: MulticoreHardware): Mapped | UnknownCost {
  const search = new TileSearch(workload, nest, hardware);
  const best = search.best();
  if (best) return { tiles: search.tiles(), cost: (onChip) => search.cost(best, onChip) };
  return { unknown: `no tile fits the ${hardware.pe_memory} bytes of a PE (pe_memory)` };
}

interface Choice {
  readonly channels: ChannelTile;
  readonly rows: RowTile;
  readonly columns: Span;
}

class TileSearch implements Busy {
  private readonly nest: LoopNest;
  private readonly hardware: MulticoreHardware;
  private readonly workload: Workload;
  private readonly width: {
    readonly input: number;
    readonly weight: number;
    readonly output: number;
    readonly sum: number;
  };
  private readonly lanes: number;
  private readonly transaction: number;
  private readonly onChipBandwidth: number;
  private readonly peBandwidth: number;
  /** Bytes of the data spaces, each element that is used once. */
  private readonly size: OperandBytes;
  /** Operands besides the nest's: bias, and what the fused layers read. */
  private readonly extraBytes: { readonly input: number; readonly weight: number };
  /** Input positions under the whole output. */
  private readonly allRows: number;
  private readonly allColumns: number;
  private readonly epilogueLanes: number;
  private readonly macs: number;
  /** Seconds on chip and off chip with every byte moved once and all PEs at work. */
  private readonly leastGlobalBuffer: number;
  private readonly leastOffChip: number;

  // Of the candidate evaluated last; bytes on the way to the PEs are as transactions carry them.
  compute = 0;
  globalBuffer = 0;
  offChip = 0;
  private ramp = 0;
  private peFill = 0;
  private drain = 0;
  /** Tiles, those along images, rows and columns, those at work at a time, outputs of one. */
  private count = 0;
  private rowTiles = 0;
  private active = 0;
  private outputs = 0;
  private ci = 0;
  private inputOnChip = 0;
  private weightOnChip = 0;
  private inputReloads = 0;
  private weightReloads = 0;
  /** What is on chip already and stays there; none during the search. */
  private resident = OFF_CHIP;

  constructor(workload: Workload, nest: LoopNest, hardware: MulticoreHardware) {
    const { types, bytes, epilogue } = workload;
    const { N, G, K, C, P, Q, R, S } = nest;
    this.workload = workload;
    this.nest = nest;
    this.hardware = hardware;
    this.width = {
      input: elementBytes(types.input),
      weight: elementBytes(types.weight),
      output: elementBytes(types.output),
      sum: partialSumBytes(types.input),
    };
    this.lanes = lanesFor(hardware, types.input);
    this.epilogueLanes = lanesFor(hardware, 'float32');
    this.transaction = 4 * hardware.mem_concurrent_fp32;
    this.onChipBandwidth = hardware.mem_bandwidth * hardware.l2_speed_frac;
    this.peBandwidth = hardware.pe_bandwidth ?? Number.POSITIVE_INFINITY;
    this.macs = N * G * K * C * P * Q * R * S;
    const weight = G * K * C * R * S * this.width.weight;
    this.allRows = rowReach(nest, P);
    this.allColumns = columnReach(nest, Q);
    const input = N * G * C * this.allRows * this.allColumns * this.width.input;
    this.size = { input, weight, output: bytes.output };
    const parameters = nest.dynamicWeights ? bytes.weight : Math.max(0, bytes.weight - weight);
    this.extraBytes = { input: epilogue.input, weight: parameters + epilogue.weight };
    const least = input + weight + bytes.output + this.extraBytes.input + this.extraBytes.weight;
    this.leastGlobalBuffer = least / Math.min(this.onChipBandwidth, hardware.n_pes * this.peBandwidth);
    this.leastOffChip = least / hardware.mem_bandwidth;
  }

  /** The fastest choice; among equally fast ones that with the least work on all levels. */
  best(): Choice | undefined {
    const { nest } = this;
    const rowTiles = rowTilesOf(nest);
    const columnTiles = columnTilesOf(nest);
    let best: Choice | undefined;
    let bestSeconds = Number.POSITIVE_INFINITY;
    let bestSum = Number.POSITIVE_INFINITY;
    for (const channels of channelTilesOf(nest)) {
      for (const rows of rowTiles) {
        for (const columns of columnTiles) {
          if (this.floor(channels, rows, columns) > bestSeconds || !this.evaluate(channels, rows, columns)) continue;
          const seconds = this.steady() + this.ends();
          const sum = this.compute + this.globalBuffer + this.offChip;
          if (seconds > bestSeconds || (seconds === bestSeconds && sum >= bestSum)) continue;
          bestSeconds = seconds;
          bestSum = sum;
          best = { channels, rows, columns };
        }
      }
    }
    return best;
  }

  private steady(): number {
    return overlapped(this.hardware.overlap, this.compute, this.globalBuffer, this.offChip);
  }

  private ends(): number {
    return this.ramp + this.peFill + this.drain;
  }

  /** Less than the candidate takes: its arithmetic, with every byte moved once. Sets the tile's count and compute term. */
  private floor(channels: ChannelTile, rows: RowTile, columns: Span): number {
    this.rowTiles = rows.imageTiles * rows.tiles * columns.tiles;
    this.count = channels.groupTiles * channels.channelTiles * this.rowTiles;
    this.active = Math.min(this.count, this.hardware.n_pes);
    this.outputs = channels.groups * channels.size * rows.images * rows.size * columns.size;
    this.compute = this.computeSeconds();
    return overlapped(this.hardware.overlap, this.compute, this.leastGlobalBuffer, this.leastOffChip);
  }

  /** Sets the other terms of the candidate given to `floor`; false where its tile does not fit a PE. */
  private evaluate(channels: ChannelTile, rows: RowTile, columns: Span): boolean {
    const { nest, hardware, width, size } = this;
    const tileWeights = channels.groups * channels.size * nest.R * nest.S;
    const tileInputs = channels.groups * rows.images * rows.reach * columns.reach;
    if (!this.fitInputChannels(tileWeights * width.weight + tileInputs * width.input)) return false;

    this.weightOnChip = size.weight * this.rowTiles;
    this.inputOnChip =
      nest.N * nest.G * nest.C * rows.totalReach * columns.totalReach * channels.channelTiles * width.input;
    const carried =
      this.weightOnChip +
      this.inputOnChip / this.inputEfficiency(rows, columns) +
      size.output / this.outputEfficiency(channels, rows, columns);
    const bandwidth = Math.min(this.onChipBandwidth, this.active * this.peBandwidth);
    this.globalBuffer = (carried + this.extraBytes.input + this.extraBytes.weight) / bandwidth;

    const atOnce = this.chooseOrder(channels, rows, columns);
    const { resident, extraBytes } = this;
    const inputs = size.input * (1 - resident.input);
    const read = size.weight * this.fetched() * this.weightReloads + inputs * this.inputReloads;
    const extra = extraBytes.input * (1 - resident.epilogue) + extraBytes.weight;
    this.offChip = (read + extra + size.output * (1 - resident.output)) / hardware.mem_bandwidth;
    const perPe = (tileWeights * width.weight + tileInputs * width.input) * this.firstChannels();
    this.exposeEnds(atOnce, perPe);
    return true;
  }

  /** The share of the second operand that is not resident on chip. */
  private fetched(): number {
    return this.nest.dynamicWeights ? 1 - this.resident.second : 1;
  }

  /** Input channels that a PE needs before it starts: operands stream in by whole transactions. */
  private firstChannels(): number {
    if (!this.workload.channelsLast) return 1;
    return Math.min(this.ci, Math.ceil(this.transaction / this.width.input));
  }

  /** `atOnce`: bytes from off chip under all tiles that are at work at a time; `perPe`: what each PE needs before it starts. */
  private exposeEnds(atOnce: number, perPe: number): void {
    const { hardware, size, active, count } = this;
    const last = count - (Math.ceil(count / hardware.n_pes) - 1) * hardware.n_pes;
    const seconds = (bytes: number, pes: number): number =>
      bytes / Math.min(this.onChipBandwidth, pes * this.peBandwidth);
    const ends = {
      ramp: Math.min(this.offChip, (atOnce * this.firstChannels()) / this.nest.C / hardware.mem_bandwidth),
      peFill: Math.min(this.globalBuffer, seconds(active * perPe, active)),
      drain: Math.min(this.globalBuffer, seconds((last * size.output) / count, last)),
    };
    const share = exposedShare(hardware.overlap, this, ends);
    this.ramp = share * ends.ramp;
    this.peFill = share * ends.peFill;
    this.drain = share * ends.drain;
  }

  /** The most input channels whose weights and inputs fit a PE beside the partial sums, in equal steps. */
  private fitInputChannels(bytesPerInputChannel: number): boolean {
    const most = Math.floor((this.hardware.pe_memory - this.outputs * this.width.sum) / bytesPerInputChannel);
    if (most < 1) return false;
    const steps = Math.ceil(this.nest.C / most);
    this.ci = Math.ceil(this.nest.C / steps);
    return true;
  }

  /** A PE holds lanes · fp32_cycles outputs in flight and takes fp32_cycles for one step of the reduction of all of them. */
  private computeSeconds(): number {
    const { nest, hardware, lanes } = this;
    const batches = Math.ceil(this.outputs / (lanes * hardware.fp32_cycles));
    const tileCycles = batches * hardware.fp32_cycles * nest.C * nest.R * nest.S;
    const epilogueCycles = Math.ceil(this.workload.epilogue.operations / (this.active * this.epilogueLanes));
    return (tileCycles * Math.ceil(this.count / hardware.n_pes) + epilogueCycles) / hardware.frequency;
  }

  /**
   * How often inputs and weights come from off chip, for the better of three loop orders over the tiles (groups are always
   * outermost): channels · images · rows, where inputs are read again for each channel tile; images · rows · channels, where
   * weights are read again for each row tile; images · channels · rows, where both may be. Answers the bytes of inputs and weights
   * under all tiles that are at work at a time, without what is resident on chip.
   */
  private chooseOrder(channels: ChannelTile, rows: RowTile, columns: Span): number {
    const { size, active, rowTiles } = this;
    const { groupTiles, channelTiles } = channels;
    const waves = Math.ceil((channelTiles * rowTiles) / this.hardware.n_pes);
    const room = this.hardware.global_memory - (active * size.output) / this.count;
    const weights = size.weight / groupTiles;
    const inputs = size.input / groupTiles;
    const weightTile = weights / channelTiles;
    const share = (rows.images * rows.reach * columns.reach) / (this.nest.N * this.allRows * this.allColumns);
    const weightTiles = weightTile * Math.min(channelTiles, Math.ceil(active / rowTiles));
    const inputTiles = inputs * share * Math.min(rowTiles, Math.ceil(active / channelTiles));
    const travels = weightTiles * this.fetched() + inputTiles * (1 - this.resident.input);
    const atOnce = travels * Math.min(groupTiles, Math.ceil(active / (channelTiles * rowTiles)));

    this.inputReloads = reloads(inputs + weightTiles, room, channelTiles, waves);
    this.weightReloads = 1;
    this.prefer(1, reloads(weights + inputTiles, room, rowTiles, waves));
    if (rows.imageTiles === 1) return atOnce;
    const inputsAgain = reloads(inputs / rows.imageTiles + weightTile, room, channelTiles, waves);
    this.prefer(inputsAgain, reloads(weights + inputTiles, room, rows.imageTiles, waves));
    return atOnce;
  }

  /** Takes these reloads where they move fewer bytes than those chosen so far. */
  private prefer(inputReloads: number, weightReloads: number): void {
    const { size } = this;
    const before = size.input * this.inputReloads + size.weight * this.weightReloads;
    if (size.input * inputReloads + size.weight * weightReloads >= before) return;
    this.inputReloads = inputReloads;
    this.weightReloads = weightReloads;
  }

  /** Share of the bytes of memory transactions that is wanted, by the longest contiguous run of input that a tile reads. */
  private inputEfficiency(rows: RowTile, columns: Span): number {
    const { nest, width } = this;
    if (this.workload.channelsLast)
      return this.efficiency(this.ci === nest.C ? rows.size * nest.C : this.ci, width.input);
    if (columns.reach < nest.W) return this.efficiency(columns.reach, width.input);
    return rows.reach < nest.H ? this.efficiency(rows.reach * nest.W, width.input) : 1;
  }

  private outputEfficiency(channels: ChannelTile, rows: RowTile, columns: Span): number {
    const { nest, width } = this;
    if (this.workload.channelsLast) {
      return this.efficiency(channels.size === nest.K ? rows.size * nest.K : channels.size, width.output);
    }
    if (!columns.whole) return this.efficiency(columns.size, width.output);
    return rows.whole ? 1 : this.efficiency(rows.size * nest.Q, width.output);
  }

  private efficiency(run: number, width: number): number {
    const bytes = run * width;
    return bytes / (Math.ceil(bytes / this.transaction) * this.transaction);
  }

  /** The shared level is a cache, which keeps what was used last: all that the layer touches passes through it. */
  tiles(): TileBytes {
    const { size, extraBytes } = this;
    return { input: size.input, output: size.output, rest: size.weight + extraBytes.input + extraBytes.weight };
  }

  cost({ channels, rows, columns }: Choice, resident: OnChip): LayerCost {
    this.resident = resident;
    this.floor(channels, rows, columns);
    this.evaluate(channels, rows, columns);
    const { hardware, workload, size, compute, globalBuffer, offChip, ramp, peFill, drain } = this;
    const terms = { compute, globalBuffer, offChip, ramp, peFill, drain, launch: hardware.launch_time };
    const seconds = this.steady() + this.ends() + hardware.launch_time;
    const offChipBytes = this.operands(size.input * this.inputReloads, size.weight * this.weightReloads, resident);
    const globalBufferBytes = this.operands(this.inputOnChip, this.weightOnChip);
    const tile = this.tile(channels, rows, columns);
    const lowerBoundSeconds = this.lowerBound();
    return {
      cycles: seconds * hardware.frequency,
      seconds,
      terms,
      bound: boundOf(terms),
      offChipBytes,
      globalBufferBytes,
      utilization: this.macs / (seconds * hardware.n_pes * this.lanes * hardware.frequency),
      lowerBoundSeconds,
      ...energyOf(hardware, {
        macs: this.macs,
        operations: workload.epilogue.operations,
        type: workload.types.input,
        peBytes: this.macs * (this.width.input + this.width.weight + 2 * this.width.sum),
        globalBufferBytes: totalBytes(globalBufferBytes),
        offChipBytes: totalBytes(offChipBytes),
      }),
      tile,
      mapping: `${tileText(tile, this.passes())}; ${distance(seconds / lowerBoundSeconds)}`,
    };
  }

  /** Bytes with those of bias and fused layers; a second operand that is computed is an input to the reader. */
  private operands(input: number, weight: number, resident = OFF_CHIP): OperandBytes {
    const { extraBytes, size, nest } = this;
    const inputs = input * (1 - resident.input) + extraBytes.input * (1 - resident.epilogue);
    const output = size.output * (1 - resident.output);
    if (!nest.dynamicWeights) return { input: inputs, weight: weight + extraBytes.weight, output };
    return { input: inputs + weight * (1 - resident.second), weight: extraBytes.weight, output };
  }

  /**
   * Every byte moved once, and the outputs spread over the PEs as evenly as whole batches in flight can be (109 tiles of one batch on
   * 108 PEs take two turns): no choice of tiles is faster.
   */
  private lowerBound(): number {
    const { hardware, workload, lanes, epilogueLanes, nest } = this;
    const { n_pes, fp32_cycles, frequency } = hardware;
    const outputs = nest.N * nest.G * nest.K * nest.P * nest.Q;
    const turns = Math.ceil(Math.ceil(outputs / (lanes * fp32_cycles)) / n_pes);
    const epilogueCycles = workload.epilogue.operations / (epilogueLanes * n_pes);
    const compute = (turns * fp32_cycles * nest.C * nest.R * nest.S + epilogueCycles) / frequency;
    const offChip =
      totalBytes(this.operands(this.size.input, this.size.weight, this.resident)) / hardware.mem_bandwidth;
    return overlapped(hardware.overlap, compute, this.leastGlobalBuffer, offChip) + hardware.launch_time;
  }

  private passes(): Passes {
    return {
      waves: Math.ceil(this.count / this.hardware.n_pes),
      steps: Math.ceil(this.nest.C / this.ci),
      inputs: this.inputReloads,
      weights: this.weightReloads,
    };
  }

  private tile(channels: ChannelTile, rows: RowTile, columns: Span): Tile {
    return {
      c: channels.groups * channels.size,
      h: rows.size,
      w: columns.size,
      ci: this.ci,
      ...(rows.images > 1 && { images: rows.images }),
      ...(channels.groups > 1 && { groups: channels.groups }),
      count: this.count,
    };
  }
}

/**
 * How often an operand comes from off chip that `tiles` tiles read one after the other: once where it fits the room beside the
 * tiles of the others (`bytes` is both), else for each of them; tiles that run side by side share one reading.
 */
function reloads(bytes: number, room: number, tiles: number, waves: number): number {
  return bytes <= room ? 1 : Math.min(tiles, waves);
}

/** Partial sums: 32 bits, 64 for float64 (integers accumulate in int32, float16 in float32). */
function partialSumBytes(type: DataType): number {
  return type === 'float64' ? 8 : 4;
}
