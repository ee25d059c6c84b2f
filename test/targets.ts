import type { TargetPlan } from '../src/cam/camTarget';
import type { CamLogits } from '../src/cam/layers/target';
import type { DataType, Node } from '../src/graph/graph';
import { smallModel } from './smallModel';

export interface PlannedOutput {
  readonly shape: readonly number[];
  readonly type?: DataType;
}

export interface PlannedModel {
  readonly outputs: Readonly<Record<string, PlannedOutput>>;
  /** Further tensors. */
  readonly inner?: Readonly<Record<string, PlannedOutput>>;
  readonly nodes?: readonly Node[];
  readonly producer?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  /** Height and width. */
  readonly size?: readonly [number, number];
}

/** The plan of a model that has certain outputs and nothing else, for what looks at shapes only. */
export function planFor(
  { outputs, inner = {}, nodes = [], producer = '', metadata = {}, size = [64, 64] }: PlannedModel,
  logits: Partial<CamLogits> = {},
): TargetPlan {
  const [name = '', first] = Object.entries(outputs)[0] ?? [];
  const shape = first?.shape ?? [];
  const classAxis = logits.classAxis ?? 1;
  const model = smallModel();
  const infos = new Map(
    Object.entries({ ...outputs, ...inner }).map(([tensor, info]) => [tensor, { type: 'float32' as const, ...info }]),
  );
  const declared = Object.keys(outputs).map((output) => ({ name: output, ...infos.get(output) }));
  return {
    input: { name: 'x', type: 'float32', shape: [1, 3, ...size] },
    logits: { tensor: name, shape, classAxis, classes: shape[classAxis] ?? 1, head: 'softmax', ...logits },
    prepared: {
      model: {
        ...model,
        producer,
        metadata: new Map(Object.entries(metadata)),
        graph: { ...model.graph, nodes, outputs: declared },
      },
      added: { nodes: [], constants: [] },
      infos,
    },
  };
}
