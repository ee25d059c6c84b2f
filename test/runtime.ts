import path from 'node:path';
import { Runtime, type RuntimeSession } from '../src/runtime/runtime';
import { root } from './shared';

/** The built runtime child. */
export const childPath = path.join(root, 'dist/runtimeChild.js');

/** The built worker for arithmetic that takes long. */
export const arithmeticWorker = path.join(path.dirname(childPath), 'arithmeticWorker.js');

/** A runtime for one suite: started before it, ended after it. */
export function useRuntime(): () => Runtime {
  let runtime: Runtime | undefined;
  before(() => {
    runtime = new Runtime({ childPath });
  });
  after(() => runtime?.dispose());
  return () => {
    if (!runtime) throw new Error('useRuntime() answers inside tests only');
    return runtime;
  };
}

/** Counts how many models are loaded, and which of them were not released. */
export class CountingRuntime extends Runtime {
  loads = 0;
  readonly #live = new Set<RuntimeSession>();

  get live(): number {
    return this.#live.size;
  }

  override async load(...asked: Parameters<Runtime['load']>): Promise<RuntimeSession> {
    const session = await super.load(...asked);
    this.loads++;
    this.#live.add(session);
    return {
      ...session,
      release: () => {
        this.#live.delete(session);
        return session.release();
      },
    };
  }
}
