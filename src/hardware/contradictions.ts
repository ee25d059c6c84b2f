import type { Fault } from './check';
import { OPERANDS } from './fields';
import type { Engine, MulticoreHardware, SpatialHardware } from './hardware';
import { withBinaryPrefix } from './units';

/**
 * What holds between keys and does not hold here. `sound` has the values that are right by themselves, `given` the keys of the file.
 */
export function contradictions(engine: Engine, sound: object, given: readonly string[]): readonly Fault[] {
  if (engine === 'multicore') return multicore(sound);
  if (engine === 'spatial') return [...ports(given), ...registers(sound), ...array(sound)];
  return [];
}

function error(path: readonly string[], message: string): Fault {
  return { message, severity: 'error', path };
}

function warnings(rules: readonly (readonly [broken: boolean, key: string, message: string])[]): readonly Fault[] {
  return rules.flatMap(([broken, key, message]): Fault[] =>
    broken ? [{ message, severity: 'warning', path: [key] }] : [],
  );
}

function multicore(sound: Partial<MulticoreHardware>): readonly Fault[] {
  const { pe_memory = 0, global_memory = Number.POSITIVE_INFINITY, l2_speed_frac = 1 } = sound;
  const { parity = false, latency_mode, overlap = latency_mode } = sound;
  return warnings([
    [
      pe_memory > global_memory,
      'pe_memory',
      `one PE's memory (${withBinaryPrefix(pe_memory)}) is larger than the memory that all share (${withBinaryPrefix(global_memory)}): are they swapped?`,
    ],
    [
      l2_speed_frac < 1,
      'l2_speed_frac',
      `on-chip memory would be slower than off-chip memory: l2_speed_frac is on-chip over off-chip bandwidth, usually 1 to 10`,
    ],
    [
      !parity && latency_mode !== undefined && overlap !== latency_mode,
      'latency_mode',
      `'latency_mode' counts with "parity": true only; here 'overlap' (${overlap}) says how the terms combine`,
    ],
  ]);
}

function ports(given: readonly string[]): readonly Fault[] {
  const [shared, read, write] = ['mem_bandwidth', 'mem_read_bandwidth', 'mem_write_bandwidth'].map((key) =>
    given.includes(key),
  );
  if (read === write && read !== shared) return [];
  const at = shared ? ['mem_bandwidth'] : read ? ['mem_read_bandwidth'] : write ? ['mem_write_bandwidth'] : [];
  return [error(at, "give either 'mem_bandwidth' or both 'mem_read_bandwidth' and 'mem_write_bandwidth' (in B/s)")];
}

/** A PE that cannot hold one operand of each kind can do no multiply-accumulate. */
function registers({ register_file, precision = {} }: Partial<SpatialHardware>): readonly Fault[] {
  const { input = 8, weight = 8, partial_sum = 32 } = precision;
  const least = { input: Math.ceil(input / 8), weight: Math.ceil(weight / 8), output: Math.ceil(partial_sum / 8) };
  if (register_file === undefined) return [];
  if (typeof register_file === 'number') {
    const sum = least.input + least.weight + least.output;
    if (register_file >= sum) return [];
    const take = `one input, weight and partial sum take ${sum} B`;
    return [error(['register_file'], `no tile fits a register_file of ${register_file} B: ${take}`)];
  }
  return OPERANDS.flatMap((operand): Fault[] => {
    const size = register_file[operand];
    if (size === undefined || size >= least[operand]) return [];
    const take = `one element takes ${least[operand]} B`;
    return [error(['register_file', operand], `no tile fits 'register_file.${operand}' of ${size} B: ${take}`)];
  });
}

function array(sound: Partial<SpatialHardware>): readonly Fault[] {
  const { dataflow, rows = 2, cols = 2, double_buffered = true, overlap = 'add', precision = {} } = sound;
  const { input = 0, weight = 0, partial_sum = Number.POSITIVE_INFINITY } = precision;
  return warnings([
    [
      dataflow === 'rs' && (rows < 2 || cols < 2),
      'dataflow',
      `row stationary shares filter rows along the array's rows and image rows along its columns: ${rows} × ${cols} PEs share nothing`,
    ],
    [
      !double_buffered && overlap !== 'add',
      'overlap',
      `without double buffering nothing is fetched during arithmetic: 'overlap' should be "add", not ${overlap}`,
    ],
    [
      partial_sum < Math.max(input, weight),
      'precision',
      `partial sums of ${partial_sum} bit are narrower than the operands they are made of`,
    ],
  ]);
}
