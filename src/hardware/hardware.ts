import { FOUNDING_FUSION, type FusionRule } from './fusionRules';

/** An accelerator. Files are `*.evohw.json` (snake_case keys, SI units), checked against media/hardware/schema.json. */

/** How compute, on-chip and off-chip time combine: the longest, their sum, or the longest + α · the others (0 ≤ α ≤ 1). */
export type Overlap = 'max' | 'add' | number;

/** ws, os, is: weights, outputs or inputs stay in the PEs; rs: row stationary; nlr: no local reuse; flexible: any. */
export type Dataflow = 'ws' | 'os' | 'is' | 'rs' | 'nlr' | 'flexible';

/** One figure that all operands share, or one for each (absent: no limit for a bandwidth, none stored for a memory). */
export type PerOperand = number | { readonly input?: number; readonly weight?: number; readonly output?: number };

/** What files of all engines have. */
interface CommonHardware {
  readonly name: string;
  readonly description?: string;
  /** Where the numbers come from. */
  readonly source?: string;
  /** What is known of how far its predictions are from the device. */
  readonly accuracy?: string;
  /** True where a number is a guess rather than a published one; shown beside the name. */
  readonly guess: boolean;
  /** Hz. */
  readonly frequency: number;
  /** Seconds per kernel launch. */
  readonly launch_time: number;
  /** Picojoules where the source gives them: per multiply-accumulate, and per 16-bit access of each level. */
  readonly energy?: {
    readonly mac?: number;
    readonly pe?: number;
    readonly global?: number;
    readonly off_chip?: number;
  };
  /** What it launches as one kernel. Read it with `fusionOf`. */
  readonly fusion: readonly FusionRule[];
}

/** GPUs and CPUs: PEs are cores (SMs) with lanes and a memory of their own; the on-chip level is the shared cache. */
export interface MulticoreHardware extends CommonHardware {
  readonly engine: 'multicore';
  /** Take n_pes and frequency from the machine that runs the profiler (see `thisMachine`). */
  readonly this_machine: boolean;
  /** PEs (SMs, cores). */
  readonly n_pes: number;
  /** float32 lanes per PE: multiply-accumulates per cycle. */
  readonly pe_fp32s: number;
  /** Off-chip bytes per second. */
  readonly mem_bandwidth: number;
  /** Depth of the arithmetic pipeline, in cycles. */
  readonly fp32_cycles: number;
  /** Words (4 bytes) moved by one memory transaction. */
  readonly mem_concurrent_fp32: number;
  /** On-chip bandwidth over off-chip bandwidth. */
  readonly l2_speed_frac: number;
  /** Founding mode: how compute and memory combine. */
  readonly latency_mode: 'add' | 'max';
  /** Founding mode: the predictor of the founding note, flaws included. */
  readonly parity: boolean;
  /** Default mode: how terms combine; where the file is silent, as latency_mode. */
  readonly overlap: Overlap;
  /** Bytes of memory in each PE. */
  readonly pe_memory: number;
  /** Bytes of on-chip global memory. */
  readonly global_memory: number;
  /** Whether tensors stay in the global memory from the kernel that writes them to those that read them. */
  readonly residency: boolean;
  /** Bytes per second between global memory and one PE. */
  readonly pe_bandwidth?: number;
  /** Lanes per PE by element type, where they differ from pe_fp32s. Read it with `lanesFor`. */
  readonly lanes: Readonly<Record<string, number>>;
}

/** NPUs: an array of rows × cols PEs, each one MAC unit (or a few) with registers; the on-chip level is the global buffer. */
export interface SpatialHardware extends CommonHardware {
  readonly engine: 'spatial';
  readonly rows: number;
  readonly cols: number;
  /** Multiply-accumulates per cycle of one PE. */
  readonly pe_macs: number;
  /** The same by element type, where it differs and the file sets no precision of its own. */
  readonly lanes: Readonly<Record<string, number>>;
  /** Bytes of registers in each PE. */
  readonly register_file: PerOperand;
  /** Bytes on chip. */
  readonly global_buffer: PerOperand;
  /** Whether tensors stay in the global buffer from the kernel that writes them to those that read them. */
  readonly residency: boolean;
  /** Bytes on chip in which weights stay from one run to the next: kernel by kernel those that fit, in the order of the network. */
  readonly weight_memory?: number;
  /** Tiles of the global buffer that change are held twice. */
  readonly double_buffered: boolean;
  readonly dataflow: Dataflow;
  /** Off-chip bytes per second, read and written together; or one port for each. Read them with `offChipSeconds`. */
  readonly mem_bandwidth?: number;
  readonly mem_read_bandwidth?: number;
  readonly mem_write_bandwidth?: number;
  /** Share of the off-chip bandwidth that is reached, 0–1. */
  readonly mem_efficiency: number;
  /** Bytes per cycle that the global buffer gives to, and takes from, the array. */
  readonly buffer_read_bandwidth?: number;
  readonly buffer_write_bandwidth?: number;
  /** Bytes per cycle of each operand's way between the global buffer and the array; for outputs partial sums, each way. */
  readonly noc_bandwidth?: PerOperand;
  /** How terms combine; where the file is silent, max with double buffering and add without. */
  readonly overlap: Overlap;
  /** Bits of each role; where it is absent, those of the model's tensors (partial sums: 32). */
  readonly precision?: {
    readonly input?: number;
    readonly weight?: number;
    readonly output?: number;
    readonly partial_sum?: number;
  };
  /** Cycles lost each time that the stationary operand in the PEs is replaced. */
  readonly pass_cycles: number;
  /** Cycles from the first operand's way into the array to the last result's way out, once per layer; absent: by the dataflow. */
  readonly array_fill_cycles?: number;
  /** Whether PEs of one row can work on different groups; absent: by the dataflow. */
  readonly unroll_groups?: boolean;
  /** Vector operations per cycle; where the file is silent, cols. */
  readonly vector_lanes: number;
  /** Whether the input rows that neighbouring tiles share are fetched again, or kept along the innermost loop. */
  readonly halo: 'refetch' | 'sliding';
}

/** A systolic array as SCALE-Sim counts its cycles: no memory stalls, one layer after the other. */
export interface ScaleSimHardware extends CommonHardware {
  readonly engine: 'scale-sim';
  readonly rows: number;
  readonly cols: number;
  readonly dataflow: 'ws' | 'os' | 'is';
  /** What SCALE-Sim leaves out, for layers other than contractions; they are unknown without it. */
  readonly mem_bandwidth?: number;
  readonly vector_lanes: number;
}

/** NVDLA as its open-source performance sheet counts it. */
export interface NvdlaHardware extends CommonHardware {
  readonly engine: 'nvdla';
  /** Multiply-accumulates per cycle. */
  readonly macs: number;
  /** Bytes of the convolution buffer. */
  readonly conv_buffer: number;
  /** Off-chip bytes per second. */
  readonly mem_bandwidth: number;
  /** Bits of features and weights. */
  readonly precision: { readonly input: number; readonly weight: number };
  /** 3×3 convolutions take 1/2.25 of their MACs and 16/9 of their weights. */
  readonly winograd: boolean;
  /** Share of the weights' bytes that compression saves, 0–1. */
  readonly weight_compression: number;
  /** Vector operations per cycle of the post-processors. */
  readonly vector_lanes: number;
}

export type Hardware = MulticoreHardware | SpatialHardware | ScaleSimHardware | NvdlaHardware;
export type Engine = Hardware['engine'];

/** Whether the predictor of the founding note is asked for. */
export function isFounding(hardware: Hardware): hardware is MulticoreHardware & { readonly parity: true } {
  return hardware.engine === 'multicore' && hardware.parity;
}

/** The rules of fusion that are in force. */
export function fusionOf(hardware: Hardware): readonly FusionRule[] {
  return isFounding(hardware) ? FOUNDING_FUSION : hardware.fusion;
}

/** Types whose lanes a type without its own entry uses. */
const SAME_LANES: Readonly<Record<string, string>> = {
  uint8: 'int8',
  int4: 'int8',
  uint4: 'int8',
  int2: 'int8',
  uint2: 'int8',
};

/** Multiply-accumulates per cycle of one PE for an element type (`float16`); the default where the file says nothing. */
export function lanesFor(hardware: MulticoreHardware | SpatialHardware, type: string): number {
  const entry = hardware.lanes[type] ?? hardware.lanes[SAME_LANES[type] ?? 'float32'];
  return entry ?? (hardware.engine === 'multicore' ? hardware.pe_fp32s : hardware.pe_macs);
}

/** Seconds that bytes take off chip: on one shared port, or on one for each direction; ∞ where nothing is known of it. */
export function offChipSeconds(hardware: Hardware, readBytes: number, writtenBytes: number): number {
  if (hardware.engine === 'spatial' && hardware.mem_bandwidth === undefined) {
    const { mem_read_bandwidth = 0, mem_write_bandwidth = 0, mem_efficiency } = hardware;
    return Math.max(readBytes / mem_read_bandwidth, writtenBytes / mem_write_bandwidth) / mem_efficiency;
  }
  const efficiency = hardware.engine === 'spatial' ? hardware.mem_efficiency : 1;
  return (readBytes + writtenBytes) / ((hardware.mem_bandwidth ?? 0) * efficiency);
}
