import * as vscode from 'vscode';
import type { Changes, GraphHost, GraphOpening, GraphPanel } from '../protocol/graphPanel';
import { connect } from '../protocol/rpc';
import { pickOpponent } from './comparePickers';
import type { Opponent } from './comparison';
import { saveBeside } from './files';
import type { GradCam } from './gradCam';
import { GraphSession } from './graphSession';
import type { HardwareStore } from './hardwareStore';
import { log } from './log';
import type { Memory } from './memory';
import { ModelDocument } from './modelDocument';
import { runBlocked } from './trust';
import { webviewHtml, webviewOptions } from './webviewHtml';
import { webviewPort } from './webviewPort';

export const GRAPH_VIEW = 'evoProfiler.graph';

/** What the graph panel needs of the extension. */
export interface GraphServices {
  readonly extensionUri: vscode.Uri;
  readonly hardware: HardwareStore;
  readonly memory: Memory;
  readonly gradCam: GradCam;
}

/** One panel, as the commands and other panels reach it. */
interface OpenGraph extends Pick<GraphPanel, 'command'> {
  readonly uri: vscode.Uri;
  readonly session: GraphSession;
  /** Sends the panel everything anew. */
  refresh(): void;
  /** Tells the panel that its comparison is another one. */
  compared(): void;
}

/** The graph of a model as a read-only custom editor: it restores, splits and moves like any editor. */
export class GraphEditorProvider implements vscode.CustomReadonlyEditorProvider<ModelDocument> {
  readonly #services: GraphServices;
  readonly #panels = new Map<vscode.WebviewPanel, OpenGraph>();
  /** Values that the next panel of a model starts with, by the model's URI. */
  readonly #starting = new Map<string, Changes>();

  constructor(services: GraphServices) {
    this.#services = services;
  }

  openCustomDocument(uri: vscode.Uri): ModelDocument {
    return new ModelDocument(uri);
  }

  resolveCustomEditor(document: ModelDocument, panel: vscode.WebviewPanel): void {
    const { extensionUri, hardware } = this.#services;
    const session = new GraphSession(document, this.#services);
    const starting = this.#starting.get(document.uri.toString());
    if (starting) session.startWith(starting);
    this.#starting.delete(document.uri.toString());
    const port = webviewPort(panel);
    const { remote, close } = connect<GraphPanel>(
      port,
      graphHost(document, session, this.#services, () => this.#showOther(document.uri)),
    );
    const refresh = async (): Promise<void> => {
      try {
        await remote.update(await session.opening());
      } catch (error) {
        await remote.showError(error instanceof Error ? error.message : String(error));
      }
    };
    const refreshed = (): void => {
      refresh().catch((error: unknown) => log().debug(`panel gone before it was refreshed: ${String(error)}`));
    };
    const compared = (): void => {
      remote.comparisonChanged().catch((error: unknown) => log().debug(`panel gone: ${String(error)}`));
    };
    const subscriptions = [
      document.onDidChange(() => {
        session.forgetModel();
        refreshed();
      }),
      hardware.onDidChange(() => {
        session.forgetHardware();
        refreshed();
      }),
      vscode.workspace.onDidGrantWorkspaceTrust(refreshed),
      session.comparison,
      session.comparison.onDidChange(compared),
    ];
    this.#panels.set(panel, {
      uri: document.uri,
      session,
      refresh: refreshed,
      compared,
      command: (name) => {
        remote.command(name).catch((error: unknown) => log().debug(String(error)));
      },
    });
    panel.onDidDispose(() => {
      this.#panels.delete(panel);
      session.stopReading();
      close('the panel was closed');
      port.dispose();
      for (const subscription of subscriptions) subscription.dispose();
    });
    panel.webview.options = webviewOptions(extensionUri);
    panel.webview.html = webviewHtml(panel.webview, extensionUri, {
      title: document.name,
      script: 'webview.js',
      styles: ['styles.css'],
      worker: 'layoutWorker.js',
    });
  }

  /** Passes a command with a keybinding to the panel that is looked at. */
  command(name: Parameters<GraphPanel['command']>[0]): void {
    for (const [panel, remote] of this.#panels) if (panel.active) remote.command(name);
  }

  /** What is tried out in the model's panel; undefined where it has none. */
  async changesOf(model: vscode.Uri): Promise<Changes | undefined> {
    return this.#openOf(model)[0]?.session.changes();
  }

  /** Shows values in the model's panels. Answers false where it has none; throws where the hardware cannot have them. */
  async tryOut(model: vscode.Uri, hardwareId: string, changes: Changes): Promise<boolean> {
    const open = this.#openOf(model);
    for (const { session, refresh } of open) {
      await session.tryOut(hardwareId, changes);
      refresh();
    }
    return open.length > 0;
  }

  /** Opens a panel of the model that starts with values on the hardware that the model is remembered with. */
  async openWith(model: vscode.Uri, changes: Changes, viewColumn: vscode.ViewColumn): Promise<void> {
    this.#starting.set(model.toString(), changes);
    await vscode.commands.executeCommand('vscode.openWith', model, GRAPH_VIEW, { viewColumn, preserveFocus: true });
  }

  /** Opens a model's panel, or the one there is, compared with another model or hardware, on a hardware if one is given. */
  async compare(model: vscode.Uri, opponent: Opponent, hardware?: string): Promise<void> {
    await this.#services.memory.rememberModel(model, { comparedWith: opponent, ...(hardware && { hardware }) });
    const open = this.#openOf(model);
    for (const { session, compared, refresh } of open) {
      await session.comparison.with(opponent);
      if (hardware && (await session.hardwareId()) !== hardware) {
        await session.setHardware(hardware);
        refresh();
      }
      compared();
    }
    await vscode.commands.executeCommand('vscode.openWith', model, GRAPH_VIEW, { preview: false });
  }

  /** The other side of a comparison with this one as its other side. */
  async #showOther(model: vscode.Uri): Promise<void> {
    const [open] = this.#openOf(model);
    const opponent = open?.session.comparison.opponent;
    if (!open || !opponent) return;
    const own = await open.session.hardwareId();
    const other = opponent.model === undefined ? model : vscode.Uri.parse(opponent.model);
    const back = opponent.model !== undefined && { model: model.toString() };
    await this.compare(other, { ...back, ...(opponent.hardware && { hardware: own }) }, opponent.hardware ?? own);
  }

  #openOf(model: vscode.Uri): readonly OpenGraph[] {
    return [...this.#panels.values()].filter(({ uri }) => uri.toString() === model.toString());
  }
}

/** What the panel may ask. Every failure travels back to it and is shown there. */
function graphHost(
  document: ModelDocument,
  session: GraphSession,
  services: GraphServices,
  showOther: () => Promise<void>,
): GraphHost {
  // Read and predict while the panel's page loads; its first question gets this answer, or this error.
  let prepared: Promise<GraphOpening> | undefined = session.opening();
  prepared.catch((error: unknown) => log().debug(`${document.name}: ${String(error)}`));
  return {
    ready() {
      const answer = prepared ?? session.opening();
      prepared = undefined;
      return answer;
    },
    setHardware: (id) => session.setHardware(id),
    async pickHardware() {
      const [uri] =
        (await vscode.window.showOpenDialog({
          title: 'Choose a hardware file',
          filters: { 'EVO hardware': ['json'] },
          openLabel: 'Use This Hardware',
        })) ?? [];
      if (!uri) return undefined;
      await session.setHardware(uri.toString());
      return session.opening();
    },
    async setBatch(batch) {
      await session.setBatch(batch);
      return session.opening();
    },
    async bind(bindings) {
      await session.bind(bindings);
      return session.opening();
    },
    whatIf: (changes, moving) => session.whatIf(changes, moving),
    async saveHardware() {
      const { name, text } = await session.hardwareFile();
      const target = await vscode.window.showSaveDialog({
        title: 'Save the changed hardware',
        defaultUri: vscode.Uri.joinPath(document.uri, '..', name),
        filters: { 'EVO hardware': ['evohw.json', 'json'] },
      });
      if (!target) return undefined;
      await vscode.workspace.fs.writeFile(target, new TextEncoder().encode(text));
      await session.setHardware(target.toString());
      return session.opening();
    },
    comparison: () => session.compared(),
    async compareWith() {
      const opponent = await pickOpponent(document.uri, services.hardware, await session.hardwareId());
      if (opponent) await session.comparison.with(opponent);
      return opponent !== undefined;
    },
    stopComparing: () => session.comparison.with(undefined),
    showOther,
    nodeDetails: (sceneIndex) => session.nodeDetails(sceneIndex),
    tensorStatistics: (tensor) => session.tensorStatistics(tensor),
    async stopReading() {
      session.stopReading();
    },
    saveTensor: (tensor) => session.saveTensor(tensor),
    searchTexts: () => session.searchTexts(),
    async openBody(sceneIndex, body) {
      await session.openBody(sceneIndex, body);
      return session.opening();
    },
    async leaveBody(depth) {
      session.leaveBody(depth);
      return session.opening();
    },
    explain: (sceneIndex) => session.explain(sceneIndex),
    exportText: (format) => session.exportText(format),
    async showGradCam(sceneIndex) {
      const blocked = runBlocked(document.uri);
      if (blocked) throw new Error(blocked);
      const layer = sceneIndex === undefined ? undefined : await session.outputOf(sceneIndex);
      await services.gradCam.show({ model: document.uri, ...(layer !== undefined && { layer }) });
    },
    async copy(text) {
      await vscode.env.clipboard.writeText(text);
    },
    save: (suggestedName, data) => saveBeside(document.uri, suggestedName, data),
    async log(message) {
      log().info(`panel ${document.name}: ${message}`);
    },
  };
}
