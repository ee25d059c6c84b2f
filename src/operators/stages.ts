import type { TensorInfo } from '../graph/graph';
import type { CostContext } from './operator';
import type { BodyPart, Work } from './work';

/** A tensor of a stage: by the node's own name, or by one that the stages share, in brackets so that it is no tensor of the graph. */
export type Operand = readonly [name: string, info: TensorInfo];

/** One step of an operator that is made of several (a product of attention, a step of a recurrent layer), with operands of its own. */
export function stage(
  { node, opset }: CostContext,
  work: Work,
  inputs: readonly Operand[],
  outputs: readonly Operand[],
  times = 1,
): BodyPart {
  const names = (operands: readonly Operand[]): readonly string[] => operands.map(([name]) => name);
  const infos = (operands: readonly Operand[]): readonly TensorInfo[] => operands.map(([, info]) => info);
  const noBody = (): never => {
    throw new Error('a stage has no sub-graph');
  };
  const own = { ...node, inputs: names(inputs), outputs: names(outputs), attributes: new Map() };
  const context = { node: own, opset, inputs: infos(inputs), outputs: infos(outputs) };
  return {
    work,
    context: { ...context, inferBody: noBody, bodyWork: noBody },
    ...(times !== 1 && { times }),
  };
}
