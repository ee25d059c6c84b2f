import type { DataType } from '../../graph/graph';
import { lanesFor, offChipSeconds, type PerOperand, type SpatialHardware } from '../../hardware/hardware';
import type { LoopNest } from '../../operators/work';
import { overlapped } from '../layerCost';
import { OFF_CHIP, type OnChip, type TileBytes } from '../mapped';
import { elementBytes, precisionScale, type Workload } from '../workload';
import {
  BUFFER_INPUT_READS,
  BUFFER_OUTPUT_READS,
  BUFFER_OUTPUT_WRITES,
  BUFFER_WEIGHT_READS,
  C,
  COMPUTE_CYCLES,
  DRAM_INPUT_READS,
  DRAM_OUTPUT_READS,
  DRAM_WEIGHT_READS,
  evaluateInto,
  extent,
  K,
  type Mapping,
  N,
  P,
  Q,
  R,
  S,
  type SpatialLayer,
  spatialLayerOf,
} from './mapping';

const UNLIMITED = Number.POSITIVE_INFINITY;

/** One figure per operand. */
interface PerRole {
  readonly input: number;
  readonly weight: number;
  readonly output: number;
}

/** Seconds of one mapping; the fields of Terms without the launch. */
export interface ArraySeconds {
  compute: number;
  globalBuffer: number;
  offChip: number;
  peFill: number;
  ramp: number;
  drain: number;
  /** All of them, combined as the hardware overlaps them. */
  total: number;
}

/** Bytes per element of each role on an array: the file's precision, else the widths of the model's tensors. */
function widthsOf({ precision = {} }: SpatialHardware, { types }: Workload): PerRole & { readonly sum: number } {
  const { input, weight, output, partial_sum } = precision;
  return {
    input: input === undefined ? elementBytes(types.input) : input / 8,
    weight: weight === undefined ? elementBytes(types.weight) : weight / 8,
    output: output === undefined ? elementBytes(types.output) : output / 8,
    sum: partial_sum === undefined ? (types.input === 'float64' ? 8 : 4) : partial_sum / 8,
  };
}

/** The type in which an array multiplies, for the energy of it. */
export function multipliedType({ precision }: SpatialHardware, { types }: Workload): DataType {
  const bits = precision?.input;
  if (bits === undefined) return types.input;
  return bits <= 8 ? 'int8' : bits <= 16 ? 'float16' : 'float32';
}

/** A contraction on an array of PEs: sizes and widths, what a level holds, and the seconds that counts of words take. */
export class ArrayLayer {
  readonly hardware: SpatialHardware;
  /** What of its operands is on chip before and after it. */
  readonly resident: OnChip;
  readonly layer: SpatialLayer;
  readonly macs: number;
  readonly width: PerRole & { readonly sum: number };
  /** Words of the data spaces, each that is used once. */
  readonly words: PerRole;
  /** Results as they leave, fused layers included. */
  readonly outputBytes: number;
  /** Operands besides the nest's: bias, and what the fused layers read. */
  readonly extraBytes: { readonly input: number; readonly weight: number };
  readonly lanes: number;
  /** Cycles of the vector unit for fused layers: it works behind the array, at the same time. */
  readonly epilogueCycles: number;
  /** The second operand is computed, too. */
  readonly dynamicWeights: boolean;
  /** See `arrayFillCycles`. */
  readonly arrayFillSeconds: number;
  private readonly network: PerRole;

  constructor(workload: Workload, nest: LoopNest, hardware: SpatialHardware, resident = OFF_CHIP) {
    const { types, bytes, epilogue } = workload;
    const { G, H, W, strideH, strideW, dilationH, dilationW } = nest;
    this.hardware = hardware;
    this.resident = resident;
    this.layer = spatialLayerOf(nest);
    this.macs = nest.N * G * nest.K * nest.C * nest.P * nest.Q * nest.R * nest.S;
    this.width = widthsOf(hardware, workload);
    const rows = Math.min(H, nest.P * nest.R, extent(nest.P, nest.R, strideH, dilationH));
    const columns = Math.min(W, nest.Q * nest.S, extent(nest.Q, nest.S, strideW, dilationW));
    this.words = {
      input: nest.N * G * nest.C * rows * columns,
      weight: G * nest.K * nest.C * nest.R * nest.S,
      output: nest.N * G * nest.K * nest.P * nest.Q,
    };
    const scale = this.width.output / elementBytes(types.output);
    this.outputBytes = bytes.output * scale;
    this.dynamicWeights = nest.dynamicWeights ?? false;
    const ownWeights = nest.dynamicWeights ? 0 : this.words.weight * elementBytes(types.weight);
    const parameters = Math.max(0, bytes.weight - ownWeights) + epilogue.weight;
    // They have the type of the inputs, where weights may be packed.
    const parameterScale = precisionScale(hardware.precision?.weight, types.input);
    this.extraBytes = { input: epilogue.input * scale, weight: parameters * parameterScale };
    this.lanes = hardware.precision?.input === undefined ? lanesFor(hardware, types.input) : hardware.pe_macs;
    this.epilogueCycles = epilogue.operations / hardware.vector_lanes;
    this.arrayFillSeconds = arrayFillCycles(hardware) / hardware.frequency;
    this.network = limits(hardware.noc_bandwidth, UNLIMITED);
  }

  /** Whether a tile of one PE fits its registers. Words of inputs, weights and partial sums. */
  fitsRegisters(input: number, weight: number, output: number): boolean {
    const { register_file, dataflow } = this.hardware;
    const { width } = this;
    if (dataflow === 'nlr') return input === 1 && weight === 1 && output === 1;
    if (typeof register_file === 'number') {
      return input * width.input + weight * width.weight + output * width.sum <= register_file;
    }
    return (
      input * width.input <= Math.max(register_file.input ?? 0, width.input) &&
      weight * width.weight <= Math.max(register_file.weight ?? 0, width.weight) &&
      output * width.sum <= Math.max(register_file.output ?? 0, width.sum)
    );
  }

  /** Most words of each operand that one PE can hold; outputs are partial sums. */
  registerWords(): PerRole {
    const { register_file, dataflow } = this.hardware;
    const { width } = this;
    if (dataflow === 'nlr') return { input: 1, weight: 1, output: 1 };
    const bytes = limits(register_file, 0);
    const most = (memory: number, word: number): number => Math.max(1, Math.floor(memory / word));
    return {
      input: most(bytes.input, width.input),
      weight: most(bytes.weight, width.weight),
      output: most(bytes.output, width.sum),
    };
  }

  /**
   * Whether tiles fit the global buffer. Words of the largest tile of each operand over all groups that are there at once; one
   * that is not the whole operand changes and is held twice where the hardware is double buffered. Outputs are partial sums.
   */
  fitsBuffer(input: number, weight: number, output: number): boolean {
    const { global_buffer, double_buffered } = this.hardware;
    const { width, words } = this;
    const again = double_buffered ? 2 : 1;
    const inputs = input * width.input * (input < words.input ? again : 1);
    const weights = weight * width.weight * (weight < words.weight ? again : 1);
    const outputs = output * width.sum * (output < words.output ? again : 1);
    if (typeof global_buffer === 'number') return inputs + weights + outputs <= global_buffer;
    const { input: i = UNLIMITED, weight: w = UNLIMITED, output: o = UNLIMITED } = global_buffer;
    return inputs <= i && weights <= w && outputs <= o;
  }

  /** Bytes of the memory that activations stay in which such tiles take: the global buffer, or the inputs' part of it. */
  tileBytes(input: number, weight: number, output: number): TileBytes {
    const { global_buffer, double_buffered } = this.hardware;
    const { width, words } = this;
    const held = (own: number, all: number): number => own * (double_buffered && own < all ? 2 : 1);
    const inputs = held(input, words.input) * width.input;
    const others = held(weight, words.weight) * width.weight + held(output, words.output) * width.sum;
    return { input: inputs, output: 0, rest: typeof global_buffer === 'number' ? others : 0 };
  }

  computeSeconds(arrayCycles: number): number {
    return Math.max(arrayCycles / this.lanes, this.epilogueCycles) / this.hardware.frequency;
  }

  /** Words read and partial sums spilled off chip, without what is resident on chip. */
  offChip(inputs: number, weights: number, spilled: number): number {
    const { width, extraBytes, resident } = this;
    const extra = extraBytes.input * (1 - resident.epilogue) + extraBytes.weight * (1 - resident.weight);
    const second = this.fetched();
    const operands = inputs * width.input * (1 - resident.input) + weights * width.weight * second;
    const written = spilled * width.sum + this.outputBytes * (1 - resident.output);
    return offChipSeconds(this.hardware, operands + spilled * width.sum + extra, written);
  }

  /** The share of the second operand, weights or not, that is not resident on chip. */
  fetched(): number {
    return 1 - (this.dynamicWeights ? this.resident.second : this.resident.weight);
  }

  /** Words between global buffer and array; `returned` partial sums go back to the array, as many more come from it. */
  globalBuffer(inputs: number, weights: number, returned: number): number {
    const { width, words, network, hardware } = this;
    const { buffer_read_bandwidth = UNLIMITED, buffer_write_bandwidth = UNLIMITED, frequency } = hardware;
    const inputBytes = inputs * width.input;
    const weightBytes = weights * width.weight;
    const sumBytes = returned * width.sum;
    const results = words.output * width.output;
    const cycles = Math.max(
      (inputBytes + weightBytes + sumBytes) / buffer_read_bandwidth,
      (sumBytes + results) / buffer_write_bandwidth,
      inputBytes / network.input,
      weightBytes / network.weight,
      (sumBytes + results) / network.output,
    );
    return cycles / frequency;
  }

  /** Writes the words that a mapping moves, and its cycles, into `counts`. */
  count(mapping: Mapping, counts: Float64Array): void {
    const { hardware, layer, words } = this;
    evaluateInto(layer, mapping, hardware.halo, counts);
    if (hardware.dataflow !== 'nlr') return;
    // Nothing stays in the PEs: each step takes its operands anew, and hands the sum over its channels back.
    const size = (d: number): number => layer.sizes[d] ?? 1;
    const turns = (d: number): number => Math.ceil(size(d) / (mapping.spatial[d] ?? 1));
    const window = size(R) * size(S);
    const sums = words.output * turns(C) * window;
    counts[BUFFER_INPUT_READS] = (this.macs / size(K)) * turns(K);
    counts[BUFFER_WEIGHT_READS] = words.weight * size(N) * size(P) * size(Q);
    counts[BUFFER_OUTPUT_READS] = sums - words.output;
    counts[BUFFER_OUTPUT_WRITES] = sums;
  }

  /**
   * Writes the seconds of a mapping whose counts of words are `counts` into `seconds`. Off-chip memory brings what the array needs
   * first and takes what it makes last; ramp and drain are what of this the steady state does not hide, because the array is the
   * one to wait for.
   */
  time(mapping: Mapping, counts: Float64Array, seconds: ArraySeconds): void {
    const { hardware, width, resident } = this;
    const at = (index: number): number => counts[index] ?? 0;
    seconds.compute = this.computeSeconds(at(COMPUTE_CYCLES));
    seconds.globalBuffer = this.globalBuffer(at(BUFFER_INPUT_READS), at(BUFFER_WEIGHT_READS), at(BUFFER_OUTPUT_READS));
    seconds.offChip = this.offChip(at(DRAM_INPUT_READS), at(DRAM_WEIGHT_READS), at(DRAM_OUTPUT_READS));

    const { input, weight, output } = this.arrayTile(mapping);
    const passes = this.passes(
      at(BUFFER_WEIGHT_READS) / weight,
      at(BUFFER_OUTPUT_WRITES) / output,
      at(BUFFER_INPUT_READS) / input,
    );
    seconds.peFill = (hardware.pass_cycles * passes) / hardware.frequency + this.arrayFillSeconds;
    const { compute, globalBuffer, offChip, peFill } = seconds;
    const steady = overlapped(hardware.overlap, compute, globalBuffer, offChip);
    const inputs = input * width.input * (1 - resident.input);
    const weights = weight * width.weight * this.fetched();
    const before = offChipSeconds(hardware, inputs + weights, 0);
    const after = offChipSeconds(hardware, 0, output * width.output * (1 - resident.output));
    const hidden = steady - overlapped(hardware.overlap, compute, globalBuffer, 0);
    const exposed = before + after > 0 ? Math.max(0, 1 - hidden / (before + after)) : 0;
    seconds.ramp = exposed * before;
    seconds.drain = exposed * after;
    seconds.total = seconds.ramp + steady + peFill + seconds.drain;
  }

  /** Words that the array holds or takes at once: the first must be there before it starts, the last leave when it is done. */
  private arrayTile({ spatial, registerTile, spatialGroups }: Mapping): PerRole {
    const { sizes, strideH, strideW, dilationH, dilationW, H, W } = this.layer;
    const size = (d: number): number => Math.min(sizes[d] ?? 1, (spatial[d] ?? 1) * (registerTile[d] ?? 1));
    const rows = Math.min(H, extent(size(P), size(R), strideH, dilationH));
    const columns = Math.min(W, extent(size(Q), size(S), strideW, dilationW));
    return {
      input: spatialGroups * size(N) * size(C) * rows * columns,
      weight: spatialGroups * size(K) * size(C) * size(R) * size(S),
      output: spatialGroups * size(N) * size(K) * size(P) * size(Q),
    };
  }

  /** How often the operand that stays in the PEs is replaced. */
  private passes(byWeights: number, byOutputs: number, byInputs: number): number {
    switch (this.hardware.dataflow) {
      case 'ws':
      case 'rs':
        return Math.ceil(byWeights);
      case 'os':
        return Math.ceil(byOutputs);
      case 'is':
        return Math.ceil(byInputs);
      case 'nlr':
        return 1;
      case 'flexible':
        return Math.ceil(Math.min(byWeights, byOutputs, byInputs));
    }
  }

  /** Every word moved once. */
  leastGlobalBuffer(): number {
    return this.globalBuffer(this.words.input, this.words.weight, 0);
  }

  /** No mapping takes less: `arrayCycles` of the fullest array, every word moved once that is not resident on chip. */
  lowerBound(arrayCycles: number): number {
    const { hardware, words } = this;
    const compute = this.computeSeconds(arrayCycles);
    const offChip = this.offChip(words.input, words.weight, 0);
    return overlapped(hardware.overlap, compute, this.leastGlobalBuffer(), offChip) + this.arrayFillSeconds;
  }
}

/**
 * Cycles from the first operand's way into an array to its last result's way out, beyond what it computes. In a systolic array the corner
 * PE waits for operands to pass rows − 1 and cols − 1 others: the rows + cols − 2 in SCALE-Sim's 2·rows + cols + T − 2 (Samajdar et al.,
 * ISPASS 2020), whose other `rows` load the weights; those come over the weights' way to the array (noc_bandwidth) here. One tile
 * follows the other without a gap, so that they are lost once per layer; what is lost each time is `pass_cycles`.
 */
function arrayFillCycles({ array_fill_cycles, dataflow, rows, cols }: SpatialHardware): number {
  const systolic = dataflow === 'ws' || dataflow === 'os' || dataflow === 'is';
  return array_fill_cycles ?? (systolic ? rows + cols - 2 : 0);
}

function limits(value: PerOperand | undefined, absent: number): PerRole {
  if (typeof value === 'number') return { input: value, weight: value, output: value };
  return { input: absent, weight: absent, output: absent, ...value };
}
