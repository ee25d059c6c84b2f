import type { MapMetric, MetricColumn } from '../cam/camMetric';
import type { FolderRow } from '../cam/judging/folder';
import { METRICS, metricsNamed } from '../cam/metrics';
import { counted, measure } from '../display/format';
import { type Cell, csv, textTable } from '../latency/textTable';
import type { CamRequest } from './camRequest';
import { ARROWS } from './camText';
import { emit, progress } from './command';
import { warn } from './model';
import { openExplainer, questionFor, truthFor } from './openExplainer';
import { withRuntime } from './runtime';

/** Exit code of what was ended by Ctrl-C. */
const INTERRUPTED = 130;

/** Explains and judges all pictures of a folder. Ctrl-C ends it, and what is done is written. */
export async function measureImages(folder: string, request: CamRequest): Promise<number> {
  const interrupt = new AbortController();
  // Loaded on first use: the native image library costs start-up.
  const { folderPictures, measureFolder } = await import('../cam/judging/folder');
  const pictures = await folderPictures(folder);
  const { judge, methods } = request;
  const rows = await withRuntime(async (runtime) => {
    progress('reading the model…');
    const explainer = await openExplainer(runtime, request);
    const truth = judge.truth && (await truthFor(judge.truth));
    return measureFolder(explainer, pictures, {
      ...{
        ...(await questionFor(explainer, request)),
        methods,
        metricOptions: judge.metricOptions,
        signal: interrupt.signal,
      },
      ...(judge.metrics && { metrics: judge.metrics }),
      ...(truth && { truth }),
      onMap: (done, total, image) => progress(`${done} of ${total}: ${image}`),
    });
  }, interrupt);
  progress('');
  if (request.csv !== undefined) await emit(csv(await toRows(rows, request)), request.csv);
  warn(
    rows.flatMap(({ image, method, failure }) => (failure === undefined ? [] : [`${image}, ${method}: ${failure}`])),
  );
  if (request.format === 'json') await emit(JSON.stringify(await toJson(rows), undefined, 1), undefined);
  else await emit(await toTable(rows, pictures.length, request), undefined);
  if (interrupt.signal.aborted) warn([`interrupted after ${counted(rows.length, 'map')}; what is done is written`]);
  return interrupt.signal.aborted ? INTERRUPTED : rows.some(({ failure }) => failure !== undefined) ? 1 : 0;
}

/** The columns of the metrics that were asked. */
function columnsOf({ judge }: CamRequest): readonly MetricColumn[] {
  const all: readonly MapMetric[] = judge.metrics ? metricsNamed(judge.metrics) : Object.values(METRICS);
  return all.filter(({ needs }) => needs !== 'truth' || judge.truth).flatMap(({ columns }) => columns);
}

/** A line for each picture and method, then one for each method: the means over the pictures where a value is known. */
async function toRows(rows: readonly FolderRow[], request: CamRequest): Promise<readonly (readonly Cell[])[]> {
  const columns = columnsOf(request);
  const body = rows.map(({ image, method, answer, failure }) => [
    ...[image, method, answer?.targetClass ?? Number.NaN, answer?.className ?? '', answer?.confidence ?? Number.NaN],
    ...columns.map(({ id }) => answer?.metrics.find((metric) => metric.id === id)?.value ?? Number.NaN),
    failure ?? '',
  ]);
  const means = (await summaries(rows)).map(({ method, mean, remark, done, confidence }) => [
    ...[`mean of ${done}`, method, '', '', confidence],
    ...columns.map(({ id }) => mean(id)),
    remark,
  ]);
  return [
    ['image', 'method', 'class', 'label', 'confidence', ...columns.map(({ id }) => id), 'failure'],
    ...body,
    ...means,
  ];
}

async function toTable(rows: readonly FolderRow[], pictures: number, request: CamRequest): Promise<string> {
  const columns = columnsOf(request);
  const found = await summaries(rows);
  const lines = found.map(({ method, done, confidence, confidenceUnit, mean, remark }) => [
    ...[method, String(done), measure(confidence, confidenceUnit)],
    ...columns.map(({ id, unit }) =>
      measure(mean(id), unit === 'yes/no' ? 'fraction' : unit === 'confidence' ? confidenceUnit : unit),
    ),
    remark,
  ]);
  const head = columns.map(({ id, better }) => `${id} ${ARROWS[better ?? 'neither']}`.trimEnd());
  const header = ['method', 'pictures', 'confidence', ...head, ''];
  const table = textTable(
    [header, ...lines],
    header.map((_, i) => i > 0 && i < header.length - 1),
  );
  const explained = new Set(rows.flatMap(({ image, answer }) => (answer ? [image] : []))).size;
  const over = explained < pictures ? `${explained} of ${counted(pictures, 'picture')}` : counted(pictures, 'picture');
  return `means over ${over}\n\n${table}`;
}

async function toJson(rows: readonly FolderRow[]): Promise<object> {
  const means = (await summaries(rows)).map(({ method, done, confidence, means: values }) => ({
    ...{ method, pictures: done, confidence },
    metrics: Object.fromEntries(values),
  }));
  return { rows, means };
}

/** What all pictures say of one method. */
async function summaries(rows: readonly FolderRow[]) {
  const { folderMeans } = await import('../cam/judging/folder');
  return [...folderMeans(rows)].map(([method, means]) => {
    const of = rows.filter((row) => row.method === method);
    const answers = of.flatMap(({ answer }) => answer ?? []);
    const failed = of.length - answers.length;
    const partly = [...means].filter(([, { count }]) => count < answers.length);
    return {
      ...{ method, means, done: answers.length },
      confidenceUnit: answers[0]?.confidenceUnit ?? 'score',
      confidence: answers.reduce((sum, { confidence }) => sum + confidence, 0) / answers.length,
      mean: (id: string): number => means.get(id)?.mean ?? Number.NaN,
      remark: [
        ...(failed > 0 ? [`${failed} failed`] : []),
        ...partly.map(([id, { count }]) => `${id}: of ${count}`),
      ].join('; '),
    };
  });
}
