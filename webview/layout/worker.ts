/** Runs the layout off the main thread. It is cancelled by ending the worker. */
import { type Layout, type LayoutInput, layout } from './layout';

export type LayoutMessage =
  | { readonly kind: 'progress'; readonly fraction: number }
  | { readonly kind: 'done'; readonly layout: Layout }
  | { readonly kind: 'failed'; readonly message: string };

const PROGRESS_MILLISECONDS = 50;

const post = (message: LayoutMessage, transfer: Transferable[] = []) => self.postMessage(message, { transfer });

self.addEventListener('message', ({ data }: MessageEvent<LayoutInput>) => {
  let last = performance.now();
  try {
    const result = layout(data, (fraction) => {
      if (performance.now() - last < PROGRESS_MILLISECONDS) return;
      last = performance.now();
      post({ kind: 'progress', fraction });
    });
    post({ kind: 'done', layout: result }, buffersOf(result));
  } catch (error) {
    post({ kind: 'failed', message: error instanceof Error ? error.message : String(error) });
  }
});

/** Every buffer of a result, to be handed over instead of copied. */
function buffersOf(value: unknown): ArrayBuffer[] {
  if (ArrayBuffer.isView(value)) return value.buffer instanceof ArrayBuffer ? [value.buffer] : [];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(buffersOf) : [];
}
