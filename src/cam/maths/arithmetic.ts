import { Worker } from 'node:worker_threads';
import type { CamBench } from '../camMethod';
import type { Noise } from '../judging/imputation';
import { METHODS, type MethodChoice, mapArithmetic } from '../methods';
import type { RunBench } from '../session/bench';

/** What a worker is started with: a formula's map, or pictures whose pixels that are not kept are filled in. */
export type Arithmetic =
  | { readonly kind: 'map'; readonly choice: MethodChoice; readonly bench: CamBench }
  | ({ readonly kind: 'fill' } & Gaps);

export interface Gaps {
  /** [C, H, W] */
  readonly picture: Float32Array;
  /** [H, W] each: 0 where a pixel is filled in. */
  readonly keeps: readonly Uint8Array[];
  readonly width: number;
  readonly noise: Noise;
}

/** Elements of A that are worked off within a few milliseconds: plain sums, formulas per element, principal components. */
const QUICK = { sum: 1 << 20, formula: 1 << 15, component: 1 << 12 };
const PLAIN_SUMS: ReadonlySet<string> = new Set(
  [METHODS.gradCam, METHODS.hiResCam, METHODS.xGradCam].map(({ id }) => id),
);

/** The map before its ReLU, [h, w], whatever the method asks for. `worker` is the bundled arithmeticWorker. */
export async function computeMap(worker: string, choice: MethodChoice, bench: RunBench): Promise<Float32Array> {
  const how = mapArithmetic(choice);
  if (how.needs === 'runs') return how.computeByRuns(bench);
  // Asked for, so that a missing rule says which.
  const gradients = how.needs === 'activations' ? new Float32Array(0) : await bench.gradientsAt();
  return computeFormula(
    worker,
    choice,
    { layer: bench.layer, activations: bench.activations, gradients },
    bench.signal,
  );
}

/**
 * A formula's map before its ReLU, [h, w]: at once where that is quick, else in a thread of its own, which an abort ends.
 */
export async function computeFormula(
  worker: string,
  choice: MethodChoice,
  { layer, activations, gradients }: CamBench,
  signal?: AbortSignal,
): Promise<Float32Array> {
  const { channels, height, width } = layer;
  const bench: CamBench = { layer: { channels, height, width }, activations, gradients };
  const how = mapArithmetic(choice);
  if (how.needs === 'runs') throw new Error(`${how.title} is no formula`);
  if (activations.length <= quickElements(choice)) return how.compute(bench);
  const { method, eigen, pooling } = choice;
  const asked: MethodChoice = {
    ...(method !== undefined && { method }),
    ...(eigen !== undefined && { eigen }),
    ...(pooling !== undefined && { pooling }),
  };
  return inWorker(worker, { kind: 'map', choice: asked, bench }, signal);
}

/** Pictures [C, H, W] as `impute` fills them in, one for each of `keeps`: in a thread of its own, which an abort ends. */
export function fillGaps(worker: string, gaps: Gaps, signal?: AbortSignal): Promise<readonly Float32Array[]> {
  return inWorker(worker, { kind: 'fill', ...gaps }, signal);
}

function quickElements({ method = METHODS.gradCam.id, eigen = false }: MethodChoice): number {
  if (eigen) return QUICK.component;
  if (PLAIN_SUMS.has(method)) return QUICK.sum;
  return /eigen|kpca/.test(method) ? QUICK.component : QUICK.formula;
}

function inWorker<T>(file: string, work: Arithmetic, signal: AbortSignal | undefined): Promise<T> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const worker = new Worker(file, { workerData: work });
    const onAbort = (): void => {
      reject(signal?.reason);
      void worker.terminate();
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', () => {
      signal?.removeEventListener('abort', onAbort);
      reject(new Error('the arithmetic of the map ended without an answer'));
    });
  });
}
