import path from 'node:path';
import * as vscode from 'vscode';
import { describeWithAccuracy } from '../hardware/describe';
import type { Hardware } from '../hardware/hardware';
import { parseHardware } from '../hardware/parse';
import { loadPresets } from '../hardware/presets';
import type { HardwareChoice } from '../protocol/graphPanel';

/** The accelerators to choose from: presets of the extension, then `*.evohw.json` files of the workspace. */
export class HardwareStore implements vscode.Disposable {
  readonly #directory: string;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #used = new vscode.EventEmitter<vscode.Uri>();
  readonly #watcher = vscode.workspace.createFileSystemWatcher('**/*.evohw.json');
  #presets: Promise<ReadonlyMap<string, Hardware>> | undefined;

  /** A hardware file of the workspace was written, created or deleted. */
  readonly onDidChange = this.#changed.event;
  /** A panel is about to predict with a hardware file, whether or not it can be read. */
  readonly onDidUse = this.#used.event;

  constructor(extensionPath: string) {
    this.#directory = path.join(extensionPath, 'media', 'hardware');
    this.#watcher.onDidChange(() => this.#changed.fire());
    this.#watcher.onDidCreate(() => this.#changed.fire());
    this.#watcher.onDidDelete(() => this.#changed.fire());
  }

  /**
   * A preset by its name, a file by its URI, or (from the setting) a path relative to the model's workspace folder.
   * The id that it answers is the preset's name or the file's URI, as in `choices`.
   */
  async load(id: string, beside?: vscode.Uri): Promise<{ readonly id: string; readonly value: Hardware }> {
    const preset = (await this.#loadPresets()).get(id);
    if (preset) return { id, value: preset };
    const uri = hardwareUri(id, beside);
    if (!uri) throw new Error(`no hardware preset '${id}': see the setting evoProfiler.hardware for the names`);
    this.#used.fire(uri);
    return { id: uri.toString(), value: await readHardware(uri) };
  }

  /** All choices. A file of the workspace that does not parse is listed with its error. */
  async choices(): Promise<readonly HardwareChoice[]> {
    const presets = [...(await this.#loadPresets())].map(
      ([id, hardware]): HardwareChoice => ({
        id,
        label: hardware.name,
        description: describeWithAccuracy(hardware),
        group: 'preset',
      }),
    );
    const files = await vscode.workspace.findFiles('**/*.evohw.json', '**/node_modules/**', 50);
    return [...presets, ...(await Promise.all(files.map((uri) => this.#workspaceChoice(uri))))];
  }

  dispose(): void {
    this.#watcher.dispose();
    this.#changed.dispose();
    this.#used.dispose();
  }

  async #workspaceChoice(uri: vscode.Uri): Promise<HardwareChoice> {
    const id = uri.toString();
    const label = vscode.workspace.asRelativePath(uri);
    try {
      const hardware = await readHardware(uri);
      return {
        id,
        label: `${hardware.name} (${label})`,
        description: describeWithAccuracy(hardware),
        group: 'workspace',
      };
    } catch (error) {
      return { id, label, description: error instanceof Error ? error.message : String(error), group: 'workspace' };
    }
  }

  #loadPresets(): Promise<ReadonlyMap<string, Hardware>> {
    this.#presets ??= loadPresets(this.#directory);
    return this.#presets;
  }
}

async function readHardware(uri: vscode.Uri): Promise<Hardware> {
  const bytes = await vscode.workspace.fs.readFile(uri);
  return parseHardware(new TextDecoder().decode(bytes), path.basename(uri.path));
}

function hardwareUri(id: string, beside: vscode.Uri | undefined): vscode.Uri | undefined {
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(id)) return vscode.Uri.parse(id, true);
  if (!id.endsWith('.json')) return undefined;
  if (path.isAbsolute(id)) return vscode.Uri.file(id);
  const folder = beside ? vscode.workspace.getWorkspaceFolder(beside) : vscode.workspace.workspaceFolders?.[0];
  return folder && vscode.Uri.joinPath(folder.uri, id);
}
