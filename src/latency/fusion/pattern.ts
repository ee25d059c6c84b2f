import { elementCount, type Node } from '../../graph/graph';
import type { GraphIndex } from './graphIndex';

/** The part of a graph that a pattern was found in: its nodes, and the tensors that stand for its names. */
export interface Match {
  readonly nodes: ReadonlySet<Node>;
  readonly bound: ReadonlyMap<string, string>;
}

/** Extends a match by what makes a tensor; undefined where that is something else. */
export type Pattern = (tensor: string, match: Match, index: GraphIndex) => Match | undefined;

const COMMUTATIVE: ReadonlySet<string> = new Set(['Add', 'Mul']);

/** Any tensor: the same one wherever the name stands. */
export function any(name: string): Pattern {
  return (tensor, { nodes, bound }, index) => {
    const origin = index.origin(tensor);
    const known = bound.get(name);
    if (known !== undefined) return known === origin ? { nodes, bound } : undefined;
    return index.isConstant(tensor) ? undefined : { nodes, bound: new Map(bound).set(name, origin) };
  };
}

/** A constant of any size. */
export const constant: Pattern = (tensor, match, index) => (index.isConstant(tensor) ? match : undefined);

/** A constant of one element. */
export const scalar: Pattern = (tensor, match, index) =>
  index.isConstant(tensor) && elementCount(index.shapes.infos.get(tensor)?.shape) === 1 ? match : undefined;

/** An operator of ONNX and what its first inputs are made by, in either order where that is the same; other inputs are constants. */
export function op(operator: string, ...inputs: readonly Pattern[]): Pattern {
  return (tensor, match, index) => {
    const node = index.maker(tensor);
    if (node?.operator !== operator || node.domain !== '' || node.inputs.length < inputs.length) return undefined;
    const rest = node.inputs.slice(inputs.length);
    if (!rest.every((name) => name === '' || index.isConstant(name))) return undefined;
    const own = { nodes: new Set(match.nodes).add(node), bound: match.bound };
    const inOrder = (names: readonly string[]): Match | undefined =>
      inputs.reduce<Match | undefined>(
        (found, pattern, position) => found && pattern(names[position] ?? '', found, index),
        own,
      );
    const [a = '', b = ''] = node.inputs;
    return inOrder(node.inputs) ?? (COMMUTATIVE.has(operator) ? inOrder([b, a]) : undefined);
  };
}

/** The first that fits. */
export function either(...patterns: readonly Pattern[]): Pattern {
  return (tensor, match, index) => {
    for (const pattern of patterns) {
      const found = pattern(tensor, match, index);
      if (found) return found;
    }
    return undefined;
  };
}
