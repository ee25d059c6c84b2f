import type { GraphBuilder } from '../operators/gradientContext';
import { type Maths, reduce, reshape } from '../operators/gradientTools';

/** What a method has to work with: tensor names of shape [N, C, h, w], float32. */
export interface CamInputs {
  readonly build: GraphBuilder;
  readonly maths: Maths;
  readonly activations: string;
  /** The class's logit differentiated by the activations. */
  readonly gradients: string;
  /** C, h and w. */
  readonly layer: { readonly channels: number; readonly height: number; readonly width: number };
}

/** A way to turn activations and gradients into a map: a file in src/cam/methods, registered in methods.ts. */
export interface CamMethod {
  readonly id: string;
  /** As papers write it. */
  readonly title: string;
  /** Appends the map before its ReLU, [N, 1, h, w]. */
  append(inputs: CamInputs): string;
}

/** map = Σ_c weights · A with a weight per position, [N, C, h, w]. */
export function positionWeighted(id: string, title: string, weights: (inputs: CamInputs) => string): CamMethod {
  return { id, title, append: (inputs) => sumChannels(inputs, inputs.maths.mul(weights(inputs), inputs.activations)) };
}

/** map = Σ_c weights · A with a weight per channel, [N, C, 1, 1]: a product of matrices [1, C] · [C, h·w]. */
export function channelWeighted(id: string, title: string, weights: (inputs: CamInputs) => string): CamMethod {
  return {
    id,
    title,
    append: (inputs) => {
      const { build, activations, layer } = inputs;
      const { channels, height, width } = layer;
      const row = reshape(build, weights(inputs), [-1, 1, channels]);
      const product = build.add('MatMul', [row, reshape(build, activations, [-1, channels, height * width])]);
      return reshape(build, product, [-1, 1, height, width]);
    },
  };
}

export const sumChannels = ({ build }: CamInputs, x: string): string => reduce(build, 'Sum', x, [1]);
export const sumPixels = ({ build }: CamInputs, x: string): string => reduce(build, 'Sum', x, [2, 3]);
export const meanPixels = ({ build }: CamInputs, x: string): string => reduce(build, 'Mean', x, [2, 3]);
