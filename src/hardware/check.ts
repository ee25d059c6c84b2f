import { contradictions } from './contradictions';
import { ENGINES, FIELDS, type Field, fieldsOf, type NumberField, OPERANDS } from './fields';
import type { Engine } from './hardware';
import { nearest } from './spelling';
import { scientific, withBinaryPrefix, withPrefix } from './units';

export type Raw = Readonly<Record<string, unknown>>;

/** Something wrong with a hardware file. A file with an error is not read; one with warnings is, but they are probably mistakes. */
export interface Fault {
  /** One sentence. */
  readonly message: string;
  readonly severity: 'error' | 'warning';
  /** Keys down to the value; [] for the file as a whole. */
  readonly path: readonly string[];
  /** Its key is wrong, not its value. */
  readonly inKey?: true;
  /** JSON text that was probably meant there. */
  readonly replacement?: string;
  /** schema.json finds it too, and this sentence says little more: an editor that checks by the schema needs it once. */
  readonly inSchema?: true;
}

/** All that is wrong with a hardware file's parsed JSON. */
export function faultsOf(raw: unknown): readonly Fault[] {
  if (!isRecord(raw)) {
    return [violation([], 'a hardware file is a JSON object, e.g. { "name": …, "engine": "multicore", … }')];
  }
  const engine = engineOf(raw);
  if (!engine) return [...engineFaults(raw), ...keyFaults(raw, [], ['$schema', ...FIELDS.map(({ key }) => key)])];
  const fields = fieldsOf(engine);
  const faults = [
    ...ownKeyFaults(raw, engine, fields),
    ...fields.flatMap((field) => fieldFaults(field, raw[field.key])),
  ];
  return [...faults, ...contradictions(engine, soundPart(raw, faults), Object.keys(raw))];
}

/** The engine that a file names; undefined where there is none of that name. */
export function engineOf({ engine }: Raw): Engine | undefined {
  return ENGINES.find((name) => name === engine);
}

export function isRecord(value: unknown): value is Raw {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The file without the keys, and the members of objects, that have an error. */
function soundPart(raw: Raw, faults: readonly Fault[]): Raw {
  const wrong = faults.filter(({ severity }) => severity === 'error');
  const kept = Object.entries(raw).flatMap(([key, value]) => {
    const own = wrong.filter(({ path }) => path[0] === key).map(({ path }) => path.slice(1));
    if (own.some(({ length }) => length === 0)) return [];
    if (own.length === 0 || !isRecord(value)) return [[key, value]];
    const members = Object.entries(value).filter(([name]) => !own.some(([first]) => first === name));
    return [[key, Object.fromEntries(members)]];
  });
  return Object.fromEntries(kept);
}

function error(path: readonly string[], message: string): Fault {
  return { message, severity: 'error', path };
}

/** An error that the schema states as well. */
function violation(path: readonly string[], message: string): Fault {
  return { ...error(path, message), inSchema: true };
}

function engineFaults({ engine }: Raw): readonly Fault[] {
  if (engine === undefined) return [violation([], `'engine' is missing: ${ENGINES.join(' or ')}`)];
  return [violation(['engine'], `'engine' must be ${ENGINES.join(' or ')}, not ${written(engine)}`)];
}

/** A key of another engine is named as such; any other one is taken for a slip of the pen. */
function ownKeyFaults(raw: Raw, engine: Engine, fields: readonly Field[]): readonly Fault[] {
  const own = ['$schema', ...fields.map(({ key }) => key)];
  return keyFaults(raw, [], own).map((fault) => {
    const [key] = fault.path;
    const engines = FIELDS.filter((field) => field.key === key).flatMap((field) => field.engines ?? []);
    if (engines.length === 0) return fault;
    const message = `'${key}' is a key of engine ${engines.join(', ')}, not of engine ${engine}`;
    return { ...error(fault.path, message), inKey: true };
  });
}

/** More of an object's keys are counted, not listed. */
const MOST_UNKNOWN_KEYS = 50;

function keyFaults(raw: Raw, path: readonly string[], known: readonly string[]): readonly Fault[] {
  const unknown = Object.keys(raw).filter((key) => !known.includes(key));
  const [next, ...others] = unknown.slice(MOST_UNKNOWN_KEYS);
  const said = unknownKeyFaults(unknown.slice(0, MOST_UNKNOWN_KEYS), path, known);
  if (next === undefined) return said;
  const more = others.length + 1;
  return [
    ...said,
    { ...error([...path, next], `… and ${more} more unknown ${more === 1 ? 'key' : 'keys'}`), inKey: true },
  ];
}

function unknownKeyFaults(
  keys: readonly string[],
  path: readonly string[],
  known: readonly string[],
): readonly Fault[] {
  return keys.map((key): Fault => {
    const full = [...path, key];
    const likely = nearest(key, known);
    const unknown = `unknown key '${full.join('.')}'`;
    if (!likely) return { ...violation(full, `${unknown}; known keys are ${known.join(', ')}`), inKey: true };
    const message = `${unknown}; did you mean '${[...path, likely].join('.')}'?`;
    return { ...error(full, message), inKey: true, replacement: JSON.stringify(likely) };
  });
}

function fieldFaults(field: Field, value: unknown): readonly Fault[] {
  const { key, required } = field;
  if (value === undefined) {
    const unit = 'unit' in field && field.unit ? ` (in ${field.unit})` : '';
    return required ? [violation([], `'${key}' is missing${unit}`)] : [];
  }
  const wrong = (message: string): readonly Fault[] => [violation([key], message)];
  switch (field.kind) {
    case 'text':
      if (typeof value !== 'string' || value === '') return wrong(`'${key}' must be a text`);
      return value.trim() === '' ? [error([key], `'${key}' must be a text`)] : [];
    case 'flag':
      return typeof value === 'boolean' ? [] : wrong(`'${key}' must be true or false`);
    case 'choice':
      if (typeof value === 'string' && field.choices.includes(value)) return [];
      return wrong(`'${key}' must be ${field.choices.join(' or ')}, not ${written(value)}`);
    case 'words':
      return wordFaults(key, value, field.words);
    case 'overlap':
      if (value === 'max' || value === 'add' || (typeof value === 'number' && value >= 0 && value <= 1)) return [];
      return wrong(`'${key}' must be max, add or a number from 0 to 1, not ${written(value)}`);
    case 'numbers':
      if (!isRecord(value)) return wrong(`'${key}' must be an object, e.g. { "${field.keys[0]}": 1 }`);
      return memberFaults(key, value, field.keys, { low: Number.MIN_VALUE, high: Number.MAX_VALUE, ...field });
    case 'perOperand':
      return isRecord(value) ? memberFaults(key, value, OPERANDS, field) : numberFaults([key], value, field);
    case 'number':
      return numberFaults([key], value, field);
  }
}

function wordFaults(key: string, value: unknown, known: readonly string[]): readonly Fault[] {
  const all = `known are ${known.join(', ')}`;
  if (!Array.isArray(value))
    return [violation([key], `'${key}' must be a list of words, e.g. ["${known[0]}"]; ${all}`)];
  const wrong: unknown = value.find((word) => !known.some((one) => one === word));
  if (wrong !== undefined) return [violation([key], `'${key}' has no ${written(wrong)}; ${all}`)];
  const twice: unknown = value.find((word, index) => value.indexOf(word) < index);
  return twice === undefined ? [] : [violation([key], `'${key}' has ${written(twice)} twice`)];
}

/** What a number may be. */
type Limits = Pick<NumberField, 'unit' | 'integer' | 'low' | 'high' | 'typical'>;

function memberFaults(key: string, value: Raw, known: readonly string[], limits: Limits): readonly Fault[] {
  const own = Object.entries(value).filter(([name]) => known.includes(name));
  return [...keyFaults(value, [key], known), ...own.flatMap(([name, one]) => numberFaults([key, name], one, limits))];
}

function numberFaults(path: readonly string[], value: unknown, limits: Limits): readonly Fault[] {
  const { low, high, integer, typical } = limits;
  const name = path.join('.');
  if (value === 0 && low === 0) return [];
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    return [violation(path, `'${name}' must be a number, not ${written(value)}`)];
  }
  if (value <= 0) return [violation(path, `'${name}' must be ${low === 0 ? '0 or ' : ''}greater than 0, not ${value}`)];
  if (integer && !Number.isInteger(value)) return [violation(path, `'${name}' must be a whole number, not ${value}`)];
  const outside = value < low || value > high;
  const unusual = typical !== undefined && Math.abs(Math.log(value / typical)) >= Math.log(UNUSUAL);
  if (!outside && !unusual) return [];
  const said = suspicion(name, value, limits);
  if (!outside) return [{ ...said, severity: 'warning', path }];
  return [{ ...(said.replacement === undefined ? violation : error)(path, said.message), ...said }];
}

/** As it would stand in a file; JSON has no Infinity. */
function written(value: unknown): string {
  return typeof value === 'number' ? String(value) : JSON.stringify(value);
}

/** So many times more or less than the typical value, and a number within the limits is still worth a warning. */
const UNUSUAL = 300;

/** A number far out of range is most often one in another unit: say which unit is meant and what was likely wanted. */
function suspicion(name: string, value: number, limits: Limits): Pick<Fault, 'message' | 'replacement'> {
  const { unit, low, high } = limits;
  if (unit === '' || unit === 'bit') {
    const message = `'${name}' must lie between ${low} and ${high}, not ${value}`;
    if (high > 1 || value > 100) return { message };
    return { message: `${message}; did you mean ${value / 100}?`, replacement: String(value / 100) };
  }
  const inRange = value >= low && value <= high;
  const unusual = inRange ? `, which is unusually ${value < (limits.typical ?? value) ? 'little' : 'much'}` : '';
  const wanted = inUnit(value, limits);
  const message = `${name} is in ${unit}: ${value} is ${withUnit(value, unit)}${unusual}`;
  if (wanted === undefined) return { message };
  const replacement = plain(wanted, unit);
  return { message: `${message}; did you mean ${replacement} (${withUnit(wanted, unit)})?`, replacement };
}

function plain(value: number, unit: string): string {
  return unit === 'B' ? String(value) : scientific(value);
}

function withUnit(value: number, unit: string): string {
  return unit === 'B' ? withBinaryPrefix(value) : withPrefix(value, unit);
}

/** The value read as kilo-, mega-, milli- …: of those within the limits the one nearest to what is typical. */
function inUnit(value: number, { unit, low, high, typical = low }: Limits): number | undefined {
  const step = unit === 'B' ? 1024 : 1000;
  const off = (one: number): number => Math.abs(Math.log(one / typical));
  return [-4, -3, -2, -1, 1, 2, 3, 4]
    .map((power) => value * step ** power)
    .filter((one) => one >= low && one <= high && off(one) < off(value))
    .sort((a, b) => off(a) - off(b))[0];
}
