import { attrGraph } from '../graph/attributes';
import {
  type Attribute,
  functionKey,
  type Graph,
  type Model,
  type Node,
  type Tensor,
  type TensorInfo,
} from '../graph/graph';
import { renameReads } from '../graph/scope';
import { PREFIX } from './graphBuilder';

type Infos = ReadonlyMap<string, TensorInfo>;

/** A model whose calls were opened: what was inside them stands in the main graph, under new names. */
export interface Inlined {
  readonly model: Model;
  /** What the file lacks, in order: to be appended before anything that reads it. */
  readonly added: { readonly nodes: readonly Node[]; readonly constants: readonly Tensor[] };
}

/** Deeper than this, local functions call themselves. */
const MAX_DEPTH = 100;

/**
 * Opens what gradient rules cannot look into: calls of local functions, and If where its condition is known. The nodes
 * inside are repeated under new names. The file computes a call's outputs anyway, so the Identity that joins a result to
 * an output of the file is in the graph, for rules to walk, but not in `added`.
 */
export function inlineCalls(model: Model, infos: Infos): Inlined {
  const nodes: Node[] = [];
  const constants: Tensor[] = [];
  let calls = 0;

  /** The nodes that stand for `node`; pushes to `nodes` those that the file lacks. */
  const open = (node: Node, depth: number): readonly Node[] => {
    const body = bodyOf(model, infos, node);
    const isInFile = depth === 0;
    if (!body) {
      if (!isInFile) nodes.push(node);
      return [node];
    }
    if (depth > MAX_DEPTH) throw new Error('local functions call each other without end');
    const prefix = `${PREFIX}inlined${calls++}_`;
    const names = new Map(body.inputs.map(({ name }, index) => [name, node.inputs[index] ?? '']));
    for (const tensor of body.constants.values())
      constants.push({ ...tensor, name: rename(names, prefix, tensor.name) });
    for (const name of body.nodes.flatMap(({ outputs }) => outputs)) if (name !== '') rename(names, prefix, name);
    const renamed = (name: string): string => names.get(name) ?? name;
    const inside = body.nodes.flatMap((inner) =>
      open({ ...renameReads(inner, renamed), outputs: inner.outputs.map(renamed) }, depth + 1),
    );
    const joins = node.outputs.flatMap((output, index): readonly Node[] => {
      const result = body.outputs[index];
      return output === '' || !result ? [] : [identity(renamed(result.name), output)];
    });
    if (!isInFile) nodes.push(...joins);
    return [...inside, ...joins];
  };

  const opened = model.graph.nodes.flatMap((node) => open(node, 0));
  if (calls === 0) return { model, added: { nodes, constants } };
  const all = new Map([
    ...model.graph.constants,
    ...constants.map((tensor): [string, Tensor] => [tensor.name, tensor]),
  ]);
  const graph: Graph = { ...model.graph, nodes: opened.map((node, id) => ({ ...node, id })), constants: all };
  return { model: { ...model, graph }, added: { nodes, constants } };
}

function rename(names: Map<string, string>, prefix: string, name: string): string {
  names.set(name, prefix + name);
  return prefix + name;
}

function identity(input: string, output: string): Node {
  return {
    id: 0,
    name: '',
    operator: 'Identity',
    domain: '',
    inputs: [input],
    outputs: [output],
    attributes: new Map(),
  };
}

/** What a node calls, with references to the call's attributes replaced; undefined where it cannot be opened. */
function bodyOf(model: Model, infos: Infos, node: Node): Graph | undefined {
  if (node.operator === 'If' && node.domain === '') {
    const condition = infos.get(node.inputs[0] ?? '')?.values?.[0];
    if (condition === undefined) return undefined;
    return attrGraph(node, condition === 0 ? 'else_branch' : 'then_branch');
  }
  const called = model.functions.get(functionKey(node.domain, node.operator, node.overload));
  // Nodes of another opset version could mean something else among the model's own.
  if (!called || (called.opsets.get('') ?? model.opsets.get('')) !== model.opsets.get('')) return undefined;
  const given = new Map([...called.defaults, ...node.attributes]);
  return { ...called.body, nodes: called.body.nodes.map((inner) => withAttributes(inner, given)) };
}

function withAttributes(node: Node, given: ReadonlyMap<string, Attribute>): Node {
  const attributes = [...node.attributes].flatMap(([name, attribute]): readonly (readonly [string, Attribute])[] => {
    const value = attribute.type === 'reference' ? given.get(attribute.value) : attribute;
    return value ? [[name, value]] : [];
  });
  return { ...node, attributes: new Map(attributes) };
}
