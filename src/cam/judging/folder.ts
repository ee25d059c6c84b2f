import path from 'node:path';
import { pictureFiles } from '../../image/sequence';
import type { CamMetric } from '../../protocol/camPanel';
import { errorMessage } from '../../protocol/rpc';
import type { Explainer } from '../explain/explainer';
import type { MethodChoice } from '../methods';
import { camMetrics, type Measured, type MetricQuestion, type Truth } from '../metrics';
import { maskName } from './truthFiles';

/** What one method's map of one picture is worth, or why that is not known. */
export interface FolderRow {
  readonly image: string;
  /** Id. */
  readonly method: string;
  readonly answer?: FolderAnswer;
  /** One sentence. */
  readonly failure?: string;
}

export interface FolderAnswer {
  /** NaN where what is explained is no single class. */
  readonly targetClass: number;
  /** '' when no labels are known. */
  readonly className: string;
  /** In the target. */
  readonly confidence: number;
  readonly confidenceUnit: Measured['confidenceUnit'];
  readonly metrics: readonly CamMetric[];
}

export interface FolderQuestion extends Omit<MetricQuestion, 'onRun'> {
  /** Each is asked about each picture. */
  readonly methods: readonly MethodChoice[];
  readonly truth?: Omit<Truth, 'image'>;
  /** Told before each map: how many are done, of how many, and of which picture the next one is. */
  readonly onMap?: (done: number, total: number, image: string) => void;
}

/** The pictures of a folder in natural order, without the masks that lie beside them. @throws where there are none. */
export async function folderPictures(folder: string): Promise<readonly string[]> {
  const files = await pictureFiles(folder).catch((error: Error) => {
    throw new Error(`the folder ${folder} cannot be read: ${error.message}`);
  });
  const pictures = files.filter((file) => maskName(path.basename(file)) === undefined);
  if (pictures.length > 0) return pictures;
  throw new Error(`${folder} holds no pictures: choose a folder of JPEG, PNG, WebP, AVIF, GIF or TIFF files`);
}

/**
 * Explains every picture by every method and judges the maps. What fails is a row that says why, and the others go on; a
 * cancel ends it, and the rows that are done stay.
 */
export async function measureFolder(
  explainer: Explainer,
  pictures: readonly string[],
  { methods, truth, onMap, ...question }: FolderQuestion,
): Promise<readonly FolderRow[]> {
  const rows: FolderRow[] = [];
  const total = pictures.length * methods.length;
  for (const file of pictures) {
    const image = path.basename(file);
    for (const choice of methods) {
      if (question.signal?.aborted) return rows;
      onMap?.(rows.length, total, image);
      const about = { image, method: choice.method ?? 'gradcam' };
      try {
        const asked = { ...question, ...choice };
        const answer = await measurePicture(explainer, file, asked, truth && { ...truth, image: file });
        rows.push({ ...about, answer });
      } catch (error) {
        if (question.signal?.aborted) return rows;
        rows.push({ ...about, failure: errorMessage(error) });
      }
    }
  }
  return rows;
}

async function measurePicture(
  explainer: Explainer,
  file: string,
  question: MetricQuestion,
  truth: Truth | undefined,
): Promise<FolderAnswer> {
  const subject = await explainer.subject(file);
  const { result, measured, ...sure } = await camMetrics(explainer, subject, question, truth);
  const [targetClass = Number.NaN, ...others] = result.about;
  const only = others.length === 0 ? targetClass : Number.NaN;
  const className = result.classes.find(({ index }) => index === only)?.name ?? '';
  return { ...sure, targetClass: only, className, metrics: measured.metrics };
}

/** The mean of a column over the pictures where it is known. */
export interface ColumnMean {
  readonly mean: number;
  /** Over how many. */
  readonly count: number;
}

/** Means by method, and by the column's id; methods and columns in their order. */
export function folderMeans(rows: readonly FolderRow[]): ReadonlyMap<string, ReadonlyMap<string, ColumnMean>> {
  const known = new Map<string, Map<string, number[]>>();
  for (const { method, answer } of rows) {
    const columns = known.get(method) ?? new Map<string, number[]>();
    known.set(method, columns);
    for (const { id, value } of answer?.metrics ?? []) {
      columns.set(id, [...(columns.get(id) ?? []), ...(Number.isFinite(value) ? [value] : [])]);
    }
  }
  const meanOf = (values: readonly number[]): ColumnMean => {
    const sum = values.reduce((a, b) => a + b, 0);
    return { mean: sum / values.length, count: values.length };
  };
  return new Map(
    [...known].map(([method, columns]) => [method, new Map([...columns].map(([id, all]) => [id, meanOf(all)]))]),
  );
}
