/** What a user can vary and how it is written: requests to the host as fields of a form, and their defaults. */
import type { Knob } from '../../src/protocol/graphPanel';
import type { AxisRequest, SweepRequest } from '../../src/protocol/sweepPanel';
import { labelOf, readValue, writtenValue } from '../model/whatIf';

/** A sweep that nobody asked for in particular: half to twice the preset, in steps that meet it. */
const STEPS = 7;
const [LEAST, MOST] = [0.5, 2];
/** A whole number below this has no room for steps around it: it is doubled instead. */
const FEW = 4;

/** Pairs that are varied by default, the first that the hardware has. */
const PAIRS = [
  ['cols', 'rows'],
  ['frequency', 'mem_bandwidth'],
] as const;

export const SPACINGS = ['steps', 'ratios', 'list'] as const;
export type Spacing = (typeof SPACINGS)[number];

/** An axis as the form has it. */
export interface AxisText {
  readonly spacing: Spacing;
  readonly low: string;
  readonly high: string;
  readonly count: string;
  /** Values between commas. */
  readonly list: string;
}

export function defaultAxis({ key, value, low, high, integer }: Knob): AxisRequest {
  if (integer && value < FEW) {
    return { key, low: value, high: Math.min(high, value * 2 ** (STEPS - 1)), count: STEPS, log: true };
  }
  // Nothing to scale: the whole way that there is.
  if (!(value > 0)) return { key, low, high, count: STEPS };
  return { key, low: Math.max(low, value * LEAST), high: Math.min(high, value * MOST), count: STEPS };
}

export function defaultRequest(knobs: readonly Knob[]): SweepRequest {
  const named = (key: string | undefined) => knobs.find((knob) => knob.key === key);
  const pair = PAIRS.map((keys) => keys.map(named)).find((found) => found.every((knob) => knob !== undefined));
  const [x, y] = pair ?? [knobs[1], knobs[0]];
  if (!x || !y) throw new Error('This hardware has nothing that could be varied.');
  return { x: defaultAxis(x), y: defaultAxis(y) };
}

/** A request that was remembered, axis by axis as far as it fits these knobs. */
export function fittingRequest(stored: unknown, knobs: readonly Knob[]): SweepRequest {
  const standard = defaultRequest(knobs);
  const { x, y }: Partial<Record<keyof SweepRequest, unknown>> = record(stored);
  const [fittingX, fittingY] = [asAxis(x, knobs), asAxis(y, knobs)];
  return fittingX && fittingY && fittingX.key !== fittingY.key ? { x: fittingX, y: fittingY } : standard;
}

export function axisText(request: AxisRequest, knob: Knob): AxisText {
  const write = (value: number) => writtenValue(knob, value);
  if ('values' in request) {
    const { values } = request;
    const [low = knob.low, high = knob.high] = [Math.min(...values), Math.max(...values)];
    const count = String(Math.max(2, values.length));
    return { spacing: 'list', low: write(low), high: write(high), count, list: values.map(write).join(', ') };
  }
  const { low, high, count, log } = request;
  const list = [...new Set([low, knob.value, high])].map(write).join(', ');
  return { spacing: log ? 'ratios' : 'steps', low: write(low), high: write(high), count: String(count), list };
}

/** Throws one sentence about the first text that is no number of the knob's. What the numbers mean is for the host to check. */
export function readAxis({ spacing, low, high, count, list }: AxisText, knob: Knob): AxisRequest {
  const { key } = knob;
  const read = (text: string): number => {
    const value = readValue(text, knob);
    if (value === undefined) {
      throw new Error(
        `${labelOf(key)}: '${text}' is not such a number; write it like ${writtenValue(knob, knob.value)}`,
      );
    }
    return value;
  };
  if (spacing === 'list') return { key, values: list.split(/[,;]/).map(read) };
  const steps = count.trim() === '' ? Number.NaN : Number(count);
  if (Number.isNaN(steps))
    throw new Error(`${labelOf(key)}: '${count}' is no number of values; write one like ${STEPS}`);
  return { key, low: read(low), high: read(high), count: steps, ...(spacing === 'ratios' && { log: true }) };
}

function asAxis(stored: unknown, knobs: readonly Knob[]): AxisRequest | undefined {
  const { key, values, low, high, count, log }: Readonly<Record<string, unknown>> = record(stored);
  if (!knobs.some((knob) => knob.key === key) || typeof key !== 'string') return undefined;
  if (isNumbers(values)) return { key, values };
  if (typeof low !== 'number' || typeof high !== 'number' || typeof count !== 'number') return undefined;
  return { key, low, high, count, ...(log === true && { log }) };
}

function isNumbers(values: unknown): values is readonly number[] {
  return Array.isArray(values) && values.every((value) => typeof value === 'number');
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
