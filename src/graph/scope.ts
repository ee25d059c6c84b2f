import type { Attribute, Graph, Node } from './graph';

/** The graphs in a node's attributes: branches of If, bodies of Loop and Scan. */
function bodies(node: Node): readonly Graph[] {
  return [...node.attributes.values()].flatMap(({ type, value }) => {
    if (type === 'graph') return [value];
    return type === 'graphs' ? value : [];
  });
}

function definedIn(graph: Graph): ReadonlySet<string> {
  const { inputs, constants, nodes } = graph;
  return new Set([...inputs.map(({ name }) => name), ...constants.keys(), ...nodes.flatMap(({ outputs }) => outputs)]);
}

/** The tensors that a node reads: its inputs, and what its bodies take from the graph around them. */
export function tensorsRead(node: Node): readonly string[] {
  const inputs = node.inputs.filter((name) => name !== '');
  const captured = bodies(node).flatMap((graph) => {
    const own = definedIn(graph);
    const read = [...graph.nodes.flatMap(tensorsRead), ...graph.outputs.map(({ name }) => name)];
    return read.filter((name) => !own.has(name));
  });
  return captured.length > 0 ? [...new Set([...inputs, ...captured])] : inputs;
}

/** The node reading other tensors, also where its bodies take them from around. */
export function renameReads(node: Node, rename: (tensor: string) => string): Node {
  const inputs = node.inputs.map((name) => (name === '' ? '' : rename(name)));
  if (bodies(node).length === 0) return { ...node, inputs };
  const attributes = new Map<string, Attribute>();
  for (const [key, attribute] of node.attributes) {
    if (attribute.type === 'graph') attributes.set(key, { ...attribute, value: renameIn(attribute.value, rename) });
    else if (attribute.type === 'graphs') {
      attributes.set(key, { ...attribute, value: attribute.value.map((graph) => renameIn(graph, rename)) });
    } else attributes.set(key, attribute);
  }
  return { ...node, inputs, attributes };
}

function renameIn(graph: Graph, rename: (tensor: string) => string): Graph {
  const own = definedIn(graph);
  const outer = (name: string): string => (own.has(name) ? name : rename(name));
  return {
    ...graph,
    nodes: graph.nodes.map((node) => renameReads(node, outer)),
    outputs: graph.outputs.map((output) => ({ ...output, name: outer(output.name) })),
  };
}

/** The nodes that read each tensor, in execution order; a node that reads it twice stands there once. */
export function readersOf(nodes: readonly Node[]): ReadonlyMap<string, readonly Node[]> {
  const readers = new Map<string, Node[]>();
  for (const node of nodes) {
    for (const tensor of new Set(tensorsRead(node))) {
      const known = readers.get(tensor);
      if (known) known.push(node);
      else readers.set(tensor, [node]);
    }
  }
  return readers;
}
