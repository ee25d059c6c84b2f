/**
 * One typed RPC for both process borders: extension host ↔ webview and extension host ↔ runtime child.
 * A side passes the object that answers calls and gets a proxy for the other side's. Every rejection reaches the caller.
 */

export interface Port {
  send(message: RpcMessage): void;
  /** Registers the single receiver. */
  receive(listener: (message: RpcMessage) => void): void;
}

export type RpcMessage =
  | { readonly rpc: 'call'; readonly id: number; readonly method: string; readonly args: readonly unknown[] }
  | { readonly rpc: 'result'; readonly id: number; readonly value: unknown }
  | { readonly rpc: 'error'; readonly id: number; readonly message: string };

/** The other side, seen from here: every method answers a promise. */
export type Remote<T> = {
  [K in keyof T]: T[K] extends (...args: infer A) => infer R ? (...args: A) => Promise<Awaited<R>> : never;
};

export interface Connection<T> {
  readonly remote: Remote<T>;
  /** Rejects all calls under way; later calls reject at once. */
  close(reason: string): void;
}

export function isRpcMessage(value: unknown): value is RpcMessage {
  return typeof value === 'object' && value !== null && 'rpc' in value && 'id' in value;
}

export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export function connect<TRemote>(port: Port, local: object): Connection<TRemote> {
  const pending = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  const methods = new Map<string, (...args: readonly unknown[]) => unknown>(
    Object.entries(local).filter(([, value]) => typeof value === 'function'),
  );
  // Not from 1: a page that was reloaded must not take an answer meant for its predecessor.
  let nextId = 1 + Math.floor(Math.random() * 2 ** 30);
  let closed: string | undefined;

  const answer = async (id: number, method: string, args: readonly unknown[]): Promise<void> => {
    try {
      const run = methods.get(method);
      if (!run) throw new Error(`no method '${method}' on this side`);
      const value = await run(...args);
      if (closed === undefined) port.send({ rpc: 'result', id, value });
    } catch (error) {
      if (closed === undefined) port.send({ rpc: 'error', id, message: errorMessage(error) });
    }
  };

  port.receive((message) => {
    if (!isRpcMessage(message)) return;
    if (message.rpc === 'call') {
      void answer(message.id, message.method, message.args);
      return;
    }
    const call = pending.get(message.id);
    pending.delete(message.id);
    if (message.rpc === 'result') call?.resolve(message.value);
    else call?.reject(new Error(message.message));
  });

  const call = (method: string, args: readonly unknown[]): Promise<unknown> =>
    new Promise((resolve, reject) => {
      if (closed !== undefined) {
        reject(new Error(closed));
        return;
      }
      const id = nextId++;
      pending.set(id, { resolve, reject });
      port.send({ rpc: 'call', id, method, args });
    });

  const remote = new Proxy({} as Remote<TRemote>, {
    // `then` must stay undefined: a proxy that looks thenable would be called by `await`.
    get: (_, method) =>
      typeof method === 'string' && method !== 'then' ? (...args: readonly unknown[]) => call(method, args) : undefined,
  });

  return {
    remote,
    close(reason) {
      closed = reason;
      for (const { reject } of pending.values()) reject(new Error(reason));
      pending.clear();
    },
  };
}
