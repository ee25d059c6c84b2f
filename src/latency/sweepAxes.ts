import { fieldsOf } from '../hardware/fields';
import type { Engine } from '../hardware/hardware';
import { scientific } from '../hardware/units';

/** The axis that is not of the hardware. */
export const BATCH = 'batch';

/** What is varied: a field of the hardware file, sub-keys after a dot, or the batch. */
export interface Axis {
  readonly key: string;
  readonly values: readonly number[];
}

/** An axis as it is asked for: a range, or the values themselves. */
export type AxisSpec = { readonly key: string } & (
  | { readonly values: readonly number[] }
  | {
      readonly low: number;
      readonly high: number;
      /** How many values, both ends included. */
      readonly count: number;
      /** Equal ratios instead of equal steps. */
      readonly log?: boolean;
    }
);

/** An axis that cannot be; the message is one sentence that begins with its key. */
export class AxisError extends Error {
  override readonly name = 'AxisError';
}

/** The axes with their values. Throws an AxisError where one cannot be, is there twice, or the combinations are more than `most`. */
export function axesOf(specs: readonly AxisSpec[], engine: Engine, most: number): readonly Axis[] {
  const axes = specs.map((spec) => axisOf(spec, engine, most));
  const twice = axes.find(({ key }, i) => axes.findIndex((axis) => axis.key === key) !== i);
  if (twice) throw new AxisError(`${twice.key} is given twice; give all its values in one list`);
  const points = axes.reduce((product, { values }) => product * values.length, 1);
  if (points > most) {
    const sizes = axes.map(({ values }) => values.length).join(' × ');
    throw new AxisError(
      `${axes.map(({ key }) => key).join(' and ')}: ${sizes} are too many points; take fewer steps, at most ${most} points in all`,
    );
  }
  return axes;
}

function axisOf(spec: AxisSpec, engine: Engine, most: number): Axis {
  const { key } = spec;
  if ('values' in spec) checkValues(key, spec.values);
  else checkRange(spec);
  const values = 'values' in spec ? spec.values : spaced(spec.low, spec.high, Math.min(spec.count, most + 1), spec.log);
  const whole = 'values' in spec ? values : values.map(isWhole(engine, key) ? Math.round : Number);
  if (key === BATCH && !whole.every((value) => Number.isInteger(value) && value >= 1)) {
    throw new AxisError(`${key}: a batch is a whole number from 1`);
  }
  return { key, values: [...new Set(whole)] };
}

function checkValues(key: string, values: readonly number[]): void {
  if (values.length === 0) throw new AxisError(`${key}: give at least one value`);
  if (!values.every(Number.isFinite)) throw new AxisError(`${key}: every value must be a number`);
}

function checkRange({ key, low, high, count, log }: Extract<AxisSpec, { low: number }>): void {
  if (!Number.isFinite(low) || !Number.isFinite(high)) throw new AxisError(`${key}: both ends must be numbers`);
  if (low >= high) {
    throw new AxisError(
      `${key}: a range goes up, so its low end must be below its high end, not ${scientific(low)} to ${scientific(high)}`,
    );
  }
  if (!(Number.isInteger(count) && count >= 1)) {
    throw new AxisError(`${key}: the number of values is a whole number from 1, not ${count}`);
  }
  if (log && low <= 0) throw new AxisError(`${key}: equal ratios need a low end above zero`);
}

/** Steps of counts, bytes and bits are rounded. */
function isWhole(engine: Engine, key: string): boolean {
  if (key === BATCH) return true;
  const root = key.split('.')[0];
  const field = fieldsOf(engine).find((one) => one.key === root);
  if (!field) return false;
  return ('integer' in field && field.integer === true) || ('unit' in field && ['B', 'bit'].includes(field.unit));
}

/** `count` values from `low` to `high`, both included, in equal steps or, with `log`, in equal ratios. */
export function spaced(low: number, high: number, count: number, log = false): readonly number[] {
  if (count === 1) return [low];
  const at = (share: number): number => (log ? low * (high / low) ** share : low + (high - low) * share);
  // Twelve digits: 0.1 + 0.2 is 0.3.
  const values = Array.from({ length: count }, (_, i) => Number(at(i / (count - 1)).toPrecision(12)));
  return values.with(0, low).with(-1, high);
}

/** All combinations, the last axis fastest. */
export function combinations(axes: readonly Axis[]): readonly Readonly<Record<string, number>>[] {
  return axes.reduce<readonly Readonly<Record<string, number>>[]>(
    (settings, { key, values }) => settings.flatMap((one) => values.map((value) => ({ ...one, [key]: value }))),
    [{}],
  );
}
