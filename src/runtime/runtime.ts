import { type ChildProcess, fork } from 'node:child_process';
import path from 'node:path';
import type { DataType } from '../graph/graph';
import { type Connection, connect, errorMessage, type RpcMessage } from '../protocol/rpc';
import type { RunResult, RuntimeApi, RuntimeTensors, SessionInfo, SessionSource } from '../protocol/runtime';

export interface RuntimeOptions {
  /** The bundled runtimeChild. */
  readonly childPath: string;
  /** What the child prints, and its comings and goings, line by line. */
  readonly log?: (line: string) => void;
  /** The child died by itself; `sentence` says how, and what happens next. */
  readonly onCrash?: (sentence: string) => void;
  /** Threads that share one operator's work, asked at every start. Default, and 0: one less than the machine has, at most eight. */
  readonly threads?: number;
  /** An unused child is ended after this time, which gives its memory back. Default five minutes. */
  readonly idleMilliseconds?: number;
}

/** A loaded model. After a crash, a cancel or a release, and where it gave way to others, the next run loads it again. */
export interface RuntimeSession {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Element types of the outputs, in their order; undefined for one that is no tensor. */
  readonly outputTypes: readonly (DataType | undefined)[];
  /** How long loading took, milliseconds. */
  readonly loadMilliseconds: number;
  /** Runs the model; `fetches` names the wanted outputs (default all). An abort kills the child. */
  run(feeds: RuntimeTensors, fetches?: readonly string[], signal?: AbortSignal): Promise<RunResult>;
  /** Gives the session's memory back to the child; a later run would take it again. */
  release(): Promise<void>;
}

/** A model in a child. */
interface Loaded {
  readonly info: Promise<SessionInfo>;
  /** Calls that wait for it or run it. */
  users: number;
}

interface Child {
  readonly process: ChildProcess;
  readonly connection: Connection<RuntimeApi>;
  /** The one that was used last comes last. */
  readonly loaded: Map<SessionSource, Loaded>;
  /** Why it was killed by us; undefined while it lives or when it died by itself. */
  killReason: string | undefined;
  /** The signal whose abort killed it. */
  abortedBy: AbortSignal | undefined;
}

/** A call lost its child because another call was aborted: worth one more attempt. */
class Interrupted extends Error {}

const IDLE_MILLISECONDS = 5 * 60 * 1000;
/** So many unused models stay in the child. */
const MOST_LOADED = 8;

/**
 * The parent's side of the runtime child: starts it when it is first needed, ends it when idle, and turns its death
 * into a rejected call with one clear sentence. The next call starts a fresh child.
 */
export class Runtime {
  readonly #options: RuntimeOptions;
  #child: Child | undefined;
  #callsUnderWay = 0;
  #idleTimer: NodeJS.Timeout | undefined;
  #disposed = false;

  constructor(options: RuntimeOptions) {
    this.#options = options;
  }

  /** A bundle that lies beside the child's. */
  bundle(name: string): string {
    return path.join(path.dirname(this.#options.childPath), name);
  }

  /** Process id of the child, while there is one. */
  get pid(): number | undefined {
    return this.#child?.process.pid;
  }

  async load(source: SessionSource, signal?: AbortSignal): Promise<RuntimeSession> {
    // A key of its own: the same source may be loaded twice.
    const model = { ...source };
    const info = await this.#call(signal, (child) => this.#use(child, model, async (known) => known));
    return {
      inputs: info.inputs,
      outputs: info.outputs,
      outputTypes: info.outputTypes,
      loadMilliseconds: info.milliseconds,
      run: (feeds, fetches, runSignal) =>
        this.#call(runSignal, (child) =>
          this.#use(child, model, ({ id }) => child.connection.remote.run(id, feeds, fetches)),
        ),
      release: async () => {
        if (this.#child) await this.#unload(this.#child, model);
      },
    };
  }

  /** Kills the child and rejects everything under way; the next call starts another. */
  cancel(): void {
    this.#kill('cancelled');
  }

  /** Ends the child; later calls reject. */
  dispose(): void {
    this.#disposed = true;
    this.#kill('the model runner was closed');
  }

  /** Asks once more for every time that another call's abort took the child away. */
  async #call<T>(signal: AbortSignal | undefined, ask: (child: Child) => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await this.#attempt(signal, ask);
      } catch (error) {
        if (!(error instanceof Interrupted)) throw error;
      }
    }
  }

  async #attempt<T>(signal: AbortSignal | undefined, ask: (child: Child) => Promise<T>): Promise<T> {
    if (this.#disposed) throw new Error('the model runner was closed');
    signal?.throwIfAborted();
    const child = this.#started();
    const onAbort = (): void => {
      child.abortedBy ??= signal;
      this.#kill('cancelled', child);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    clearTimeout(this.#idleTimer);
    this.#callsUnderWay++;
    try {
      return await ask(child);
    } catch (error) {
      signal?.throwIfAborted();
      throw child.abortedBy ? new Interrupted() : error;
    } finally {
      signal?.removeEventListener('abort', onAbort);
      if (--this.#callsUnderWay === 0) this.#waitForIdle();
    }
  }

  /** Loads a model where the child does not hold it, once for all who ask. */
  async #use<T>(child: Child, model: SessionSource, work: (info: SessionInfo) => Promise<T>): Promise<T> {
    const loaded = child.loaded.get(model) ?? { info: child.connection.remote.load(model), users: 0 };
    child.loaded.delete(model);
    child.loaded.set(model, loaded);
    loaded.users++;
    loaded.info.catch(() => child.loaded.delete(model));
    try {
      return await work(await loaded.info);
    } finally {
      loaded.users--;
      this.#makeRoom(child);
    }
  }

  #makeRoom(child: Child): void {
    const unused = [...child.loaded].flatMap(([model, { users }]) => (users === 0 ? [model] : []));
    for (const model of unused.slice(0, -MOST_LOADED)) void this.#unload(child, model);
  }

  /** Where loading failed, or the child died, there is nothing to give back. */
  async #unload(child: Child, model: SessionSource): Promise<void> {
    const loaded = child.loaded.get(model);
    child.loaded.delete(model);
    try {
      if (loaded) await child.connection.remote.release((await loaded.info).id);
    } catch (error) {
      this.#options.log?.(`not released: ${errorMessage(error)}`);
    }
  }

  #waitForIdle(): void {
    clearTimeout(this.#idleTimer);
    if (!this.#child) return;
    const end = (): void => this.#kill('the model runner was idle');
    this.#idleTimer = setTimeout(end, this.#options.idleMilliseconds ?? IDLE_MILLISECONDS).unref();
  }

  #started(): Child {
    this.#child ??= this.#start();
    return this.#child;
  }

  #start(): Child {
    const started = fork(this.#options.childPath, [String(this.#options.threads ?? 0)], {
      // Inside VS Code the executable is Electron: it shall be Node here, without the host's debugger flags.
      execArgv: [],
      env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    const log = (text: string): void => {
      for (const line of text.split('\n')) if (line.trim()) this.#options.log?.(line);
    };
    started.stdout?.setEncoding('utf8').on('data', log);
    started.stderr?.setEncoding('utf8').on('data', log);
    const connection = connect<RuntimeApi>(
      {
        // A message that cannot be sent has a dead child as its reason: its exit rejects the call.
        send: (message) => started.connected && started.send(message, () => undefined),
        receive: (listener) => started.on('message', (message) => listener(message as RpcMessage)),
      },
      {},
    );
    const child: Child = {
      ...{ process: started, connection, loaded: new Map() },
      ...{ killReason: undefined, abortedBy: undefined },
    };
    const ended = (how: string): void => {
      if (this.#child === child) this.#child = undefined;
      const reason = child.killReason ?? `the model runner stopped (${how}); running again restarts it`;
      log(`model runner ended: ${child.killReason ?? how}`);
      connection.close(reason);
      if (child.killReason === undefined) this.#options.onCrash?.(reason);
    };
    started.once('exit', (code, signal) => ended(signal ? `signal ${signal}` : `exit code ${code}`));
    started.once('error', (error) => ended(error.message));
    log(`model runner started (process ${started.pid})`);
    return child;
  }

  #kill(reason: string, child = this.#child): void {
    clearTimeout(this.#idleTimer);
    if (!child || child.killReason !== undefined) return;
    child.killReason = reason;
    if (this.#child === child) this.#child = undefined;
    child.connection.close(reason);
    child.process.kill('SIGKILL');
  }
}
