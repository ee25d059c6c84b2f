import type { SessionSource } from '../../protocol/runtime';
import type { Runtime, RuntimeSession } from '../../runtime/runtime';
import { Openings } from './openings';

/** So many are kept. */
const MOST = 2;

/** Loads models and keeps them, for those who ask the same of one picture after the other: a release by them means nothing. */
export class KeptSessions implements Pick<Runtime, 'load'> {
  readonly #runtime: Runtime;
  readonly #sessions = new Openings<RuntimeSession>((session) => session.release(), MOST);

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  async load(source: SessionSource, signal?: AbortSignal): Promise<RuntimeSession> {
    const { appended, whole, ...rest } = source;
    const key = JSON.stringify([
      rest,
      ...[appended, whole].map((bytes) => Buffer.from(bytes ?? []).toString('base64')),
    ]);
    const session = await this.#sessions.get(key, () => this.#runtime.load(source, signal), signal);
    return { ...session, release: async () => undefined };
  }

  clear(): Promise<void> {
    return this.#sessions.clear();
  }
}
