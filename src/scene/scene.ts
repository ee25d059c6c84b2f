import { shape as formatShape } from '../display/format';
import type { Graph, Model, Node } from '../graph/graph';
import { byteSize, nodeLabel } from '../graph/graph';
import { tensorsRead } from '../graph/scope';
import type { InferredShapes } from '../operators/inferShapes';
import { CATEGORIES, type SceneData } from '../protocol/graphPanel';
import { categoryOf } from './categories';
import { type GroupItems, groupsOf } from './groups';
import { noteOf } from './notes';
import { scopesOf } from './scopes';

const OPERATOR = 0;
const INPUT = 1;
const OUTPUT = 2;

/** One entry of the drawing. */
interface Item {
  readonly kind: number;
  readonly name: string;
  readonly node?: Node;
  /** The tensor of a graph input or output. */
  readonly tensor?: string;
}

export interface Scene {
  readonly data: SceneData;
  /** The model's node behind a scene index; undefined for graph inputs and outputs. */
  nodeOf(sceneIndex: number): Node | undefined;
  /** Scene indices of the nodes that read each tensor of the model. */
  readers(): ReadonlyMap<string, readonly number[]>;
}

/**
 * What to draw of a model: its inputs, the nodes that run, its outputs; and the edges. Constants are part of their
 * consumers, whether they stand in the file or nodes compute them ahead of the run.
 */
export function buildScene(model: Model, shapes: Pick<InferredShapes, 'infos' | 'constants'>, title: string): Scene {
  const { infos, constants } = shapes;
  const items = itemsOf(model.graph, constants);
  const edges = edgesOf(items);
  const operators = [...new Set(items.map(operatorName))];
  const operatorIndex = new Map(operators.map((name, index) => [name, index]));
  const tensorNames = [...new Set(edges.map((edge) => edge.tensor))];
  const tensorIndex = new Map(tensorNames.map((name, index) => [name, index]));
  const inputOutput = CATEGORIES.indexOf('input/output');
  const shapeOf = (tensor: string | undefined): string => formatShape(infos.get(tensor ?? '')?.shape);
  const data: SceneData = {
    title,
    facts: factsOf(model),
    nodeCount: items.length,
    kind: Uint8Array.from(items, (item) => item.kind),
    reportIndex: Int32Array.from(items, (item) => item.node?.id ?? -1),
    names: items.map((item) => item.name),
    operators,
    operator: Uint16Array.from(items, (item) => operatorIndex.get(operatorName(item)) ?? 0),
    category: Uint8Array.from(items, (item) => (item.node ? categoryOf(item.node) : inputOutput)),
    shapes: items.map((item) => shapeOf(item.tensor ?? item.node?.outputs.find((name) => name !== ''))),
    notes: items.map((item) => (item.node ? noteOf(item.node, infos) : '')),
    edges: Uint32Array.from(edges.flatMap((edge) => [edge.source, edge.target])),
    edgeTensor: Uint32Array.from(edges, (edge) => tensorIndex.get(edge.tensor) ?? 0),
    tensors: tensorNames,
    tensorShapes: tensorNames.map(shapeOf),
    tensorTypes: tensorNames.map((name) => infos.get(name)?.type ?? '?'),
    tensorBytes: Float64Array.from(tensorNames, (name) => byteSize(infos.get(name) ?? {}) ?? Number.NaN),
    groups: groupsOf(groupItems(items, edges)),
  };
  let readers: ReadonlyMap<string, readonly number[]> | undefined;
  return {
    data,
    nodeOf: (sceneIndex) => items[sceneIndex]?.node,
    readers: () => {
      readers ??= readersOf(items);
      return readers;
    },
  };
}

function readersOf(items: readonly Item[]): ReadonlyMap<string, readonly number[]> {
  const readers = new Map<string, number[]>();
  for (const [index, { node }] of items.entries()) {
    for (const tensor of new Set(node ? tensorsRead(node) : [])) {
      const known = readers.get(tensor);
      if (known) known.push(index);
      else readers.set(tensor, [index]);
    }
  }
  return readers;
}

function operatorName(item: Item): string {
  if (item.kind === INPUT) return 'Input';
  if (item.kind === OUTPUT) return 'Output';
  return item.node?.operator ?? '?';
}

function itemsOf(graph: Graph, constants: ReadonlySet<string>): readonly Item[] {
  const isInput = (name: string): boolean => !graph.constants.has(name);
  const isConstant = ({ operator, outputs }: Node): boolean =>
    operator === 'Constant' || outputs.every((name) => name === '' || constants.has(name));
  return [
    ...graph.inputs.filter(({ name }) => isInput(name)).map(({ name }): Item => ({ kind: INPUT, name, tensor: name })),
    ...graph.nodes
      .filter((node) => !isConstant(node))
      .map((node): Item => ({ kind: OPERATOR, name: nodeLabel(node), node })),
    ...graph.outputs.map(({ name }): Item => ({ kind: OUTPUT, name, tensor: name })),
  ];
}

interface Edge {
  readonly source: number;
  readonly target: number;
  readonly tensor: string;
}

function edgesOf(items: readonly Item[]): readonly Edge[] {
  const producer = new Map<string, number>();
  items.forEach((item, index) => {
    if (item.kind === INPUT && item.tensor !== undefined) producer.set(item.tensor, index);
    for (const output of item.node?.outputs ?? []) if (output !== '') producer.set(output, index);
  });
  const edges: Edge[] = [];
  items.forEach((item, target) => {
    const read = item.node ? tensorsRead(item.node) : item.kind === OUTPUT && item.tensor ? [item.tensor] : [];
    for (const tensor of new Set(read)) {
      const source = producer.get(tensor);
      if (source !== undefined && source !== target) edges.push({ source, target, tensor });
    }
  });
  return edges;
}

function groupItems(items: readonly Item[], edges: readonly Edge[]): GroupItems {
  const sources = items.map((): number[] => []);
  for (const { source, target } of edges) sources[target]?.push(source);
  return {
    count: items.length,
    kindOf: (item) => items[item]?.node?.operator ?? '',
    sourcesOf: (item) => sources[item] ?? [],
    scopesOf: (item) => {
      const node = items[item]?.node;
      return node ? scopesOf(node) : [];
    },
    isOperator: (item) => items[item]?.kind === OPERATOR,
  };
}

function factsOf(model: Model): SceneData['facts'] {
  const opsets = [...model.opsets].map(([domain, version]) => `${domain || 'ai.onnx'} ${version}`).join(', ');
  return [
    { label: 'Format', value: `${model.format} IR ${model.irVersion}` },
    { label: 'Opset', value: opsets },
    { label: 'Producer', value: model.producer || 'unknown' },
    { label: 'Nodes', value: String(model.graph.nodes.length) },
    ...(model.graph.doc ? [{ label: 'Documentation', value: model.graph.doc.slice(0, 400) }] : []),
    ...[...model.metadata].slice(0, 20).map(([label, value]) => ({ label, value: value.slice(0, 200) })),
  ];
}
