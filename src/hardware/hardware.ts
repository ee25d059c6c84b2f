/** An accelerator. Files are `*.evohw.json` (snake_case keys, SI units), checked against media/hardware/schema.json. */

/** How compute, on-chip and off-chip time combine: the longest, their sum, or the longest + α · the others (0 ≤ α ≤ 1). */
export type Overlap = 'max' | 'add' | number;

/** GPUs and CPUs: PEs are cores (SMs) with lanes and a memory of their own; the on-chip level is the shared cache. */
export interface MulticoreHardware {
  readonly engine: 'multicore';
  readonly name: string;
  readonly description?: string;
  /** Where the numbers come from. */
  readonly source?: string;
  /** True where a number is a guess rather than a published one; shown beside the name. */
  readonly guess: boolean;
  /** Take n_pes and frequency from the machine that runs the profiler (see `thisMachine`). */
  readonly this_machine: boolean;
  /** PEs (SMs, cores). */
  readonly n_pes: number;
  /** float32 lanes per PE: multiply-accumulates per cycle. */
  readonly pe_fp32s: number;
  /** Hz. */
  readonly frequency: number;
  /** Off-chip bytes per second. */
  readonly mem_bandwidth: number;
  /** Depth of the arithmetic pipeline, in cycles. */
  readonly fp32_cycles: number;
  /** Words (4 bytes) moved by one memory transaction. */
  readonly mem_concurrent_fp32: number;
  /** On-chip bandwidth over off-chip bandwidth. */
  readonly l2_speed_frac: number;
  /** Seconds per kernel launch. */
  readonly launch_time: number;
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
  /** Bytes per second between global memory and one PE. */
  readonly pe_bandwidth?: number;
  /** Lanes per PE by element type, where they differ from pe_fp32s. Read it with `lanesFor`. */
  readonly lanes: Readonly<Record<string, number>>;
  /** Picojoules where the source gives them: per multiply-accumulate, and per 16-bit access of each level. */
  readonly energy?: {
    readonly mac?: number;
    readonly pe?: number;
    readonly global?: number;
    readonly off_chip?: number;
  };
}

export type Hardware = MulticoreHardware;

/** Types whose lanes a type without its own entry uses. */
const SAME_LANES: Readonly<Record<string, string>> = {
  uint8: 'int8',
  int4: 'int8',
  uint4: 'int8',
  int2: 'int8',
  uint2: 'int8',
};

/** Multiply-accumulates per cycle of one PE for an element type (`float16`); pe_fp32s where the file says nothing. */
export function lanesFor(hardware: Hardware, type: string): number {
  return hardware.lanes[type] ?? hardware.lanes[SAME_LANES[type] ?? 'float32'] ?? hardware.pe_fp32s;
}
