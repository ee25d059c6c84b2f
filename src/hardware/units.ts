/** Quantities as a hardware description writes them. */

const PREFIXES = [
  [1e12, 'T'],
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
  [1, ''],
  [1e-3, 'm'],
  [1e-6, 'µ'],
  [1e-9, 'n'],
] as const;

/** Three significant digits with a decimal prefix: `withPrefix(1.5e9, 'Hz')` is `1.5 GHz`. */
export function withPrefix(value: number, unit: string): string {
  const [size, prefix] = PREFIXES.find(([limit]) => Math.abs(value) >= limit) ?? [1, ''];
  return `${Number((value / size).toPrecision(3))} ${prefix}${unit}`;
}

/** As one would type it: 1.3e9, 700e9 as 7e11, 8e-6. */
export function scientific(value: number): string {
  const [mantissa = '', exponent = ''] = Number(value.toPrecision(6)).toExponential().split('e');
  return `${mantissa}e${Number(exponent)}`;
}

/** Bytes in powers of 1024, as memories are sold: 65536 is `64 KiB`. */
export function withBinaryPrefix(bytes: number): string {
  const powers = [4, 3, 2, 1, 0];
  const power = powers.find((one) => Math.abs(bytes) >= 1024 ** one) ?? 0;
  return `${Number((bytes / 1024 ** power).toPrecision(4))} ${['', 'Ki', 'Mi', 'Gi', 'Ti'][power]}B`;
}
