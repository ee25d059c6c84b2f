import type { DataType, Graph, Model, Node, TensorInfo, ValueInfo } from '../graph/graph';
import { bindInputs, type ShapeOptions } from './freeDimensions';
import { Inference, type Problem } from './inference';
import type { CostContext } from './operator';
import type { Work } from './work';

export { type ShapeOptions, SizeError } from './freeDimensions';
export type { Problem } from './inference';

export interface InferredShapes {
  /** Every tensor of the main graph by name: inputs, constants, outputs of nodes. Missing fields are unknown. */
  readonly infos: ReadonlyMap<string, TensorInfo>;
  /** Tensors that follow from constants and static shapes alone: known before the network runs. */
  readonly constants: ReadonlySet<string>;
  /** Element type in the model itself, also where `infos` tries out another. */
  typeInModel(tensor: string): DataType | undefined;
  /** Opset version of the node's domain. */
  opsetOf(node: Node): number;
  context(node: Node): CostContext;
  /** Undefined: unknown operator or unknown size. */
  work(node: Node): Work | undefined;
  /** Inputs of a graph inside of a node: of a sub-graph by itself, of a local function by the node that calls it. */
  inputsInside(body: Graph | Node): readonly ValueInfo[] | undefined;
  /** What contradicts or is missing; nodes of sub-graphs and local functions too. */
  readonly problems: readonly Problem[];
  /** Names of open input sizes, bound or not, without the batch: what `bindings` may give a value. */
  readonly freeDimensions: readonly string[];
  /** Those that have no size yet. */
  readonly openDimensions: readonly string[];
}

/**
 * Types, shapes, small constant values and work of every node. Never fails because of the model that was read: what
 * cannot be known is left unknown and reported in `problems`. Throws a SizeError on impossible options.
 */
export function inferShapes(model: Model, options: ShapeOptions = {}): InferredShapes {
  const { inputs, freeDimensions, openDimensions, bind, overridden } = bindInputs(model.graph, options);
  const inference = new Inference(model, declarations(bind, overridden));
  const { scope, contexts } = inference.main(inputs);
  const works = new Map<Node, Work | undefined>();
  for (const [node, context] of contexts) works.set(node, inference.work(context));
  return {
    infos: scope.infos,
    constants: scope.constants,
    typeInModel: (tensor) => scope.infos.get(tensor)?.type,
    opsetOf: (node) => inference.opsetOf(node),
    context(node) {
      const context = contexts.get(node);
      if (!context)
        throw new Error(`node ${node.id} (${node.operator}) is not in the model whose shapes were inferred`);
      return context;
    },
    work: (node) => works.get(node),
    inputsInside: (body) => inference.entered.get(body),
    problems: inference.problems,
    freeDimensions,
    openDimensions,
  };
}

/** What a file declares of a tensor, names bound; without its shape where the user replaced a fixed input size. */
function declarations(
  bind: (shape: NonNullable<TensorInfo['shape']>) => NonNullable<TensorInfo['shape']>,
  overridden: boolean,
) {
  return (graph: Graph): ((name: string) => TensorInfo | undefined) => {
    const outputs = new Map(graph.outputs.map((output) => [output.name, output]));
    return (name) => {
      const declared = graph.declared.get(name) ?? outputs.get(name);
      if (!declared) return undefined;
      return {
        ...(declared.type && { type: declared.type }),
        ...(declared.shape && !overridden && { shape: bind(declared.shape) }),
      };
    };
  };
}
