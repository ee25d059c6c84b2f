/** Which values are drawn in which colours: the rectified map, or the signed one before ReLU. */
import { type ColorMapName, colorMap, SIGNED_PALETTE } from '../../src/display/colorMaps';
import { significant } from '../../src/display/format';
import type { Grid } from '../../src/display/overlay';
import type { CamResult } from '../../src/protocol/camPanel';

export interface Shading {
  /** For the overlay, values 0–1. */
  readonly fine: Grid;
  /** As the network made it, values 0–1. */
  readonly coarse: Grid;
  readonly palette: Uint8Array;
  /** What 0 and 1 stand for. */
  readonly range: readonly [number, number];
}

type CamMaps = Pick<CamResult, 'map' | 'raw'>;

export function shading(result: CamMaps, name: ColorMapName, signed: boolean): Shading {
  return signed ? signedShading(result) : rectifiedShading(result, name);
}

/** The normalised map; beside it max(raw, 0) divided by its maximum. */
function rectifiedShading({ map, raw }: CamMaps, name: ColorMapName): Shading {
  const top = raw.values.reduce((most, value) => Math.max(most, value), 0);
  return {
    fine: map,
    coarse: { ...raw, values: raw.values.map((value) => (top > 0 ? Math.max(0, value) / top : 0)) },
    palette: colorMap(name).palette,
    range: [0, 1],
  };
}

/** Raw values about 0, which lies in the middle of the palette. */
function signedShading({ raw }: CamMaps): Shading {
  const reach = raw.values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const grid = { ...raw, values: raw.values.map((value) => (reach > 0 ? 0.5 + value / (2 * reach) : 0.5)) };
  return { fine: grid, coarse: grid, palette: SIGNED_PALETTE, range: [-reach, reach] };
}

/** What a drawn value of 0–1 stands for, for people. */
export function meaning({ range: [low, high] }: Shading, value: number): string {
  return significant(low + value * (high - low), 2);
}
