/** A worker thread's program: arithmetic that takes long, so that whoever asked for it stays awake meanwhile. */
import { parentPort, workerData } from 'node:worker_threads';
import { impute } from '../judging/imputation';
import { mapArithmetic } from '../methods';
import type { Arithmetic } from './arithmetic';

parentPort?.postMessage(answer(workerData as Arithmetic));

function answer(work: Arithmetic): Float32Array | readonly Float32Array[] {
  if (work.kind === 'fill') return work.keeps.map((keep) => impute(work.picture, keep, work.width, work.noise));
  const how = mapArithmetic(work.choice);
  if (how.needs === 'runs') throw new Error(`${how.title} asks the model, which a worker cannot`);
  return how.compute(work.bench);
}
