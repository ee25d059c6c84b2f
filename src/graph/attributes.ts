import type { Graph, Node, Tensor } from './graph';

/** The value of an attribute of the wanted type, or the default. An attribute of another type is a malformed model. */
function read<T>(node: Node, name: string, types: readonly string[], fallback: T): T {
  const attribute = node.attributes.get(name);
  if (!attribute) return fallback;
  if (!types.includes(attribute.type)) {
    throw new Error(`${node.operator} '${node.name}': attribute '${name}' is ${attribute.type}, expected ${types[0]}`);
  }
  return attribute.value as T;
}

export const attrInt = <T extends number | undefined>(node: Node, name: string, fallback: T): number | T =>
  read<number | T>(node, name, ['int', 'float'], fallback);

export const attrFloat = <T extends number | undefined>(node: Node, name: string, fallback: T): number | T =>
  read<number | T>(node, name, ['float', 'int'], fallback);

export const attrString = <T extends string | undefined>(node: Node, name: string, fallback: T): string | T =>
  read<string | T>(node, name, ['string'], fallback);

export const attrInts = <T extends readonly number[] | undefined>(
  node: Node,
  name: string,
  fallback: T,
): readonly number[] | T => read<readonly number[] | T>(node, name, ['ints'], fallback);

export const attrFloats = <T extends readonly number[] | undefined>(
  node: Node,
  name: string,
  fallback: T,
): readonly number[] | T => read<readonly number[] | T>(node, name, ['floats'], fallback);

export const attrStrings = <T extends readonly string[] | undefined>(
  node: Node,
  name: string,
  fallback: T,
): readonly string[] | T => read<readonly string[] | T>(node, name, ['strings'], fallback);

export const attrTensor = (node: Node, name: string): Tensor | undefined =>
  read<Tensor | undefined>(node, name, ['tensor'], undefined);

export const attrGraph = (node: Node, name: string): Graph | undefined =>
  read<Graph | undefined>(node, name, ['graph'], undefined);
