/** The layout worker seen from the panel: one layout at a time, a new one or `cancel` ends the one under way. */
import type { Layout, LayoutInput } from './layout';
import type { LayoutMessage } from './worker';

export class LayoutCancelled extends Error {}

export class LayoutRunner {
  private readonly script: Promise<string>;
  private worker: Promise<Worker>;
  private stop: ((reason: Error) => void) | undefined;

  /**
   * A webview's own resources cannot be worker scripts, but a blob can: the script is fetched once. The worker starts
   * before there is anything to lay out, so that the first layout does not wait for it.
   */
  constructor(workerUri: string) {
    this.script = fetch(workerUri).then(async (response) => {
      if (!response.ok) throw new Error(`the layout worker could not be loaded (${response.status})`);
      return URL.createObjectURL(new Blob([await response.text()], { type: 'text/javascript' }));
    });
    this.worker = this.start();
  }

  /** Rejects with LayoutCancelled when cancelled or replaced by a later call. */
  run(input: LayoutInput, progress: (fraction: number) => void): Promise<Layout> {
    this.cancel();
    const starting = this.worker;
    return new Promise<Layout>((resolve, reject) => {
      this.stop = reject;
      starting.then((worker) => {
        if (starting !== this.worker) return;
        worker.onerror = ({ message }) => this.end(new Error(`the layout failed: ${message}`));
        worker.onmessage = ({ data }: MessageEvent<LayoutMessage>) => {
          if (data.kind === 'progress') progress(data.fraction);
          else if (data.kind === 'failed') this.end(new Error(`the layout failed: ${data.message}`));
          else {
            this.stop = undefined;
            resolve(data.layout);
          }
        };
        worker.postMessage(input);
      }, reject);
    });
  }

  cancel(): void {
    if (this.stop) this.end(new LayoutCancelled());
  }

  /** A worker that is at work can only be ended; another one is made ready. */
  private end(reason: Error): void {
    this.stop?.(reason);
    this.stop = undefined;
    this.worker.then(
      (worker) => worker.terminate(),
      () => {},
    );
    this.worker = this.start();
  }

  private start(): Promise<Worker> {
    const worker = this.script.then((script) => new Worker(script));
    // Where it fails, `run` says so.
    worker.catch(() => {});
    return worker;
  }
}
