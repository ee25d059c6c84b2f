/** Numbers for people. Unknown (NaN, undefined) is shown as '?'. */

function scaled(value: number, steps: readonly (readonly [number, string])[], digits: number): string {
  const magnitude = Math.abs(value);
  const [size, unit] = steps.find(([limit]) => magnitude >= limit) ?? steps.at(-1) ?? [1, ''];
  return `${significant(value / size, digits)} ${unit}`.trimEnd();
}

/** At most `digits` significant digits, never in exponent form, no trailing zeros lost: 1.23, 12.3, 123, 1,234. */
export function significant(value: number, digits = 3): string {
  if (!Number.isFinite(value)) return '?';
  if (value === 0) return '0';
  const whole = Math.floor(Math.log10(Math.abs(value))) + 1;
  return value.toLocaleString('en-US', {
    minimumFractionDigits: 0,
    maximumFractionDigits: Math.min(20, Math.max(0, digits - whole)),
  });
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
  return `${(100 * fraction).toLocaleString('en-US', { maximumFractionDigits: 1 })} %`;
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
