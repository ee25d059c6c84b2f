import { engineOf, faultsOf, isRecord, type Raw } from './check';
import { FIELDS, fieldsOf } from './fields';
import { DEFAULT_FUSION } from './fusionRules';
import type { Hardware, SpatialHardware } from './hardware';
import { JsonSyntaxError, positionsIn, readJsonText, sizeFault } from './jsonText';

/**
 * A hardware file's text (or its parsed JSON) as Hardware, defaults filled in.
 * Throws an Error of one sentence that starts with `origin` about the first error; `hardwareProblems` tells of all.
 */
export function parseHardware(input: unknown, origin: string): Hardware {
  try {
    return readHardware(typeof input === 'string' ? parseJson(input) : input);
  } catch (error) {
    throw new Error(`${origin}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/**
 * The same hardware with fields changed: `frequency=1.3e9`, `parity=true`, `lanes.float16=512`, `overlap=0.2`, `fusion=epilogue,add`
 * (`fusion=none` for no rule).
 * An empty value removes the field, so that its default applies.
 */
export function overrideHardware(hardware: Hardware, assignments: readonly string[]): Hardware {
  let raw: Raw = { ...hardware };
  for (const assignment of assignments) {
    const equals = assignment.indexOf('=');
    if (equals < 1) throw new Error(`--set ${assignment}: write KEY=VALUE, e.g. frequency=1.3e9`);
    const path = assignment.slice(0, equals).trim().split('.');
    const text = assignment.slice(equals + 1).trim();
    raw = assign(raw, path, isList(path[0]) ? words(text) : scalar(text));
    parseHardware(raw, `--set ${assignment}`);
  }
  return parseHardware(raw, '--set');
}

function assign(raw: Raw, [key = '', ...rest]: readonly string[], value: unknown): Raw {
  const { [key]: old, ...others } = raw;
  const changed = rest.length > 0 ? assign(isRecord(old) ? old : {}, rest, value) : value;
  return changed === undefined ? others : { ...others, [key]: changed };
}

function isList(key: string | undefined): boolean {
  return FIELDS.some((field) => field.key === key && field.kind === 'words');
}

function words(text: string): readonly string[] | undefined {
  if (text === '') return undefined;
  return text === 'none' ? [] : text.split(',').map((word) => word.trim());
}

function scalar(text: string): unknown {
  if (text === '') return undefined;
  if (text === 'true' || text === 'false') return text === 'true';
  const number = Number(text);
  return Number.isNaN(number) ? text : number;
}

function parseJson(text: string): unknown {
  const tooLong = sizeFault(text);
  if (tooLong !== undefined) throw new Error(tooLong);
  try {
    return readJsonText(text).root.value;
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    const { line, column } = positionsIn(text)(error.offset);
    throw new Error(`not valid JSON (line ${line}, column ${column}: ${error.message})`);
  }
}

function readHardware(raw: unknown): Hardware {
  const wrong = faultsOf(raw).find(({ severity }) => severity === 'error');
  if (wrong) throw new Error(wrong.message);
  const file: Raw = isRecord(raw) ? raw : {};
  const engine = engineOf(file);
  const read: Record<string, unknown> = {};
  for (const field of engine ? fieldsOf(engine) : []) {
    const value = file[field.key] ?? ('default' in field ? field.default : undefined);
    if (value !== undefined) read[field.key] = value;
  }
  // Every key was checked against its own row of FIELDS, which a test holds against the schema.
  return completed(read as unknown as Hardware);
}

/** What a file leaves to its other keys, and what only holds between keys. */
function completed(file: Hardware): Hardware {
  const hardware = { ...file, fusion: file.fusion ?? DEFAULT_FUSION[file.engine] };
  switch (hardware.engine) {
    case 'multicore':
      return { ...hardware, overlap: hardware.overlap ?? hardware.latency_mode };
    case 'spatial': {
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
