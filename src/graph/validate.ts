import { type Attribute, type Graph, type LocalFunction, type Model, type Node, nodeLabel } from './graph';
import { ModelFormatError } from './modelFormatError';

/**
 * Checks and orders a model as read from a file: every graph (bodies of functions and control flow too) gets its nodes
 * sorted topologically (stable; files should be sorted but need not be) and ids renumbered to the index in `graph.nodes`.
 * Throws a ModelFormatError with one sentence that names the node where a tensor has two producers or none, or where
 * nodes form a cycle.
 */
export function validate(model: Model): Model {
  const functions = new Map<string, LocalFunction>();
  for (const [key, local] of model.functions) {
    functions.set(key, { ...local, body: validateRoot(local.body, ` of function '${local.name}'`) });
  }
  return { ...model, functions, graph: validateRoot(model.graph, '') };
}

/** A tensor name that a graph uses but does not define, with the node that uses it first (none: a graph output). */
type FreeNames = Map<string, Node | undefined>;

function validateRoot(graph: Graph, where: string): Graph {
  const { graph: sorted, free } = validateGraph(graph, where);
  for (const [name, user] of free) {
    throw new ModelFormatError(
      user
        ? `Node '${nodeLabel(user)}' (${user.operator})${where} reads '${name}', which nothing in the model produces.`
        : `The output '${name}'${where} is produced by nothing in the model.`,
    );
  }
  return sorted;
}

/** Where a tensor comes from that no node of the graph produces: a constant, an input, or left out (''). */
const NO_NODE = -1;

function validateGraph(graph: Graph, where: string): { graph: Graph; free: FreeNames } {
  /** Index of the node that produces each tensor. */
  const producers = new Map([['', NO_NODE]]);
  for (const name of graph.constants.keys()) producers.set(name, NO_NODE);
  for (const { name } of graph.inputs) producers.set(name, NO_NODE);
  const nodes: Node[] = [];
  /** What each node needs: its inputs, and what its bodies take from this graph. */
  const reads: (readonly string[])[] = [];
  for (const [index, node] of graph.nodes.entries()) {
    for (const name of node.outputs) {
      if (name === '') continue;
      const other = producers.get(name);
      if (other !== undefined) throw doublyProduced(name, node, graph.nodes[other], where);
      producers.set(name, index);
    }
    const taken = hasBodies(node) ? new Set(node.inputs) : undefined;
    nodes.push(taken ? validateBodies(node, where, taken) : node);
    reads.push(taken ? [...taken] : node.inputs);
  }
  const free: FreeNames = new Map();
  const sorted = sortNodes(nodes, reads, producers, free, where);
  for (const { name } of graph.outputs) if (!producers.has(name) && !free.has(name)) free.set(name, undefined);
  return { graph: { ...graph, nodes: sorted.map((node, id) => (node.id === id ? node : { ...node, id })) }, free };
}

function doublyProduced(name: string, node: Node, other: Node | undefined, where: string): ModelFormatError {
  const first = other ? `'${nodeLabel(other)}'` : 'an input or a constant';
  return new ModelFormatError(
    `Tensor '${name}'${where} is produced twice: by ${first} and by '${nodeLabel(node)}' (${node.operator}).`,
  );
}

function hasBodies({ attributes }: Node): boolean {
  for (const { type } of attributes.values()) if (type === 'graph' || type === 'graphs') return true;
  return false;
}

/** Validates the graphs in a node's attributes; adds to `taken` what they read from the scope around. */
function validateBodies(node: Node, where: string, taken: Set<string>): Node {
  const visit = (graph: Graph): Graph => {
    const body = validateGraph(graph, where);
    for (const name of body.free.keys()) taken.add(name);
    return body.graph;
  };
  const attributes = new Map<string, Attribute>();
  for (const [name, attribute] of node.attributes) {
    if (attribute.type === 'graph') attributes.set(name, { type: 'graph', value: visit(attribute.value) });
    else if (attribute.type === 'graphs') attributes.set(name, { type: 'graphs', value: attribute.value.map(visit) });
    else attributes.set(name, attribute);
  }
  return { ...node, attributes };
}

/**
 * Depth-first search from the nodes in the order of the file, producers first: a sorted list stays as it is. Adds to
 * `free` what has no producer.
 */
function sortNodes(
  nodes: readonly Node[],
  reads: readonly (readonly string[])[],
  producers: ReadonlyMap<string, number>,
  free: FreeNames,
  where: string,
): Node[] {
  const sorted: Node[] = [];
  const state: ('open' | 'done' | undefined)[] = new Array(nodes.length);
  for (const start of nodes.keys()) {
    if (state[start]) continue;
    const path = [{ index: start, next: 0 }];
    state[start] = 'open';
    for (let top = path.at(-1); top; top = path.at(-1)) {
      const node = nodes[top.index];
      const name = reads[top.index]?.[top.next++];
      if (name === undefined) {
        state[top.index] = 'done';
        if (node) sorted.push(node);
        path.pop();
        continue;
      }
      const producer = producers.get(name);
      if (producer === undefined && !free.has(name)) free.set(name, node);
      if (producer === undefined || producer === NO_NODE || state[producer] === 'done') continue;
      if (state[producer] === 'open' && node) throw cycle(node, name, where);
      state[producer] = 'open';
      path.push({ index: producer, next: 0 });
    }
  }
  return sorted;
}

function cycle(node: Node, input: string, where: string): ModelFormatError {
  return new ModelFormatError(
    `Node '${nodeLabel(node)}' (${node.operator})${where} lies on a cycle: its input '${input}' depends on its own output.`,
  );
}
