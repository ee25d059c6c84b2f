/** A worker thread's program: one method's arithmetic, so that whoever asked for it stays awake meanwhile. */
import { parentPort, workerData } from 'node:worker_threads';
import type { MapWork } from './arithmetic';
import { mapArithmetic } from './methods';

const { choice, bench } = workerData as MapWork;
const how = mapArithmetic(choice);
if (how.needs === 'runs') throw new Error(`${how.title} asks the model, which a worker cannot`);
parentPort?.postMessage(how.compute(bench));
