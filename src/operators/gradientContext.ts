import type { Attribute, DataType, Node } from '../graph/graph';

/** Appends ONNX nodes to a gradient graph. Names are tensor names; all shapes are static. */
export interface GraphBuilder {
  /** Opset of the default domain: rules must emit nodes that are valid there. */
  readonly opset: number;
  /** Appends a node with one output and returns the output's (fresh, prefixed) name. */
  add(operator: string, inputs: readonly string[], attributes?: Readonly<Record<string, Attribute>>): string;
  /** The same with several outputs. */
  addMany(
    operator: string,
    inputs: readonly string[],
    outputCount: number,
    attributes?: Readonly<Record<string, Attribute>>,
  ): readonly string[];
  /** A constant; equal constants are shared. `shape` defaults to [values.length]. */
  constant(type: DataType, values: readonly number[], shape?: readonly number[]): string;
}

/** What whole gradients are written with. */
export interface GradientBuilder extends GraphBuilder {
  /** Appends a Gather of one position of a tensor along an axis. */
  gather(tensor: string, index: string, axis: number): string;
}

/** Cotangent per input, aligned with `node.inputs`; undefined means zero or not wanted. */
export type Cotangents = readonly (string | undefined)[];

export interface VjpContext {
  readonly node: Node;
  readonly opset: number;
  readonly build: GraphBuilder;
  /** Static shape of a tensor of the model. Throws when it is unknown. */
  shape(tensor: string): readonly number[];
  type(tensor: string): DataType;
  /** Elements of a constant of the model, where they are small and known. */
  values(tensor: string): readonly number[] | undefined;
  /** Cotangent per output, aligned with `node.outputs`; undefined means zero. */
  readonly cotangents: Cotangents;
  /** Whether a cotangent of input `index` is wanted (something upstream depends on it). */
  wants(index: number): boolean;
}
