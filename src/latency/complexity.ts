import { type DataType, elementCount, type Graph, type Model, type Node } from '../graph/graph';
import type { InferredShapes } from '../operators/inferShapes';
import type { CostContext } from '../operators/operator';
import { type Body, flopsOf, macsOf, timesOf, type Work } from '../operators/work';
import { NO_BYTES, type OperandBytes } from './layerCost';
import { operandBytes } from './workload';

/** What a node has to do and to move, whatever the hardware: the columns of torchsummary and torchstat. */
export interface Complexity {
  readonly node: Node;
  /** Undefined where it is unknown. */
  readonly work: Work | undefined;
  /** NaN where the work is unknown. */
  readonly macs: number;
  readonly flops: number;
  readonly parameters: number;
  /** Memory access cost: bytes of the operands, each read or written once, nothing fused; NaN where sizes are unknown. */
  readonly memoryAccess: OperandBytes;
}

const UNKNOWN_BYTES: OperandBytes = { input: Number.NaN, weight: Number.NaN, output: Number.NaN };

/** One entry per node of the model's graph, in order. */
export function complexityOf(model: Model, shapes: InferredShapes): readonly Complexity[] {
  const counted = new Set<string>();
  return model.graph.nodes.map((node) => {
    const work = shapes.work(node);
    return {
      node,
      work,
      macs: work ? macsOf(work) : Number.NaN,
      flops: work ? flopsOf(work) : Number.NaN,
      parameters: parametersOf(node, shapes, counted),
      memoryAccess: work ? memoryAccess(shapes, node, work) : UNKNOWN_BYTES,
    };
  });
}

function memoryAccess(shapes: InferredShapes, node: Node, work: Work): OperandBytes {
  if (work.kind === 'free') return NO_BYTES;
  const isConstant = (tensor: string): boolean => shapes.constants.has(tensor);
  if (work.kind !== 'body') return operandBytes(shapes.context(node), work, isConstant) ?? UNKNOWN_BYTES;
  return bodyAccess(work, isConstant);
}

/** What its parts read and write; of what is constant inside, one reading; nothing of what stays inside a kernel. */
function bodyAccess(body: Body, isConstant: (tensor: string) => boolean): OperandBytes {
  let { input, weight, output } = NO_BYTES;
  for (const part of body.parts) {
    const { work } = part;
    if (work?.kind === 'free') continue;
    const isOwn = part.isConstant ?? isConstant;
    const context = outside(part.context, body.kernel?.inside ?? []);
    const known = work?.kind === 'body' ? bodyAccess(work, isOwn) : work && operandBytes(context, work, isOwn);
    const bytes = known ?? UNKNOWN_BYTES;
    input += timesOf(body, part) * bytes.input;
    weight += bytes.weight;
    output += timesOf(body, part) * bytes.output;
  }
  return { input, weight, output };
}

/** The context without the operands of these names. */
function outside(context: CostContext, names: readonly string[]): CostContext {
  const { node, inputs, outputs } = context;
  if (![...node.inputs, ...node.outputs].some((name) => names.includes(name))) return context;
  const without = (own: readonly string[]): readonly string[] => own.map((name) => (names.includes(name) ? '' : name));
  return {
    ...context,
    inputs,
    outputs,
    node: { ...node, inputs: without(node.inputs), outputs: without(node.outputs) },
  };
}

const FLOATS: ReadonlySet<DataType> = new Set<DataType>([
  ...(['float32', 'float16', 'bfloat16', 'float64', 'float8e4m3fn', 'float8e4m3fnuz'] as const),
  ...(['float8e5m2', 'float8e5m2fnuz', 'float4e2m1'] as const),
]);

/** Constant inputs that are settings of the operator or statistics of the data, by position, although they are floats. */
const NOT_PARAMETERS: Readonly<Record<string, readonly number[]>> = {
  BatchNormalization: [3, 4],
  Resize: [1, 2],
  Upsample: [1],
  Clip: [1, 2],
  QuantizeLinear: [1, 2],
  DequantizeLinear: [1, 2],
};

/** Of the quantised operators, by position: weights and biases, which are integers. */
const QUANTIZED_PARAMETERS: Readonly<Record<string, readonly number[]>> = {
  QLinearConv: [3, 8],
  QLinearMatMul: [3],
  ConvInteger: [1],
  MatMulInteger: [1],
  MatMulIntegerToFloat: [1, 6],
  DynamicQuantizeMatMul: [1, 4],
  QGemm: [3, 6],
  QAttention: [1, 2],
  MatMulNBits: [1],
};

/**
 * Parameters of a node: elements of its constant inputs, as torch counts them. Each tensor counts once, where it is first
 * used; one computed ahead of time (a cast or dequantised weight) counts where it is used. Not counted: scalars, integers (sizes,
 * indices), running statistics of batch normalization, scales and zero points.
 */
function parametersOf(node: Node, shapes: InferredShapes, counted: Set<string>): number {
  if (node.outputs.every((name) => name === '' || shapes.constants.has(name))) return 0;
  let parameters = 0;
  for (const [index, name] of node.inputs.entries()) {
    if (!shapes.constants.has(name) || counted.has(name) || !isParameter(node, index, shapes.typeInModel(name)))
      continue;
    const shape = shapes.infos.get(name)?.shape;
    if (!shape || shape.length === 0) continue;
    counted.add(name);
    parameters += elementCount(shape) ?? 0;
  }
  for (const attribute of node.attributes.values()) {
    if (attribute.type === 'graph') parameters += bodyParameters(attribute.value, counted);
  }
  return parameters;
}

function isParameter(node: Node, index: number, type: DataType | undefined): boolean {
  const quantized = QUANTIZED_PARAMETERS[node.operator];
  if (quantized) return quantized.includes(index);
  return type !== undefined && FLOATS.has(type) && !NOT_PARAMETERS[node.operator]?.includes(index);
}

/** Float constants of a sub-graph, each counted once. */
function bodyParameters(body: Graph, counted: Set<string>): number {
  let parameters = 0;
  for (const [name, { type, shape }] of body.constants) {
    if (counted.has(name) || shape.length === 0 || !FLOATS.has(type)) continue;
    counted.add(name);
    parameters += elementCount(shape) ?? 0;
  }
  for (const node of body.nodes) {
    for (const attribute of node.attributes.values()) {
      if (attribute.type === 'graph') parameters += bodyParameters(attribute.value, counted);
    }
  }
  return parameters;
}
