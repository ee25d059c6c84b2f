import { ENGINES, FIELDS, type Field, fieldsOf, type NumberField, OPERANDS } from './fields';
import type { Engine, Hardware, PerOperand, SpatialHardware } from './hardware';
import { scientific, withPrefix } from './units';

type Raw = Readonly<Record<string, unknown>>;

/**
 * A hardware file's text (or its parsed JSON) as Hardware, defaults filled in.
 * Throws an Error of one sentence that starts with `origin` on anything that is not exactly as the schema has it.
 */
export function parseHardware(input: unknown, origin: string): Hardware {
  try {
    return readHardware(typeof input === 'string' ? parseJson(input) : input);
  } catch (error) {
    throw new Error(`${origin}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/**
 * The same hardware with fields changed: `frequency=1.3e9`, `parity=true`, `lanes.float16=512`, `overlap=0.2`.
 * An empty value removes the field, so that its default applies.
 */
export function overrideHardware(hardware: Hardware, assignments: readonly string[]): Hardware {
  let raw: Raw = { ...hardware };
  for (const assignment of assignments) {
    const equals = assignment.indexOf('=');
    if (equals < 1) throw new Error(`--set ${assignment}: write KEY=VALUE, e.g. frequency=1.3e9`);
    const path = assignment.slice(0, equals).trim().split('.');
    raw = assign(raw, path, scalar(assignment.slice(equals + 1).trim()));
    parseHardware(raw, `--set ${assignment}`);
  }
  return parseHardware(raw, '--set');
}

function assign(raw: Raw, [key = '', ...rest]: readonly string[], value: unknown): Raw {
  const { [key]: old, ...others } = raw;
  const changed = rest.length > 0 ? assign(isRecord(old) ? old : {}, rest, value) : value;
  return changed === undefined ? others : { ...others, [key]: changed };
}

function scalar(text: string): unknown {
  if (text === '') return undefined;
  if (text === 'true' || text === 'false') return text === 'true';
  const number = Number(text);
  return Number.isNaN(number) ? text : number;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new Error(`not valid JSON (${error instanceof Error ? error.message : String(error)})`);
  }
}

function isRecord(value: unknown): value is Raw {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readHardware(raw: unknown): Hardware {
  if (!isRecord(raw)) throw new Error('a hardware file is a JSON object, e.g. { "name": …, "engine": "multicore", … }');
  const fields = fieldsOf(engineOf(raw));
  rejectForeign(Object.keys(raw), fields, raw['engine']);
  const read: Record<string, unknown> = {};
  for (const field of fields) {
    const value = raw[field.key];
    if (value !== undefined) read[field.key] = readField(field, value);
    else if (field.required) throw new Error(`'${field.key}' is missing${unitOf(field)}`);
    else if ('default' in field && field.default !== undefined) read[field.key] = field.default;
  }
  // Every key was read by its own row of FIELDS, which a test holds against the schema.
  return completed(read as unknown as Hardware);
}

function engineOf({ engine }: Raw): Engine {
  if (engine === undefined) throw new Error("'engine' is missing");
  const known = ENGINES.find((name) => name === engine);
  if (known) return known;
  throw new Error(`'engine' must be ${ENGINES.join(' or ')}, not ${written(engine)}`);
}

/** A key of another engine is named as such; any other one is taken for a slip of the pen. */
function rejectForeign(keys: readonly string[], fields: readonly Field[], engine: unknown): void {
  const own = ['$schema', ...fields.map(({ key }) => key)];
  const foreign = FIELDS.find(({ key }) => keys.includes(key) && !own.includes(key));
  if (foreign) {
    throw new Error(`'${foreign.key}' is a key of engine ${foreign.engines?.join(', ')}, not of engine ${engine}`);
  }
  rejectUnknown(keys, own, '');
}

/** What a file leaves to its other keys, and what only holds between keys. */
function completed(hardware: Hardware): Hardware {
  switch (hardware.engine) {
    case 'multicore':
      return { ...hardware, overlap: hardware.overlap ?? hardware.latency_mode };
    case 'spatial': {
      checkPorts(hardware);
      checkRegisters(hardware);
      const { overlap = hardware.double_buffered ? 'max' : 'add', vector_lanes = hardware.cols } = hardware;
      return { ...hardware, overlap, vector_lanes };
    }
    case 'scale-sim':
      return { ...hardware, vector_lanes: hardware.vector_lanes ?? hardware.cols };
    case 'nvdla': {
      const { vector_lanes = 16, precision } = hardware;
      const { input = 8, weight = 8 }: SpatialHardware['precision'] & object = precision;
      return { ...hardware, vector_lanes, precision: { input, weight } };
    }
  }
}

function checkPorts({ mem_bandwidth, mem_read_bandwidth, mem_write_bandwidth }: SpatialHardware): void {
  const split = mem_read_bandwidth !== undefined && mem_write_bandwidth !== undefined;
  const half = (mem_read_bandwidth !== undefined) !== (mem_write_bandwidth !== undefined);
  if (half || split === (mem_bandwidth !== undefined)) {
    throw new Error("give either 'mem_bandwidth' or both 'mem_read_bandwidth' and 'mem_write_bandwidth' (in B/s)");
  }
}

/** A PE that cannot hold one operand of each kind can do no multiply-accumulate. */
function checkRegisters({ register_file, precision = {} }: SpatialHardware): void {
  const { input = 8, weight = 8, partial_sum = 32 } = precision;
  const least = { input: Math.ceil(input / 8), weight: Math.ceil(weight / 8), output: Math.ceil(partial_sum / 8) };
  if (typeof register_file === 'number') {
    const sum = least.input + least.weight + least.output;
    if (register_file >= sum) return;
    throw new Error(
      `no tile fits a register_file of ${register_file} B: one input, weight and partial sum take ${sum} B`,
    );
  }
  for (const operand of OPERANDS) {
    const size = register_file[operand];
    if (size === undefined || size >= least[operand]) continue;
    throw new Error(`no tile fits 'register_file.${operand}' of ${size} B: one element takes ${least[operand]} B`);
  }
}

function unitOf(field: Field): string {
  return 'unit' in field && field.unit ? ` (in ${field.unit})` : '';
}

function readField(field: Field, value: unknown): unknown {
  switch (field.kind) {
    case 'text':
      if (typeof value !== 'string' || value.trim() === '') throw new Error(`'${field.key}' must be a text`);
      return value;
    case 'flag':
      if (typeof value !== 'boolean') throw new Error(`'${field.key}' must be true or false`);
      return value;
    case 'choice':
      if (typeof value === 'string' && field.choices.includes(value)) return value;
      throw new Error(`'${field.key}' must be ${field.choices.join(' or ')}, not ${written(value)}`);
    case 'overlap':
      if (value === 'max' || value === 'add') return value;
      if (typeof value === 'number' && value >= 0 && value <= 1) return value;
      throw new Error(`'${field.key}' must be max, add or a number from 0 to 1, not ${written(value)}`);
    case 'numbers':
      return readNumbers(field, value);
    case 'perOperand':
      return readPerOperand(field, value);
    case 'number':
      return readNumber(field, value);
  }
}

/** As it would stand in a file; JSON has no Infinity. */
function written(value: unknown): string {
  return typeof value === 'number' ? String(value) : JSON.stringify(value);
}

function readNumbers(
  { key, keys, low = 0, high = Number.POSITIVE_INFINITY }: Field & { kind: 'numbers' },
  value: unknown,
): Raw {
  if (!isRecord(value)) throw new Error(`'${key}' must be an object, e.g. { "${keys[0]}": 1 }`);
  rejectUnknown(Object.keys(value), keys, `${key}.`);
  for (const [name, entry] of Object.entries(value)) {
    const number = positive(`${key}.${name}`, entry);
    if (number < low || number > high) {
      throw new Error(`'${key}.${name}' must lie between ${low} and ${high}, not ${number}`);
    }
  }
  return value;
}

function readPerOperand(field: Field & { kind: 'perOperand' }, value: unknown): PerOperand {
  const { key, unit, low, high } = field;
  const read = (name: string, entry: unknown) => readNumber({ key: name, kind: 'number', unit, low, high }, entry);
  if (!isRecord(value)) return read(key, value);
  rejectUnknown(Object.keys(value), OPERANDS, `${key}.`);
  return Object.fromEntries(
    Object.entries(value).map(([operand, entry]) => [operand, read(`${key}.${operand}`, entry)]),
  );
}

function positive(key: string, value: unknown): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    throw new Error(`'${key}' must be a number, not ${written(value)}`);
  }
  if (value <= 0) throw new Error(`'${key}' must be greater than 0, not ${value}`);
  return value;
}

function readNumber(field: NumberField, value: unknown): number {
  if (value === 0 && field.low === 0) return 0;
  const number = positive(field.key, value);
  if (field.integer && !Number.isInteger(number))
    throw new Error(`'${field.key}' must be a whole number, not ${number}`);
  if (number < field.low || number > field.high) throw new Error(suspicion(field, number));
  return number;
}

/** A number far out of range is most often one in another unit: say which unit is meant and what was likely wanted. */
function suspicion(field: NumberField, value: number): string {
  if (!field.unit) return `'${field.key}' must lie between ${field.low} and ${field.high}, not ${value}`;
  const step = field.unit === 'B' ? 1024 : 1000;
  const powers = value < field.low ? [1, 2, 3, 4] : [-1, -2, -3, -4];
  const wanted = powers.map((power) => value * step ** power).find((v) => v >= likely(field) && v <= field.high);
  const guess = wanted === undefined ? '' : `; did you mean ${step === 1000 ? scientific(wanted) : wanted}?`;
  return `${field.key} is in ${field.unit}: ${value} is ${withPrefix(value, field.unit)}${guess}`;
}

/** What a real device has at least: a suggestion below it would replace one mistake by another. */
function likely(field: NumberField): number {
  const usual: Readonly<Record<NumberField['unit'], number>> = {
    ...{ '': 0, Hz: 5e7, 'B/s': 1e9, B: 16384, 'B/cycle': 1, bit: 8, s: 0 },
  };
  return Math.max(field.low, usual[field.unit]);
}

function rejectUnknown(keys: readonly string[], known: readonly string[], prefix: string): void {
  const unknown = keys.find((key) => !known.includes(key));
  if (unknown === undefined) return;
  const [nearest] = [...known].sort((a, b) => distance(unknown, a) - distance(unknown, b));
  const hint =
    nearest !== undefined && distance(unknown, nearest) <= Math.max(2, unknown.length / 2) ? nearest : undefined;
  const advice = hint ? `did you mean '${prefix}${hint}'?` : `known keys are ${known.join(', ')}`;
  throw new Error(`unknown key '${prefix}${unknown}'; ${advice}`);
}

/** Levenshtein's edit distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substituted = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substituted, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
