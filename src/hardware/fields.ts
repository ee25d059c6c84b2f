import { FUSION_RULES } from './fusionRules';
import type { Engine } from './hardware';

/** The keys of a hardware file, once: parser, overrides and the test against media/hardware/schema.json all read this. */

interface Common {
  readonly key: string;
  readonly required?: true;
  /** Engines whose files have it; absent: all. */
  readonly engines?: readonly Engine[];
}

export interface NumberField extends Common {
  readonly kind: 'number';
  readonly unit: '' | 'Hz' | 'B/s' | 'B' | 'B/cycle' | 'bit' | 's';
  readonly default?: number;
  readonly integer?: true;
  /** Beyond these a number is taken for one in another unit. */
  readonly low: number;
  readonly high: number;
  /** What most devices have: a number in another unit is corrected towards it. */
  readonly typical?: number;
}

export type Field =
  | NumberField
  | (Common & { readonly kind: 'text' })
  | (Common & { readonly kind: 'flag'; readonly default?: boolean })
  | (Common & { readonly kind: 'choice'; readonly choices: readonly string[]; readonly default?: string })
  /** A list of words, none twice. */
  | (Common & { readonly kind: 'words'; readonly words: readonly string[] })
  /** max, add or α; absent: another key says (see parse.ts). */
  | (Common & { readonly kind: 'overlap' })
  /** An object of numbers. */
  | (Common & {
      readonly kind: 'numbers';
      readonly keys: readonly string[];
      readonly unit: '' | 'bit';
      readonly low?: number;
      readonly high?: number;
      readonly default?: Readonly<Record<string, number>>;
    })
  /** One number within the limits, or one for each of input, weight and output. */
  | (Common & {
      readonly kind: 'perOperand';
      readonly unit: 'B' | 'B/cycle';
      readonly low: number;
      readonly high: number;
      readonly typical: number;
    });

export const ENGINES: readonly Engine[] = ['multicore', 'spatial', 'scale-sim', 'nvdla'];
export const OPERANDS = ['input', 'weight', 'output'] as const;

const MULTICORE = ['multicore'] as const;
const SPATIAL = ['spatial'] as const;
const ARRAYS = ['spatial', 'scale-sim'] as const;
const LANES = ['float64', 'float32', 'bfloat16', 'float16', 'int16', 'int8', 'int4'] as const;
const BANDWIDTH = { kind: 'number', unit: 'B/s', low: 1e7, high: 1e15, typical: 5e10 } as const;
const LAUNCH = { kind: 'number', unit: 's', low: 0, high: 1e-3, typical: 8e-6 } as const;
const memory = (low: number, high: number, typical: number) =>
  ({ kind: 'number', unit: 'B', low, high, typical }) as const;
const PER_CYCLE = { unit: 'B/cycle', low: 0.01, high: 1e7, typical: 64 } as const;

export const FIELDS: readonly Field[] = [
  { key: 'name', kind: 'text', required: true },
  { key: 'engine', kind: 'choice', choices: ENGINES, required: true },
  { key: 'description', kind: 'text' },
  { key: 'source', kind: 'text' },
  { key: 'accuracy', kind: 'text' },
  { key: 'guess', kind: 'flag', default: false },
  { key: 'frequency', kind: 'number', unit: 'Hz', required: true, low: 5e6, high: 2e10, typical: 1e9 },
  { key: 'energy', kind: 'numbers', unit: '', keys: ['mac', 'pe', 'global', 'off_chip'] },
  { key: 'fusion', kind: 'words', words: FUSION_RULES },

  { key: 'this_machine', kind: 'flag', default: false, engines: MULTICORE },
  { key: 'n_pes', kind: 'number', unit: '', required: true, integer: true, low: 1, high: 1e5, engines: MULTICORE },
  { key: 'pe_fp32s', kind: 'number', unit: '', required: true, integer: true, low: 1, high: 1e6, engines: MULTICORE },
  { key: 'mem_bandwidth', ...BANDWIDTH, required: true, engines: ['multicore', 'nvdla'] },
  { key: 'fp32_cycles', kind: 'number', unit: '', default: 4, integer: true, low: 1, high: 1e3, engines: MULTICORE },
  { key: 'mem_concurrent_fp32', kind: 'number', unit: '', default: 8, low: 1, high: 1e4, engines: MULTICORE },
  { key: 'l2_speed_frac', kind: 'number', unit: '', default: 4, low: 0.01, high: 1e3, engines: MULTICORE },
  { key: 'launch_time', ...LAUNCH, default: 8e-6, engines: MULTICORE },
  { key: 'latency_mode', kind: 'choice', choices: ['add', 'max'], default: 'add', engines: MULTICORE },
  { key: 'parity', kind: 'flag', default: false, engines: MULTICORE },
  { key: 'overlap', kind: 'overlap', engines: ['multicore', 'spatial'] },
  { key: 'pe_memory', ...memory(256, 1e10, 131072), default: 131072, engines: MULTICORE },
  { key: 'global_memory', ...memory(4096, 1e12, 4194304), default: 4194304, engines: MULTICORE },
  { key: 'residency', kind: 'flag', default: true, engines: ['multicore', 'spatial'] },
  { key: 'pe_bandwidth', kind: 'number', unit: 'B/s', low: 1e6, high: 1e14, typical: 1e11, engines: MULTICORE },
  { key: 'lanes', kind: 'numbers', unit: '', keys: LANES, default: {}, engines: ['multicore', 'spatial'] },

  { key: 'launch_time', ...LAUNCH, default: 0, engines: [...ARRAYS, 'nvdla'] },
  { key: 'rows', kind: 'number', unit: '', required: true, integer: true, low: 1, high: 4096, engines: ARRAYS },
  { key: 'cols', kind: 'number', unit: '', required: true, integer: true, low: 1, high: 4096, engines: ARRAYS },
  { key: 'mem_bandwidth', ...BANDWIDTH, engines: ARRAYS },
  { key: 'vector_lanes', kind: 'number', unit: '', integer: true, low: 1, high: 1e6, engines: [...ARRAYS, 'nvdla'] },

  { key: 'pe_macs', kind: 'number', unit: '', default: 1, low: 0.01, high: 1e4, engines: SPATIAL },
  { key: 'register_file', ...memory(1, 1e7, 64), kind: 'perOperand', required: true, engines: SPATIAL },
  { key: 'global_buffer', ...memory(256, 1e11, 524288), kind: 'perOperand', required: true, engines: SPATIAL },
  { key: 'weight_memory', ...memory(256, 1e11, 8388608), engines: SPATIAL },
  { key: 'double_buffered', kind: 'flag', default: true, engines: SPATIAL },
  {
    key: 'dataflow',
    kind: 'choice',
    choices: ['ws', 'os', 'is', 'rs', 'nlr', 'flexible'],
    default: 'flexible',
    engines: SPATIAL,
  },
  { key: 'mem_read_bandwidth', ...BANDWIDTH, engines: SPATIAL },
  { key: 'mem_write_bandwidth', ...BANDWIDTH, engines: SPATIAL },
  { key: 'mem_efficiency', kind: 'number', unit: '', default: 1, low: 0.01, high: 1, engines: SPATIAL },
  { key: 'buffer_read_bandwidth', kind: 'number', ...PER_CYCLE, engines: SPATIAL },
  { key: 'buffer_write_bandwidth', kind: 'number', ...PER_CYCLE, engines: SPATIAL },
  { key: 'noc_bandwidth', kind: 'perOperand', ...PER_CYCLE, engines: SPATIAL },
  {
    key: 'precision',
    kind: 'numbers',
    unit: 'bit',
    keys: ['input', 'weight', 'output', 'partial_sum'],
    low: 1,
    high: 64,
    engines: SPATIAL,
  },
  { key: 'pass_cycles', kind: 'number', unit: '', default: 0, low: 0, high: 1e5, engines: SPATIAL },
  { key: 'array_fill_cycles', kind: 'number', unit: '', low: 0, high: 1e5, engines: SPATIAL },
  { key: 'unroll_groups', kind: 'flag', engines: SPATIAL },
  { key: 'halo', kind: 'choice', choices: ['refetch', 'sliding'], default: 'refetch', engines: SPATIAL },

  {
    key: 'dataflow',
    kind: 'choice',
    choices: ['ws', 'os', 'is'],
    required: true,
    engines: ['scale-sim'],
  },

  { key: 'macs', kind: 'number', unit: '', required: true, integer: true, low: 1, high: 1e6, engines: ['nvdla'] },
  { key: 'conv_buffer', ...memory(1024, 1e9, 524288), required: true, engines: ['nvdla'] },
  {
    key: 'precision',
    kind: 'numbers',
    unit: 'bit',
    keys: ['input', 'weight'],
    low: 4,
    high: 16,
    default: { input: 8, weight: 8 },
    engines: ['nvdla'],
  },
  { key: 'winograd', kind: 'flag', default: false, engines: ['nvdla'] },
  { key: 'weight_compression', kind: 'number', unit: '', default: 0, low: 0, high: 0.99, engines: ['nvdla'] },
];

/** The keys that a file of an engine may have, in order. */
export function fieldsOf(engine: Engine): readonly Field[] {
  return FIELDS.filter(({ engines }) => !engines || engines.includes(engine));
}
