import type { Node, TensorInfo } from '../graph/graph';
import type { Cotangents, VjpContext } from './gradientContext';
import type { BodyPart, Work } from './work';

/** A node with what is known of its inputs. */
export interface NodeContext {
  readonly node: Node;
  /** Opset version of the node's domain. */
  readonly opset: number;
  /** Aligned with `node.inputs`; undefined for an omitted optional input. */
  readonly inputs: readonly (TensorInfo | undefined)[];
  /** Infers a sub-graph (If, Loop, Scan) with the given types for its inputs; answers its outputs. */
  inferBody(attribute: string, inputs: readonly (TensorInfo | undefined)[]): readonly TensorInfo[];
}

export interface CostContext extends NodeContext {
  readonly outputs: readonly (TensorInfo | undefined)[];
  /** The nodes of a sub-graph with what each has to do, given the types of the sub-graph's inputs. */
  bodyWork(attribute: string, inputs: readonly (TensorInfo | undefined)[]): readonly BodyPart[];
}

/**
 * One operator (or a family that shares one rule): a file in this folder. `inferShape` is required; a missing `work`
 * makes the node unknown, a missing `vjp` makes gradients through it fail with an error that names this file.
 */
export interface Operator {
  /** ONNX op_types; a domain other than ai.onnx is written `com.microsoft:Gelu`. */
  readonly types: readonly string[];
  /** Output types, aligned with `node.outputs`. Throws an Error with one clear sentence on an impossible node. */
  inferShape(context: NodeContext): readonly TensorInfo[];
  /** Undefined when a size it needs is unknown. */
  work?(context: CostContext): Work | undefined;
  /** Reverse mode: cotangents of the inputs from those of the outputs, appended as ONNX nodes. */
  vjp?(context: VjpContext): Cotangents;
}
