/** The layout worker seen from the panel: one layout at a time, a new one or `cancel` ends the one under way. */
import type { Layout, LayoutInput } from './layout';
import type { LayoutMessage } from './worker';

export class LayoutCancelled extends Error {}

export class LayoutRunner {
  private readonly script: Promise<string>;
  private end: ((reason: Error) => void) | undefined;

  /** A webview's own resources cannot be worker scripts, but a blob can: the script is fetched once and kept. */
  constructor(workerUri: string) {
    this.script = fetch(workerUri).then(async (response) => {
      if (!response.ok) throw new Error(`the layout worker could not be loaded (${response.status})`);
      return URL.createObjectURL(new Blob([await response.text()], { type: 'text/javascript' }));
    });
    // A failure is reported by the first `run`.
    this.script.catch(() => {});
  }

  /** Rejects with LayoutCancelled when cancelled or replaced by a later call. */
  async run(input: LayoutInput, progress: (fraction: number) => void): Promise<Layout> {
    this.cancel();
    let cancelled = false;
    this.end = () => {
      cancelled = true;
    };
    const script = await this.script;
    if (cancelled) throw new LayoutCancelled();
    const worker = new Worker(script);
    try {
      return await new Promise<Layout>((resolve, reject) => {
        this.end = reject;
        worker.onerror = ({ message }) => reject(new Error(`the layout failed: ${message}`));
        worker.onmessage = ({ data }: MessageEvent<LayoutMessage>) => {
          if (data.kind === 'progress') progress(data.fraction);
          else if (data.kind === 'done') resolve(data.layout);
          else reject(new Error(`the layout failed: ${data.message}`));
        };
        worker.postMessage(input);
      });
    } finally {
      worker.terminate();
    }
  }

  cancel(): void {
    this.end?.(new LayoutCancelled());
    this.end = undefined;
  }
}
