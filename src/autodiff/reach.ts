import type { DataType, Node, TensorInfo } from '../graph/graph';
import { tensorsRead } from '../graph/scope';

/** Types that carry no derivative. Small integers do: quantised tensors stand for real numbers. */
const DISCRETE: ReadonlySet<DataType | undefined> = new Set(['int64', 'bool', 'string']);

export const isContinuous = (type: DataType | undefined): boolean => !DISCRETE.has(type);

/** The tensors that depend differentiably on one of `sources`, these included. */
export function downstream(
  nodes: readonly Node[],
  infos: ReadonlyMap<string, TensorInfo>,
  sources: readonly string[],
): ReadonlySet<string> {
  const reached = new Set(sources);
  for (const node of nodes) {
    if (!tensorsRead(node).some((input) => reached.has(input))) continue;
    for (const output of node.outputs) {
      if (output !== '' && isContinuous(infos.get(output)?.type)) reached.add(output);
    }
  }
  return reached;
}

/** The tensors that `targets` depend on, these included. */
export function upstream(nodes: readonly Node[], targets: readonly string[]): ReadonlySet<string> {
  const reached = new Set(targets);
  for (const node of nodes.toReversed()) {
    if (node.outputs.some((output) => reached.has(output))) for (const input of tensorsRead(node)) reached.add(input);
  }
  return reached;
}
