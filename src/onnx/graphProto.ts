import type { Attribute, Graph, Node, Tensor, TensorInfo, ValueInfo } from '../graph/graph';
import { readAttribute } from './attributeProto';
import { readEntry } from './entries';
import { type ReadContext, readSparseTensorProto, readTensorProto } from './tensorProto';
import { readValueInfo } from './typeProto';

/** After this many fields of a graph the reader lets others run. */
const FIELDS_PER_SLICE = 2_000;
/** Ten times the largest networks: a damaged file may claim a node every two bytes. */
const MAX_NODES = 1_000_000;

/** A graph while it is read: protobuf merges repeated messages, so that one may come in pieces. */
export interface GraphBuilder {
  name: string;
  doc?: string;
  metadata?: Map<string, string>;
  readonly nodes: Node[];
  readonly inputs: ValueInfo[];
  readonly outputs: ValueInfo[];
  readonly constants: Map<string, Tensor>;
  readonly declared: Map<string, TensorInfo>;
}

export function emptyGraph(): GraphBuilder {
  return { name: '', nodes: [], inputs: [], outputs: [], constants: new Map(), declared: new Map() };
}

/** Reads the GraphProto that is the cursor's current field; yields now and then. */
export function* readGraphProto(context: ReadContext, graph: GraphBuilder): Generator<void, void> {
  const { cursor } = context;
  let fields = 0;
  cursor.enter();
  while (cursor.next()) {
    if (++fields % FIELDS_PER_SLICE === 0) yield;
    switch (cursor.field) {
      case 1:
        if (graph.nodes.length === MAX_NODES) cursor.fail(`there are more than ${MAX_NODES} nodes`);
        graph.nodes.push(readNode(context, graph.nodes.length));
        break;
      case 2:
        graph.name = cursor.text();
        break;
      case 5:
        addConstant(graph, readTensorProto(context));
        break;
      case 10:
        graph.doc = cursor.text();
        break;
      case 11:
        graph.inputs.push(readValueInfo(cursor));
        break;
      case 12:
        graph.outputs.push(readValueInfo(cursor));
        break;
      case 13: {
        const { name, ...info } = readValueInfo(cursor);
        graph.declared.set(name, info);
        break;
      }
      case 15:
        addConstant(graph, readSparseTensorProto(context));
        break;
      case 16:
        graph.metadata ??= new Map();
        readEntry(cursor, graph.metadata);
        break;
      default:
        cursor.skip();
    }
  }
}

const addConstant = (graph: GraphBuilder, tensor: Tensor): Map<string, Tensor> =>
  graph.constants.set(tensor.name, tensor);

/** Reads the GraphProto that is the cursor's current field, in one go. */
export function readSubgraph(context: ReadContext): Graph {
  const graph = emptyGraph();
  for (const _ of readGraphProto(context, graph));
  return graph;
}

/** `ai.onnx` is the long name of the default domain. */
export const normalizeDomain = (domain: string): string => (domain === 'ai.onnx' ? '' : domain);

export function readNode(context: ReadContext, id: number): Node {
  const { cursor } = context;
  const inputs: string[] = [];
  const outputs: string[] = [];
  const attributes = new Map<string, Attribute>();
  let metadata: Map<string, string> | undefined;
  let name = '';
  let operator = '';
  let domain = '';
  let overload = '';
  let doc = '';
  cursor.enter();
  while (cursor.next()) {
    switch (cursor.field) {
      case 1:
        inputs.push(cursor.text());
        break;
      case 2:
        outputs.push(cursor.text());
        break;
      case 3:
        name = cursor.text();
        break;
      case 4:
        operator = cursor.text();
        break;
      case 5: {
        const [key, attribute] = readAttribute(context);
        attributes.set(key, attribute);
        break;
      }
      case 6:
        doc = cursor.text();
        break;
      case 7:
        domain = normalizeDomain(cursor.text());
        break;
      case 8:
        overload = cursor.text();
        break;
      case 9:
        metadata ??= new Map();
        readEntry(cursor, metadata);
        break;
      default:
        cursor.skip();
    }
  }
  return {
    id,
    name,
    operator,
    domain,
    inputs,
    outputs,
    attributes,
    ...(overload && { overload }),
    ...(doc && { doc }),
    ...(metadata && { metadata }),
  };
}
