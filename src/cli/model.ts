import { printable } from '../display/format';
import { readModel } from '../formats/modelReader';
import { type Graph, isStatic, type Model, type Node } from '../graph/graph';
import { type InferredShapes, inferShapes, type ShapeOptions, SizeError } from '../operators/inferShapes';
import { warningsOf } from '../scene/warnings';
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

export interface OpenedModel {
  readonly model: Model;
  readonly shapes: InferredShapes;
  /** What the numbers do not cover, one sentence each. */
  readonly warnings: readonly string[];
}

/** Reads a model and infers its shapes as the options say. Its warnings go to standard error. */
export async function openModel(file: string, given: ShapeArguments): Promise<OpenedModel> {
  const opened = sizedModel(await readModel(file), given);
  warn(opened.warnings);
  return opened;
}

/** A model's shapes as the options say. */
export function sizedModel(model: Model, given: ShapeArguments): OpenedModel {
  const batch = positive('--batch', given.batch, true);
  const shapes = infer(model, { ...shapesGiven(model.graph, given.shape), ...(batch !== undefined && { batch }) });
  const warnings = [...openSizes(model, shapes), ...warningsOf(model, shapes)];
  return { model, shapes, warnings };
}

export function warn(warnings: readonly string[]): void {
  for (const warning of warnings) process.stderr.write(`evo-profiler: warning: ${printable(warning)}\n`);
}

function infer(model: Model, options: ShapeOptions): InferredShapes {
  try {
    return inferShapes(model, options);
  } catch (error) {
    throw error instanceof SizeError ? new UsageError(`--batch, --shape: ${error.message}`) : error;
  }
}

/** The assignments of `--shape`: to an input, or to an open size by its name. */
function shapesGiven(graph: Graph, assignments: readonly string[] = []): ShapeOptions {
  const inputs = graph.inputs.filter(({ name }) => !graph.constants.has(name));
  const names = new Set(inputs.map(({ name }) => name));
  const dimensions = new Set(
    inputs.flatMap(({ name, shape = [] }) =>
      shape.flatMap((dim, axis) => {
        if (typeof dim === 'string') return [dim];
        return axis > 0 && (dim ?? 0) <= 0 ? [`${name}[${axis}]`] : [];
      }),
    ),
  );
  const inputShapes = new Map<string, readonly number[]>();
  const bindings = new Map<string, number>();
  for (const assignment of assignments) {
    const split = assignment.lastIndexOf('=');
    if (split < 1) throw new UsageError(`--shape ${assignment}: write INPUT=1x3x224x224`);
    const name = assignment.slice(0, split);
    const sizes = numbers('--shape', assignment.slice(split + 1), /[x×,]/);
    const [size] = sizes;
    if (names.has(name)) inputShapes.set(name, sizes);
    else if (!dimensions.has(name)) throw new UsageError(`--shape ${assignment}: ${choices(names, dimensions)}`);
    else if (size !== undefined && sizes.length === 1) bindings.set(name, size);
    else throw new UsageError(`--shape ${assignment}: '${name}' is one size`);
  }
  return { inputShapes, bindings };
}

function choices(inputs: ReadonlySet<string>, dimensions: ReadonlySet<string>): string {
  const open = dimensions.size > 0 ? `the open sizes ${[...dimensions].join(', ')}` : 'no size is open';
  return `no such name; the inputs are ${[...inputs].join(', ')}; ${open}`;
}

/** How to give the sizes without which some layers are unknown. */
function openSizes({ graph }: Model, { infos, openDimensions, work }: InferredShapes): readonly string[] {
  const isOpen = (name: string): boolean => name !== '' && !isStatic(infos.get(name)?.shape);
  const isUnknown = (node: Node): boolean => {
    const kind = work(node)?.kind;
    return kind === undefined || (kind !== 'free' && node.inputs.some(isOpen));
  };
  if (!graph.nodes.some(isUnknown)) return [];
  const unshaped = graph.inputs.filter(({ name }) => !graph.constants.has(name) && !infos.get(name)?.shape);
  const wanted = [
    ...openDimensions.map((name) => `--shape ${name}=N`),
    ...unshaped.map(({ name }) => `--shape ${name}=AxBxC`),
  ];
  return wanted.length > 0 ? [`open sizes make layers unknown: give ${wanted.join(' ')}`] : [];
}
