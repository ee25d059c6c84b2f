import type { GraphBuilder } from '../operators/gradientContext';
import { type Maths, reduce, reshape } from '../operators/gradientTools';
import { type MapAlgebra, type Numbers, numberAlgebra, onnxAlgebra } from './maths/mapAlgebra';
import { firstComponent } from './maths/principal';
import type { RunBench } from './session/bench';

/** C, h and w of the maps. */
export interface MapSize {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/** What one run answers at a layer: all that a method needs. */
export interface CamBench {
  readonly layer: MapSize;
  /** [C, h, w] */
  readonly activations: Float32Array;
  /** [C, h, w]: the class's logit differentiated by the activations. */
  readonly gradients: Float32Array;
}

/** The same as tensors of shape [N, C, h, w], float32, behind which a method appends its nodes. */
export interface CamInputs {
  readonly build: GraphBuilder;
  readonly maths: Maths;
  readonly activations: string;
  readonly gradients: string;
  readonly layer: MapSize;
}

/** A way to make a map: a file in src/cam/methods, registered in methods.ts. */
export type CamMethod = FormulaMethod | RunMethod;

/** A formula of what one run answers: switching to it runs nothing. */
export interface FormulaMethod {
  readonly id: string;
  /** As papers write it. */
  readonly title: string;
  /** Maps of 'activations' are the same for every class. */
  readonly needs: 'activations' | 'gradients';
  /** The map before its ReLU, [h, w]. */
  compute(bench: CamBench): Float32Array;
  /** With eigen smoothing: the first principal component of weights · A instead of their sum; absent where there is no sum. */
  smooth?(bench: CamBench): Float32Array;
  /** With the gradient's mean over each cell of a grid of `cells` × `cells` as weights; absent where it has no mean. */
  pooled?(bench: CamBench, cells: number): Float32Array;
  /** Appends the map before its ReLU, [N, 1, h, w]; absent where it is not a formula of ONNX operators. */
  append?(inputs: CamInputs): string;
}

/** How many of the layer's channels a method asks the model about: the strongest so many, or all. */
export type ChannelCount = number | 'all';

/** A method that asks the model more than once. */
export interface RunMethod {
  readonly id: string;
  /** As papers write it. */
  readonly title: string;
  readonly needs: 'runs';
  /** How many channels are taken unless more are asked for; absent where the cost does not grow with them. */
  readonly channelsDefault?: number;
  /** The map before its ReLU, [h, w]. Throws one sentence where the network or the layer does not fit. */
  computeByRuns(bench: RunBench, options: { readonly channels: ChannelCount }): Promise<Float32Array>;
  /** How many runs of the whole model, and of its part behind the layer, that takes. */
  cost(layer: MapSize, channels: ChannelCount): { readonly whole: number; readonly tail: number };
}

/** What A is multiplied by: [C, h, w] or [C, 1, 1]. */
type Weights = <T>(algebra: MapAlgebra<T>, activations: T, gradients: T) => T;

interface Named {
  readonly id: string;
  readonly title: string;
  /** Default: gradients. */
  readonly needs?: FormulaMethod['needs'];
}

/** A sum of weighted maps. */
export type SummedMethod = FormulaMethod & Required<Pick<FormulaMethod, 'append' | 'smooth'>>;

/** map = Σ_c weights · A with a weight per position, [C, h, w]. */
export function positionWeighted(named: Named, weights: Weights): SummedMethod {
  return summed(named, weights, (inputs, factors) => {
    const { build, maths, activations } = inputs;
    return reduce(build, 'Sum', maths.mul(factors, activations), [1]);
  });
}

/** map = Σ_c weights · A with a weight per channel, [C, 1, 1]: a product of matrices [1, C] · [C, h·w]. */
export function channelWeighted(named: Named, weights: Weights): SummedMethod {
  return summed(named, weights, ({ build, activations, layer }, factors) => {
    const { channels, height, width } = layer;
    const row = reshape(build, factors, [-1, 1, channels]);
    const product = build.add('MatMul', [row, reshape(build, activations, [-1, channels, height * width])]);
    return reshape(build, product, [-1, 1, height, width]);
  });
}

/** map = a principal component of weights · A, seen as h·w points in C dimensions; of A itself without weights. */
export function componentOf(
  named: Named,
  component: (maps: Float64Array, channels: number) => Float64Array,
  weights?: Weights,
): FormulaMethod {
  return {
    needs: 'gradients',
    ...named,
    compute: (bench) => Float32Array.from(component(weighted(bench, weights), bench.layer.channels)),
  };
}

function summed(named: Named, weights: Weights, sum: (inputs: CamInputs, weights: string) => string): SummedMethod {
  return {
    needs: 'gradients',
    ...named,
    compute: (bench) => weightedSum(bench, weights),
    smooth: (bench) => Float32Array.from(firstComponent(weighted(bench, weights), bench.layer.channels)),
    append: (inputs) => {
      const { build, maths, activations, gradients } = inputs;
      return sum(inputs, weights(onnxAlgebra(build, maths), activations, gradients));
    },
  };
}

/** weights · A, in 64 bits. */
function weighted({ layer, activations, gradients }: CamBench, weights: Weights | undefined): Float64Array {
  if (!weights) return Float64Array.from(activations);
  const algebra = numberAlgebra(layer.channels, layer.height * layer.width);
  return Float64Array.from(algebra.mul(weights(algebra, activations, gradients), activations));
}

/** Σ_c weights · A without the product in between: the way of most questions. */
function weightedSum({ layer, activations, gradients }: CamBench, weights: Weights): Float32Array {
  const { channels, height, width } = layer;
  const pixels = height * width;
  return sumMaps({ layer, activations }, weights<Numbers>(numberAlgebra(channels, pixels), activations, gradients));
}

/** Σ_c factors · A: [h, w], with a factor per position or per channel. */
export function sumMaps(
  { layer, activations }: Pick<CamBench, 'layer' | 'activations'>,
  factors: Numbers,
): Float32Array {
  const { channels, height, width } = layer;
  const pixels = height * width;
  const perPosition = factors.length === activations.length;
  const sum = new Float64Array(pixels);
  for (let c = 0; c < channels; c++) {
    for (let pixel = 0; pixel < pixels; pixel++) {
      const i = c * pixels + pixel;
      const factor = factors[perPosition ? i : c] ?? Number.NaN;
      sum[pixel] = (sum[pixel] ?? 0) + factor * (activations[i] ?? Number.NaN);
    }
  }
  return Float32Array.from(sum);
}
