import { type Field, fieldsOf } from '../hardware/fields';
import { type Hardware, isFounding } from '../hardware/hardware';
import { overrideHardware } from '../hardware/parse';
import { ELEMENT_TYPES, type ElementType } from '../latency/elementType';
import {
  AS_IN_MODEL,
  BATCH_KNOB,
  type Changes,
  ELEMENT_TYPE_KNOB,
  isOfTheModel,
  type Knob,
  type KnobChoice,
} from '../protocol/graphPanel';
import { ownPrecision } from './warnings';

/** What the founding predictor does not look at. */
const NOT_FOUNDING: ReadonlySet<string> = new Set([
  ...['overlap', 'pe_memory', 'global_memory', 'pe_bandwidth', 'lanes', 'fusion', 'residency'],
]);
const MOST_IMAGES = 1024;
/** Sizes of the array; other keys without a unit are of minor interest, as are small memories and ways inside it. */
const SIZES: ReadonlySet<string> = new Set(['n_pes', 'pe_fp32s', 'rows', 'cols', 'macs']);
const MAIN_UNITS: ReadonlySet<string> = new Set(['Hz', 'B/s', 'B', 'bit']);
/** Flags that say something about the file, not about the hardware. */
const ABOUT_THE_FILE: ReadonlySet<string> = new Set(['guess', 'this_machine']);

type Fields = Readonly<Record<string, unknown>>;

/** The batch, then the numbers that the hardware has, in the order of its fields. `preset`: before anything was changed. */
export function knobsOf(
  { hardware, batch }: { readonly hardware: Hardware; readonly batch: number },
  preset: { readonly hardware: Hardware; readonly batch: number },
): readonly Knob[] {
  const images = { key: BATCH_KNOB, value: batch, preset: preset.batch, unit: '', low: 1, high: MOST_IMAGES } as const;
  const before = new Map(numbersOf(preset.hardware).map(({ key, value }) => [key, value]));
  const knobs = numbersOf(hardware).map(({ key, value, field }): Knob => {
    const range = rangeOf(field);
    const minor = field.key === 'register_file' || !(MAIN_UNITS.has(range.unit) || SIZES.has(key));
    return { key, value, preset: before.get(key) ?? value, ...range, minor };
  });
  return [{ ...images, integer: true, minor: false }, ...knobs];
}

/** The type of the elements; none where the hardware fixes the width of its words, unless one was chosen before. */
export function elementTypeChoice(hardware: Hardware, type: ElementType | undefined): readonly KnobChoice[] {
  if (ownPrecision(hardware) !== undefined && !type) return [];
  const choices = [AS_IN_MODEL, ...ELEMENT_TYPES];
  return [{ key: ELEMENT_TYPE_KNOB, value: type ?? AS_IN_MODEL, preset: AS_IN_MODEL, choices, minor: false }];
}

/** What there is to say of the values that can be tried out; '' where nothing is. */
export function whatIfNote(hardware: Hardware): string {
  const own = ownPrecision(hardware);
  return own === undefined ? '' : `${own}: the type of the network’s elements has no effect.`;
}

/** The words of the hardware that could be others. */
export function choicesOf(hardware: Hardware, preset: Hardware): readonly KnobChoice[] {
  const [now, before]: readonly Fields[] = [{ ...hardware }, { ...preset }];
  return usedFields(hardware).flatMap((field): KnobChoice[] => {
    const choices = wordsOf(field);
    const value = now?.[field.key];
    if (choices.length < 2 || value === undefined) return [];
    const words = [...new Set([...choices, String(value), String(before?.[field.key] ?? value)])];
    const own = { value: String(value), preset: String(before?.[field.key] ?? value) };
    return [{ key: field.key, ...own, choices: words, minor: field.key !== 'dataflow' }];
  });
}

/** The hardware with the changes. Throws one sentence about what is not possible. */
export function changedHardware(hardware: Hardware, changes: Changes): Hardware {
  const assignments = Object.entries(changes).filter(([key]) => !isOfTheModel(key));
  if (assignments.length === 0) return hardware;
  try {
    return overrideHardware(
      hardware,
      assignments.map(([key, value]) => `${key}=${value}`),
    );
  } catch (error) {
    throw new Error(error instanceof Error ? error.message.replace(/^--set [^:]*: /, '') : String(error));
  }
}

/** A changed hardware as the text of a `*.evohw.json` file that says what it was made from. */
export function hardwareFile(hardware: Hardware, preset: Hardware): string {
  const [now, before]: readonly Fields[] = [{ ...hardware }, { ...preset }];
  const changed = usedFields(hardware)
    .filter(({ key }) => JSON.stringify(now?.[key]) !== JSON.stringify(before?.[key]))
    .map(({ key }) => `${key} ${JSON.stringify(before?.[key])} → ${JSON.stringify(now?.[key])}`);
  const source = `What-if of ${preset.name}: ${changed.join(', ')}.${preset.source ? ` ${preset.name}: ${preset.source}` : ''}`;
  const own = {
    ...now,
    name: `${preset.name} (changed)`,
    source,
    ...('this_machine' in hardware && { this_machine: false }),
  };
  return `${JSON.stringify(own, undefined, 2)}\n`;
}

/** A name for the file of a hardware that was changed. */
export function hardwareFileName({ name }: Hardware): string {
  return `${name.toLowerCase().replace(/[^a-z0-9]+/g, '-')}-changed.evohw.json`;
}

/** Fields of the file that the predictor of this hardware looks at. */
function usedFields(hardware: Hardware): readonly Field[] {
  const founding = isFounding(hardware);
  return fieldsOf(hardware.engine).filter(
    ({ key }) => key in hardware && (founding ? !NOT_FOUNDING.has(key) : key !== 'latency_mode'),
  );
}

interface HardwareNumber {
  readonly key: string;
  readonly value: number;
  readonly field: Field;
}

/** Every number of a hardware by its key, those inside objects with a dot. */
function numbersOf(hardware: Hardware): readonly HardwareNumber[] {
  const values: Fields = { ...hardware };
  return usedFields(hardware).flatMap((field): HardwareNumber[] => {
    const { key } = field;
    const value = values[key];
    if (typeof value === 'number') return [{ key, value, field }];
    if (typeof value !== 'object' || value === null) return [];
    return Object.entries(value).flatMap(([name, inner]) =>
      typeof inner === 'number' ? [{ key: `${key}.${name}`, value: inner, field }] : [],
    );
  });
}

function rangeOf(field: Field): Pick<Knob, 'unit' | 'low' | 'high' | 'integer'> {
  switch (field.kind) {
    case 'number':
      return { unit: field.unit, low: field.low, high: field.high, integer: field.integer ?? false };
    case 'perOperand':
      return { unit: field.unit, low: field.low, high: field.high, integer: false };
    case 'numbers':
      return { unit: field.unit, low: field.low ?? 1e-9, high: field.high ?? 1e9, integer: field.unit === 'bit' };
    default:
      return { unit: '', low: 0, high: 1, integer: false };
  }
}

function wordsOf(field: Field): readonly string[] {
  if (field.kind === 'overlap') return ['max', 'add'];
  if (field.kind === 'flag') return ABOUT_THE_FILE.has(field.key) ? [] : ['false', 'true'];
  return field.kind === 'choice' && field.key !== 'engine' ? field.choices : [];
}
