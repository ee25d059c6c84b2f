import type { Node } from '../../graph/graph';
import type { CostContext } from '../../operators/operator';
import type { Work } from '../../operators/work';
import type { GraphIndex } from './graphIndex';

/** Nodes that act as one operator: most often a single one. */
export interface Unit {
  /** In the order of the file; only the last one's output is read from outside. */
  readonly nodes: readonly Node[];
  /** The one that stands for all. */
  readonly head: Node;
  readonly kind: 'node' | 'activation' | 'normalization' | 'attention';
  /** As one operator, with what it reads and writes. */
  readonly context: CostContext;
  readonly work: Work | undefined;
}

/** The nodes as one: it reads what none of them makes, what is computed first. */
export function oneOperator(operator: string, nodes: readonly Node[], last: Node, index: GraphIndex): CostContext {
  const { shapes } = index;
  const made = new Set(nodes.flatMap(({ outputs }) => outputs));
  const read = new Map<string, string>();
  for (const name of nodes.flatMap(({ inputs }) => inputs)) {
    const origin = index.isConstant(name) ? name : index.origin(name);
    if (name !== '' && !made.has(origin) && !read.has(origin)) read.set(origin, name);
  }
  const inputs = [...read.values()].sort((a, b) => Number(index.isConstant(a)) - Number(index.isConstant(b)));
  return changed(shapes.context(last), {
    node: { ...last, operator, domain: '', inputs },
    inputs: inputs.map((name) => shapes.infos.get(name)),
  });
}

/** A context with other operands. */
export function changed(
  own: CostContext,
  { node = own.node, inputs = own.inputs, outputs = own.outputs }: Partial<CostContext>,
): CostContext {
  return {
    ...{ opset: own.opset, node, inputs, outputs },
    inferBody: (attribute, types) => own.inferBody(attribute, types),
    bodyWork: (attribute, types) => own.bodyWork(attribute, types),
  };
}
