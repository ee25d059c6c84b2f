import { shape } from '../display/format';
import { type Attribute, type Node, nodeLabel } from '../graph/graph';
import type { InferredShapes } from '../operators/inferShapes';
import { CATEGORIES } from '../protocol/graphPanel';
import type { Scene } from './scene';

/** A drawn graph and what is known of its tensors. */
export interface ComparedGraph {
  readonly scene: Scene;
  readonly shapes: Pick<InferredShapes, 'infos' | 'constants'>;
}

/** Operators of the graph's own inputs and outputs. */
export const INPUT = '(input)';
export const OUTPUT = '(output)';

/** What matching looks at: the items of a scene, in the order of execution, and their wires. */
export interface Matchable {
  readonly count: number;
  /** Of a name that the exporter gave: undefined where it only counts, which tells nothing of another export. */
  readonly names: readonly (string | undefined)[];
  /** Name, operator and first tensor, whatever they are. */
  readonly labels: readonly string[];
  readonly operators: readonly string[];
  /** The operator's colour family where its members can stand for one another: one activation for another. */
  readonly families: readonly string[];
  /** Operator, attributes and sizes of the weights. */
  readonly weighted: readonly string[];
  /** The same with the size of the output. */
  readonly exact: readonly string[];
  readonly hasWeights: readonly boolean[];
  readonly sources: readonly (readonly number[])[];
  /** Items that may be there or not while the network computes the same: casts, quantization, folded normalization. */
  readonly isThrough: readonly boolean[];
}

const THROUGH: ReadonlySet<string> = new Set([
  ...['Cast', 'CastLike', 'Identity', 'Dropout'],
  ...['QuantizeLinear', 'DequantizeLinear', 'BatchNormalization'],
]);

const INTERCHANGEABLE: ReadonlySet<string> = new Set(['convolution', 'activation', 'pooling', 'elementwise']);

export function matchable({ scene, shapes: { infos, constants } }: ComparedGraph): Matchable {
  const { data, nodeOf } = scene;
  const nodes = Array.from({ length: data.nodeCount }, (_, item) => nodeOf(item));
  const sources = nodes.map((): number[] => []);
  for (let edge = 0; edge < data.edges.length; edge += 2) {
    sources[data.edges[edge + 1] ?? 0]?.push(data.edges[edge] ?? 0);
  }
  const operators = nodes.map((node, item) => (node ? operatorName(node) : data.kind[item] === 1 ? INPUT : OUTPUT));
  const sizes = (names: readonly string[]): string => names.map((name) => shape(infos.get(name)?.shape)).join();
  const weighted = nodes.map((node, item) => {
    if (!node) return operators[item] ?? '';
    const attributes = [...node.attributes].map(([name, attribute]) => `${name}=${attributeWords(attribute)}`).sort();
    return `${operators[item]} ${attributes} ${sizes(node.inputs.filter((name) => constants.has(name)))}`;
  });
  return {
    count: nodes.length,
    names: nodes.map((node, item) => (node ? givenName(node) : data.names[item])),
    labels: data.names,
    operators,
    families: operators.map((name, item) => {
      const family = CATEGORIES[data.category[item] ?? 0] ?? 'other';
      return INTERCHANGEABLE.has(family) ? family : name;
    }),
    weighted,
    exact: weighted.map((text, item) => `${text} ${data.shapes[item]}`),
    hasWeights: nodes.map((node) => node?.inputs.some((name) => constants.has(name)) ?? false),
    sources,
    isThrough: nodes.map((node) => node !== undefined && THROUGH.has(node.operator)),
  };
}

export function operatorName({ domain, operator }: Node): string {
  return domain === '' ? operator : `${domain}.${operator}`;
}

/** Without a name of its own a node goes by its first tensor, as long as that is more than a number. */
function givenName(node: Node): string | undefined {
  const name = node.name || (node.outputs.find((output) => output !== '') ?? '');
  return isCounted(name, node.operator) ? undefined : nodeLabel(node);
}

/** `12`, `Conv_12`, `conv2d_3`, `node_relu_7`: numbered in passing, so that a node more moves all numbers behind it. */
function isCounted(name: string, operator: string): boolean {
  const last = name.slice(name.lastIndexOf('/') + 1);
  if (/^\D?\d*$/.test(last) || /^node_/i.test(last)) return true;
  return /_\d+$/.test(last) && last.toLowerCase().startsWith(operator.toLowerCase());
}

/** An attribute in a few words, the same for the same value; tensors and graphs by their sizes. */
export function attributeWords({ type, value }: Attribute): string {
  switch (type) {
    case 'tensor':
      return `${value.type} ${shape(value.shape)}${value.values ? ` ${value.values}` : ''}`;
    case 'graph':
      return `${value.nodes.length} nodes`;
    case 'graphs':
      return value.map(({ nodes }) => `${nodes.length} nodes`).join();
    default:
      return String(value);
  }
}
