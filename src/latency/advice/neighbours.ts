import type { Node } from '../../graph/graph';
import type { Plan } from '../plan';
import { workloadOf } from '../workload';
import type { Neighbour } from './subject';

/**
 * The kernel that makes the only input of a node, if nobody else reads that and the node only passes its elements on: one into which
 * it could be fused, whatever the target's rules say.
 */
export function kernelBefore(node: Node, { fusion, kernels }: Plan): Neighbour | undefined {
  const { index } = fusion;
  const { shapes } = index;
  const work = shapes.work(node);
  if (work?.kind !== 'movement' && work?.kind !== 'vector') return undefined;
  const computed = node.inputs.filter((name) => name !== '' && !index.isConstant(name));
  const [handed] = computed;
  if (handed === undefined || computed.length > 1 || index.readers(index.origin(handed)).length > 1) return undefined;
  if (work.kind === 'vector' && (work.passes > 1 || !index.sameSize(handed, node.outputs[0] ?? ''))) return undefined;

  const producer = index.maker(handed);
  const before = producer && fusion.kernelOf.get(fusion.headOf.get(producer.id) ?? producer.id);
  const kernel = before && kernels[before.head.id];
  if (!before || kernel?.kind !== 'workload' || before.nodes.at(-1) !== producer) return undefined;
  const joined = { context: shapes.context(node), work, handed };
  const both = { context: before.context, work: kernel.workload.work };
  const together = workloadOf(both, (name) => index.isConstant(name), [...before.fused, joined]);
  if ('unknown' in together) return undefined;
  return { head: before.head, workload: kernel.workload, together, moves: work.kind === 'movement' };
}
