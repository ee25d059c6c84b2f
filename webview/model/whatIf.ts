/** What-if values as sliders and fields, and what a change makes of the whole. */
import {
  BATCH_KNOB,
  type Changes,
  ELEMENT_TYPE_KNOB,
  type Knob,
  type ReportData,
  type WhatIf,
} from '../../src/protocol/graphPanel';

/** How far a slider goes from the preset, both ways; clocks do not vary that much. */
const REACH = 16;
const CLOCK_REACH = 4;
/** Steps of a slider. */
export const STEPS = 480;

/** A slider's way from `low` (place 0) to `high` (place STEPS): in equal ratios, or equal steps where it starts at 0. */
export interface Range {
  readonly low: number;
  readonly high: number;
  readonly log: boolean;
}

/** Around the preset, within what a file may have, and never without the value it has now. */
export function rangeOf({ unit, preset, value, low, high, integer }: Knob): Range {
  if (low >= 0 && high <= 1) return { low, high, log: false };
  const middle = preset > 0 ? preset : value;
  if (!(middle > 0)) return { low, high, log: false };
  const reach = unit === 'Hz' ? CLOCK_REACH : REACH;
  // A size of 1 or 2 has no way down: let it grow further instead.
  const up = integer && middle < REACH ? (REACH * REACH) / middle : reach;
  return {
    low: Math.max(low, Math.min(value > 0 ? value : middle, middle / reach)) || middle / reach,
    high: Math.min(high, Math.max(value, middle * up)),
    log: true,
  };
}

export function placeOf({ low, high, log }: Range, value: number): number {
  const share = log ? Math.log(Math.max(value, low) / low) / Math.log(high / low) : (value - low) / (high - low);
  return Math.round(STEPS * Math.min(1, Math.max(0, share)));
}

/** The value at a place, to three digits; the ends and the preset exactly, so that one can come back to them. */
export function valueAt(range: Range, place: number, { preset, integer }: Knob): number {
  if (place === placeOf(range, preset)) return preset;
  if (place <= 0) return range.low;
  if (place >= STEPS) return range.high;
  const share = place / STEPS;
  const exact = range.log
    ? range.low * (range.high / range.low) ** share
    : range.low + (range.high - range.low) * share;
  return integer ? Math.max(1, Math.round(exact)) : Number(exact.toPrecision(3));
}

/** The unit in which a field shows a knob, by the size of its preset: GHz and 1e9 for 1.3e9 Hz. */
export function shownUnit({ unit, preset, value }: Knob): { readonly name: string; readonly size: number } {
  if (unit === '' || unit === 'bit' || unit === 'B/cycle') return { name: unit, size: 1 };
  const step = unit === 'B' ? 1024 : 1000;
  const prefixes =
    unit === 'B' ? ['', 'Ki', 'Mi', 'Gi'] : unit === 's' ? ['', 'm', 'µ', 'n'] : ['', 'k', 'M', 'G', 'T'];
  const sign = unit === 's' ? -1 : 1;
  const reference = preset > 0 ? preset : value;
  // The largest unit in which the number is at least 1; for seconds the first that is small enough.
  const order = prefixes.map((prefix, i) => ({ name: `${prefix}${unit}`, size: step ** (sign * i) }));
  const fitting =
    unit === 's' ? order.find(({ size }) => reference >= size) : order.findLast(({ size }) => reference >= size);
  return fitting ?? order.at(unit === 's' ? -1 : 0) ?? { name: unit, size: 1 };
}

/**
 * The place reached from `place` by `by` steps, or the next one beyond it whose value is another one: whole numbers lie
 * several steps apart. The end where there is none.
 */
export function stepped(range: Range, knob: Knob, place: number, by: number): number {
  const inside = (wanted: number) => Math.min(STEPS, Math.max(0, wanted));
  const from = valueAt(range, place, knob);
  let next = inside(place + by);
  while (next > 0 && next < STEPS && valueAt(range, next, knob) === from) next = inside(next + Math.sign(by));
  return next;
}

/** As a field shows it: `1.3 GHz`, `512 KiB`, `128`. */
export function writtenValue(knob: Knob, value: number): string {
  const { name, size } = shownUnit(knob);
  return `${Number((value / size).toPrecision(6))} ${name}`.trimEnd();
}

const DECIMAL = new Map(
  [...'nuµμmkMGT'].map((prefix, i) => [prefix, [1e-9, 1e-6, 1e-6, 1e-6, 1e-3, 1e3, 1e6, 1e9, 1e12][i] ?? 1]),
);
const BINARY = new Map(['ki', 'mi', 'gi', 'ti'].map((prefix, i) => [prefix, 1024 ** (i + 1)]));

/**
 * What was typed: `1.3 GHz`, `1300MHz`, `59.7 gb/s`, `512 KiB`, `8 us`, or a bare number in the unit that the field shows.
 * Case matters only for m and M of seconds. Undefined where it is no number, or of another unit.
 */
export function readValue(text: string, knob: Knob): number | undefined {
  const [, digits = '', rest = ''] = /^([+-]?(?:\d[\d,]*\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*(.*)$/i.exec(text.trim()) ?? [];
  const number = Number(digits.replaceAll(',', ''));
  if (digits === '' || !Number.isFinite(number)) return undefined;
  if (rest === '') return exactPreset(number * shownUnit(knob).size, knob);
  const factor = unitFactor(rest.replaceAll(' ', ''), knob.unit);
  return factor === undefined ? undefined : exactPreset(number * factor, knob);
}

/** How many `unit` one of what was written is; a prefix alone will do. */
function unitFactor(written: string, unit: Knob['unit']): number | undefined {
  const isUnit = written.toLowerCase().endsWith(unit.toLowerCase());
  const prefix = isUnit ? written.slice(0, written.length - unit.length) : written;
  if (prefix === '') return 1;
  if (unit === '' || unit === 'bit') return undefined;
  if (unit === 's') return DECIMAL.get(prefix);
  const binary = unit === 'B' || unit === 'B/s' ? BINARY.get(prefix.toLowerCase()) : undefined;
  return binary ?? DECIMAL.get(/^k$/i.test(prefix) ? 'k' : prefix.toUpperCase());
}

/** The preset itself where its digits are typed again. */
function exactPreset(value: number, knob: Knob): number {
  return writtenValue(knob, value) === writtenValue(knob, knob.preset) ? knob.preset : value;
}

/** What differs from the preset, as the host takes it. */
export function changesOf({ knobs, choices }: WhatIf): Changes {
  const changed = [...knobs, ...choices].filter(({ value, preset }) => value !== preset);
  return Object.fromEntries(changed.map(({ key, value }) => [key, value]));
}

/** The changes with one value instead of what it was; the preset's value is no change. */
export function withValue(changes: Changes, key: string, value: number | string, preset: number | string): Changes {
  const { [key]: _, ...others } = changes;
  return value === preset ? others : { ...others, [key]: value };
}

/** What a report is of, in a title: a picture of changed hardware must not pass for the preset's. */
export function hardwareTitle({ hardwareName, whatIf }: Pick<ReportData, 'hardwareName' | 'whatIf'>): string {
  return isChanged(whatIf) ? `${hardwareName}, changed` : hardwareName;
}

export function isChanged(whatIf: WhatIf): boolean {
  return Object.keys(changesOf(whatIf)).length > 0;
}

/** `−21 %`, `+3.2 %`, `×4.1` beyond doubling; '±0 %' where nothing shows; '' where one of them is unknown. */
export function difference(before: number, after: number): string {
  const ratio = after / before;
  if (!Number.isFinite(ratio)) return '';
  if (ratio > 3) return `×${Number(ratio.toPrecision(2))}`;
  const percent = Math.abs(100 * (ratio - 1));
  const digits = percent.toFixed(percent < 10 ? 1 : 0);
  if (Number(digits) === 0) return '±0 %';
  return `${ratio < 1 ? '−' : '+'}${Number(digits)} %`;
}

const LABELS: Readonly<Record<string, string>> = {
  [BATCH_KNOB]: 'Batch',
  [ELEMENT_TYPE_KNOB]: 'Precision',
  frequency: 'Frequency',
  mem_bandwidth: 'Memory bandwidth',
  mem_read_bandwidth: 'Memory read bandwidth',
  mem_write_bandwidth: 'Memory write bandwidth',
  n_pes: 'PEs',
  pe_fp32s: 'Lanes per PE',
  rows: 'PE rows',
  cols: 'PE columns',
  macs: 'MACs per cycle',
  pe_memory: 'Memory per PE',
  global_memory: 'On-chip memory',
  pe_bandwidth: 'Bandwidth per PE',
  register_file: 'Registers per PE',
  global_buffer: 'Global buffer',
  conv_buffer: 'Convolution buffer',
  launch_time: 'Launch time',
  fp32_cycles: 'Pipeline depth (cycles)',
  mem_concurrent_fp32: 'Words per transaction',
  l2_speed_frac: 'On-chip ÷ off-chip speed',
  pe_macs: 'MACs per PE',
  noc_bandwidth: 'NoC bandwidth',
  mem_efficiency: 'Memory efficiency',
  parity: 'Founding predictor',
  residency: 'Tensors stay on chip',
  double_buffered: 'Double buffering',
  overlap: 'Terms combine by',
};

const CHOICES: Readonly<Record<string, string>> = { true: 'yes', false: 'no', max: 'the longest', add: 'their sum' };

/** How a choice is written; the file's word where it has no other. */
export function choiceText(word: string): string {
  return CHOICES[word] ?? word;
}

/** `global_buffer.input` is `Global buffer, input`; what has no name of its own is its key with spaces. */
export function labelOf(key: string): string {
  const [root = '', ...rest] = key.split('.');
  const words = (text: string) => text.replaceAll('_', ' ');
  const label = LABELS[root] ?? words(root).replace(/^./, (first) => first.toUpperCase());
  return [label, ...rest.map(words)].join(', ');
}
