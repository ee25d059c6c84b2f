/** Constants of a graph, whether they stand in its list or in a node of their own. */
import type { Graph, Tensor } from '../graph/graph';

const OF_NODES = new WeakMap<Graph, ReadonlyMap<string, Tensor>>();

export function constantOf(graph: Graph, name: string): Tensor | undefined {
  return graph.constants.get(name) ?? ofNodes(graph).get(name);
}

/** Tensors of Constant nodes, by the name of their output. */
function ofNodes(graph: Graph): ReadonlyMap<string, Tensor> {
  let known = OF_NODES.get(graph);
  if (!known) {
    known = new Map(
      graph.nodes.flatMap(({ operator, attributes, outputs: [name = ''] }) => {
        const value = operator === 'Constant' ? attributes.get('value') : undefined;
        return value?.type === 'tensor' ? [[name, { ...value.value, name }] as const] : [];
      }),
    );
    OF_NODES.set(graph, known);
  }
  return known;
}
