/** The files that are made of what a heat-map panel shows. Loaded on first use, for it needs the native image library. */
import { explainSequence, sequenceMaps } from '../cam/explain/explainSequence';
import { camReport } from '../cam/export/report';
import { quiet } from '../cam/progress';
import { colorMap } from '../display/colorMaps';
import { writeNpy } from '../display/npy';
import { encodeAnimation } from '../image/animation';
import type { ImageSequence } from '../image/sequence';
import type { CamHost, CamMetrics, CamOpening, CamResult } from '../protocol/camPanel';
import type { Asked } from './camWork';

type Kind = Parameters<CamHost['save']>[0];
type View = Parameters<CamHost['save']>[2];

export interface Savable {
  readonly shown: CamOpening;
  readonly asked: Asked;
  readonly series: ImageSequence;
  readonly view: View;
  /** Of the map that is shown, where it was measured. */
  readonly measured: CamMetrics | undefined;
}

/** A file's content. */
export const FILES: Readonly<Record<Kind, (of: Savable) => Promise<Uint8Array | string>>> = {
  npy: async ({ shown: { result } }) => writeNpy(result.map.values, [result.map.height, result.map.width]),
  csv: async ({ shown: { result } }) => mapAsCsv(result),
  html: ({ shown: { result, picture }, view, measured }) =>
    camReport({ result, picture, view: drawing(view), ...(measured && { measured }) }),
  gif: animation,
};

/** A line per row of the normalised map at input size. */
function mapAsCsv({ map: { width, height, values } }: CamResult): string {
  const rows = Array.from({ length: height }, (_, y) => values.subarray(y * width, (y + 1) * width).join(','));
  return `${rows.join('\n')}\n`;
}

/** Every picture of the series under its map; the maps of an animation share one scale, so that nothing flickers. */
async function animation({ shown, asked, series, view }: Savable): Promise<Uint8Array> {
  const { explainer, question } = asked;
  const { width, height } = shown.result.map;
  const frames = await explainSequence(
    explainer,
    series,
    quiet(question),
    ({ index }, total) => {
      question.onProgress?.(index + 1, total);
    },
    question.signal,
  );
  const map = sequenceMaps(frames, 'sequence', width, height);
  const nothing = { x: 0, y: 0, width: 0, height: 0 };
  const seen = (index: number) => frames[index]?.seen ?? nothing;
  return encodeAnimation(series, 'gif', { map, seen, ...drawing(view) });
}

function drawing({ colorMap: name, opacity, blend }: View) {
  return { palette: colorMap(name).palette, opacity, blend };
}
