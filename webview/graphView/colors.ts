/** Colours that carry meaning. All are safe for the common kinds of colour blindness, and text on them is readable. */
import { BOUNDS, type Bound, type EnergyLevel, type Term } from '../../src/display/bounds';
import { colorMap } from '../../src/display/colorMaps';
import type { CATEGORIES } from '../../src/protocol/graphPanel';

export type Rgb = readonly [red: number, green: number, blue: number];

/** Heads of the cards, by operator category; dark enough for white text in every theme. */
export const CATEGORY_COLORS: Readonly<Record<(typeof CATEGORIES)[number], string>> = {
  other: '#57606c',
  convolution: '#2b5fa6',
  matrix: '#4f4cab',
  activation: '#a3453b',
  pooling: '#2c7550',
  normalization: '#1f6f7a',
  elementwise: '#7b5a26',
  movement: '#66655c',
  reduction: '#7a4794',
  quantization: '#97446f',
  control: '#8c3a4c',
  'input/output': '#4b5a68',
};

/** Terms of the latency, after Okabe and Ito's colour-blind safe set. */
export const TERM_COLORS: Readonly<Record<Term, string>> = {
  compute: '#3f8fdc',
  globalBuffer: '#1d9f78',
  offChip: '#e06a1f',
  peFill: '#c573ab',
  ramp: '#c8ab22',
  drain: '#8a7bd8',
  launch: '#949aa1',
};

/** Energy in the colours of the same levels' times. */
export const ENERGY_COLORS: Readonly<Record<EnergyLevel, string>> = {
  mac: TERM_COLORS.compute,
  pe: TERM_COLORS.peFill,
  globalBuffer: TERM_COLORS.globalBuffer,
  offChip: TERM_COLORS.offChip,
};

export const BOUND_COLORS: Readonly<Record<Bound, string>> = {
  ...TERM_COLORS,
  unknown: 'transparent',
  free: 'transparent',
};

/** Colours of a heat in 0–1, as 256 entries each: the fill and the text that is readable on it. */
export interface HeatColors {
  readonly fill: readonly string[];
  readonly text: readonly string[];
}

const HEAT_MAP = 'viridis';
/** How much of the map's colour is left at the cold end; the rest is background, so that cold layers recede. */
const COLD = 0.35;

/** On a dark background hot is bright, on a light one hot is dark: what costs most always stands out. */
export function heatColors(background: Rgb, dark: boolean): HeatColors {
  const { palette } = colorMap(HEAT_MAP);
  const fill: string[] = [];
  const text: string[] = [];
  for (let i = 0; i < 256; i++) {
    const from = 3 * (dark ? i : 255 - i);
    const strength = COLD + (1 - COLD) * Math.min(1, (2 * i) / 255);
    const color = mix(background, [palette[from] ?? 0, palette[from + 1] ?? 0, palette[from + 2] ?? 0], strength);
    fill.push(css(color));
    text.push(readableOn(color));
  }
  return { fill, text };
}

/** Ends of the diverging scale, far apart for every kind of colour blindness: less is blue, more is orange. */
const LESS: readonly [dark: Rgb, light: Rgb] = [
  [92, 172, 255],
  [17, 92, 173],
];
const MORE: readonly [dark: Rgb, light: Rgb] = [
  [255, 158, 61],
  [190, 78, 4],
];

/** From less (0) over nothing, which is nearly the background, to more (1). */
export function divergingColors(background: Rgb, dark: boolean): HeatColors {
  const [less, more] = dark ? [LESS[0], MORE[0]] : [LESS[1], MORE[1]];
  const nothing = mix(background, dark ? [255, 255, 255] : [0, 0, 0], 0.12);
  const colors = Array.from({ length: 256 }, (_, i) => {
    const place = (2 * i) / 255 - 1;
    return mix(nothing, place < 0 ? less : more, Math.abs(place));
  });
  return { fill: colors.map((color) => css(color)), text: colors.map(readableOn) };
}

function readableOn(color: Rgb): string {
  return contrast(color, [0, 0, 0]) > contrast(color, [255, 255, 255]) ? '#000000' : '#ffffff';
}

export function heatIndex(heat: number): number {
  return Math.round(255 * Math.min(1, Math.max(0, heat)));
}

export function boundColor(index: number): string {
  return BOUND_COLORS[BOUNDS[index] ?? 'unknown'];
}

export function mix(from: Rgb, to: Rgb, share: number): Rgb {
  return [
    from[0] + (to[0] - from[0]) * share,
    from[1] + (to[1] - from[1]) * share,
    from[2] + (to[2] - from[2]) * share,
  ];
}

export function css([red, green, blue]: Rgb, alpha = 1): string {
  const parts = [red, green, blue].map((part) => Math.round(part)).join(' ');
  return alpha === 1 ? `rgb(${parts})` : `rgb(${parts} / ${alpha})`;
}

/** WCAG 2.2 relative luminance, 0–1. */
export function luminance(color: Rgb): number {
  const linear = (part: number) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  return 0.2126 * linear(color[0] / 255) + 0.7152 * linear(color[1] / 255) + 0.0722 * linear(color[2] / 255);
}

/** WCAG 2.2 contrast ratio, 1–21. */
export function contrast(a: Rgb, b: Rgb): number {
  const [x, y] = [luminance(a), luminance(b)];
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}
