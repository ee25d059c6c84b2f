import type { Graph, Node } from '../graph/graph';
import { elementCount } from '../graph/graph';
import { tensorsRead } from '../graph/scope';
import type { InferredShapes } from '../operators/inferShapes';

/** Kernels after fusion: for each head the nodes that run inside its kernel, in order. */
export interface Fusion {
  /** By id of the head. */
  readonly tails: ReadonlyMap<number, readonly Node[]>;
  /** Head's id by id of the fused node. */
  readonly headOf: ReadonlyMap<number, number>;
}

export const NO_FUSION: Fusion = { tails: new Map(), headOf: new Map() };

/** Operators that map each element by itself and so ride along with the kernel that makes it. */
const ACTIVATIONS: ReadonlySet<string> = new Set([
  ...['Relu', 'LeakyRelu', 'PRelu', 'ThresholdedRelu', 'Elu', 'Selu', 'Celu', 'Clip', 'Gelu', 'FastGelu', 'BiasGelu'],
  ...['Sigmoid', 'HardSigmoid', 'HardSwish', 'Swish', 'QuickGelu', 'Tanh', 'Softplus', 'Softsign', 'Mish'],
]);

/**
 * What a target launches as one kernel (the idea is nn-Meter's): a contraction, addition or normalization, then the batch
 * normalizations, activations and additions that follow it, as long as each value has a single reader and keeps its size.
 * An addition joins the kernel of its operand that is made last: the other one must be there already.
 * In the founding mode additions keep a kernel of their own; the predictor has rows for them, and none for the others.
 */
export function fuse(graph: Graph, shapes: InferredShapes, options: { readonly additions: boolean }): Fusion {
  const readers = readersOf(graph);
  const producer = new Map(graph.nodes.flatMap((node) => node.outputs.map((name): [string, Node] => [name, node])));
  const tails = new Map<number, readonly Node[]>();
  const headOf = new Map<number, number>();

  const isReady = (tensor: string, head: Node): boolean => {
    const maker = producer.get(tensor);
    return !maker || (headOf.get(maker.id) ?? maker.id) < head.id;
  };
  const next = (value: string, head: Node): Node | undefined => {
    const [reader, ...others] = readers.get(value) ?? [];
    if (!reader || others.length > 0 || headOf.has(reader.id)) return undefined;
    if (shapes.work(reader)?.kind !== 'vector' || !isTail(reader, value, options.additions)) return undefined;
    const ready = reader.inputs.every((name) => name === '' || name === value || isReady(name, head));
    return ready && sameSize(shapes, value, reader.outputs[0]) ? reader : undefined;
  };

  for (const head of graph.nodes) {
    if (headOf.has(head.id) || !isHead(head, shapes)) continue;
    const tail: Node[] = [];
    let last: Node | undefined = head;
    while (last) {
      const value = onlyOutput(last);
      last = value === undefined ? undefined : next(value, head);
      if (!last) break;
      tail.push(last);
      headOf.set(last.id, head.id);
    }
    if (tail.length > 0) tails.set(head.id, tail);
  }
  return { tails, headOf };
}

function isHead(node: Node, shapes: InferredShapes): boolean {
  const work = shapes.work(node);
  if (work?.kind === 'loopNest') return true;
  return work?.kind === 'vector' && (isAddition(node) || node.operator === 'BatchNormalization');
}

function isTail(node: Node, value: string, additions: boolean): boolean {
  if (isAddition(node)) return additions && node.inputs[0] !== node.inputs[1];
  return (node.operator === 'BatchNormalization' || ACTIVATIONS.has(node.operator)) && node.inputs[0] === value;
}

function isAddition({ operator, inputs }: Node): boolean {
  return operator === 'Add' || (operator === 'Sum' && inputs.length === 2);
}

function onlyOutput(node: Node): string | undefined {
  const outputs = node.outputs.filter((name) => name !== '');
  return outputs.length === 1 ? outputs[0] : undefined;
}

function sameSize(shapes: InferredShapes, a: string, b: string | undefined): boolean {
  const size = elementCount(shapes.infos.get(a)?.shape);
  return size !== undefined && b !== undefined && size === elementCount(shapes.infos.get(b)?.shape);
}

/** Nodes that read each tensor, sub-graphs counted with their node; a graph output is read by nobody in the graph but kept. */
function readersOf(graph: Graph): ReadonlyMap<string, readonly (Node | undefined)[]> {
  const readers = new Map<string, (Node | undefined)[]>();
  const add = (tensor: string, reader: Node | undefined): void => {
    const known = readers.get(tensor);
    if (known) known.push(reader);
    else readers.set(tensor, [reader]);
  };
  for (const node of graph.nodes) for (const tensor of new Set(tensorsRead(node))) add(tensor, node);
  for (const { name } of graph.outputs) add(name, undefined);
  return readers;
}
