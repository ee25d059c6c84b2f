import { BITS, byteSize, type DataType, elementCount, type TensorInfo } from '../graph/graph';
import type { CostContext } from '../operators/operator';
import { flopsOf, type Work } from '../operators/work';
import type { OperandBytes, UnknownCost } from './layerCost';

type AtomicWork = Exclude<Work, { kind: 'body' | 'free' }>;

/** One kernel as the engines cost it: a node's work and what it reads and writes, the layers fused into it included. */
export interface Workload {
  readonly work: AtomicWork;
  /** Channels are the innermost axis (matrix products), not the columns (convolutions). */
  readonly channelsLast: boolean;
  /** Element types; the input's sets the lanes. Weight: the second operand. */
  readonly types: { readonly input: DataType; readonly weight: DataType; readonly output: DataType };
  /** Tensors of the node, each read or written once. A second operand that is computed counts as input. */
  readonly bytes: OperandBytes;
  /** Elements read and written, constants not counted: what the rows of the founding mode are made of. */
  readonly words: { readonly input: number; readonly output: number };
  readonly outputShape: readonly number[];
  /** Whether each output element needs only the input elements at its place. */
  readonly elementwise: boolean;
  /** What fused layers add: operations, and operands read besides the head's output. */
  readonly epilogue: { readonly operations: number; readonly input: number; readonly weight: number };
}

const keys = new WeakMap<Workload, string>();

/** The same for equal workloads. */
export function workloadKey(workload: Workload): string {
  const key = keys.get(workload) ?? JSON.stringify(workload);
  keys.set(workload, key);
  return key;
}

/** An operator that runs behind another in its kernel. */
export interface Fused {
  readonly context: CostContext;
  readonly work: Work;
  /** The input that is handed on to it inside the kernel. */
  readonly handed: string;
}

/** Why a node has no workload: the first of its tensors whose size is not known. */
class UnknownSize extends Error {}

export function workloadOf(
  { context, work }: { readonly context: CostContext; readonly work: AtomicWork },
  isConstant: (tensor: string) => boolean,
  fused: readonly Fused[] = [],
): Workload | UnknownCost {
  try {
    return build(context, work, isConstant, fused);
  } catch (error) {
    if (error instanceof UnknownSize) return { unknown: error.message };
    throw error;
  }
}

/** Bytes of a node's operands, each distinct tensor once; undefined where a size is unknown. */
export function operandBytes(
  context: CostContext,
  work: Work,
  isConstant: (tensor: string) => boolean,
): OperandBytes | undefined {
  try {
    return bytesOf(context, work, isConstant);
  } catch (error) {
    if (error instanceof UnknownSize) return undefined;
    throw error;
  }
}

function build(
  context: CostContext,
  work: AtomicWork,
  isConstant: (tensor: string) => boolean,
  fused: readonly Fused[],
): Workload {
  const { node } = context;
  const last = fused.at(-1)?.context ?? context;
  const bytes = bytesOf(context, work, isConstant);
  const dynamic = inputsOf(context).filter(({ name }) => !isConstant(name));
  return {
    work: settled(work, bytes, typeOf(context, 0)),
    channelsLast: !node.operator.includes('Conv'),
    types: {
      input: typeOf(context, 0),
      weight:
        (work.kind === 'loopNest' && work.nest.weightType) || typeOf(context, Math.min(1, context.inputs.length - 1)),
      output: last.outputs[0]?.type ?? typeOf(context, 0),
    },
    bytes: { ...bytes, output: outputBytes(last) },
    words: {
      input: sum(dynamic.map(({ name, info }) => elementsOf(name, info))),
      output: sum(outputsOf(context).map(({ name, info }) => elementsOf(name, info))),
    },
    outputShape: (context.outputs[0]?.shape ?? []).map((dim) => (typeof dim === 'number' ? dim : 1)),
    elementwise: isElementwise(context, work),
    epilogue: epilogueOf(fused, isConstant),
  };
}

/** A batch of second operands that is constant after all: weights. */
function settled(work: AtomicWork, bytes: OperandBytes, type: DataType): AtomicWork {
  if (work.kind !== 'loopNest' || !work.nest.dynamicWeights) return work;
  const { G, K, C, R, S, weightType = type } = work.nest;
  if (bytes.weight < G * K * C * R * S * elementBytes(weightType)) return work;
  return { ...work, nest: { ...work.nest, dynamicWeights: false } };
}

function isElementwise({ node, inputs, outputs }: CostContext, work: Work): boolean {
  if (work.kind !== 'vector' || work.passes !== 1 || /Pool$|Softmax$|Normalization$/.test(node.operator)) return false;
  const count = elementCount(outputs[0]?.shape);
  return inputs.some((info) => elementCount(info?.shape) === count);
}

/** What the fused layers compute and read besides the value that is handed from one to the next. */
function epilogueOf(fused: readonly Fused[], isConstant: (tensor: string) => boolean): Workload['epilogue'] {
  let [operations, input, weight] = [0, 0, 0];
  for (const { context, work, handed } of fused) {
    operations += flopsOf(work);
    for (const { name, info } of inputsOf(context)) {
      if (name === handed) continue;
      if (isConstant(name)) weight += sized(name, info);
      else input += sized(name, info);
    }
  }
  return { operations, input, weight };
}

interface Operand {
  readonly name: string;
  readonly info: TensorInfo | undefined;
}

/** The node's distinct inputs. */
function inputsOf({ node, inputs }: CostContext): readonly Operand[] {
  const operands = node.inputs.map((name, index) => ({ name, info: inputs[index] }));
  return operands.filter(({ name }, index) => name !== '' && node.inputs.indexOf(name) === index);
}

function outputsOf({ node, outputs }: CostContext): readonly Operand[] {
  return node.outputs.map((name, index) => ({ name, info: outputs[index] })).filter(({ name }) => name !== '');
}

/**
 * Data movement reads what it writes and no more (a Slice or Gather leaves the rest of its input alone), and never more
 * than there is; everything else reads its inputs whole.
 */
function bytesOf(context: CostContext, work: Work, isConstant: (tensor: string) => boolean): OperandBytes {
  const output = outputBytes(context);
  let [input, weight] = [0, 0];
  for (const { name, info } of inputsOf(context)) {
    if (isConstant(name)) weight += sized(name, info);
    else input += sized(name, info);
  }
  if (work.kind !== 'movement') return { input, weight, output };
  return { input: Math.min(input, output), weight: Math.min(weight, output), output };
}

function outputBytes(context: CostContext): number {
  return sum(outputsOf(context).map(({ name, info }) => sized(name, info)));
}

function sized(name: string, info: TensorInfo | undefined): number {
  const bytes = info && byteSize(info);
  if (bytes === undefined) throw new UnknownSize(`the ${info?.type ? 'shape' : 'type'} of '${name}' is unknown`);
  return bytes;
}

function elementsOf(name: string, info: TensorInfo | undefined): number {
  const count = elementCount(info?.shape);
  if (count === undefined) throw new UnknownSize(`the shape of '${name}' is unknown`);
  return count;
}

function typeOf({ node, inputs }: CostContext, index: number): DataType {
  const type = inputs[index]?.type ?? inputs[0]?.type;
  if (!type) throw new UnknownSize(`the type of '${node.inputs[index] ?? node.inputs[0] ?? '?'}' is unknown`);
  return type;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/**
 * Bytes of a tensor on hardware that computes in `bits` over those in the model; 1 where it computes in the model's types. Indices and
 * masks keep their width.
 */
export function precisionScale(bits: number | undefined, type: DataType): number {
  return bits === undefined || /^(u?int64|bool|string)$/.test(type) ? 1 : bits / 8 / elementBytes(type);
}

/** Bytes per element; below one for packed types. */
export function elementBytes(type: DataType): number {
  return BITS[type] / 8;
}
