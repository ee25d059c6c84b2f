import { attrFloat, attrInt } from '../../../graph/attributes';
import type { Attribute, DataType, Graph, Model, Node, Tensor } from '../../../graph/graph';
import { readersOf, tensorsRead } from '../../../graph/scope';
import { encodeElements } from '../../../graph/typedArray';
import { readTensor } from '../../../onnx/tensor';
import { SAME_VALUES } from '../../layers/layers';
import type { Prepared } from '../../session/camGraph';
import { type Affine, affineOf, type Range, symmetricOf } from './affine';
import { hasRange } from './ranges';

/** Before this, QuantizeLinear does not exist; before the second, it knows one scale a tensor only. */
const FIRST_OPSET = 10;
const PER_AXIS_OPSET = 13;
/** Large sums of products with constant weights: what integer units are built for. */
const WEIGHTED: ReadonlySet<string> = new Set(['Conv', 'ConvTranspose', 'Gemm', 'MatMul']);
/** Read and write integers on such units where they follow a product, so that nothing is converted in between. */
const QUANTIZED_TOO: ReadonlySet<string> = new Set([
  ...['Add', 'Mul', 'Concat', 'AveragePool', 'GlobalAveragePool', 'MaxPool'],
]);
/** Scores are left in floating point. */
const HEADS: ReadonlySet<string> = new Set(['Softmax', 'LogSoftmax', 'Sigmoid']);

/** A product whose weights are a constant: what is quantised, and along which axis. */
interface Weighted {
  readonly weight: Tensor;
  readonly bias: Tensor | undefined;
  /** Axis of the output channels in the weights; absent where there can be one scale only. */
  readonly axis: number | undefined;
}

/** What will be quantised, before anything is measured. Throws one sentence where nothing can be. */
export interface QuantizationPlan {
  readonly weighted: ReadonlyMap<Node, Weighted>;
  /** Tensors that get a scale and a zero point: their ranges have to be measured. */
  readonly tensors: readonly string[];
}

/** Chooses the products with constant weights, and the tensors around them. `prepared`: calls opened, shapes known. */
export function planQuantization({ model, infos }: Prepared): QuantizationPlan {
  const { graph, opsets } = model;
  const opset = opsets.get('') ?? 1;
  if (opset < FIRST_OPSET) {
    throw new Error(`int8 needs opset ${FIRST_OPSET}, this model has ${opset}: export it again with a later one`);
  }
  const constants = constantsOf(graph);
  const weighted = new Map<Node, Weighted>();
  for (const node of graph.nodes) {
    const found = weightedNode(node, constants, opset);
    if (found) weighted.set(node, found);
  }
  if (weighted.size === 0) {
    throw new Error('there is nothing to quantise: no Conv, Gemm or MatMul of this model has constant float32 weights');
  }
  const readers = readersOf(graph.nodes);
  const isFree = (tensor: string): boolean => {
    const all = readers.get(tensor) ?? [];
    const folded = all.length === 1 && all.every((reader) => isRectifier(reader, constants));
    return all.length === 0 || folded || all.every(({ operator }) => HEADS.has(operator));
  };
  const isActivation = (tensor: string): boolean =>
    !constants.has(tensor) && infos.get(tensor)?.type === 'float32' && hasRange(infos.get(tensor) ?? {});
  const products = new Set<string>();
  const around = graph.nodes.flatMap((node) => {
    const [output = ''] = node.outputs;
    const ofProducts = weighted.has(node) || (isPassing(node) && node.inputs.some((input) => products.has(input)));
    if (!ofProducts) return [];
    // What a product of matrices writes is left in floating point, as transformers' sums need it.
    if (node.operator === 'MatMul' || node.operator === 'Gemm') return [node.inputs[0] ?? ''];
    products.add(output);
    if (weighted.has(node)) return [node.inputs[0] ?? '', output];
    return QUANTIZED_TOO.has(node.operator) ? [...node.inputs, output] : [];
  });
  return { weighted, tensors: [...new Set(around)].filter((tensor) => isActivation(tensor) && !isFree(tensor)) };
}

/** Constants by name, also those that are stored in half precision and widened, or stand in a Constant node. */
function constantsOf({ nodes, constants }: Graph): ReadonlyMap<string, Tensor> {
  const found = new Map(constants);
  for (const { operator, inputs, outputs, attributes } of nodes) {
    const [output = ''] = outputs;
    const value = attributes.get('value');
    const source = found.get(inputs[0] ?? '');
    if (operator === 'Constant' && value?.type === 'tensor') found.set(output, value.value);
    if ((operator === 'Cast' || operator === 'Identity') && source) found.set(output, source);
  }
  return found;
}

/** Behind what still counts as a product: what stays in integers, or only rectifies or rearranges. */
function isPassing({ operator, domain }: Node): boolean {
  return (
    domain === '' &&
    (QUANTIZED_TOO.has(operator) || operator === 'Relu' || operator === 'Clip' || SAME_VALUES.has(operator))
  );
}

/** Relu, or Clip from 0 on: the range of what they write begins at 0, so that quantisation does what they do. */
function isRectifier({ operator, inputs, attributes }: Node, constants: ReadonlyMap<string, Tensor>): boolean {
  if (operator !== 'Clip') return operator === 'Relu';
  const min = attributes.get('min');
  return (min?.type === 'float' ? min.value : constants.get(inputs[1] ?? '')?.values?.[0]) === 0;
}

function weightedNode(node: Node, constants: ReadonlyMap<string, Tensor>, opset: number): Weighted | undefined {
  if (node.domain !== '' || !WEIGHTED.has(node.operator)) return undefined;
  const [data = '', weights = '', bias = ''] = node.inputs;
  const weight = constants.get(weights);
  if (!weight || !isReal(weight) || weight.shape.length < 2 || constants.has(data)) return undefined;
  const plainGemm =
    attrFloat(node, 'alpha', 1) === 1 && attrFloat(node, 'beta', 1) === 1 && attrInt(node, 'transA', 0) === 0;
  if (node.operator === 'Gemm' && !plainGemm) return undefined;
  const added = constants.get(bias);
  return {
    weight,
    bias: added && isReal(added) && added.shape.length === 1 ? added : undefined,
    axis: opset < PER_AXIS_OPSET ? undefined : outputAxis(node, weight.shape.length),
  };
}

const isReal = ({ type, sparse }: Tensor): boolean => (type === 'float32' || type === 'float16') && !sparse;

function outputAxis(node: Node, rank: number): number | undefined {
  if (node.operator === 'Conv') return 0;
  if (node.operator === 'ConvTranspose') return attrInt(node, 'group', 1) === 1 ? 1 : undefined;
  if (node.operator === 'Gemm') return attrInt(node, 'transB', 0) === 1 ? 0 : 1;
  return rank === 2 ? 1 : undefined;
}

/**
 * The same network with int8 weights and uint8 tensors between them, as pairs of QuantizeLinear and DequantizeLinear
 * (ONNX operator specification); biases are int32 at the scale of the products. Weights lie in memory.
 */
export async function quantizedModel(
  { model }: Prepared,
  plan: QuantizationPlan,
  ranges: ReadonlyMap<string, Range>,
): Promise<Model> {
  const rewrite = new Rewrite(model.graph, ranges);
  for (const node of model.graph.nodes) await rewrite.pass(node, plan.weighted.get(node));
  const inputs = model.graph.inputs.filter(({ name }) => !model.graph.constants.has(name));
  const graph: Graph = { ...model.graph, ...rewrite.result(), inputs };
  return { ...model, graph, functions: new Map() };
}

class Rewrite {
  readonly #graph: Graph;
  readonly #ranges: ReadonlyMap<string, Range>;
  readonly #nodes: Omit<Node, 'id'>[] = [];
  readonly #constants = new Map<string, Tensor>();
  /** What readers of a tensor read instead. */
  readonly #instead = new Map<string, string>();
  readonly #taken: Set<string>;

  constructor(graph: Graph, ranges: ReadonlyMap<string, Range>) {
    this.#graph = graph;
    this.#ranges = ranges;
    this.#taken = new Set([
      ...graph.constants.keys(),
      ...graph.inputs.map(({ name }) => name),
      ...graph.nodes.flatMap(({ outputs }) => outputs),
    ]);
  }

  /** Repeats a node, reading quantised tensors where there are such. */
  async pass(node: Node, weighted: Weighted | undefined): Promise<void> {
    const inputs = node.inputs.map((input) => this.#read(input));
    if (weighted) {
      const [data = '', weights = '', bias = ''] = node.inputs;
      const { name, scales } = await this.#weights(weights, weighted);
      inputs[1] = name;
      const range = this.#ranges.get(data);
      if (weighted.bias && range) inputs[2] = await this.#bias(bias, weighted.bias, affineOf(range), scales);
    }
    this.#nodes.push({ ...node, inputs });
  }

  result(): Pick<Graph, 'nodes' | 'constants'> {
    const nodes = this.#nodes.map((node, id) => ({ ...node, id }));
    const read = new Set(this.#graph.outputs.map(({ name }) => name));
    const kept = nodes.toReversed().filter((node) => {
      const isRead = node.outputs.some((output) => read.has(output));
      if (isRead) for (const tensor of tensorsRead(node)) read.add(tensor);
      return isRead;
    });
    const constants = [...this.#graph.constants, ...this.#constants].filter(([name]) => read.has(name));
    return { nodes: kept.toReversed(), constants: new Map(constants) };
  }

  #read(tensor: string): string {
    const known = this.#instead.get(tensor);
    const range = this.#ranges.get(tensor);
    if (known !== undefined || !range) return known ?? tensor;
    const { scale, zeroPoint } = affineOf(range);
    const parameters = [
      this.#constant(`${tensor}_scale`, 'float32', [scale], []),
      this.#constant(`${tensor}_zero_point`, 'uint8', [zeroPoint], []),
    ];
    const quantized = this.#add('QuantizeLinear', `${tensor}_quantized`, [tensor, ...parameters]);
    const instead = this.#add('DequantizeLinear', `${tensor}_dequantized`, [quantized, ...parameters]);
    this.#instead.set(tensor, instead);
    return instead;
  }

  async #weights(name: string, { weight, axis }: Weighted): Promise<{ name: string; scales: readonly number[] }> {
    const { values, scales } = symmetricOf(await readTensor(weight), weight.shape, axis);
    const known = this.#instead.get(name);
    if (known !== undefined) return { name: known, scales };
    const inputs = [
      this.#constant(`${name}_quantized`, 'int8', values, weight.shape),
      ...this.#scales(name, 'int8', scales, axis),
    ];
    const read = this.#add('DequantizeLinear', `${name}_dequantized`, inputs, axis);
    this.#instead.set(name, read);
    return { name: read, scales };
  }

  /** At the scale of the input times that of the weights, so that it is added to the sums of products as it is. */
  async #bias(name: string, bias: Tensor, { scale }: Affine, weightScales: readonly number[]): Promise<string> {
    const values = await readTensor(bias);
    const scales = weightScales.map((weightScale) => Math.fround(weightScale * scale));
    const integers = values.map((value, i) => Math.round(value / (scales[i] ?? scales[0] ?? 1)));
    if (integers.some((value) => Math.abs(value) > 0x7fffffff)) return name;
    const axis = scales.length > 1 ? 0 : undefined;
    const inputs = [
      this.#constant(`${name}_quantized`, 'int32', integers, bias.shape),
      ...this.#scales(name, 'int32', scales, axis),
    ];
    return this.#add('DequantizeLinear', `${name}_dequantized`, inputs, axis);
  }

  #scales(name: string, type: DataType, scales: readonly number[], axis: number | undefined): readonly string[] {
    const shape = axis === undefined ? [] : [scales.length];
    return [
      this.#constant(`${name}_scale`, 'float32', scales, shape),
      this.#constant(
        `${name}_zero_point`,
        type,
        scales.map(() => 0),
        shape,
      ),
    ];
  }

  #constant(wanted: string, type: DataType, values: ArrayLike<number>, shape: readonly number[]): string {
    const name = this.#fresh(wanted);
    this.#constants.set(name, { name, type, shape, location: { kind: 'bytes', bytes: encodeElements(type, values) } });
    return name;
  }

  #add(operator: string, wanted: string, inputs: readonly string[], axis?: number): string {
    const name = this.#fresh(wanted);
    const attributes = new Map<string, Attribute>(axis === undefined ? [] : [['axis', { type: 'int', value: axis }]]);
    this.#nodes.push({ name, operator, domain: '', inputs, outputs: [name], attributes });
    return name;
  }

  #fresh(wanted: string): string {
    let name = wanted;
    for (let count = 2; this.#taken.has(name); count++) name = `${wanted}_${count}`;
    this.#taken.add(name);
    return name;
  }
}
