import { attrInt, attrInts, attrTensor } from '../../graph/attributes';
import { type Model, type Node, nodeLabel, type Tensor } from '../../graph/graph';
import { readTensor } from '../../onnx/tensor';
import type { KernelNode, KernelPage } from '../../protocol/mapPage';
import { extent, strongestFirst } from '../maths/ranking';

/** The kernels of a convolution, as numbers. */
export interface Kernels extends KernelNode {
  readonly groups: number;
  readonly outputs: number;
  /** Of one output: the inputs of its group. */
  readonly inputs: number;
  /** Of one kernel; those of one axis have height 1, the slices of a volume lie one beneath the other. */
  readonly height: number;
  readonly width: number;
  /** [outputs, inputs, height, width], dequantised, in this order also where the model stores [inputs, outputs]. */
  readonly values: Float32Array;
}

/** Places of the inputs that say what the weights are. */
interface WeightInputs {
  readonly weight: number;
  readonly scale?: number;
  readonly zero?: number;
}

const CONVOLUTIONS: ReadonlyMap<string, WeightInputs> = new Map([
  ['Conv', { weight: 1 }],
  ['ConvTranspose', { weight: 1 }],
  ['ConvInteger', { weight: 1, zero: 3 }],
  ['DeformConv', { weight: 1 }],
  ['FusedConv', { weight: 1 }],
  ['QLinearConv', { weight: 3, scale: 4, zero: 5 }],
]);

type Producers = ReadonlyMap<string, Node>;

/** Every convolution of the main graph whose weights are constants, in execution order. Nothing is read. */
export function kernelNodes({ graph }: Model): readonly KernelNode[] {
  const producers = producersOf(graph.nodes);
  return graph.nodes.flatMap((node) => {
    const weight = node.inputs[CONVOLUTIONS.get(node.operator)?.weight ?? -1];
    const source = weight === undefined ? undefined : constantBehind(graph.constants, producers, weight);
    if (!source?.tensor) return [];
    const { name: tensor, shape } = source.tensor;
    return [{ node: node.id, label: nodeLabel(node), operator: node.operator, tensor, shape }];
  });
}

/**
 * Reads the kernels of a convolution: of the node of that name, or that writes or reads a tensor of that name; default the
 * model's first. Nothing is run. Throws one sentence where there is no such convolution or its weights are not to be had.
 */
export async function readKernels(model: Model, wanted?: string): Promise<Kernels> {
  const { graph } = model;
  const producers = producersOf(graph.nodes);
  const find = (name: string): Source => constantBehind(graph.constants, producers, name);
  const { node, places } = convolution(graph.nodes, wanted, find);
  const source = find(node.inputs[places.weight] ?? '');
  const label = nodeLabel(node);
  if (!source.tensor) {
    throw new Error(
      `the weights of '${label}' are computed by ${source.by} while the model runs; choose a convolution with constant weights`,
    );
  }
  const { tensor, steps } = source;
  if (tensor.sparse) throw new Error(`the weights '${tensor.name}' are stored sparse, which cannot be shown`);
  let values = await readTensor(tensor);
  const own = { scale: node.inputs[places.scale ?? -1], zero: node.inputs[places.zero ?? -1], axis: 0 };
  for (const step of [...steps, own]) values = await dequantised(values, tensor.shape, step, find);
  const kernels = arranged(node, tensor.shape, values);
  return {
    ...{ node: node.id, label, operator: node.operator, tensor: tensor.name, shape: tensor.shape },
    ...kernels,
  };
}

export interface KernelOrder {
  /** Output channel; default: all, where an output has several kernels. */
  readonly output?: number;
  /** Order of the three inputs of a first layer (default `rgb`). */
  readonly colors?: 'rgb' | 'bgr';
  /** Of the first map on the page (default 0), and how many maps it has (default all). */
  readonly first?: number;
  readonly count?: number;
}

/**
 * Some kernels, strongest (L2 norm) first: three inputs make a colour picture per output, kernels of one pixel one matrix
 * (outputs down, inputs across), others a picture per output and input.
 */
export function kernelPage(
  kernels: Kernels,
  { output, colors = 'rgb', first = 0, count = Infinity }: KernelOrder = {},
): KernelPage {
  const { label: node, operator, tensor, shape, groups, outputs, inputs, values } = kernels;
  if (output !== undefined && !(Number.isInteger(output) && output >= 0 && output < outputs)) {
    throw new Error(`'${node}' has no output channel ${output}; it has ${outputs}, numbered from 0`);
  }
  const { kind, width, height, planes } = picturesOf(kernels);
  const size = planes * width * height;
  const total = kind === 'matrix' ? 1 : values.length / size;
  const perOutput = Math.max(1, total / outputs);
  const norms = Float32Array.from({ length: total }, (_, map) => norm(values.subarray(map * size, (map + 1) * size)));
  const ordered = strongestFirst(norms).filter(
    (map) => output === undefined || kind === 'matrix' || Math.floor(map / perOutput) === output,
  );
  const shown = ordered.slice(first, first + count);
  const page = new Float32Array(shown.length * size);
  for (const [place, map] of shown.entries()) {
    const own = values.subarray(map * size, (map + 1) * size);
    page.set(planes === 3 && colors === 'bgr' ? planesReversed(own) : own, place * size);
  }
  const name = (map: number): string => {
    if (kind !== 'pairs' || inputs === 1) return String(map);
    const to = Math.floor(map / inputs);
    return `${to}←${Math.floor(to / (outputs / groups)) * inputs + (map % inputs)}`;
  };
  return {
    ...{ node, operator, tensor, shape, groups, kind, outputs, output, width, height, planes, values: page, first },
    total: ordered.length,
    labels: shown.map(name),
    strengths: shown.map((map) => norms[map] ?? Number.NaN),
    strengthName: 'L2 norm',
    ranges: shown.map((_, place) => extent(page.subarray(place * size, (place + 1) * size))),
    range: extent(values),
    signed: planes === 1,
  };
}

function picturesOf({
  inputs,
  outputs,
  groups,
  height,
  width,
}: Kernels): Pick<KernelPage, 'kind' | 'width' | 'height' | 'planes'> {
  if (height * width === 1) return { kind: 'matrix', width: inputs, height: outputs, planes: 1 };
  if (inputs === 3 && groups === 1) return { kind: 'rgb', width, height, planes: 3 };
  return { kind: 'pairs', width, height, planes: 1 };
}

function planesReversed(values: Float32Array): Float32Array {
  const area = values.length / 3;
  return values.map((_, index) => values[(2 - Math.floor(index / area)) * area + (index % area)] ?? 0);
}

function norm(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
}

function producersOf(nodes: readonly Node[]): Producers {
  return new Map(nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)));
}

function convolution(
  nodes: readonly Node[],
  wanted: string | undefined,
  find: (name: string) => Source,
): { readonly node: Node; readonly places: WeightInputs } {
  const all = nodes.flatMap((node) => {
    const places = CONVOLUTIONS.get(node.operator);
    return places ? [{ node, places }] : [];
  });
  const [first] = all;
  if (!first) throw new Error('the model has no convolution, so it has no kernels to show');
  if (wanted === undefined) return first;
  const found =
    all.find(({ node }) => nodeLabel(node) === wanted) ??
    all.find(({ node }) => node.outputs.includes(wanted)) ??
    all.find(({ node, places }) => find(node.inputs[places.weight] ?? '').tensor?.name === wanted);
  if (found) return found;
  throw new Error(
    `no convolution is called, writes or reads '${wanted}'; there are ${all.length}, the first is '${nodeLabel(first.node)}'`,
  );
}

/** What is to be done to stored numbers: value = (stored − zero) · scale, by tensor names. */
interface Dequantisation {
  readonly scale?: string | undefined;
  readonly zero?: string | undefined;
  /** Along which axis scales lie, where there are several. */
  readonly axis: number;
  /** Elements along the axis that share a scale; 0: as many as fit. */
  readonly block?: number;
}

type Source =
  | { readonly tensor: Tensor; readonly steps: readonly Dequantisation[] }
  | { readonly tensor?: never; readonly by: string };

/** The constant from which a tensor follows through Cast, Identity and DequantizeLinear; else the operator that computes it. */
function constantBehind(constants: ReadonlyMap<string, Tensor>, producers: Producers, start: string): Source {
  const steps: Dequantisation[] = [];
  let name = start;
  for (;;) {
    const constant = constants.get(name);
    if (constant) return { tensor: constant, steps: steps.reverse() };
    const node = producers.get(name);
    if (!node) return { by: 'an input' };
    const value = node.operator === 'Constant' ? attrTensor(node, 'value') : undefined;
    if (value) return { tensor: { ...value, name }, steps: steps.reverse() };
    const [input = '', scale, zero] = node.inputs;
    if (node.operator === 'DequantizeLinear') {
      steps.push({ scale, zero, axis: attrInt(node, 'axis', 1), block: attrInt(node, 'block_size', 0) });
    } else if (node.operator !== 'Cast' && node.operator !== 'Identity') return { by: node.operator };
    name = input;
  }
}

/** (v − zero) · scale: for the whole tensor, per index of an axis, or per block along it (ONNX, DequantizeLinear). */
async function dequantised(
  values: Float64Array,
  shape: readonly number[],
  { scale = '', zero = '', axis, block = 0 }: Dequantisation,
  find: (name: string) => Source,
): Promise<Float64Array<ArrayBuffer>> {
  const parameter = async (name: string): Promise<Float64Array | undefined> => {
    if (name === '') return undefined;
    const { tensor } = find(name);
    if (!tensor) throw new Error(`the scale or zero point '${name}' of the weights is computed while the model runs`);
    return readTensor(tensor);
  };
  const [scales, zeros] = [await parameter(scale), await parameter(zero)];
  if (!scales && !zeros) return Float64Array.from(values);
  const along = axis < 0 ? axis + shape.length : axis;
  const length = shape[along] ?? 1;
  const inner = shape.slice(along + 1).reduce((product, size) => product * size, 1);
  const steps = block > 0 ? Math.ceil(length / block) : length;
  const place = (index: number, count: number): number => {
    if (count === 1) return 0;
    const onAxis = Math.floor(index / inner) % length;
    if (block === 0) return onAxis;
    return (Math.floor(index / (inner * length)) * steps + Math.floor(onAxis / block)) * inner + (index % inner);
  };
  return Float64Array.from(values, (value, index) => {
    const from = zeros ? (zeros[place(index, zeros.length)] ?? 0) : 0;
    return (value - from) * (scales ? (scales[place(index, scales.length)] ?? 1) : 1);
  });
}

/** Weights [M, C/g, …] as they are; those of ConvTranspose, [C, M/g, …], by output. */
function arranged(
  node: Node,
  shape: readonly number[],
  stored: Float64Array,
): Pick<Kernels, 'groups' | 'outputs' | 'inputs' | 'height' | 'width' | 'values'> {
  const [first = 1, second = 1, ...window] = shape;
  const groups = attrInt(node, 'group', 1);
  const kernel = attrInts(node, 'kernel_shape', window);
  if (shape.length < 3 || kernel.length !== window.length) {
    throw new Error(`the weights of '${nodeLabel(node)}' have shape ${shape.join('×')}, which is no convolution's`);
  }
  const width = window.at(-1) ?? 1;
  const area = window.reduce((product, size) => product * size, 1);
  const sizes = { groups, height: area / width, width };
  if (node.operator !== 'ConvTranspose') {
    return { ...sizes, outputs: first, inputs: second, values: Float32Array.from(stored) };
  }
  const [outputs, inputs] = [second * groups, first / groups];
  const values = new Float32Array(stored.length);
  for (let output = 0; output < outputs; output++) {
    const group = Math.floor(output / second);
    for (let input = 0; input < inputs; input++) {
      const from = ((group * inputs + input) * second + (output % second)) * area;
      values.set(stored.subarray(from, from + area), (output * inputs + input) * area);
    }
  }
  return { ...sizes, outputs, inputs, values };
}
