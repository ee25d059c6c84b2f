import { type ChildProcess, fork } from 'node:child_process';
import path from 'node:path';
import type { DataType } from '../graph/graph';
import { type Connection, connect, type RpcMessage } from '../protocol/rpc';
import type { RunResult, RuntimeApi, RuntimeTensors, SessionSource } from '../protocol/runtime';

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

/** A loaded model. It outlives the child: after a crash or a cancel the next call loads it again. */
export interface RuntimeSession {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Element types of the outputs, in their order; undefined for one that is no tensor. */
  readonly outputTypes: readonly (DataType | undefined)[];
  /** How long loading took, milliseconds. */
  readonly loadMilliseconds: number;
  /** Runs the model; `fetches` names the wanted outputs (default all). An abort kills the child. */
  run(feeds: RuntimeTensors, fetches?: readonly string[], signal?: AbortSignal): Promise<RunResult>;
  /** Gives the session's memory back to the child. */
  release(): Promise<void>;
}

interface Child {
  readonly process: ChildProcess;
  readonly connection: Connection<RuntimeApi>;
  /** Why it was killed by us; undefined while it lives or when it died by itself. */
  killReason: string | undefined;
  /** The signal whose abort killed it. */
  abortedBy: AbortSignal | undefined;
}

/** A call lost its child because another call was aborted: worth one more attempt. */
class Interrupted extends Error {}

const IDLE_MILLISECONDS = 5 * 60 * 1000;

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
    const load = () => this.#call(signal, (remote) => remote.load(source));
    let { child, value: info } = await twice(load);
    let released = false;
    return {
      inputs: info.inputs,
      outputs: info.outputs,
      outputTypes: info.outputTypes,
      loadMilliseconds: info.milliseconds,
      run: (feeds, fetches, runSignal) =>
        twice(async () => {
          if (released) throw new Error('this model was released; load it again');
          // Loads again where the child that knew the session is gone.
          while (child !== this.#child) {
            ({ child, value: info } = await this.#call(runSignal, (remote) => remote.load(source)));
          }
          return (await this.#call(runSignal, (remote) => remote.run(info.id, feeds, fetches))).value;
        }),
      release: async () => {
        if (released) return;
        released = true;
        if (child === this.#child) await this.#call(undefined, (remote) => remote.release(info.id));
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

  async #call<T>(
    signal: AbortSignal | undefined,
    ask: (remote: Connection<RuntimeApi>['remote']) => Promise<T>,
  ): Promise<{ child: Child; value: T }> {
    if (this.#disposed) throw new Error('the model runner was closed');
    if (signal?.aborted) throw new Error('cancelled');
    const child = this.#started();
    const onAbort = (): void => {
      child.abortedBy ??= signal;
      this.#kill('cancelled', child);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    clearTimeout(this.#idleTimer);
    this.#callsUnderWay++;
    try {
      return { child, value: await ask(child.connection.remote) };
    } catch (error) {
      const bystander = child.abortedBy !== undefined && child.abortedBy !== signal;
      throw bystander ? new Interrupted('the model runner was restarted; run again') : error;
    } finally {
      signal?.removeEventListener('abort', onAbort);
      if (--this.#callsUnderWay === 0) this.#waitForIdle();
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
    const child: Child = { process: started, connection, killReason: undefined, abortedBy: undefined };
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

/** One more attempt where the first was interrupted through no fault of its own. */
async function twice<T>(attempt: () => Promise<T>): Promise<T> {
  try {
    return await attempt();
  } catch (error) {
    if (error instanceof Interrupted) return attempt();
    throw error;
  }
}
