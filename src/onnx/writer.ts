import { dataTypeCode } from '../graph/dataTypes';
import type { Attribute, DataType, Graph, Shape, Tensor } from '../graph/graph';
import { ProtoWriter } from './protoWriter';
import { tensorBytes } from './tensor';

export interface NodeToWrite {
  readonly operator: string;
  /** Default: `ai.onnx`. */
  readonly domain?: string;
  readonly name?: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
}

export type InitializerToWrite = {
  readonly name: string;
  readonly type: DataType;
  readonly shape: readonly number[];
} & (
  | { /** Little-endian elements. */ readonly data: Uint8Array }
  | { /** Where they lie in a file beside the model. */ readonly external: ExternalRange }
);

/** `length` bytes from `offset` of a file; its path is relative to the model's folder, with slashes. */
export interface ExternalRange {
  readonly location: string;
  readonly offset: number;
  readonly length: number;
}

export interface ValueToWrite {
  readonly name: string;
  /** Graph inputs need a type; outputs may leave it to the runtime's inference. */
  readonly type?: DataType;
  readonly shape?: Shape;
}

export interface GraphToWrite {
  readonly nodes?: readonly NodeToWrite[];
  readonly initializers?: readonly InitializerToWrite[];
  readonly inputs?: readonly ValueToWrite[];
  readonly outputs?: readonly ValueToWrite[];
}

export interface ModelToWrite {
  readonly irVersion: number;
  /** Version per domain. */
  readonly opsets: Readonly<Record<string, number>>;
  readonly graph: GraphToWrite & { readonly name: string };
}

export interface AppendixToWrite extends GraphToWrite {
  /** Version per domain that the model does not import yet (a repeated domain would override the model's). */
  readonly opsets?: Readonly<Record<string, number>>;
  /** metadata_props: keys that the model does not have yet. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * A ModelProto that holds only additions: protobuf merges concatenated messages, so `file's bytes ++ appendix` is the
 * model with these nodes, initializers, inputs and outputs added. New names must be fresh; an output that the model
 * has already must not be repeated.
 */
export function encodeAppendix({ opsets, metadata = {}, ...graph }: AppendixToWrite): Uint8Array {
  const model = new ProtoWriter().message(7, writeGraph(graph));
  for (const [key, value] of Object.entries(metadata)) {
    model.message(14, new ProtoWriter().text(1, key).text(2, value));
  }
  return writeOpsets(model, opsets ?? {}).finish();
}

/** A whole model. */
export function encodeModel({ irVersion, opsets, graph }: ModelToWrite): Uint8Array {
  const model = new ProtoWriter().int64(1, irVersion).message(7, writeGraph(graph).text(2, graph.name));
  return writeOpsets(model, opsets).finish();
}

/** Adds OperatorSetIdProtos to a ModelProto. */
export function writeOpsets(model: ProtoWriter, opsets: Readonly<Record<string, number>>): ProtoWriter {
  for (const [domain, version] of Object.entries(opsets)) {
    model.message(8, new ProtoWriter().text(1, domain).int64(2, version));
  }
  return model;
}

/** A GraphProto. */
export function writeGraph({ nodes = [], initializers = [], inputs = [], outputs = [] }: GraphToWrite): ProtoWriter {
  const graph = new ProtoWriter();
  for (const node of nodes) graph.message(1, writeNode(node));
  for (const initializer of initializers) graph.message(5, writeTensor(initializer));
  for (const input of inputs) graph.message(11, writeValueInfo(input));
  for (const output of outputs) graph.message(12, writeValueInfo(output));
  return graph;
}

function writeNode({ operator, domain, name, inputs, outputs, attributes = {} }: NodeToWrite): ProtoWriter {
  const node = new ProtoWriter();
  for (const input of inputs) node.text(1, input);
  for (const output of outputs) node.text(2, output);
  if (name) node.text(3, name);
  node.text(4, operator);
  for (const [key, attribute] of Object.entries(attributes)) node.message(5, writeAttribute(key, attribute));
  if (domain) node.text(7, domain);
  return node;
}

/** TensorProto; `data_location` (field 14) 1 is EXTERNAL. */
function writeTensor({ name, type, shape, ...elements }: InitializerToWrite): ProtoWriter {
  const written = new ProtoWriter().packedInt64s(1, shape).int64(2, dataTypeCode(type)).text(8, name);
  if ('data' in elements) return written.bytes(9, elements.data);
  for (const [key, value] of Object.entries(elements.external)) {
    written.message(13, new ProtoWriter().text(1, key).text(2, String(value)));
  }
  return written.int64(14, 1);
}

/** A ValueInfoProto of a tensor. */
function writeValueInfo({ name, type, shape }: ValueToWrite): ProtoWriter {
  const value = new ProtoWriter().text(1, name);
  if (!type) return value;
  const tensor = new ProtoWriter().int64(1, dataTypeCode(type));
  if (shape) {
    const dims = new ProtoWriter();
    for (const dim of shape) {
      const written = new ProtoWriter();
      if (typeof dim === 'number') written.int64(1, dim);
      else if (dim !== null) written.text(2, dim);
      dims.message(1, written);
    }
    tensor.message(2, dims);
  }
  return value.message(2, new ProtoWriter().message(1, tensor));
}

/** AttributeProto: the value's field, and `type` (field 20) as AttributeProto.AttributeType numbers it. */
function writeAttribute(name: string, attribute: Attribute): ProtoWriter {
  const written = new ProtoWriter().text(1, name);
  switch (attribute.type) {
    case 'float':
      return written.float(2, attribute.value).int64(20, 1);
    case 'int':
      return written.int64(3, attribute.value).int64(20, 2);
    case 'string':
      return written.text(4, attribute.value).int64(20, 3);
    case 'tensor':
      return written.message(5, writeConstant(attribute.value)).int64(20, 4);
    case 'graph':
      return written.message(6, writeBody(attribute.value)).int64(20, 5);
    case 'floats':
      return written.packedFloats(7, attribute.value).int64(20, 6);
    case 'ints':
      return written.packedInt64s(8, attribute.value).int64(20, 7);
    case 'strings':
      for (const value of attribute.value) written.text(9, value);
      return written.int64(20, 8);
    case 'graphs':
      for (const value of attribute.value) written.message(11, writeBody(value));
      return written.int64(20, 10);
    default:
      throw new Error(`Attribute '${name}' of kind '${attribute.type}' cannot be written.`);
  }
}

function writeConstant(tensor: Tensor): ProtoWriter {
  const { name, type, shape } = tensor;
  return writeTensor({ name, type, shape, data: tensorBytes(tensor) });
}

function writeBody({ name, nodes, constants, inputs, outputs }: Graph): ProtoWriter {
  const initializers = [...constants.values()].map((tensor) => ({ ...tensor, data: tensorBytes(tensor) }));
  const written = nodes.map(({ attributes, ...node }) => ({ ...node, attributes: Object.fromEntries(attributes) }));
  return writeGraph({ nodes: written, initializers, inputs, outputs }).text(2, name);
}
