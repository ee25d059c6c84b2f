import type { ValueInfo } from '../graph/graph';
import type { Preprocessing } from './preprocess';

/** The numbers of a preprocessing, without what follows from the model's input. */
type Recipe = Pick<Preprocessing, 'channels' | 'scale' | 'mean' | 'std' | 'resize'>;

/** What a model's input says by itself. */
export type InputGeometry = Pick<Preprocessing, 'width' | 'height' | 'layout' | 'type'> & {
  readonly channels: 1 | 3;
  /** Height or width is free in the model: the size here is only usual. */
  readonly sizeIsFree: boolean;
};

export interface PreprocessingPreset {
  /** Stable: settings and the command line refer to it. */
  readonly name: string;
  readonly label: string;
  /** Who uses it. */
  readonly description: string;
  readonly recipe: Recipe;
}

const COLOR = { channels: 'rgb', resize: 'crop' } as const;
const GRAY = { channels: 'gray', resize: 'squash' } as const;

const PRESETS: readonly PreprocessingPreset[] = [
  {
    name: 'imagenet',
    label: 'ImageNet mean and standard deviation',
    description: 'PyTorch, torchvision, timm',
    recipe: { ...COLOR, scale: 255, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
  },
  {
    name: 'signed',
    label: '−1 to 1',
    description: 'TensorFlow and Keras: MobileNet, Inception, EfficientNet-Lite; ViT',
    recipe: { ...COLOR, scale: 255, mean: [0.5], std: [0.5] },
  },
  {
    name: 'unit',
    label: '0 to 1',
    description: 'YOLO and many detectors',
    recipe: { ...COLOR, scale: 255, mean: [0], std: [1] },
  },
  {
    name: 'raw',
    label: '0 to 255',
    description: 'the model normalises by itself',
    recipe: { ...COLOR, scale: 1, mean: [0], std: [1] },
  },
  {
    name: 'caffe',
    label: 'BGR, 0 to 255, minus 104, 117, 123',
    description: 'Caffe and Caffe2: SqueezeNet, AlexNet, VGG, GoogLeNet',
    recipe: { ...COLOR, channels: 'bgr', scale: 1, mean: [104, 117, 123], std: [1] },
  },
  {
    name: 'digits',
    label: 'Grey, 0 to 255',
    description: 'light digits on black (CNTK MNIST)',
    recipe: { ...GRAY, scale: 1, mean: [0], std: [1] },
  },
  {
    name: 'mnist',
    label: 'Grey, MNIST mean and standard deviation',
    description: 'light digits on black (PyTorch)',
    recipe: { ...GRAY, scale: 255, mean: [0.1307], std: [0.3081] },
  },
  {
    name: 'gray-unit',
    label: 'Grey, 0 to 1',
    description: 'other grey pictures',
    recipe: { ...GRAY, scale: 255, mean: [0], std: [1] },
  },
];

/** The presets that fit an input of 1 or 3 channels. */
export function presetsFor({ channels }: InputGeometry): readonly PreprocessingPreset[] {
  return PRESETS.filter(({ recipe }) => (recipe.channels === 'gray') === (channels === 1));
}

/** A preset made concrete for a model's input. @throws when there is no such preset, or it does not fit the channels. */
export function withPreset(geometry: InputGeometry, name: string): Preprocessing {
  const fitting = presetsFor(geometry);
  const preset = fitting.find((one) => one.name === name);
  if (!preset) {
    const names = fitting.map((one) => one.name).join(', ');
    throw new Error(
      `There is no preprocessing '${name}' for an input of ${geometry.channels} channel(s): choose one of ${names}.`,
    );
  }
  return withRecipe(geometry, preset.recipe);
}

/** 8192 × 8192: more would not go through to the process that runs the model. */
const MAX_PIXELS = 2 ** 26;

/** @throws one sentence when a preprocessing does not fit the model's input, or makes one that is too large. */
export function checkPreprocessing(spec: Preprocessing, geometry: InputGeometry): void {
  const { width, height, channels } = spec;
  const planes = channels === 'gray' ? 1 : 3;
  if (planes !== geometry.channels) {
    throw new Error(`The model takes pictures of ${geometry.channels} channel(s): ${channels} has ${planes}.`);
  }
  for (const [name, list] of [['mean', spec.mean] as const, ['standard deviation', spec.std] as const]) {
    if (list.length !== 1 && list.length !== planes) {
      throw new Error(`The ${name} has ${list.length} numbers: give one for all channels, or ${planes}.`);
    }
  }
  if (!geometry.sizeIsFree && (width !== geometry.width || height !== geometry.height)) {
    throw new Error(
      `The model takes pictures of ${geometry.height}×${geometry.width} pixels: their size cannot be ${height}×${width}.`,
    );
  }
  if (width * height > MAX_PIXELS) {
    throw new Error(`An input of ${height}×${width} pixels is too large to run: at most 67 megapixels are fed.`);
  }
}

/** Sizes, layout and element type from the model's input, the numbers from a recipe. */
export function withRecipe({ width, height, layout, type }: InputGeometry, recipe: Recipe): Preprocessing {
  return { width, height, layout, type, ...recipe };
}

const TYPES: readonly string[] = ['float32', 'float16', 'uint8', 'int8'] satisfies readonly Preprocessing['type'][];
const USUAL_SIZE = { 1: 28, 3: 224 } as const;

/**
 * Reads width, height, channels and layout off a model's input.
 * @throws one sentence when it cannot be a picture.
 */
export function inputGeometry(input: ValueInfo): InputGeometry {
  const { name, type = 'float32', shape = [] } = input;
  const written = `Input '${name}' (${shape.map((dim) => dim ?? '?').join('×') || 'unknown shape'}, ${type})`;
  if (!isPixelType(type)) throw new Error(`${written} is no picture: float32, float16, uint8 and int8 can be fed.`);
  const [, second, third, fourth] = shape;
  const channelsFirst = isChannels(second) || (!isChannels(fourth) && typeof second !== 'number');
  const channels = channelsFirst ? second : fourth;
  if (shape.length !== 4 || (typeof channels === 'number' && !isChannels(channels))) {
    throw new Error(`${written} is no picture: N×C×H×W or N×H×W×C with 1 or 3 channels is needed.`);
  }
  const [height, width] = channelsFirst ? [third, fourth] : [second, third];
  const known = isChannels(channels) ? channels : 3;
  return {
    channels: known,
    height: size(height, width, known),
    width: size(width, height, known),
    sizeIsFree: typeof height !== 'number' || typeof width !== 'number',
    layout: channelsFirst ? 'NCHW' : 'NHWC',
    type,
  };
}

/** `224×224 RGB, short side 256 and centre crop, (x/255 − [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]`. */
export function describePreprocessing(spec: Preprocessing): string {
  const list = (values: readonly number[]): string => (values.length > 1 ? `[${values.join(', ')}]` : `${values[0]}`);
  const pixel = spec.scale === 1 ? 'x' : `x/${spec.scale}`;
  const centred = spec.mean.every((value) => value === 0) ? pixel : `${pixel} − ${list(spec.mean)}`;
  const scaled = spec.std.every((value) => value === 1)
    ? centred
    : `${centred === pixel ? pixel : `(${centred})`} / ${list(spec.std)}`;
  const fit = spec.resize === 'crop' ? 'centre crop of 224/256' : 'squashed';
  const channels = spec.channels === 'gray' ? 'grey' : spec.channels.toUpperCase();
  return `${spec.width}×${spec.height} ${channels}, ${fit}, ${scaled}`;
}

function isPixelType(type: string): type is Preprocessing['type'] {
  return TYPES.includes(type);
}

function isChannels(dim: unknown): dim is 1 | 3 {
  return dim === 1 || dim === 3;
}

/** A free side takes the other one's size. */
function size(side: unknown, other: unknown, channels: 1 | 3): number {
  if (typeof side === 'number') return side;
  return typeof other === 'number' ? other : USUAL_SIZE[channels];
}
