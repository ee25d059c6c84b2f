import type * as vscode from 'vscode';
import type { Model } from '../graph/graph';
import { type ElementType, withElementType } from '../latency/elementType';
import { type InferredShapes, inferShapes } from '../operators/inferShapes';
import type { Memory } from './memory';
import { setting } from './setting';

/** The sizes that a model is costed with: what was chosen for it, else the settings, else what its file says. */
export class ModelSizes {
  readonly #uri: vscode.Uri;
  readonly #memory: Memory;

  constructor(uri: vscode.Uri, memory: Memory) {
    this.#uri = uri;
    this.#memory = memory;
  }

  /** Undefined leaves a batch that the file fixes as it is. */
  get batch(): number | undefined {
    return this.#memory.model(this.#uri).batch ?? (setting<number>('batch', this.#uri) || undefined);
  }

  /** Shapes at a batch, open sizes bound as they were chosen; `elementType`: of the floating-point tensors, where not the model's. */
  shapes(model: Model, batch = this.batch, elementType?: ElementType): InferredShapes {
    const bindings = new Map(Object.entries(this.#memory.model(this.#uri).bindings ?? {}));
    const shapes = inferShapes(model, { bindings, ...(batch !== undefined && { batch }) });
    return elementType ? withElementType(shapes, elementType) : shapes;
  }
}

/** First size of the first input: what the file fixes, or 1. */
export function declaredBatch(model: Model, shapes: InferredShapes): number {
  const input = model.graph.inputs.find(({ name }) => !model.graph.constants.has(name));
  const batch = shapes.infos.get(input?.name ?? '')?.shape?.[0];
  return typeof batch === 'number' ? batch : 1;
}
