/**
 * The runtime child: answers RuntimeApi over the process's IPC channel and is the only importer of onnxruntime-node.
 * Native code can crash or loop for ever; it does so here, where the parent can kill it.
 */
import fs from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { elementBytes, typedArray } from '../graph/typedArray';
import { connect, errorMessage, type RpcMessage } from '../protocol/rpc';
import type { RunResult, RuntimeApi, RuntimeTensor, SessionInfo, SessionSource } from '../protocol/runtime';
import { withoutSource } from './ortMessage';

type Ort = typeof import('onnxruntime-node');

const sessions = new Map<number, InferenceSession>();
let nextId = 1;
/** The first argument; without one, a core is left to the editor. */
const threads = Number(process.argv[2]) || Math.min(8, Math.max(1, availableParallelism() - 1));

/** Loaded on first use, so that a platform without a binary gets an answer instead of a dead child. */
async function loadOrt(): Promise<Ort> {
  try {
    return await import('onnxruntime-node');
  } catch (error) {
    throw new Error(
      `onnxruntime, which runs models, cannot be loaded on ${process.platform}-${process.arch}: ${errorMessage(error)}`,
    );
  }
}

async function load({ path: file, whole, appended, optimization }: SessionSource): Promise<SessionInfo> {
  const ort = await loadOrt();
  const start = performance.now();
  const options: InferenceSession.SessionOptions = {
    graphOptimizationLevel: optimization ?? 'all',
    intraOpNumThreads: threads,
    logSeverityLevel: 3,
    extra: {
      session: {
        // Spinning threads would starve a laptop between two runs.
        intra_op: { allow_spinning: '0' },
        inter_op: { allow_spinning: '0' },
        // External data lies beside the file, also when the model comes as bytes.
        ...((whole ?? appended) && { model_external_initializers_file_folder_path: await folderOf(file, whole) }),
      },
    },
  };
  let session: InferenceSession;
  try {
    const create = ort.InferenceSession.create;
    const bytes = whole ?? (appended && (await readAndAppend(file, appended)));
    session = bytes ? await create(bytes, options) : await create(file, options);
  } catch (error) {
    throw new Error(`onnxruntime cannot load '${path.basename(file)}': ${withoutSource(errorMessage(error))}`);
  }
  const id = nextId++;
  sessions.set(id, session);
  const { inputNames: inputs, outputNames: outputs } = session;
  const outputTypes = session.outputMetadata.map((output) => (output.isTensor ? output.type : undefined));
  return { id, inputs, outputs, outputTypes, milliseconds: performance.now() - start };
}

/** Where external data lies; that of a model by itself points into the file, so links are followed. */
async function folderOf(file: string, whole: Uint8Array | undefined): Promise<string> {
  return path.dirname(whole ? await fs.realpath(file) : path.resolve(file));
}

/** The file's bytes and the appendix in one buffer, copied once. */
async function readAndAppend(file: string, appended: Uint8Array): Promise<Uint8Array> {
  const handle = await fs.open(file);
  try {
    const { size } = await handle.stat();
    const bytes = new Uint8Array(size + appended.length);
    for (let offset = 0; offset < size; ) {
      const { bytesRead } = await handle.read(bytes, offset, Math.min(size - offset, 1 << 30), offset);
      if (bytesRead === 0) throw new Error('the file became shorter while it was read');
      offset += bytesRead;
    }
    bytes.set(appended, size);
    return bytes;
  } finally {
    await handle.close();
  }
}

async function run(
  id: number,
  feeds: Readonly<Record<string, RuntimeTensor>>,
  fetches?: readonly string[],
): Promise<RunResult> {
  const session = sessions.get(id);
  if (!session) throw new Error(`session ${id} was released`);
  const ort = await loadOrt();
  const native: Record<string, Tensor> = {};
  for (const [name, tensor] of Object.entries(feeds)) native[name] = toNative(ort, name, tensor);
  const start = performance.now();
  const cpuStart = process.cpuUsage();
  const running = fetches ? session.run(native, fetches) : session.run(native);
  const results = await running.catch((error: unknown) => {
    throw new Error(withoutSource(errorMessage(error)));
  });
  const milliseconds = performance.now() - start;
  const cpu = process.cpuUsage(cpuStart);
  const outputs: Record<string, RuntimeTensor> = {};
  for (const [name, value] of Object.entries(results)) outputs[name] = fromNative(name, value);
  return { outputs, milliseconds, cpuMilliseconds: (cpu.user + cpu.system) / 1000 };
}

function toNative(ort: Ort, name: string, { type, shape, data }: RuntimeTensor): Tensor {
  try {
    return new ort.Tensor(type as Tensor.Type, typedArray(type, data) as Tensor.DataType, [...shape]);
  } catch (error) {
    throw new Error(`input '${name}' (${type} [${shape.join(', ')}]): ${errorMessage(error)}`);
  }
}

function fromNative(name: string, { type, dims, data }: Tensor): RuntimeTensor {
  if (!ArrayBuffer.isView(data)) throw new Error(`output '${name}' holds ${type}s, which cannot be handed over`);
  return { type, shape: dims, data: elementBytes(data) };
}

async function release(id: number): Promise<void> {
  const session = sessions.get(id);
  sessions.delete(id);
  await session?.release();
}

const api: RuntimeApi = { load, run, release };

function serve(): void {
  connect<object>(
    {
      send: (message) => process.send?.(message),
      receive: (listener) => process.on('message', (message) => listener(message as RpcMessage)),
    },
    api,
  );
  // Without a parent there is nobody to answer.
  process.on('disconnect', () => process.exit());
  new Worker(__filename, { workerData: process.ppid }).unref();
}

const WATCH_MILLISECONDS = 500;

/** In a thread of its own, since native code that loops for ever lets the main thread see nothing: not even a disconnect. */
function endWithParent(parent: number): void {
  setInterval(() => {
    if (process.ppid === parent && isAlive(parent)) return;
    process.kill(process.pid, 'SIGKILL');
  }, WATCH_MILLISECONDS);
}

/** Windows keeps a dead parent's number; elsewhere an orphan gets another parent. */
function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

if (isMainThread) serve();
else endWithParent(Number(workerData));
