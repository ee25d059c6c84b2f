import type { Graph, Model, Node, ValueInfo } from '../graph/graph';
import type { Preprocessing } from './preprocess';
import { type InputGeometry, inputGeometry, withPreset, withRecipe } from './preprocessing';

export interface GuessedPreprocessing {
  readonly spec: Preprocessing;
  /** The model says so; otherwise a usual choice that a person should confirm once. */
  readonly certain: boolean;
  /** One clause for people: where it comes from. */
  readonly why: string;
}

/** What a guess looks at. */
export type ModelFacts = Pick<Model, 'producer' | 'metadata' | 'graph'>;

type Guess = (geometry: InputGeometry, model: ModelFacts, input: ValueInfo) => GuessedPreprocessing | undefined;

/**
 * How a model wants its pictures: from its metadata, its input's type, the normalisation at its beginning, or else from
 * what its exporter and input usually mean.
 * @throws one sentence when the input cannot be a picture.
 */
export function guessPreprocessing(input: ValueInfo, model: ModelFacts): GuessedPreprocessing {
  const geometry = inputGeometry(input);
  for (const guess of GUESSES) {
    const found = guess(geometry, model, input);
    if (found) return { ...found, certain: found.certain && !geometry.sizeIsFree };
  }
  return usual(geometry, model);
}

/** ONNX, "Metadata properties": image category. */
const fromMetadata: Guess = (geometry, { metadata }) => {
  const format = metadata.get('Image.BitmapPixelFormat');
  const range = metadata.get('Image.NominalPixelRange');
  if (format === undefined && range === undefined) return undefined;
  const { scale, mean, std } = NOMINAL_RANGES[range ?? ''] ?? { scale: 1, mean: 0, std: 1 };
  const bgr = /^bgr/i.test(format ?? '');
  const channels = geometry.channels === 1 ? 'gray' : bgr ? 'bgr' : 'rgb';
  const linear = metadata.get('Image.ColorSpaceGamma') === 'Linear';
  return {
    spec: withRecipe(geometry, { channels, scale, mean: [mean], std: [std], resize: 'crop' }),
    certain: format !== undefined && range !== undefined && range in NOMINAL_RANGES && !linear,
    why: `the model’s metadata says ${[format, range, linear ? 'linear light (not applied)' : undefined].filter(Boolean).join(', ')}`,
  };
};

const NOMINAL_RANGES: Readonly<Record<string, { scale: 255 | 1; mean: number; std: number }>> = {
  NominalRange_0_255: { scale: 1, mean: 0, std: 1 },
  Normalized_0_1: { scale: 255, mean: 0, std: 1 },
  Normalized_1_1: { scale: 255, mean: 0.5, std: 0.5 },
  // y = 16 + x·219/255
  NominalRange_16_235: { scale: 1, mean: (-16 * 255) / 219, std: 255 / 219 },
};

const fromIntegerInput: Guess = (geometry) => {
  if (geometry.type === 'uint8') {
    return { spec: withPreset(geometry, rawPreset(geometry)), certain: true, why: 'its input takes bytes' };
  }
  if (geometry.type !== 'int8') return undefined;
  const raw = withPreset(geometry, rawPreset(geometry));
  return { spec: { ...raw, mean: [128] }, certain: false, why: 'its input takes signed bytes: pixel − 128 is usual' };
};

/** Sub, Mul, Div, Add by constants right behind the input: what range must come in for them to make sense? */
const fromLeadingArithmetic: Guess = (geometry, { graph }, input) => {
  let gain = 1;
  let operators = '';
  for (const node of leadingNodes(graph, input.name)) {
    if (node.operator === 'Conv') break;
    const constant = constantOperand(graph, node);
    if (!/^(Sub|Add|Mul|Div)$/.test(node.operator) || !constant) continue;
    const size = meanMagnitude(constant);
    operators += `${operators && ', '}${node.operator}`;
    if (node.operator === 'Mul') gain *= size;
    else if (node.operator === 'Div') gain /= size;
    else if (size / gain > 10) return normalizesItself(geometry, operators, constant);
    // A mean of the ImageNet kind is subtracted from 0–1.
    else if (node.operator === 'Sub' && size / gain > 0.3 && size / gain < 0.6) {
      return {
        spec: withPreset(geometry, unitPreset(geometry)),
        certain: true,
        why: `it begins with ${operators}: the picture goes in as 0 to 1`,
      };
    }
    if (gain < 1 / 50) return normalizesItself(geometry, operators, []);
  }
  return undefined;
};

/** `mean` is what it subtracts: the mean over ImageNet is smallest in blue, so a first value below the last tells BGR. */
function normalizesItself(geometry: InputGeometry, operators: string, mean: readonly number[]): GuessedPreprocessing {
  const raw = withPreset(geometry, rawPreset(geometry));
  const [first = 0, , third = 0] = mean;
  const bgr = mean.length === 3 && first < third - 10;
  return {
    spec: bgr ? { ...raw, channels: 'bgr' } : raw,
    certain: true,
    why: `it begins with ${operators}: it normalises 0 to 255 by itself`,
  };
}

/** Running statistics of a BatchNormalization on the input, or behind the first convolution, show the range it was trained on. */
const fromBatchNorm: Guess = (geometry, { graph }, input) => {
  for (const node of leadingNodes(graph, input.name)) {
    if (node.operator !== 'BatchNormalization') continue;
    const variances = constantValues(graph, node.inputs[4]);
    if (variances && median(variances) > 100) {
      return {
        spec: withPreset(geometry, rawPreset(geometry)),
        certain: true,
        why: 'the statistics of its first BatchNormalization are those of 0 to 255',
      };
    }
    return undefined;
  }
  return undefined;
};

const fromCaffe: Guess = (geometry, { producer }, input) => {
  if (geometry.channels !== 3 || !/caffe/i.test(producer)) return undefined;
  return {
    spec: withPreset(geometry, 'caffe'),
    certain: /(^|\/)data(_0)?$/.test(input.name),
    why: `it comes from Caffe2 (input '${input.name}')`,
  };
};

const GUESSES: readonly Guess[] = [fromMetadata, fromIntegerInput, fromLeadingArithmetic, fromBatchNorm, fromCaffe];

function usual(geometry: InputGeometry, { producer }: ModelFacts): GuessedPreprocessing {
  const guess = (preset: string, why: string): GuessedPreprocessing => ({
    spec: withPreset(geometry, preset),
    certain: false,
    why: `usual for ${why}`,
  });
  const torch = /torch/i.test(producer);
  if (geometry.channels === 1) {
    if (geometry.width !== 28) return guess('gray-unit', 'grey pictures');
    return torch ? guess('mnist', 'digits in PyTorch') : guess('digits', 'digits');
  }
  if (/keras|tensorflow|tf2onnx|tflite/i.test(producer) || geometry.layout === 'NHWC') {
    return guess('signed', 'models from TensorFlow and Keras');
  }
  return guess('imagenet', torch ? 'models from PyTorch' : 'image classifiers');
}

function rawPreset({ channels }: InputGeometry): string {
  return channels === 1 ? 'digits' : 'raw';
}

function unitPreset({ channels }: InputGeometry): string {
  return channels === 1 ? 'gray-unit' : 'unit';
}

const LOOK_THROUGH = /^(Identity|Cast|Transpose|Sub|Add|Mul|Div|QuantizeLinear|DequantizeLinear|Pad)$/;

/** The chain behind the input, up to and with the node behind the first convolution; it ends where it branches. */
function leadingNodes(graph: Graph, input: string): readonly Node[] {
  const chain: Node[] = [];
  let tensor: string | undefined = input;
  let convolved = false;
  while (tensor !== undefined) {
    const consumers: readonly Node[] = graph.nodes.filter((node) => node.inputs.includes(tensor ?? ''));
    const [next] = consumers;
    if (!next || consumers.length > 1) break;
    chain.push(next);
    if (convolved || !(LOOK_THROUGH.test(next.operator) || next.operator === 'Conv')) break;
    convolved = next.operator === 'Conv';
    tensor = next.outputs[0];
  }
  return chain;
}

function constantOperand(graph: Graph, node: Node): readonly number[] | undefined {
  return node.inputs.map((name) => constantValues(graph, name)).find((values) => values !== undefined);
}

/** Elements of an initializer or of a Constant node. */
function constantValues(graph: Graph, name = ''): readonly number[] | undefined {
  const initializer = graph.constants.get(name);
  if (initializer) return initializer.values;
  const node = graph.nodes.find((one) => one.operator === 'Constant' && one.outputs[0] === name);
  const value = node?.attributes.get('value') ?? node?.attributes.get('value_float');
  if (value?.type === 'tensor') return value.value.values;
  return value?.type === 'float' ? [value.value] : undefined;
}

function meanMagnitude(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + Math.abs(value), 0) / values.length;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
