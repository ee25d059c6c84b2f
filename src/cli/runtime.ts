import os from 'node:os';
import path from 'node:path';
import { Runtime } from '../runtime/runtime';
import { packageRoot } from './command';

/**
 * Lends a runtime for as long as the work takes. Ended from outside, the command takes its child along, however deep in native
 * code that is; the exit code is the shell's. With `interrupt` the first Ctrl-C only aborts that, so that the work can end well.
 */
export async function withRuntime<T>(work: (runtime: Runtime) => Promise<T>, interrupt?: AbortController): Promise<T> {
  const runtime = new Runtime({ childPath: path.join(packageRoot, 'dist', 'runtimeChild.js') });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (signal === 'SIGINT' && interrupt && !interrupt.signal.aborted) return interrupt.abort();
      runtime.dispose();
      process.exit(128 + os.constants.signals[signal]);
    });
  }
  try {
    return await work(runtime);
  } finally {
    runtime.dispose();
  }
}
