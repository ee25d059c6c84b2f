/**
 * What a heat-map panel asks of the core, about one picture. Loaded on first use: the native image library costs start-up,
 * and the graph must work where it has no binary.
 */

import { seenIn } from '../cam/detection/seen';
import { conceptTiles } from '../cam/explain/conceptTiles';
import type { Explainer, Question, Subject } from '../cam/explain/explainer';
import { layerStrip } from '../cam/explain/layerStrip';
import { methodGrid } from '../cam/explain/methodGrid';
import { featureMaps, featurePage, featureTensors } from '../cam/features/features';
import { kernelNodes, kernelPage, readKernels } from '../cam/features/kernels';
import { openTruth } from '../cam/judging/truthFiles';
import { METHODS } from '../cam/methods';
import { camMetrics } from '../cam/metrics';
import { partOf, quiet } from '../cam/progress';
import { type OpenSaliency, openSaliency, SALIENCY_KINDS } from '../cam/saliency';
import type { SaliencyKind } from '../cam/saliencyKind';
import { targetKinds } from '../cam/targets';
import { isStatic } from '../graph/graph';
import { inferShapes } from '../operators/inferShapes';
import type { CamHost, CamMetrics, CamResult, CamTile } from '../protocol/camPanel';
import { errorMessage } from '../protocol/rpc';

export { embeddingOf } from '../cam/explain/embedding';
export { openExplainer } from './camExplainer';
export { describeSeries, openSeries, placeIn, smallPictures, subjectOf } from './camSubjects';

/** Kinds of saliency that run the model more often than this wait to be asked for. */
const CHEAP_RUNS = 4;
const METHOD_COUNT = Object.keys(METHODS).length;

/** What is shown, for those that ask something else about it. */
export interface Asked {
  readonly explainer: Explainer;
  readonly subject: Subject;
  readonly question: Question;
  /** The picture's file, and a file that says where its object is. */
  readonly file: string;
  readonly truth: string | undefined;
}

type Answers = Pick<
  CamHost,
  | 'layerStrip'
  | 'methodGrid'
  | 'classGrid'
  | 'concepts'
  | 'saliencyGrid'
  | 'metrics'
  | 'featureMaps'
  | 'kernels'
  | 'gridSources'
>;

/** The answers to what the tabs ask; each reports its progress to the question's `onProgress`. */
export type Work = {
  readonly [K in keyof Answers]: (asked: Asked, ...args: Parameters<Answers[K]>) => ReturnType<Answers[K]>;
};

export const WORK: Work = {
  layerStrip: ({ explainer, subject, question }) => layerStrip(explainer, subject, question),
  methodGrid: ({ explainer, subject, question }, costly) => {
    let done = 0;
    return methodGrid(explainer, subject, quiet(question), {
      costly,
      onTile: () => question.onProgress?.(++done, METHOD_COUNT),
    });
  },
  classGrid,
  concepts: ({ explainer, subject, question }) => conceptTiles(explainer, subject, question),
  saliencyGrid,
  metrics: measured,
  async gridSources({ explainer: { model }, subject }) {
    const [input] = model.graph.inputs.filter(({ name }) => !model.graph.constants.has(name));
    const shapes = new Map(input ? [[input.name, subject.input.shape]] : []);
    const { infos } = inferShapes(model, { inputShapes: shapes });
    return { features: featureTensors(model, infos), kernels: kernelNodes(model) };
  },
  async featureMaps({ explainer, subject, question }, { of, first, count }) {
    const tensor = of ?? (await explainer.plan(question.layer)).layer.tensor;
    return featurePage(await featureMaps(explainer, subject, tensor, question.signal), { first, count });
  },
  kernels: async ({ explainer: { model } }, { of, first, count }) =>
    kernelPage(await readKernels(model, of), { first, count }),
};

async function classGrid({ explainer, subject, question }: Asked, indices: readonly number[]) {
  const tiles: CamTile[] = [];
  const { target: _classesOnly, ...rest } = question;
  for (const [done, classIndex] of indices.entries()) {
    const id = String(classIndex);
    try {
      const result = await explainer.explain(subject, partOf({ ...rest, classIndex }, done, indices.length));
      const { map, raw, allZero } = result;
      const note = allZero ? { note: 'nothing at this layer speaks for it: the map is empty' } : {};
      tiles.push({ id, title: className(result), map, raw, ...note });
    } catch (error) {
      if (question.signal?.aborted) throw error;
      tiles.push({ id, title: `class ${id}`, note: errorMessage(error) });
    }
  }
  return tiles;
}

/** The model is loaded once for all kinds. */
async function saliencyGrid({ explainer, subject, question }: Asked, costly: boolean) {
  const { classIndex, target, layer, signal, onProgress } = question;
  const open = await openSaliency(explainer, subject, {
    ...(classIndex !== undefined && { classIndex }),
    ...(target && { target }),
    ...(layer !== undefined && { layer }),
    ...(signal && { signal }),
  });
  const kinds: readonly SaliencyKind[] = Object.values(SALIENCY_KINDS);
  const tiles: CamTile[] = [];
  try {
    for (const [done, { id, title, ...kind }] of kinds.entries()) {
      const runs = kind.runs({});
      if (!costly && runs > CHEAP_RUNS) {
        tiles.push({ id, title, cost: { whole: runs, tail: 0 } });
        continue;
      }
      onProgress?.(done, kinds.length);
      tiles.push(await saliencyTile(open, id, title, signal));
    }
  } finally {
    await open.release();
  }
  return tiles;
}

async function saliencyTile(
  open: OpenSaliency,
  id: string,
  title: string,
  signal: AbortSignal | undefined,
): Promise<CamTile> {
  try {
    const { map, rgba, note } = await open.of(id);
    const { width, height } = map;
    return { id, title, map, ...(rgba && { colors: { width, height, rgba } }), ...(note !== undefined && { note }) };
  } catch (error) {
    if (signal?.aborted) throw error;
    return { id, title, note: errorMessage(error) };
  }
}

async function measured({ explainer, subject, question, file, truth }: Asked, compared: boolean): Promise<CamMetrics> {
  const onRun = question.onProgress;
  const given = !compared || truth === undefined ? undefined : { source: await openTruth(truth), image: file };
  return (await camMetrics(explainer, subject, { ...quiet(question), ...(onRun && { onRun }) }, given)).measured;
}

/** Explains, and says what else could be: boxes that were found, outputs whose elements can be targets. */
export async function explained({ explainer, subject, question }: Asked): Promise<CamResult> {
  const result = await explainer.explain(subject, question);
  const plan = await explainer.plan(question.layer, question.signal);
  const outputs = plan.prepared.model.graph.outputs.flatMap(({ name }) => {
    const shape = plan.prepared.infos.get(name)?.shape;
    return isStatic(shape) ? [{ name, shape }] : [];
  });
  const seen = await seenIn(explainer, subject, question.signal);
  return { ...result, ...seen, targetKinds: targetKinds(plan), outputs };
}

function className({ classes, targetClass }: CamResult): string {
  return classes.find(({ index }) => index === targetClass)?.name || `class ${targetClass}`;
}
