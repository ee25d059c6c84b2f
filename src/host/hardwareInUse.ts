import type * as vscode from 'vscode';
import { describeHardware } from '../hardware/describe';
import type { Hardware } from '../hardware/hardware';
import type { HardwareChoice } from '../protocol/graphPanel';
import { errorMessage } from '../protocol/rpc';
import type { HardwareStore } from './hardwareStore';
import type { Memory } from './memory';
import { setting } from './setting';

export interface HardwareInUse {
  readonly id: string;
  readonly value: Hardware;
  /** Why it is not another one. */
  readonly warnings: readonly string[];
}

/** Which hardware one graph panel predicts for. */
export class HardwareSelection {
  readonly #uri: vscode.Uri;
  readonly #store: HardwareStore;
  readonly #memory: Memory;
  /** What was chosen in this panel. */
  #chosen: string | undefined;
  #inUse: Promise<HardwareInUse> | undefined;
  #choices = 0;

  constructor(uri: vscode.Uri, { hardware, memory }: { readonly hardware: HardwareStore; readonly memory: Memory }) {
    this.#uri = uri;
    this.#store = hardware;
    this.#memory = memory;
  }

  /** A hardware file changed: it may be the one in use, or the one that should be and could not be read. */
  forget(): void {
    this.#inUse = undefined;
  }

  /** Throws, and stays as it was, when it cannot be loaded; where another was chosen meanwhile that one stays. */
  async choose(id: string): Promise<void> {
    const choice = ++this.#choices;
    const hardware = { ...(await this.#store.load(id, this.#uri)), warnings: [] };
    if (choice !== this.#choices) return;
    await this.#memory.rememberModel(this.#uri, { hardware: hardware.id });
    if (choice !== this.#choices) return;
    this.#chosen = hardware.id;
    this.#inUse = Promise.resolve(hardware);
  }

  inUse(): Promise<HardwareInUse> {
    this.#inUse ??= this.#load().catch((error: unknown) => {
      this.forget();
      throw error;
    });
    return this.#inUse;
  }

  /** The first that loads of: what was chosen here, what this model was last seen on, the setting, the first preset. */
  async #load(): Promise<HardwareInUse> {
    const { hardware: remembered } = this.#memory.model(this.#uri);
    const wanted = [this.#chosen ?? remembered, setting<string>('hardware', this.#uri), 'cpu'];
    const warnings: string[] = [];
    for (const id of wanted) {
      if (!id) continue;
      try {
        return { ...(await this.#store.load(id, this.#uri)), warnings };
      } catch (error) {
        warnings.push(errorMessage(error));
      }
    }
    throw new Error(warnings.join(' '));
  }
}

/** The name of a hardware that may not be as its file has it. */
export function hardwareTitleOf(hardware: Hardware, file: Hardware): string {
  return hardware === file ? hardware.name : `${hardware.name}, changed`;
}

/** A file outside the workspace stays in the list as long as it is in use. */
export function withCurrent(
  choices: readonly HardwareChoice[],
  current: Pick<HardwareInUse, 'id' | 'value'>,
): readonly HardwareChoice[] {
  if (choices.some(({ id }) => id === current.id)) return choices;
  const { id, value } = current;
  return [...choices, { id, label: value.name, description: describeHardware(value), group: 'workspace' }];
}
