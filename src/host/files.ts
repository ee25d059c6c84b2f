import { createHash } from 'node:crypto';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';

/** Largest file of a virtual workspace that is copied to disk to be read. */
const LARGEST_COPY_BYTES = 512 * 2 ** 20;

/** A path that can be opened: the file itself, or a copy where it lives in a virtual file system. */
export async function localPath(uri: vscode.Uri): Promise<string> {
  if (uri.scheme === 'file') return uri.fsPath;
  const { size } = await vscode.workspace.fs.stat(uri);
  if (size > LARGEST_COPY_BYTES) throw new Error('over 512 MiB: too large to copy from a virtual workspace');
  const digest = createHash('sha256').update(uri.toString()).digest('hex').slice(0, 16);
  const directory = path.join(os.tmpdir(), 'evo-profiler', digest);
  await fs.mkdir(directory, { recursive: true });
  const file = path.join(directory, path.posix.basename(uri.path));
  await fs.writeFile(file, await vscode.workspace.fs.readFile(uri));
  return file;
}

/** Asks where to save, the folder of `beside` first, and writes. */
export async function saveBeside(beside: vscode.Uri, name: string, data: string | Uint8Array): Promise<void> {
  const target = await vscode.window.showSaveDialog({ defaultUri: vscode.Uri.joinPath(beside, '..', name) });
  if (!target) return;
  await vscode.workspace.fs.writeFile(target, typeof data === 'string' ? new TextEncoder().encode(data) : data);
  void vscode.window.setStatusBarMessage(`Saved ${vscode.workspace.asRelativePath(target)}`, 4000);
}
