import { AppendixBuilder } from '../../autodiff/graphBuilder';
import { downstream } from '../../autodiff/reach';
import { isFloat } from '../../graph/dataTypes';
import {
  type DataType,
  type Graph,
  isStatic,
  type Model,
  type Node,
  nodeLabel,
  type TensorInfo,
} from '../../graph/graph';
import { inferShapes } from '../../operators/inferShapes';
import type { FeaturePage, FeatureTensor, MapStatistics } from '../../protocol/mapPage';
import type { RuntimeTensor } from '../../protocol/runtime';
import type { Runtime } from '../../runtime/runtime';
import { convertTo, toFloat32 } from '../../runtime/runtimeTensor';
import type { Explainer, Question, Subject } from '../explain/explainer';
import { type MapLayout, mapLayouts, tokenGrid } from '../layers/layout';
import { imageInput } from '../layers/target';
import { extent, strongestFirst } from '../maths/ranking';
import { checkRunnable } from '../session/runnable';
import { realValues } from './quantisedValues';

type Infos = ReadonlyMap<string, TensorInfo>;

/** How a tensor is read as maps: a vector's elements are maps of one pixel. */
type Reading = MapLayout | { readonly kind: 'vector' };

interface MapSizes {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/** An Explainer is one. */
export interface ModelInRuntime {
  readonly runtime: Runtime;
  readonly model: Model;
}

/** A picture as the model takes it: a Subject is one. */
export interface FedPicture {
  readonly input: RuntimeTensor;
}

/** A tensor's activations for one picture, read as maps. */
export interface Features extends MapSizes {
  readonly tensor: string;
  readonly label: string;
  /** As the model has it. */
  readonly shape: readonly number[];
  readonly kind: FeaturePage['kind'];
  /** [C, h, w] */
  readonly maps: Float32Array;
  /** One per channel. */
  readonly statistics: readonly MapStatistics[];
}

/** Every tensor of the main graph that can be shown as maps of a picture, in execution order; not those of several pictures at once. */
export function featureTensors({ graph }: Model, infos: Infos): readonly FeatureTensor[] {
  const reader = new MapReader(graph, infos);
  const entry = (tensor: string, node: Node | undefined): readonly FeatureTensor[] => {
    const { type, shape } = infos.get(tensor) ?? {};
    const read = isStatic(shape) && holdsActivations(type) ? reader.sizes(tensor, shape) : undefined;
    if (!read) return [];
    const { reading, ...sizes } = read;
    const kind = reading.kind === 'vector' ? 'vector' : 'maps';
    return [{ tensor, label: node ? nodeLabel(node) : tensor, node: node?.id, ...sizes, kind }];
  };
  const inputs = graph.inputs.flatMap(({ name }) => (graph.constants.has(name) ? [] : [name]));
  const ofPicture = downstream(graph.nodes, infos, inputs);
  return [
    ...inputs.flatMap((name) => entry(name, undefined)),
    ...graph.nodes.flatMap((node) =>
      node.outputs.flatMap((output) => (ofPicture.has(output) ? entry(output, node) : [])),
    ),
  ];
}

/** Indices and shapes are integers too, but not of 8 bits. */
function holdsActivations(type: DataType | undefined): boolean {
  return type === undefined || isFloat(type) || type === 'uint8' || type === 'int8';
}

/** What was shown of a picture last: its next page needs no run. */
const LAST = new WeakMap<FedPicture, { readonly model: Model; readonly features: Features }>();

/**
 * Runs a model on a picture and reads one tensor of it, in a session of its own. Gradients and scores are not needed: any
 * model with one picture as input will do. 8-bit tensors are read as the real numbers that they stand for. Throws one sentence where the tensor is unknown, holds no numbers, or has a shape
 * that is neither maps, tokens nor a vector.
 */
export async function featureMaps(
  { runtime, model }: ModelInRuntime,
  subject: FedPicture,
  tensor: string,
  signal?: AbortSignal,
): Promise<Features> {
  const last = LAST.get(subject);
  if (last?.model === model && last.features.tensor === tensor) return last.features;
  const { graph } = model;
  const { input } = subject;
  const { name, type = 'float32' } = imageInput(graph);
  const node = graph.nodes.find(({ outputs }) => outputs.includes(tensor));
  if (!node && tensor !== name) throw new Error(whyNotComputed(model, tensor));
  const { infos } = inferShapes(model, { inputShapes: new Map([[name, input.shape]]) });
  const value = node ? await computed(runtime, model, tensor, { [name]: convertTo(type, input) }, signal) : input;
  const reader = new MapReader(graph, infos);
  const sizes = reader.sizes(tensor, value.shape);
  if (!sizes) {
    throw new Error(
      `'${tensor}' is ${value.shape.join('×')}, which is neither maps, tokens nor a vector of one picture; choose another tensor`,
    );
  }
  const { reading, channels, height, width } = sizes;
  const isQuantised = value.type === 'uint8' || value.type === 'int8';
  const elements = toFloat32(value);
  const maps = channelsFirst(isQuantised ? await realValues(graph, tensor, elements) : elements, reading, sizes);
  const area = height * width;
  const statistics = Array.from({ length: channels }, (_, channel) =>
    statisticsOf(maps.subarray(channel * area, (channel + 1) * area)),
  );
  const kind = reading.kind === 'vector' ? 'vector' : 'maps';
  const label = node ? nodeLabel(node) : tensor;
  const features = { tensor, label, shape: value.shape, kind, channels, height, width, maps, statistics } as const;
  LAST.set(subject, { model, features });
  return features;
}

export interface FeatureOrder {
  /** By which channels are ordered, greatest magnitude first, e.g. Grad-CAM's α; default: their strength. */
  readonly weights?: Float32Array;
  /** Of the first map on the page (default 0), and how many maps it has (default all). */
  readonly first?: number;
  readonly count?: number;
}

/** Some channels, strongest first: by mean |A|, or by the magnitude of their weight. */
export function featurePage(
  features: Features,
  { weights, first = 0, count = Infinity }: FeatureOrder = {},
): FeaturePage {
  const { tensor, label, shape, kind, channels, height, width, maps, statistics } = features;
  if (weights && weights.length !== channels) {
    throw new Error(`there are ${weights.length} weights for the ${channels} channels of '${tensor}'`);
  }
  const strengths = weights ?? Float32Array.from(statistics, ({ meanMagnitude }) => meanMagnitude);
  const page = strongestFirst(strengths).slice(first, first + count);
  const area = height * width;
  const values = new Float32Array(page.length * area);
  for (const [place, channel] of page.entries()) {
    values.set(maps.subarray(channel * area, (channel + 1) * area), place * area);
  }
  return {
    ...{ tensor, label, shape, kind, width, height, values, first, total: channels },
    planes: 1,
    labels: page.map(String),
    strengths: page.map((channel) => strengths[channel] ?? Number.NaN),
    strengthName: weights ? 'weight' : 'mean |A|',
    ranges: page.map((channel) => [statistics[channel]?.min ?? Number.NaN, statistics[channel]?.max ?? Number.NaN]),
    range: extent(maps),
    signed: false,
    statistics: page.flatMap((channel) => statistics[channel] ?? []),
    dead: statistics.filter(({ zeros }) => zeros === 1).length,
  };
}

/** Grad-CAM's α_k = (1/Z) Σ_ij ∂y/∂A^k_ij (Selvaraju et al., Grad-CAM, 2017, eq. 1), from gradients [C, h, w]. */
export function channelWeights(gradients: Float32Array, channels: number): Float32Array {
  const area = gradients.length / channels;
  return Float32Array.from({ length: channels }, (_, channel) => {
    const own = gradients.subarray(channel * area, (channel + 1) * area);
    return own.reduce((sum, value) => sum + value, 0) / area;
  });
}

/** The weight of every channel of a tensor for what is asked, from a run. Throws where that tensor cannot be explained. */
export async function explainedWeights(
  explainer: Pick<Explainer, 'bench'>,
  subject: Subject,
  tensor: string,
  question: Question = {},
): Promise<Float32Array> {
  const { layers: _one, ...asked } = question;
  const { gradients, layer } = await explainer.bench(subject, { ...asked, layer: tensor });
  if (gradients.length === 0) throw new Error(`'${tensor}' has no gradient; order its channels by strength`);
  return channelWeights(gradients, layer.channels);
}

function whyNotComputed({ graph }: Model, tensor: string): string {
  if (graph.constants.has(tensor))
    return `'${tensor}' is a constant of the model, not an activation; show it as kernels`;
  const last = graph.nodes.findLast(({ operator }) => /Conv/.test(operator))?.outputs[0];
  return `the model has no tensor '${tensor}'${last ? `; for instance '${last}'` : ''}`;
}

/** One tensor, declared as an output unless it is one. */
async function computed(
  runtime: Runtime,
  model: Model,
  tensor: string,
  feeds: Readonly<Record<string, RuntimeTensor>>,
  signal: AbortSignal | undefined,
): Promise<RuntimeTensor> {
  checkRunnable(model);
  const isOutput = model.graph.outputs.some(({ name }) => name === tensor);
  const appended = new AppendixBuilder({ opset: model.opsets.get('') ?? 1 }).encode([], isOutput ? [] : [tensor]);
  const session = await runtime.load({ path: model.path, appended }, signal);
  try {
    const value = (await session.run(feeds, [tensor], signal)).outputs[tensor];
    if (!value) throw new Error(`the run did not answer '${tensor}'`);
    return value;
  } finally {
    await session.release();
  }
}

/** Finds out how tensors are to be read, with what the layers before them say. */
class MapReader {
  readonly #layouts: ReadonlyMap<string, 'nchw' | 'nhwc'>;
  /** Height and width of the last map with more than one pixel, by the tensors that follow it: tokens are its pixels. */
  readonly #grids = new Map<string, readonly [number, number]>();

  constructor(graph: Graph, infos: Infos) {
    this.#layouts = mapLayouts(graph, infos);
    let last: readonly [number, number] | undefined;
    for (const { outputs } of graph.nodes) {
      for (const output of outputs) {
        const shape = infos.get(output)?.shape;
        const kind = this.#layouts.get(output);
        if (kind && isStatic(shape)) {
          const [, a = 0, b = 0, c = 0] = shape;
          const size = kind === 'nchw' ? ([b, c] as const) : ([a, b] as const);
          if (size[0] * size[1] > 1) last = size;
        }
        if (last) this.#grids.set(output, last);
      }
    }
  }

  /** Undefined where a shape is no maps, tokens or vector of one picture. */
  sizes(tensor: string, shape: readonly number[]): (MapSizes & { readonly reading: Reading }) | undefined {
    const [pictures = 1, a = 1, b = 1, c = 1] = shape;
    if (shape.some((size) => size < 1)) return undefined;
    if (shape.filter((size) => size > 1).length <= 1) {
      const channels = shape.reduce((product, size) => product * size, 1);
      return { reading: { kind: 'vector' }, channels, height: 1, width: 1 };
    }
    if (pictures > 1) return undefined;
    if (shape.length === 4) {
      const kind = this.#layouts.get(tensor) ?? 'nchw';
      return kind === 'nchw'
        ? { reading: { kind }, channels: a, height: b, width: c }
        : { reading: { kind }, channels: c, height: a, width: b };
    }
    const reading = shape.length === 3 ? tokenGrid(a, this.#grids.get(tensor)) : undefined;
    return reading && { reading, channels: b, height: reading.height, width: reading.width };
  }
}

/** [C, h, w] of one picture; the tokens in front of the image's are left out. */
function channelsFirst(values: Float32Array, reading: Reading, { channels, height, width }: MapSizes): Float32Array {
  if (reading.kind === 'nchw' || reading.kind === 'vector') return values;
  const area = height * width;
  const image = reading.kind === 'tokens' ? values.subarray(reading.prefix * channels) : values;
  const maps = new Float32Array(channels * area);
  for (let pixel = 0; pixel < area; pixel++) {
    for (let channel = 0; channel < channels; channel++) {
      maps[channel * area + pixel] = image[pixel * channels + channel] ?? Number.NaN;
    }
  }
  return maps;
}

function statisticsOf(values: Float32Array): MapStatistics {
  let [min, max, sum, magnitudes, zeros] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0, 0];
  for (const value of values) {
    if (value < min) min = value;
    if (value > max) max = value;
    sum += value;
    magnitudes += Math.abs(value);
    if (value === 0) zeros++;
  }
  const { length } = values;
  return { min, max, mean: sum / length, meanMagnitude: magnitudes / length, zeros: zeros / length };
}
