import { attrInts } from '../graph/attributes';
import type { DataType, Node, Shape } from '../graph/graph';
import type { NodeContext } from './operator';

export function shapeOf(context: NodeContext, index: number): Shape | undefined {
  return context.inputs[index]?.shape;
}

export function typeOf(context: NodeContext, index: number): DataType | undefined {
  return context.inputs[index]?.type;
}

export function valuesOf(context: NodeContext, index: number): readonly number[] | undefined {
  return context.inputs[index]?.values;
}

/** Whether the node has input `index`: an omitted optional input is '' or beyond the end. */
export function hasInput(node: Node, index: number): boolean {
  return (node.inputs[index] ?? '') !== '';
}

/** A list of integers that a node may leave out, or take from a tensor whose elements nobody knows before the run. */
export type ListArgument = readonly number[] | 'absent' | 'unknown';

/** A list that older opsets give as an attribute and newer ones as an input (axes, pads, split, starts …). */
export function listArgument(
  node: Node,
  attribute: string,
  index: number,
  values: (index: number) => readonly number[] | undefined,
): ListArgument {
  const given = attrInts(node, attribute, undefined);
  if (given) return given;
  if (!hasInput(node, index)) return 'absent';
  return values(index) ?? 'unknown';
}

/** `listArgument` of a node under shape inference. */
export function listOf(context: NodeContext, attribute: string, index: number): ListArgument {
  return listArgument(context.node, attribute, index, (input) => valuesOf(context, input));
}
