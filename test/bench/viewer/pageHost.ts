/** What VS Code is to the panel: keeps state, carries messages. Here the host's answer to `ready` comes over loopback, when asked for. */
import { isRpcMessage, type RpcMessage } from '../../../src/protocol/rpc';
import { unpack } from './pack';
import type { PageTimes } from './times';

const marks = { layoutStarted: Number.NaN, laidOut: Number.NaN };
let ask: (file: string) => void = () => {};
const asked = new Promise<string>((resolve) => {
  ask = resolve;
});
let received = Number.NaN;

async function opening(id: number): Promise<RpcMessage> {
  const response = await fetch(`open?file=${encodeURIComponent(await asked)}`);
  if (!response.ok) throw new Error(await response.text());
  const value = unpack(await response.arrayBuffer());
  received = performance.now();
  return { rpc: 'result', id, value };
}

const state = new URLSearchParams(location.search).get('state');
Object.assign(globalThis, {
  acquireVsCodeApi: () => ({
    postMessage: (message: unknown) => {
      // Whatever else the panel asks for is not answered: it asks when it has drawn.
      if (!isRpcMessage(message) || message.rpc !== 'call' || message.method !== 'ready') return;
      opening(message.id).then(
        (reply) => window.postMessage(reply),
        (error: unknown) => window.postMessage({ rpc: 'error', id: message.id, message: String(error) }),
      );
    },
    getState: () => (state ? JSON.parse(state) : undefined),
    setState: () => {},
  }),
  openModel,
});

/** The layout worker's work, seen from outside. */
const post = Worker.prototype.postMessage;
Worker.prototype.postMessage = function (this: Worker, message: unknown) {
  marks.layoutStarted = performance.now();
  this.addEventListener('message', ({ data }: MessageEvent<{ readonly kind: string }>) => {
    if (data.kind === 'done') marks.laidOut = performance.now();
  });
  post.call(this, message);
};

async function openModel(file: string): Promise<PageTimes> {
  const start = performance.now();
  ask(file);
  while (Number(document.querySelector('#graph > canvas')?.getAttribute('data-painted') ?? 0) === 0) {
    const problem = document.querySelector('#error:not([hidden])');
    if (problem) throw new Error(problem.textContent);
    await frame();
  }
  await frame();
  const painted = performance.now() - start;
  const { layoutStarted, laidOut } = marks;
  return { received: received - start, layoutStarted: layoutStarted - start, laidOut: laidOut - start, painted };
}

function frame(): Promise<number> {
  return new Promise(requestAnimationFrame);
}
