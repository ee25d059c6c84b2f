import path from 'node:path';
import { COLOR_MAPS, colorMap, SIGNED_PALETTE } from '../display/colorMaps';
import { significant } from '../display/format';
import { drawGrid, type Normalisation, planGrid } from '../display/mapGrid';
import { writeNpy } from '../display/npy';
import { type Cell, csv, textTable } from '../latency/textTable';
import type { MapPage } from '../protocol/mapPage';
import { checkWritable, emit, oneOf, positive, UsageError, writeWhole } from './command';

const TEXT = { type: 'string' } as const;
export const MAP_OPTIONS = { output: TEXT, top: TEXT, normalise: TEXT, colormap: TEXT, format: TEXT };

export const MAP_HELP = `--output FILE                .png: a grid with numbers; .npy: all of it, float32; .csv: a line for each
--top N                      how many, strongest first; default 64, of a .csv all
--normalise map|all          each by its own range (default), or all by one
--colormap NAME              for .png; default viridis, of signed values blue–white–red
--format table|json          without --output`;

type Given = { readonly [K in keyof typeof MAP_OPTIONS]?: string | undefined };

/** How maps are to be shown; everything that can be checked before work is right. */
export interface MapOutput {
  readonly output: string | undefined;
  readonly kind: 'png' | 'npy' | 'csv' | 'table' | 'json';
  /** At most so many maps. */
  readonly top: number;
  readonly normalise: Normalisation;
  readonly palette: Uint8Array | undefined;
}

const DEFAULT_TOP = 64;
const KINDS = { '.png': 'png', '.npy': 'npy', '.csv': 'csv' } as const;

/** Throws wrong usage. */
export async function mapOutput({ output, top, normalise, colormap, format }: Given): Promise<MapOutput> {
  const extension = output === undefined ? undefined : path.extname(output).toLowerCase();
  const written = Object.entries(KINDS).find(([one]) => one === extension)?.[1];
  if (output !== undefined && !written)
    throw new UsageError(`--output ${output}: let the name end in .png, .npy or .csv`);
  await checkWritable('--output', output);
  const kind: MapOutput['kind'] = written ?? oneOf('--format', format, ['table', 'json'], 'table');
  const names = COLOR_MAPS.map(({ name }) => name);
  return {
    ...{ output, kind, normalise: oneOf('--normalise', normalise, ['map', 'all'], 'map') },
    top: positive('--top', top, true) ?? (kind === 'csv' ? Infinity : DEFAULT_TOP),
    palette: colormap === undefined ? undefined : colorMap(oneOf('--colormap', colormap, names, 'viridis')).palette,
  };
}

/** What a command has to show. */
export interface ShownMaps {
  readonly page: MapPage;
  /** One line above the table. */
  readonly title: string;
  /** For .npy: all of it. */
  readonly whole: { readonly values: Float32Array; readonly shape: readonly number[] };
  readonly header: readonly string[];
  /** One row per map of the page. */
  readonly rows: readonly (readonly number[])[];
}

/** Longer side of a map in a grid, of an element of a vector, and the grid's width, in pixels. */
const MAP_SIDE = 96;
const CELL_SIDE = 16;
const GRID_WIDTH = 1600;

/** Writes maps as they were asked for. */
export async function emitMaps(shown: ShownMaps, how: MapOutput): Promise<void> {
  const { page, title, whole, header, rows } = shown;
  const { output, kind } = how;
  const table: readonly (readonly Cell[])[] = rows.map((row, index) => [page.labels[index] ?? '', ...row]);
  if (kind === 'png' && output !== undefined) await writeGrid(page, output, how);
  else if (kind === 'npy' && output !== undefined) await writeWhole(output, writeNpy(whole.values, whole.shape));
  else if (kind === 'csv') await emit(csv([header, ...table]), output);
  else if (kind === 'json') {
    const named = table.map((row) => Object.fromEntries(row.map((cell, column) => [header[column] ?? '', cell])));
    const { values: _, labels: __, strengths: ___, ranges: ____, ...facts } = page;
    await emit(JSON.stringify({ ...facts, maps: named }, undefined, 1), undefined);
  } else {
    const cells = table.map((row) => row.map((cell) => (typeof cell === 'number' ? significant(cell, 4) : cell)));
    await emit(
      `${title}\n\n${textTable(
        [header, ...cells],
        header.map(() => true),
      )}`,
      undefined,
    );
  }
}

async function writeGrid(page: MapPage, file: string, { normalise, palette }: MapOutput): Promise<void> {
  // Loaded on first use: the native image library costs start-up.
  const { encodePng } = await import('../image/decode');
  const onePixel = page.width * page.height === 1;
  const mapSide = onePixel ? CELL_SIDE : page.total === 1 ? GRID_WIDTH / 2 : MAP_SIDE;
  const plan = planGrid(page, { maxWidth: GRID_WIDTH, mapSide, textScale: onePixel ? 1 : 2 });
  const colors = palette ?? (page.signed ? SIGNED_PALETTE : colorMap('viridis').palette);
  const rgba = drawGrid(page, plan, { palette: colors, normalise: onePixel ? 'all' : normalise });
  await writeWhole(file, await encodePng(rgba, plan.width, plan.height));
}
