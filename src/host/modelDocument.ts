import path from 'node:path';
import * as vscode from 'vscode';
import { readModel } from '../formats/modelReader';
import type { Model } from '../graph/graph';
import { localPath } from './files';

/** A model file that is open in one or more panels. Reading is lazy and shared; a change on disk is reported once. */
export class ModelDocument implements vscode.CustomDocument {
  readonly uri: vscode.Uri;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #watcher: vscode.FileSystemWatcher;
  #reading: Promise<Model> | undefined;
  #settle: NodeJS.Timeout | undefined;

  readonly onDidChange = this.#changed.event;

  constructor(uri: vscode.Uri) {
    this.uri = uri;
    const pattern = new vscode.RelativePattern(vscode.Uri.joinPath(uri, '..'), path.posix.basename(uri.path));
    this.#watcher = vscode.workspace.createFileSystemWatcher(pattern);
    // Exporters write in several steps: wait until the file has been quiet for a moment.
    const written = (): void => {
      clearTimeout(this.#settle);
      this.#settle = setTimeout(() => {
        this.#reading = undefined;
        this.#changed.fire();
      }, 300);
    };
    this.#watcher.onDidChange(written);
    this.#watcher.onDidCreate(written);
  }

  get name(): string {
    return path.posix.basename(this.uri.path);
  }

  model(): Promise<Model> {
    this.#reading ??= localPath(this.uri).then((file) => readModel(file));
    return this.#reading;
  }

  /** Forgets what was read, so that the next `model()` reads again. */
  reread(): void {
    this.#reading = undefined;
  }

  dispose(): void {
    clearTimeout(this.#settle);
    this.#watcher.dispose();
    this.#changed.dispose();
  }
}
