import * as vscode from 'vscode';
import type { Changes } from '../protocol/graphPanel';
import { connect, errorMessage, type Remote } from '../protocol/rpc';
import type { SweepHost, SweepPanel } from '../protocol/sweepPanel';
import { saveBeside } from './files';
import { log } from './log';
import { ModelDocument } from './modelDocument';
import { type Listener, SweepSession } from './sweepSession';
import type { SweepServices } from './sweeps';
import { webviewHtml, webviewOptions } from './webviewHtml';
import { webviewPort } from './webviewPort';

/** What is kept to open the panel again. */
export interface SweepState {
  readonly model: string;
  /** What was tried out when the sweep began. */
  readonly changes: Changes;
}

/** Progress is shown this often at most. */
const PROGRESS_MS = 80;

/** One sweep panel: draws what a SweepSession finds. */
export class SweepPanelSession implements vscode.Disposable {
  readonly #panel: vscode.WebviewPanel;
  readonly #services: SweepServices;
  readonly #document: ModelDocument;
  readonly #session: SweepSession;
  readonly #remote: Remote<SweepPanel>;
  readonly #disposables: vscode.Disposable[] = [];

  constructor(panel: vscode.WebviewPanel, state: SweepState, services: SweepServices) {
    const { extensionUri, hardware } = services;
    this.#panel = panel;
    this.#services = services;
    this.#document = new ModelDocument(vscode.Uri.parse(state.model));
    this.#session = new SweepSession(this.#document, state.changes, services);
    const port = webviewPort(panel);
    const { remote, close } = connect<SweepPanel>(port, this.#host());
    this.#remote = remote;
    this.#disposables.push(
      port,
      { dispose: () => close('the panel was closed') },
      this.#document,
      this.#document.onDidChange(() => this.#update()),
      hardware.onDidChange(() => {
        this.#session.forgetHardware();
        this.#update();
      }),
    );
    panel.title = `Sweep: ${this.#document.name}`;
    panel.iconPath = vscode.Uri.joinPath(extensionUri, 'media', 'icon.png');
    panel.webview.options = webviewOptions(extensionUri);
    panel.webview.html = webviewHtml(panel.webview, extensionUri, {
      title: panel.title,
      script: 'sweep.js',
      styles: ['sweepStyles.css'],
    });
  }

  reveal(): void {
    this.#panel.reveal();
  }

  /** What is tried out in the graph panel by now. */
  async startFrom(changes: Changes): Promise<void> {
    if (JSON.stringify(changes) === JSON.stringify(this.#session.changes)) return;
    this.#session.changes = changes;
    await this.#updated();
  }

  dispose(): void {
    this.#session.cancel();
    for (const disposable of this.#disposables.splice(0)) disposable.dispose();
  }

  #host(): SweepHost {
    const session = this.#session;
    const { uri } = this.#document;
    return {
      ready: () => session.opening(),
      setHardware: (id) => session.setHardware(id),
      run: (request) => session.run(request, this.#listener()),
      cancel: async () => session.cancel(),
      tryOut: async (values, open) => this.#tryOut(values, open),
      saveHardware: async (values) => {
        const { name, text } = await session.hardwareFile(values);
        await saveBeside(uri, name, text);
      },
      saveCsv: async () => {
        const { name, text } = session.csv();
        await saveBeside(uri, name, text);
      },
      savePng: (name, png) => saveBeside(uri, name, png),
      remember: (view) => session.remember(view),
    };
  }

  /** A graph that has to be opened goes beside this panel. */
  async #tryOut(values: Changes, open: boolean): Promise<boolean> {
    const { editor } = this.#services;
    const { hardwareId, changes } = await this.#session.changesAt(values);
    if (await editor.tryOut(this.#document.uri, hardwareId, changes)) return true;
    if (!open) return false;
    const beside = this.#panel.viewColumn === vscode.ViewColumn.One ? vscode.ViewColumn.Beside : vscode.ViewColumn.One;
    await editor.openWith(this.#document.uri, changes, beside);
    return true;
  }

  /** When the panel is gone, so is its reader. */
  #listener(): Listener {
    let shown = performance.now();
    const tell = (call: Promise<void>): void => {
      call.catch((error: unknown) => log().debug(String(error)));
    };
    return {
      progress: (done, all, refining) => {
        if (performance.now() - shown < PROGRESS_MS) return;
        shown = performance.now();
        tell(this.#remote.progress(done, all, refining));
      },
      preview: (result) => tell(this.#remote.preview(result)),
    };
  }

  #update(): void {
    this.#updated().catch((error: unknown) => log().debug(`panel gone before it was refreshed: ${String(error)}`));
  }

  async #updated(): Promise<void> {
    try {
      await this.#remote.update(await this.#session.opening());
    } catch (error) {
      await this.#remote.showError(errorMessage(error));
    }
  }
}
