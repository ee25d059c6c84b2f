import type { Graph, Node } from '../../graph/graph';
import type { CostContext } from '../../operators/operator';
import type { Fused } from '../workload';
import type { FusedKernel } from './fuse';
import type { GraphIndex } from './graphIndex';
import { changed } from './unit';

/**
 * Quantised models written with DequantizeLinear and QuantizeLinear around operators in floating point (QDQ), as targets run them:
 * a kernel reads the integers that its operands are made from. A contraction computes with integers where both of its operands are
 * such; else only its weights are read as they are stored. A DequantizeLinear that nobody else reads runs in its reader's kernel.
 */
export function quantized(graph: Graph, kernels: readonly FusedKernel[], index: GraphIndex): readonly FusedKernel[] {
  const readings = kernels.map((kernel) => readIntegers(kernel, index));
  const takers = new Map<Node, Set<Node>>();
  for (const { kernel, taken } of readings) {
    for (const node of taken) takers.set(node, new Set([...(takers.get(node) ?? []), ...kernel.nodes]));
  }
  const isFolded = ({ head, nodes }: FusedKernel): boolean => {
    const readers: ReadonlySet<Node | undefined> | undefined = takers.get(head);
    return (
      nodes.length === 1 && readers !== undefined && index.readers(outputOf(head)).every((one) => readers.has(one))
    );
  };
  const folded = new Set(kernels.filter(isFolded).map(({ head }) => head));
  const waiting = new Set(folded);
  return readings.flatMap(({ kernel, taken }): FusedKernel[] => {
    if (folded.has(kernel.head)) return [];
    const before = [...taken].filter((node) => waiting.delete(node));
    const nodes = [...before, ...kernel.nodes].sort((a, b) => a.id - b.id);
    return [asItWas({ ...kernel, nodes }, graph)];
  });
}

interface Reading {
  readonly kernel: FusedKernel;
  /** DequantizeLinear nodes that the kernel does not need. */
  readonly taken: ReadonlySet<Node>;
}

function readIntegers(kernel: FusedKernel, index: GraphIndex): Reading {
  if (kernel.work?.kind === 'body') return { kernel, taken: new Set() };
  const taken = new Set<Node>();
  const left = new Set<Node>();
  const through = (own: CostContext, wanted: (input: number) => boolean): CostContext => {
    const makers = own.node.inputs.map((name) => dequantization(name, index));
    makers.forEach((maker, input) => {
      if (maker) (wanted(input) ? taken : left).add(maker);
    });
    const sourceOf = (input: number): string | undefined => (wanted(input) ? makers[input]?.inputs[0] : undefined);
    return changed(own, {
      node: { ...own.node, inputs: own.node.inputs.map((name, input) => sourceOf(input) ?? name) },
      inputs: own.inputs.map((info, input) => {
        const type = index.shapes.infos.get(sourceOf(input) ?? '')?.type;
        return info && type ? { ...info, type } : info;
      }),
    });
  };
  const { inputs } = kernel.context.node;
  const both = [inputs[0], inputs[1]].every((name) => name !== undefined && dequantization(name, index));
  const all = kernel.work?.kind !== 'loopNest' || both;
  const context = through(kernel.context, (input) => all || index.isConstant(inputs[input] ?? ''));
  const fused = kernel.fused.map((one): Fused => ({ ...one, context: through(one.context, () => true) }));
  for (const node of left) taken.delete(node);
  return { kernel: { ...kernel, context, fused }, taken };
}

/** The DequantizeLinear that makes a tensor. */
function dequantization(tensor: string, index: GraphIndex): Node | undefined {
  const maker = tensor === '' ? undefined : index.maker(tensor);
  return maker?.operator === 'DequantizeLinear' ? maker : undefined;
}

function outputOf({ outputs }: Node): string {
  return outputs[0] ?? '';
}

/** Dequantised and quantised with the same scale and zero point: nothing is to be done. */
function asItWas(kernel: FusedKernel, graph: Graph): FusedKernel {
  const { head, nodes } = kernel;
  const [, last] = nodes;
  if (nodes.length !== 2 || head.operator !== 'DequantizeLinear' || last?.operator !== 'QuantizeLinear') return kernel;
  const parameter = (node: Node, input: number): string => {
    const name = node.inputs[input] ?? '';
    return JSON.stringify(graph.constants.get(name)?.values) ?? name;
  };
  if ([1, 2].some((input) => parameter(head, input) !== parameter(last, input))) return kernel;
  return { ...kernel, work: { kind: 'free', reason: 'the integers that are there already' }, fused: [] };
}
