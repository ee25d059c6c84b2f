/**
 * The one intermediate representation. File bytes become a Graph; everything else is a function of it.
 * Annotations (latency, heat maps) are never stored here: a report is a map from node id to values.
 */

/** Element types, named as in ONNX TensorProto.DataType (lower case). */
export type DataType =
  | 'float32'
  | 'uint8'
  | 'int8'
  | 'uint16'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'string'
  | 'bool'
  | 'float16'
  | 'float64'
  | 'uint32'
  | 'uint64'
  | 'complex64'
  | 'complex128'
  | 'bfloat16'
  | 'float8e4m3fn'
  | 'float8e4m3fnuz'
  | 'float8e5m2'
  | 'float8e5m2fnuz'
  | 'uint4'
  | 'int4'
  | 'float4e2m1'
  | 'float8e8m0'
  | 'uint2'
  | 'int2';

/** A known size, a symbolic one (`batch`), or unknown (null). */
export type Dim = number | string | null;
export type Shape = readonly Dim[];

/** Where a constant's elements lie. Weights stay on disk: nothing is read until it is asked for. */
export type DataLocation =
  /** `bytes` hold the elements, little-endian, packed (sub-byte types: low nibble first). */
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  /** The same, in a file: `length` bytes from `offset`. */
  | { readonly kind: 'file'; readonly path: string; readonly offset: number; readonly length: number }
  /** Packed protobuf varints (int32_data, int64_data, uint64_data) in a file. */
  | { readonly kind: 'varints'; readonly path: string; readonly offset: number; readonly length: number }
  | { readonly kind: 'strings'; readonly values: readonly string[] }
  /** Declared but not to be had (external file missing or refused); `reason` is one sentence for the user. */
  | { readonly kind: 'missing'; readonly reason: string };

/** A constant of the model: its declaration and where its elements lie. */
export interface Tensor {
  readonly name: string;
  readonly type: DataType;
  readonly shape: readonly number[];
  readonly location: DataLocation;
  /** Elements of a small integer/bool/float constant (up to 1,024 elements), read with the header; int64 saturates to ±2^63. */
  readonly values?: readonly number[];
  /** Stored as SparseTensorProto: `location` holds the non-zero values only. */
  readonly sparse?: boolean;
}

export type Attribute =
  | { readonly type: 'int'; readonly value: number }
  | { readonly type: 'float'; readonly value: number }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'ints'; readonly value: readonly number[] }
  | { readonly type: 'floats'; readonly value: readonly number[] }
  | { readonly type: 'strings'; readonly value: readonly string[] }
  | { readonly type: 'tensor'; readonly value: Tensor }
  | { readonly type: 'graph'; readonly value: Graph }
  | { readonly type: 'graphs'; readonly value: readonly Graph[] }
  /** A reference to an attribute of the enclosing local function. */
  | { readonly type: 'reference'; readonly value: string }
  /** Kinds we do not interpret (types, sparse tensors, lists of tensors): named so that they can be shown. */
  | { readonly type: 'other'; readonly value: string };

export interface Node {
  /** Index in `graph.nodes`: the key of every annotation. */
  readonly id: number;
  /** As in the file; may be empty or repeated. Use `nodeLabel` to show one. */
  readonly name: string;
  /** ONNX op_type, e.g. `Conv`. */
  readonly operator: string;
  /** Empty for the default domain `ai.onnx`. */
  readonly domain: string;
  /** Which of several local functions of that name is called (IR version 10). */
  readonly overload?: string;
  /** Tensor names; an omitted optional input is ''. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, Attribute>;
  readonly doc?: string;
  /** Exporter metadata (metadata_props): scopes, stack traces. */
  readonly metadata?: ReadonlyMap<string, string>;
}

/** A value's declared or inferred type. Missing fields are unknown. */
export interface TensorInfo {
  readonly type?: DataType;
  readonly shape?: Shape;
  /** Elements, where they follow from constants and static shapes (integers that build shapes, mostly). */
  readonly values?: readonly number[];
}

export interface ValueInfo extends TensorInfo {
  readonly name: string;
}

export interface Graph {
  readonly name: string;
  /** Topologically sorted after `validate`. */
  readonly nodes: readonly Node[];
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  /** Constants by tensor name (initializers; a graph input with an initializer is a default). */
  readonly constants: ReadonlyMap<string, Tensor>;
  /** Types declared in the file for inner values (value_info). */
  readonly declared: ReadonlyMap<string, TensorInfo>;
  readonly doc?: string;
  readonly metadata?: ReadonlyMap<string, string>;
}

/** A local function of the model (FunctionProto). */
export interface LocalFunction {
  readonly name: string;
  readonly domain: string;
  readonly overload: string;
  readonly attributes: readonly string[];
  /** Values of those attributes that a call may leave out. */
  readonly defaults: ReadonlyMap<string, Attribute>;
  readonly body: Graph;
  readonly opsets: ReadonlyMap<string, number>;
}

export interface Model {
  readonly path: string;
  /** `ONNX`. */
  readonly format: string;
  readonly irVersion: number;
  readonly producer: string;
  /** Version per domain; the default domain is ''. */
  readonly opsets: ReadonlyMap<string, number>;
  readonly graph: Graph;
  /** Local functions by `functionKey`. */
  readonly functions: ReadonlyMap<string, LocalFunction>;
  readonly metadata: ReadonlyMap<string, string>;
  /** Bytes of all weights, external ones included. */
  readonly weightBytes: number;
}

export function functionKey(domain: string, name: string, overload = ''): string {
  return overload ? `${domain}:${name}:${overload}` : `${domain}:${name}`;
}

/** What to call a node where a person reads it: its name, else its operator and first output. */
export function nodeLabel(node: Node): string {
  return node.name || `${node.operator} → ${node.outputs.find((name) => name !== '') ?? '?'}`;
}

/** Bits per element; strings have none. */
export const BITS: Readonly<Record<DataType, number>> = {
  float32: 32,
  uint8: 8,
  int8: 8,
  uint16: 16,
  int16: 16,
  int32: 32,
  int64: 64,
  string: 0,
  bool: 8,
  float16: 16,
  float64: 64,
  uint32: 32,
  uint64: 64,
  complex64: 64,
  complex128: 128,
  bfloat16: 16,
  float8e4m3fn: 8,
  float8e4m3fnuz: 8,
  float8e5m2: 8,
  float8e5m2fnuz: 8,
  uint4: 4,
  int4: 4,
  float4e2m1: 4,
  float8e8m0: 8,
  uint2: 2,
  int2: 2,
};

/** Number of elements of a static shape; undefined when a size is unknown. A scalar has one. */
export function elementCount(shape: Shape | undefined): number | undefined {
  if (!shape) return undefined;
  let count = 1;
  for (const dim of shape) {
    if (typeof dim !== 'number') return undefined;
    count *= dim;
  }
  return count;
}

/** Bytes of a tensor (sub-byte types are packed); undefined when type or size is unknown. */
export function byteSize(info: TensorInfo): number | undefined {
  const count = elementCount(info.shape);
  if (count === undefined || info.type === undefined) return undefined;
  return Math.ceil((count * BITS[info.type]) / 8);
}

export function isStatic(shape: Shape | undefined): shape is readonly number[] {
  return shape?.every((dim) => typeof dim === 'number') ?? false;
}
