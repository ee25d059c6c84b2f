/** Reading the elements of a model's constants, one at a time, until nobody waits any more. */
import fs from 'node:fs/promises';
import * as vscode from 'vscode';
import type { Graph, Tensor } from '../graph/graph';
import type { TensorStatistics } from '../protocol/graphPanel';
import { constantOf } from '../scene/constants';
import { tensorNpy } from '../scene/tensorNpy';
import { tensorStatistics } from '../scene/tensorStatistics';

/** Larger files cannot be written in one piece, as other file systems than the disk want them. */
const LARGEST_WHOLE_BYTES = 512 * 2 ** 20;

export class GraphTensors {
  /** By the tensor as it was read: another one as soon as the file is another. */
  readonly #known = new WeakMap<Tensor, TensorStatistics>();
  #reading = new AbortController();

  async statistics(graph: Graph, name: string): Promise<TensorStatistics> {
    const tensor = tensorOf(graph, name);
    const known = this.#known.get(tensor) ?? (await tensorStatistics(tensor, this.#reading.signal));
    this.#known.set(tensor, known);
    return known;
  }

  /** Statistics that are still being read end with an error. */
  stop(): void {
    this.#reading.abort(new Error('Stopped reading.'));
    this.#reading = new AbortController();
  }

  /** Asks where to and writes; answers how the elements were converted. Nothing is left where writing fails. */
  async save(graph: Graph, name: string, beside: vscode.Uri): Promise<string> {
    const { note, chunks } = tensorNpy(tensorOf(graph, name));
    const file = `${name.replace(/[^\p{L}\p{N}._-]+/gu, '_').slice(-80) || 'tensor'}.npy`;
    const target = await vscode.window.showSaveDialog({
      title: 'Save the tensor as a NumPy file',
      defaultUri: vscode.Uri.joinPath(beside, '..', file),
      filters: { NumPy: ['npy'] },
    });
    if (!target) return '';
    await vscode.window.withProgress({ location: vscode.ProgressLocation.Window, title: `Saving ${file}` }, () =>
      target.scheme === 'file' ? writeToDisk(target.fsPath, chunks) : writeWhole(target, chunks),
    );
    void vscode.window.setStatusBarMessage(`Saved ${vscode.workspace.asRelativePath(target)}`, 4000);
    return note;
  }
}

function tensorOf(graph: Graph, name: string): Tensor {
  const tensor = constantOf(graph, name);
  if (!tensor) throw new Error(`The model has no constant '${name}' any more: select the node again.`);
  return tensor;
}

/** To a file beside it first, so that neither a failure nor a half-written file takes the place of what was there. */
async function writeToDisk(target: string, chunks: AsyncGenerator<Uint8Array>): Promise<void> {
  const draft = `${target}.part`;
  const handle = await fs.open(draft, 'w');
  try {
    for await (const chunk of chunks) await handle.writeFile(chunk);
    await handle.close();
    await fs.rename(draft, target);
  } catch (error) {
    await handle.close();
    await fs.rm(draft, { force: true });
    throw error;
  }
}

async function writeWhole(target: vscode.Uri, chunks: AsyncGenerator<Uint8Array>): Promise<void> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    length += chunk.length;
    if (length > LARGEST_WHOLE_BYTES) throw new Error('over 512 MiB: save it on the disk of this computer instead');
    parts.push(chunk);
  }
  await vscode.workspace.fs.writeFile(target, Buffer.concat(parts, length));
}
