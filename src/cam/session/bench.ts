import type { CamBench } from '../camMethod';

/** Answers questions about one picture at one layer for one target; every call runs (a part of) the model in the child. */
export interface RunBench extends CamBench {
  /** All classes' scores, flat. */
  readonly logits: Float32Array;
  /** The target's class; the best one where the target is no class. */
  readonly classIndex: number;
  /** Of the target. */
  readonly score: number;
  /** The picture as it was fed. */
  readonly input: { readonly shape: readonly number[]; readonly data: Float32Array };
  readonly signal?: AbortSignal | undefined;
  /** Another picture through the whole model. */
  run(
    input: Float32Array,
  ): Promise<{ readonly score: number; readonly logits: Float32Array; readonly activations: Float32Array }>;
  /** Other activations [C, h, w] through the tail. */
  tail(activations: Float32Array): Promise<{ readonly score: number; readonly logits: Float32Array }>;
  /** ∂⟨seed, logits⟩/∂A, or of the target when no seed is given, at these or at other activations: [C, h, w]. */
  gradientsAt(options?: { readonly seed?: Float32Array; readonly activations?: Float32Array }): Promise<Float32Array>;
  /** The Hessian of the target's score times a direction [C, h, w]. */
  hessianTimes(direction: Float32Array): Promise<Float32Array>;
  /** Told after every piece of long work; throws when cancelled. */
  progress(done: number, total: number): void;
}
