/**
 * Colour maps as tables of 256 RGB triples: index round(255·value) of a value in 0–1.
 *
 * viridis, inferno (van der Walt and Smith, CC0), cividis (Nuñez, Anderton and Renslow 2018, doi:10.1371/journal.pone.0199239)
 * and turbo (Mikhailov 2019, "Turbo, an improved rainbow colormap") are kept as every fifth entry of their published tables
 * and linear in between: at most 1 level from the published value, 4 in cividis' steep dark blue end.
 */

export type ColorMapName = 'turbo' | 'jet' | 'viridis' | 'cividis' | 'inferno' | 'grey';

export interface ColorMap {
  readonly name: ColorMapName;
  /** For people; rainbows are called so: they show bands where there are none. */
  readonly label: string;
  /** 256 × red, green, blue. */
  readonly palette: Uint8Array;
}

type Rgb = readonly [number, number, number];

const VIRIDIS =
  '44015446085c471063481769481d6f482475472a7a46307e453781433d844142873f48893d4e8a3a538b38598c355e8d33638d31' +
  '688e2e6d8e2c718e2a768e297b8e27808e25848e23898e218e8d20928c1f978b1e9c891fa18821a58524aa8328ae802eb37c35b7' +
  '793dbc7446c06f50c46a5ac86465cb5e70cf577cd25089d54895d840a2da37b0dd2fbddf26cae11fd8e219e5e419f1e51dfde725';
const INFERNO =
  '00000402020c0504170a072210092d160b391e0c45260c512f0a5b380962400a67490b6a510e6c59106e61136e69166e71196e78' +
  '1c6d801f6c88226a902568982766a02a63a82e5fb0315bb73557bf3952c63d4dcc4248d34743d94d3ddf5337e45a31e9612bed69' +
  '25f1711ff47918f78212f98b0bfa9407fb9d07fca60cfcb014fbba1ffac42af8cd37f6d746f4e156f2ea69f2f27df5f992fcffa4';
const CIVIDIS =
  '00224e002656002a5f002d68003070083370163770203a6f273e6e2e416d34456c3a486c3f4c6c444f6c49536c4e566c535a6d57' +
  '5d6d5c616e60646f656870696b716d6f727272747676767a7a787e7d788381798885788d8878928c789690779b9476a09875a59c' +
  '74aaa073afa471b5a86fbaac6dbfb06bc4b468c9b965cfbd62d4c15fdac65bdfca57e5cf52ead34cf0d846f6dd3ffce236fee838';
const TURBO =
  '30123b36215f3b2f803f3e9c424bb54559cb4666dd4773eb4680f6458cfd4099ff38a5fb2fb2f427bee91fc9dd1ad4d018ddc21a' +
  'e4b622ebaa2ff19b3ff68a52fa7a65fd6979fe598bff4b9cfe40a9fb39b7f735c3f134d0ea34dbe236e5d938eecf3af5c53afaba' +
  '39fdae35fea130fe932afc8423f9751df46617ef5811e84b0ce14109d83706ce2d04c32503b71d02a916019b0f018b09027a0403';

export const COLOR_MAPS: readonly ColorMap[] = [
  { name: 'turbo', label: 'Turbo (rainbow)', palette: interpolated(TURBO) },
  { name: 'jet', label: 'Jet (rainbow)', palette: tabulated(jet) },
  { name: 'viridis', label: 'Viridis', palette: interpolated(VIRIDIS) },
  { name: 'cividis', label: 'Cividis', palette: interpolated(CIVIDIS) },
  { name: 'inferno', label: 'Inferno', palette: interpolated(INFERNO) },
  { name: 'grey', label: 'Grey', palette: tabulated((value) => [value, value, value]) },
];

/** For signed values mapped so that 0 is at 0.5: blue speaks against, near-white says nothing, red speaks for. */
export const SIGNED_PALETTE: Uint8Array = interpolated('14306b2f6db08fbfdff5f5f5f0ab8cc8452e6b0f1f');

/** The map of that name, or one sentence that lists the names. */
export function colorMap(name: string): ColorMap {
  const found = COLOR_MAPS.find((map) => map.name === name);
  if (found) return found;
  throw new Error(`There is no colour map '${name}': choose one of ${COLOR_MAPS.map((map) => map.name).join(', ')}.`);
}

/** Entry of a palette for a value in 0–1 (clamped; NaN counts as 0). */
export function paletteIndex(value: number): number {
  if (!(value > 0)) return 0;
  return value < 1 ? (255 * value + 0.5) | 0 : 255;
}

/** `rgb(…)` for CSS and canvas. */
export function cssColor(palette: Uint8Array, value: number): string {
  const at = 3 * paletteIndex(value);
  return `rgb(${palette.subarray(at, at + 3).join(' ')})`;
}

/** MATLAB's and OpenCV's jet: three trapezoids. */
function jet(value: number): Rgb {
  const trapezoid = (centre: number): number => Math.min(1, Math.max(0, 1.5 - Math.abs(4 * value - centre)));
  return [trapezoid(3), trapezoid(2), trapezoid(1)];
}

/** A palette from a function of 0–1 to colours of 0–1. */
function tabulated(color: (value: number) => Rgb): Uint8Array {
  const palette = new Uint8Array(768);
  for (let index = 0; index < 256; index++) {
    const [red, green, blue] = color(index / 255);
    palette.set([Math.round(255 * red), Math.round(255 * green), Math.round(255 * blue)], 3 * index);
  }
  return palette;
}

/** A palette from evenly spaced control points, six hexadecimal digits each, linear in between. */
function interpolated(hex: string): Uint8Array {
  const channels = (hex.match(/../g) ?? []).map((digits) => Number.parseInt(digits, 16));
  const last = channels.length / 3 - 1;
  return tabulated((value) => {
    const left = Math.min(last - 1, Math.floor(value * last));
    const rest = value * last - left;
    const channel = (offset: number): number => {
      const from = channels[3 * left + offset] ?? 0;
      const to = channels[3 * left + 3 + offset] ?? 0;
      return (from + rest * (to - from)) / 255;
    };
    return [channel(0), channel(1), channel(2)];
  });
}
