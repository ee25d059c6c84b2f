import { counted } from '../display/format';
import type { Tile } from './layerCost';

/** How often the PEs take turns, in how many steps a tile reduces, and how often operands come from off chip. */
export interface Passes {
  readonly waves: number;
  readonly steps: number;
  readonly inputs: number;
  readonly weights: number;
}

/** `tile 64 channels × 14 × 28, 32 input channels in 2 steps; 16 tiles in 1 wave; inputs read 2×`. */
export function tileText(tile: Tile, { waves, steps, inputs, weights }: Passes): string {
  const images = tile.images ? `${counted(tile.images, 'image')} × ` : '';
  const groups = tile.groups ? ` (${counted(tile.groups, 'group')})` : '';
  const depth = `${counted(tile.ci ?? Number.NaN, 'input channel')}${steps > 1 ? ` in ${steps} steps` : ''}`;
  return [
    `tile ${images}${counted(tile.c, 'channel')}${groups} × ${tile.h} × ${tile.w}, ${depth}`,
    `${counted(tile.count, 'tile')} in ${counted(waves, 'wave')}`,
    ...(inputs > 1 ? [`inputs read ${inputs}×`] : []),
    ...(weights > 1 ? [`weights read ${weights}×`] : []),
  ].join('; ');
}
