import * as vscode from 'vscode';
import type { Changes } from '../protocol/graphPanel';
import type { GraphEditorProvider } from './graphEditor';
import type { HardwareStore } from './hardwareStore';
import { log } from './log';
import type { Memory } from './memory';
import { pickModel } from './pickers';
import { SweepPanelSession, type SweepState } from './sweepPanelSession';

const SWEEP_VIEW = 'evoProfiler.sweep';

export interface SweepServices {
  readonly extensionUri: vscode.Uri;
  readonly hardware: HardwareStore;
  readonly memory: Memory;
  readonly editor: GraphEditorProvider;
}

/** Sweep panels: one per model, restored after Reload Window. */
export class Sweeps implements vscode.Disposable {
  readonly #services: SweepServices;
  readonly #open = new Map<string, SweepPanelSession>();
  readonly #serializer: vscode.Disposable;

  constructor(services: SweepServices) {
    this.#services = services;
    this.#serializer = vscode.window.registerWebviewPanelSerializer(SWEEP_VIEW, {
      deserializeWebviewPanel: async (panel, state: unknown) => this.#restore(panel, state),
    });
  }

  /** Sweeps around what the model's graph panel shows. Without a model: the one in the active editor, else the user picks one. */
  async show(given?: vscode.Uri): Promise<void> {
    const model = given ?? (await pickModel('Sweep the hardware for which model?'));
    if (!model) return;
    const changes = await this.#services.editor.changesOf(model);
    const existing = this.#open.get(model.toString());
    if (existing) {
      existing.reveal();
      if (changes) await existing.startFrom(changes);
      return;
    }
    const panel = vscode.window.createWebviewPanel(SWEEP_VIEW, 'Sweep', vscode.ViewColumn.Beside, {
      retainContextWhenHidden: true,
    });
    this.#attach(panel, { model: model.toString(), changes: changes ?? {} });
  }

  dispose(): void {
    this.#serializer.dispose();
    for (const session of this.#open.values()) session.dispose();
  }

  #restore(panel: vscode.WebviewPanel, state: unknown): void {
    const saved = parseState(state);
    if (saved) this.#attach(panel, saved);
    else {
      log().warn('a sweep panel had no saved state and was closed');
      panel.dispose();
    }
  }

  #attach(panel: vscode.WebviewPanel, state: SweepState): void {
    const session = new SweepPanelSession(panel, state, this.#services);
    this.#open.set(state.model, session);
    panel.onDidDispose(() => {
      session.dispose();
      if (this.#open.get(state.model) === session) this.#open.delete(state.model);
    });
  }
}

/** What the panel kept for us: `{ restore: JSON of SweepState }`. */
function parseState(state: unknown): SweepState | undefined {
  if (typeof state !== 'object' || state === null || !('restore' in state)) return undefined;
  if (typeof state.restore !== 'string') return undefined;
  try {
    const saved: unknown = JSON.parse(state.restore);
    if (typeof saved !== 'object' || saved === null || !('model' in saved) || typeof saved.model !== 'string') {
      return undefined;
    }
    return { model: saved.model, changes: 'changes' in saved ? changesIn(saved.changes) : {} };
  } catch {
    return undefined;
  }
}

function changesIn(value: unknown): Changes {
  const entries = Object.entries(typeof value === 'object' && value !== null ? value : {});
  return Object.fromEntries(entries.filter(([, one]) => typeof one === 'number' || typeof one === 'string'));
}
