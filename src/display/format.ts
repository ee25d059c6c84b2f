/** Numbers and names for people. Unknown (NaN, undefined) is shown as '?'. */

/** Making a formatter takes longer than a hundred numbers: one for each number of digits behind the point. */
const FORMATTERS = new Map<number, Intl.NumberFormat>();

function fixed(value: number, maximumFractionDigits: number): string {
  let formatter = FORMATTERS.get(maximumFractionDigits);
  if (!formatter) {
    formatter = new Intl.NumberFormat('en-US', { maximumFractionDigits });
    FORMATTERS.set(maximumFractionDigits, formatter);
  }
  return formatter.format(value);
}

/** From here on numbers are written with an exponent. */
const HUGE = 1e21;

function scaled(value: number, steps: readonly (readonly [number, string])[], digits: number): string {
  const magnitude = Math.abs(value);
  const [size, unit] = steps.find(([limit]) => magnitude >= limit) ?? steps.at(-1) ?? [1, ''];
  return `${significant(value / size, digits)} ${unit}`.trimEnd();
}

/** At most `digits` significant digits, in exponent form only from 10²¹ on: 1.23, 12.3, 123, 1,234, 1.23e+21. */
export function significant(value: number, digits = 3): string {
  if (!Number.isFinite(value)) return '?';
  if (value === 0) return '0';
  if (Math.abs(value) >= HUGE) return String(Number(value.toPrecision(digits)));
  const whole = Math.floor(Math.log10(Math.abs(value))) + 1;
  return fixed(value, Math.min(20, Math.max(0, digits - whole)));
}

/** A whole number with all its digits: 25,557,032. */
export function whole(value: number): string {
  if (!Number.isFinite(value)) return '?';
  return Math.abs(value) >= HUGE ? significant(value) : fixed(value, 0);
}

/** A sum; where it leaves something out it is a lower bound, and 0 says nothing. */
export function atLeast(value: number, write: (value: number) => string, isLowerBound: boolean): string {
  if (!isLowerBound || !Number.isFinite(value)) return write(value);
  return value === 0 ? '?' : `≥ ${write(value)}`;
}

const SI = [
  [1e15, 'P'],
  [1e12, 'T'],
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
  [1, ''],
] as const;

/** 4.1 G, with the unit behind: `count(4.1e9, 'MAC')` is `4.1 GMAC`. */
export function count(value: number, unit = ''): string {
  if (!Number.isFinite(value)) return '?';
  const steps = SI.map(([size, prefix]) => [size, `${prefix}${unit}`] as const);
  return scaled(value, steps, 3);
}

export function seconds(value: number): string {
  if (!Number.isFinite(value)) return '?';
  if (value === 0) return '0 s';
  return scaled(
    value,
    [
      [1, 's'],
      [1e-3, 'ms'],
      [1e-6, 'µs'],
      [1e-9, 'ns'],
    ],
    3,
  );
}

/** Powers of 1024, written KiB, MiB, GiB. */
export function bytes(value: number): string {
  if (!Number.isFinite(value)) return '?';
  return scaled(
    value,
    [
      [2 ** 40, 'TiB'],
      [2 ** 30, 'GiB'],
      [2 ** 20, 'MiB'],
      [2 ** 10, 'KiB'],
      [1, 'B'],
    ],
    3,
  );
}

/** 0.089 is `8.9 %`. */
export function percent(fraction: number): string {
  if (!Number.isFinite(fraction)) return '?';
  if (fraction > 0 && fraction < 0.001) return '<0.1 %';
  return `${fixed(100 * fraction, 1)} %`;
}

/** A value of a metric: a share in percent, a score with its sign, yes or no; of a mean of yes and no the share of yes. */
export function measure(value: number, unit: 'fraction' | 'score' | 'yes/no'): string {
  if (!Number.isFinite(value)) return '?';
  if (unit === 'yes/no' && (value === 0 || value === 1)) return value === 1 ? 'yes' : 'no';
  if (unit !== 'score') return percent(value);
  return `${value > 0 ? '+' : ''}${significant(value)}`;
}

export function joules(value: number): string {
  if (!Number.isFinite(value)) return '?';
  return scaled(
    value,
    [
      [1, 'J'],
      [1e-3, 'mJ'],
      [1e-6, 'µJ'],
      [1e-9, 'nJ'],
      [1e-12, 'pJ'],
    ],
    3,
  );
}

/** `1×64×112×112`; a scalar is `scalar`, an unknown shape '?', an unknown size `?`. */
export function shape(dims: readonly (number | string | null)[] | undefined): string {
  if (!dims) return '?';
  return dims.length === 0 ? 'scalar' : dims.map((dim) => dim ?? '?').join('×');
}

/** Control characters (C0, C1) and those that turn the direction of text (Unicode TR9), which a terminal would obey. */
const UNPRINTABLE = /[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** A name from a file, fit for one line of a terminal. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, ' ');
}

/** `1 tile`, `2,048 tiles`; nouns whose plural is no plain s are given with it. */
export function counted(number: number, noun: string, plural = `${noun}s`): string {
  return `${whole(number)} ${number === 1 ? noun : plural}`;
}
