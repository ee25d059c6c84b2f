import type { SaliencyBench } from './signals/saliencyBench';

/** A picture-sized tensor [C, H, W] in the order of the network's channels, or [1, H, W]. */
export interface Planes {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly values: Float32Array;
}

export interface SaliencyOptions {
  /** Noisy copies for SmoothGrad, default 25. */
  readonly samples?: number;
  /** Standard deviation of SmoothGrad's noise as a share of the picture's range, default 0.15. */
  readonly noise?: number;
  /** Seed of SmoothGrad's noise, default 1. */
  readonly seed?: number;
  /** Steps of integrated gradients, default 50. */
  readonly steps?: number;
  /** Channel of the unit that a deconvolution starts from; default the one with the layer's greatest activation. */
  readonly channel?: number;
}

export interface SaliencyAnswer {
  readonly raw: Planes;
  /** What the user should know of it, in whole sentences. */
  readonly note?: string;
  /** Of integrated gradients: |Σ − (F(x) − F(x′))| / |F(x) − F(x′)|. */
  readonly completenessError?: number;
}

/** A way to colour the pixels that a score depends on: a file in src/cam/saliency, registered in saliency.ts. */
export interface SaliencyKind {
  readonly id: string;
  /** As papers write it. */
  readonly title: string;
  /**
   * How a map [H, W] comes from the channels: the greatest magnitude of a signal (Simonyan et al. 2014, section 3.1), the magnitude
   * of the sum of what channels add to the score, or the answer itself where it has one channel.
   */
  readonly map: 'greatest' | 'sum' | 'itself';
  /** Of the options, those that change its answer. */
  readonly options?: readonly (keyof SaliencyOptions)[];
  /** How often the model is run. */
  runs(options: SaliencyOptions): number;
  compute(bench: SaliencyBench, options: SaliencyOptions): Promise<SaliencyAnswer>;
}
