import type { Model, Node, TensorInfo } from '../graph/graph';
import { nodeLabel } from '../graph/graph';
import type { GraphBuilder } from '../operators/gradientContext';
import { isContinuous, upstream } from './reach';
import { derivativeInfo, Recording } from './recording';
import { applyRule, nodeContext, pullBack } from './reverse';

type Infos = ReadonlyMap<string, TensorInfo>;

/**
 * Forward-mode differentiation: appends the nodes that compute ∂of/∂t · tangent, summed over the tensors t with a tangent.
 * Answers its name; undefined where it is zero. No operator has a rule of its own for it: a vjp rule is linear in the
 * cotangent u, and the transpose of u ↦ Jᵀu is J (Townsend, A new trick for calculating Jacobian vector products, 2017). Throws where reverse mode would.
 */
export function tangentOf(
  model: Model,
  infos: Infos,
  build: GraphBuilder,
  of: string,
  given: ReadonlyMap<string, string>,
): string | undefined {
  const tangents = new Map(given);
  const wanted = upstream(model.graph.nodes, [of]);
  for (const node of model.graph.nodes) {
    if (!node.outputs.some((output) => wanted.has(output))) continue;
    for (const [output, tangent] of push(model, infos, build, node, tangents)) tangents.set(output, tangent);
  }
  return tangents.get(of);
}

/** The tangents of a node's outputs from those of its inputs: J·t = ∂⟨t, Jᵀu⟩/∂u. */
function push(
  model: Model,
  infos: Infos,
  build: GraphBuilder,
  node: Node,
  tangents: ReadonlyMap<string, string>,
): readonly (readonly [string, string])[] {
  const incoming = node.inputs.map((input) => tangents.get(input));
  if (incoming.every((tangent) => tangent === undefined)) return [];
  const recording = new Recording(build.opset, 'linear', known(infos, node, incoming));
  const symbols = node.outputs.map((output) =>
    output !== '' && isContinuous(infos.get(output)?.type)
      ? recording.symbol(derivativeInfo(infos, output))
      : undefined,
  );
  const cotangents = applyRule({
    ...nodeContext(model, infos, recording, node),
    cotangents: symbols,
    wants: (index) => incoming[index] !== undefined,
  });
  const seeds = cotangents.flatMap((cotangent, index) => {
    const tangent = incoming[index];
    return cotangent !== undefined && tangent !== undefined ? [[cotangent, { tensor: tangent }] as const] : [];
  });
  const present = symbols.filter((symbol) => symbol !== undefined);
  const transposed = pullBack(recording.alone(model), recording.infos, recording, { cotangents: seeds, wrt: present });
  return node.outputs.flatMap((output, index): readonly (readonly [string, string])[] => {
    const symbol = symbols[index];
    const tangent = symbol === undefined ? undefined : transposed[present.indexOf(symbol)];
    if (tangent === undefined) return [];
    const sources = recording.sources([tangent]);
    if (present.some((symbol) => sources.has(symbol))) {
      throw new Error(
        `the gradient rule of ${node.operator} (node '${nodeLabel(node)}') is not linear, so it cannot be turned round for ` +
          'forward mode; use reverse mode',
      );
    }
    return [[output, recording.replay(build, [tangent])(tangent)]];
  });
}

/** What the rule of a node may read, and the tangents that its transpose reads. */
function known(infos: Infos, { inputs, outputs }: Node, tangents: readonly (string | undefined)[]) {
  const entries = new Map<string, TensorInfo>();
  for (const tensor of [...inputs, ...outputs]) entries.set(tensor, infos.get(tensor) ?? {});
  for (const [index, tangent] of tangents.entries()) {
    if (tangent !== undefined) entries.set(tangent, derivativeInfo(infos, inputs[index] ?? ''));
  }
  return entries;
}
