import os from 'node:os';
import path from 'node:path';
import { Runtime } from '../runtime/runtime';
import { packageRoot } from './command';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Lends a runtime for as long as the work takes. Ended from outside, the command takes its child along, however deep in native
 * code that is; the exit code is the shell's. With `interrupt` the first Ctrl-C only aborts that, so that the work can end well.
 */
export async function withRuntime<T>(work: (runtime: Runtime) => Promise<T>, interrupt?: AbortController): Promise<T> {
  const runtime = new Runtime({ childPath: path.join(packageRoot, 'dist', 'runtimeChild.js') });
  const onSignal = (signal: (typeof SIGNALS)[number]): void => {
    if (signal === 'SIGINT' && interrupt && !interrupt.signal.aborted) {
      interrupt.abort();
      return;
    }
    runtime.dispose();
    process.exit(128 + os.constants.signals[signal]);
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  try {
    return await work(runtime);
  } finally {
    for (const signal of SIGNALS) process.off(signal, onSignal);
    runtime.dispose();
  }
}
