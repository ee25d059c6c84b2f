import path from 'node:path';
import type { Subject } from '../cam/explain/explainer';
import { writeNpy } from '../display/npy';
import { overlay } from '../display/overlay';
import { csv } from '../latency/textTable';
import type { CamMapData } from '../protocol/camPanel';
import type { Answer } from './cam';
import type { CamRequest } from './camRequest';
import { writeWhole } from './command';

/** Writes every file that was asked for about one map. */
export async function writeFiles(
  { result, measured }: Answer,
  { picture }: Subject,
  request: CamRequest,
): Promise<void> {
  const { output, report, palette, opacity, blend } = request;
  await writeMap(request.map, result.map);
  await writeMap(request.raw, result.raw);
  if (output !== undefined && picture) {
    // Loaded on first use: the native image library costs start-up.
    const { encodePng } = await import('../image/decode');
    const rgba = overlay(picture, result.map, palette, opacity, blend);
    await writeWhole(output, await encodePng(rgba, picture.width, picture.height));
  }
  if (report !== undefined && picture) {
    const { camReport } = await import('../cam/export/report');
    const view = { palette, opacity, blend };
    await writeWhole(report, await camReport({ result, picture, view, ...(measured && { measured }) }));
  }
}

/** As a float32 array, or a line per row of the map. */
async function writeMap(file: string | undefined, { width, height, values }: CamMapData): Promise<void> {
  if (file === undefined) return;
  const rows = () => Array.from({ length: height }, (_, y) => [...values.subarray(y * width, (y + 1) * width)]);
  const isCsv = path.extname(file).toLowerCase() === '.csv';
  await writeWhole(file, isCsv ? csv(rows()) : writeNpy(values, [height, width]));
}
