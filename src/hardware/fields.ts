/** The keys of a hardware file, once: parser, overrides and the test against media/hardware/schema.json all read this. */

interface Common {
  readonly key: string;
  readonly required?: true;
}

export interface NumberField extends Common {
  readonly kind: 'number';
  readonly unit: '' | 'Hz' | 'B/s' | 'B' | 's';
  readonly default?: number;
  readonly integer?: true;
  /** Beyond these a number is taken for one in another unit. */
  readonly low: number;
  readonly high: number;
}

export type Field =
  | NumberField
  | (Common & { readonly kind: 'text' })
  | (Common & { readonly kind: 'flag'; readonly default: boolean })
  | (Common & { readonly kind: 'choice'; readonly choices: readonly string[]; readonly default?: string })
  /** max, add or α; absent: as latency_mode. */
  | (Common & { readonly kind: 'overlap' })
  /** An object of positive numbers. */
  | (Common & { readonly kind: 'numbers'; readonly keys: readonly string[] });

export const FIELDS: readonly Field[] = [
  { key: 'name', kind: 'text', required: true },
  { key: 'engine', kind: 'choice', choices: ['multicore'], required: true },
  { key: 'description', kind: 'text' },
  { key: 'source', kind: 'text' },
  { key: 'guess', kind: 'flag', default: false },
  { key: 'this_machine', kind: 'flag', default: false },
  { key: 'n_pes', kind: 'number', unit: '', required: true, integer: true, low: 1, high: 1e5 },
  { key: 'pe_fp32s', kind: 'number', unit: '', required: true, integer: true, low: 1, high: 1e6 },
  { key: 'frequency', kind: 'number', unit: 'Hz', required: true, low: 5e6, high: 2e10 },
  { key: 'mem_bandwidth', kind: 'number', unit: 'B/s', required: true, low: 1e7, high: 1e15 },
  { key: 'fp32_cycles', kind: 'number', unit: '', default: 4, integer: true, low: 1, high: 1e3 },
  { key: 'mem_concurrent_fp32', kind: 'number', unit: '', default: 8, low: 1, high: 1e4 },
  { key: 'l2_speed_frac', kind: 'number', unit: '', default: 4, low: 0.01, high: 1e3 },
  { key: 'launch_time', kind: 'number', unit: 's', default: 8e-6, low: 0, high: 1e-3 },
  { key: 'latency_mode', kind: 'choice', choices: ['add', 'max'], default: 'add' },
  { key: 'parity', kind: 'flag', default: false },
  { key: 'overlap', kind: 'overlap' },
  { key: 'pe_memory', kind: 'number', unit: 'B', default: 131072, low: 256, high: 1e10 },
  { key: 'global_memory', kind: 'number', unit: 'B', default: 4194304, low: 4096, high: 1e12 },
  { key: 'pe_bandwidth', kind: 'number', unit: 'B/s', low: 1e6, high: 1e14 },
  { key: 'lanes', kind: 'numbers', keys: ['float64', 'float32', 'bfloat16', 'float16', 'int16', 'int8', 'int4'] },
  { key: 'energy', kind: 'numbers', keys: ['mac', 'pe', 'global', 'off_chip'] },
];
