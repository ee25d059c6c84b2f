import type { Graph, Node } from '../../graph/graph';
import type { FusionRule } from '../../hardware/fusionRules';
import type { InferredShapes } from '../../operators/inferShapes';
import type { CostContext } from '../../operators/operator';
import type { Work } from '../../operators/work';
import type { Fused } from '../workload';
import { GraphIndex, onlyOutput } from './graphIndex';
import { quantized } from './quantized';
import { tailOf } from './tails';
import type { Unit } from './unit';
import { unitsOf } from './units';

/** What a target launches at once. */
export interface FusedKernel {
  /** The node that stands for all: what the kernel costs is told of it. */
  readonly head: Node;
  /** All nodes that run in it, in the order of the file. */
  readonly nodes: readonly Node[];
  readonly context: CostContext;
  /** Undefined where it is not known. */
  readonly work: Work | undefined;
  /** What follows in the same kernel. */
  readonly fused: readonly Fused[];
}

export interface Fusion {
  /** In the order in which they run. Views and what is computed ahead of time are in none. */
  readonly kernels: readonly FusedKernel[];
  /** By id of the head. */
  readonly kernelOf: ReadonlyMap<number, FusedKernel>;
  /** Head's id by id of the fused node. */
  readonly headOf: ReadonlyMap<number, number>;
  readonly index: GraphIndex;
}

/**
 * What a target launches as one kernel (the idea is nn-Meter's: Zhang et al., MobiSys 2021), by its rules. First nodes that are one
 * operator written out become a unit; then a unit takes in what follows it, as long as each value has a single reader; last,
 * quantisation around a kernel becomes part of it. No rules: every node is a kernel of its own.
 */
export function fuse(graph: Graph, shapes: InferredShapes, rules: readonly FusionRule[]): Fusion {
  const index = new GraphIndex(graph, shapes);
  const allowed = new Set(rules);
  const units = unitsOf(graph.nodes, index, allowed);
  const chains = chainsOf(units, index, allowed);
  const plain = chains.map(([first, ...tail]) => kernelOf(first, tail, index));
  const kernels = allowed.has('qdq') ? quantized(graph, plain, index) : plain;
  const headOf = new Map(
    kernels.flatMap(({ head, nodes }) =>
      nodes.filter((node) => node !== head).map((node): [number, number] => [node.id, head.id]),
    ),
  );
  return { kernels, kernelOf: new Map(kernels.map((kernel) => [kernel.head.id, kernel])), headOf, index };
}

type Chain = readonly [first: Unit, ...tail: Unit[]];

/** Units with those that join them. A kernel runs when all that its first unit reads is there; so must be what its tail reads. */
function chainsOf(units: readonly Unit[], index: GraphIndex, rules: ReadonlySet<FusionRule>): readonly Chain[] {
  const unitOf = new Map(units.flatMap((unit) => unit.nodes.map((node): [Node, Unit] => [node, unit])));
  const position = new Map(units.map((unit, place): [Unit, number] => [unit, place]));
  const startOf = new Map<Unit, number>();
  const taken = new Set<Unit>();

  const isReady = (tensor: string, start: number): boolean => {
    const maker = index.maker(tensor);
    const unit = maker && unitOf.get(maker);
    return !unit || (startOf.get(unit) ?? Number.POSITIVE_INFINITY) < start;
  };
  /** The only unit that reads a value. */
  const readerOf = (value: string): Unit | undefined => {
    const readers = new Set(index.readers(value).map((node) => node && unitOf.get(node)));
    const [reader] = readers;
    return readers.size === 1 ? reader : undefined;
  };
  const chains: Chain[] = [];
  for (const first of units) {
    if (taken.has(first)) continue;
    const start = position.get(first) ?? 0;
    startOf.set(first, start);
    const tail: Unit[] = [];
    for (let last: Unit | undefined = first; last; ) {
      const value = outputOf(last);
      const next: Unit | undefined = value === undefined ? undefined : readerOf(value);
      if (!next || value === undefined || taken.has(next) || startOf.has(next)) break;
      if (!tailOf({ first, last, next, value }, index, rules)) break;
      const others = next.context.node.inputs.filter(
        (name) => name !== '' && index.origin(name) !== index.origin(value),
      );
      if (!others.every((name) => isReady(name, start))) break;
      tail.push(next);
      taken.add(next);
      startOf.set(next, start);
      last = next;
    }
    chains.push([first, ...tail]);
  }
  return chains;
}

function outputOf({ nodes }: Unit): string | undefined {
  const last = nodes.at(-1);
  return last && onlyOutput(last);
}

function kernelOf(first: Unit, tail: readonly Unit[], index: GraphIndex): FusedKernel {
  const nodes = [first, ...tail].flatMap((unit) => unit.nodes).sort((a, b) => a.id - b.id);
  const { context, work } = first;
  let value = index.origin(outputOf(first) ?? '');
  const fused = tail.flatMap((unit): Fused[] => {
    const handed = unit.context.node.inputs.find((name) => index.origin(name) === value) ?? '';
    value = index.origin(outputOf(unit) ?? '');
    return unit.work ? [{ context: unit.context, work: unit.work, handed }] : [];
  });
  return { head: first.head, nodes, context, work, fused };
}
