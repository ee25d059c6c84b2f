import path from 'node:path';
import * as vscode from 'vscode';
import type { ComparisonData } from '../protocol/comparison';
import { type Annotated, compare } from '../scene/compare';
import { predictedFigures } from '../scene/predictedFigures';
import { buildScene } from '../scene/scene';
import { hardwareTitleOf } from './hardwareInUse';
import type { HardwareStore } from './hardwareStore';
import type { Memory } from './memory';
import { ModelDocument } from './modelDocument';
import { ModelSizes } from './modelSizes';
import { type Opened, predict, type Trial } from './trial';

/** What a panel's model is compared with: another model, another hardware, or both. */
export interface Opponent {
  /** URI of another model; absent: the same one. */
  readonly model?: string;
  /** Id of a hardware; absent: the same one. */
  readonly hardware?: string;
}

interface ComparisonServices {
  readonly hardware: HardwareStore;
  readonly memory: Memory;
}

/** The other side of a panel's comparison. It is remembered with the model. */
export class Comparison implements vscode.Disposable {
  readonly #uri: vscode.Uri;
  readonly #services: ComparisonServices;
  readonly #changed = new vscode.EventEmitter<void>();
  #document: ModelDocument | undefined;
  #opened: { readonly of: Opened; readonly value: Opened } | undefined;

  /** The other model was written anew. */
  readonly onDidChange = this.#changed.event;

  constructor(uri: vscode.Uri, services: ComparisonServices) {
    this.#uri = uri;
    this.#services = services;
  }

  get opponent(): Opponent | undefined {
    return this.#services.memory.model(this.#uri).comparedWith;
  }

  /** Undefined ends the comparison. */
  async with(opponent: Opponent | undefined): Promise<void> {
    this.#forget();
    await this.#services.memory.rememberModel(this.#uri, { comparedWith: opponent });
  }

  /** The panel's model as it is shown beside the other one, at the same batch and in the same type; undefined where there is none. */
  async data(trial: Trial): Promise<ComparisonData | undefined> {
    const { opponent } = this;
    if (!opponent) return undefined;
    const { hardware: store } = this.#services;
    const isOneModel = opponent.model === undefined;
    const hardware = opponent.hardware ? (await store.load(opponent.hardware, this.#uri)).value : trial.hardware;
    const opened = isOneModel ? trial.opened : await this.#open(opponent.model ?? '', trial.opened);
    const report = await predict(opened, hardware, undefined);
    const [nameA, nameB] = [fileName(this.#uri), fileName(vscode.Uri.parse(opponent.model ?? ''))];
    const label = (name: string, of: string): string => {
      if (isOneModel) return of;
      return opponent.hardware ? `${name} on ${of}` : name;
    };
    const a: Annotated = {
      label: label(nameA, hardwareTitleOf(trial.hardware, trial.preset.hardware.value)),
      ...trial.opened,
      figures: predictedFigures(trial.report),
    };
    return compare(a, { label: label(nameB, hardware.name), ...opened, figures: predictedFigures(report) });
  }

  dispose(): void {
    this.#forget();
    this.#changed.dispose();
  }

  #forget(): void {
    this.#document?.dispose();
    this.#document = undefined;
    this.#opened = undefined;
  }

  async #open(other: string, own: Opened): Promise<Opened> {
    if (this.#opened?.of === own) return this.#opened.value;
    const document = this.#document ?? this.#watch(vscode.Uri.parse(other));
    const model = await document.model();
    const { batch, elementType } = own;
    const shapes = new ModelSizes(document.uri, this.#services.memory).shapes(model, batch, elementType);
    const value = { model, shapes, scene: buildScene(model, shapes, document.name), batch, elementType };
    this.#opened = { of: own, value };
    return value;
  }

  #watch(uri: vscode.Uri): ModelDocument {
    const document = new ModelDocument(uri);
    document.onDidChange(() => {
      this.#opened = undefined;
      this.#changed.fire();
    });
    this.#document = document;
    return document;
  }
}

function fileName(uri: vscode.Uri): string {
  return path.posix.basename(uri.path);
}
