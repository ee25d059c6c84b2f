import path from 'node:path';
import { Runtime } from '../src/runtime/runtime';
import { root } from './shared';

/** The built runtime child. */
export const childPath = path.join(root, 'dist/runtimeChild.js');

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
