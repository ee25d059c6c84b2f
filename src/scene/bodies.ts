/** The graphs inside of nodes, to be looked at like a model's own: branches of If, bodies of Loop and Scan, local functions. */
import { functionKey, type Graph, type LocalFunction, type Model, type Node, type ValueInfo } from '../graph/graph';
import { tensorsRead } from '../graph/scope';
import { withAttributes } from '../operators/inference';
import type { InferredShapes } from '../operators/inferShapes';
import { constantOf } from './constants';

export interface Body {
  /** `then_branch`, `body`, `function Gelu`. */
  readonly label: string;
  readonly graph: Graph;
  /** Of a local function. */
  readonly called?: LocalFunction;
}

export function bodiesOf(node: Node, model: Model): readonly Body[] {
  const inside = [...node.attributes].flatMap(([name, { type, value }]): readonly Body[] => {
    if (type === 'graph') return [{ label: name, graph: value }];
    return type === 'graphs' ? value.map((graph, i) => ({ label: `${name} ${i + 1}`, graph })) : [];
  });
  const called = model.functions.get(functionKey(node.domain, node.operator, node.overload));
  return called ? [...inside, { label: `function ${called.name}`, graph: called.body, called }] : inside;
}

/** A model whose own graph is a body. What that takes from the graph around it becomes an input, or stays a constant. */
export function bodyModel(
  model: Model,
  shapes: Pick<InferredShapes, 'infos' | 'inputsInside'>,
  node: Node,
  { graph, called }: Body,
): Model {
  const inputs = shapes.inputsInside(called ? node : graph) ?? graph.inputs;
  if (called) {
    const given = new Map([...called.defaults, ...node.attributes]);
    const nodes = graph.nodes.map((inner) => withAttributes(inner, given));
    const opsets = new Map([...model.opsets, ...called.opsets]);
    return { ...model, opsets, graph: { ...graph, nodes, inputs } };
  }
  const captured = capturedBy(graph);
  const constants = captured.flatMap((name) => constantOf(model.graph, name) ?? []);
  const known = new Map(constants.map((tensor) => [tensor.name, tensor]));
  const open = captured.filter((name) => !known.has(name));
  return {
    ...model,
    graph: {
      ...graph,
      inputs: [...inputs, ...open.map((name): ValueInfo => ({ ...shapes.infos.get(name), name }))],
      constants: new Map([...known, ...graph.constants]),
    },
  };
}

/** Tensors that a body reads and does not have. */
function capturedBy({ inputs, constants, nodes, outputs }: Graph): readonly string[] {
  const own = new Set([
    ...inputs.map(({ name }) => name),
    ...constants.keys(),
    ...nodes.flatMap((node) => node.outputs),
  ]);
  const read = [...nodes.flatMap(tensorsRead), ...outputs.map(({ name }) => name)];
  return [...new Set(read)].filter((name) => !own.has(name));
}
