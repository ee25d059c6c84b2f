import { Worker } from 'node:worker_threads';
import type { CamBench } from './camMethod';
import { METHODS, type MethodChoice, mapArithmetic } from './methods';

/** What a worker is started with. */
export interface MapWork {
  readonly choice: MethodChoice;
  readonly bench: CamBench;
}

/** Elements of A that are worked off within a few milliseconds: plain sums, formulas per element, principal components. */
const QUICK = { sum: 1 << 20, formula: 1 << 15, component: 1 << 12 };
const PLAIN_SUMS: ReadonlySet<string> = new Set(
  [METHODS.gradCam, METHODS.hiResCam, METHODS.xGradCam].map(({ id }) => id),
);

/**
 * A formula's map before its ReLU, [h, w]: at once where that is quick, else in a thread of its own, which an abort ends.
 * `worker` is the bundled mapWorker.
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
  return inWorker(worker, { choice: asked, bench }, signal);
}

function quickElements({ method = METHODS.gradCam.id, eigen = false }: MethodChoice): number {
  if (eigen) return QUICK.component;
  if (PLAIN_SUMS.has(method)) return QUICK.sum;
  return /eigen|kpca/.test(method) ? QUICK.component : QUICK.formula;
}

function inWorker(file: string, work: MapWork, signal: AbortSignal | undefined): Promise<Float32Array> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) throw new Error('cancelled');
    const worker = new Worker(file, { workerData: work });
    const onAbort = (): void => {
      reject(new Error('cancelled'));
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
