import { readModel } from '../formats/modelReader';
import type { Model } from '../graph/graph';
import { type InferredShapes, inferShapes } from '../operators/inferShapes';
import { numbers, positive, UsageError } from './command';

/** `--batch` and `--shape INPUT=1x3x224x224`, as parseArgs wants them. */
export const SHAPE_OPTIONS = {
  batch: { type: 'string' },
  shape: { type: 'string', multiple: true },
} as const;

export const SHAPE_HELP = `--batch N                    images per run
--shape INPUT=1x3x224x224    shape of an input (repeatable); --shape NAME=8 gives an open dimension a size`;

export interface ShapeArguments {
  readonly batch?: string | undefined;
  readonly shape?: readonly string[] | undefined;
}

/** Reads a model and infers its shapes as the options say. */
export async function openModel(
  file: string,
  { batch, shape = [] }: ShapeArguments,
): Promise<{ readonly model: Model; readonly shapes: InferredShapes }> {
  const model = await readModel(file);
  const inputs = new Set(model.graph.inputs.map(({ name }) => name));
  const inputShapes = new Map<string, readonly number[]>();
  const bindings = new Map<string, number>();
  for (const assignment of shape) {
    const split = assignment.lastIndexOf('=');
    if (split < 1) throw new UsageError(`--shape ${assignment}: write INPUT=1x3x224x224`);
    const name = assignment.slice(0, split);
    const sizes = numbers('--shape', assignment.slice(split + 1), /[x×,]/);
    if (inputs.has(name)) inputShapes.set(name, sizes);
    else if (sizes.length === 1) bindings.set(name, sizes[0] ?? 1);
    else throw new UsageError(`--shape ${assignment}: the inputs are ${[...inputs].join(', ')}`);
  }
  const count = positive('--batch', batch, true);
  const shapes = inferShapes(model, { ...(count !== undefined && { batch: count }), bindings, inputShapes });
  return { model, shapes };
}
