import type * as vscode from 'vscode';
import type { Opponent } from './comparison';

/** Choices that are remembered per workspace, per model where that makes sense. */
export interface ModelMemory {
  readonly hardware?: string;
  readonly batch?: number;
  /** Free dimensions by name. */
  readonly bindings?: Readonly<Record<string, number>>;
  /** Name of a preprocessing preset. */
  readonly preprocessing?: string;
  /** What its panel compares it with. */
  readonly comparedWith?: Opponent | undefined;
  /** Last image explained with this model. */
  readonly image?: string;
  /** Last picture that others were compared with. */
  readonly reference?: string;
}

export class Memory {
  readonly #state: vscode.Memento;

  constructor(state: vscode.Memento) {
    this.#state = state;
  }

  model(uri: vscode.Uri): ModelMemory {
    return this.#state.get<ModelMemory>(`model:${uri.toString()}`, {});
  }

  async rememberModel(uri: vscode.Uri, change: Partial<ModelMemory>): Promise<void> {
    await this.#state.update(`model:${uri.toString()}`, { ...this.model(uri), ...change });
  }

  get<T>(key: string): T | undefined {
    return this.#state.get<T>(key);
  }

  async set(key: string, value: unknown): Promise<void> {
    await this.#state.update(key, value);
  }
}
