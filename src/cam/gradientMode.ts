import { dot } from './camTarget';
import type { CamLayer } from './layers/layers';
import { ratio } from './maths/ratio';
import type { RunBench } from './session/bench';
import type { Tail } from './session/tail';

/** What is known before anything is run. */
export interface ModeContext {
  readonly layer: CamLayer;
  /** From the layer to the tensor whose function the target is. */
  readonly tail: Tail;
  /** Why there is no gradient, in one sentence; absent where there is one. */
  readonly missing?: string | undefined;
  /** Whether there is none because it is zero: every rule is known. */
  readonly isZero?: boolean;
}

/** What modes ask besides. */
export interface ModeBench extends RunBench {
  readonly layer: CamLayer;
  /**
   * ∂t/∂A · direction for `count` directions [C, h, w], or [C] where one is the same at all positions, with t the tensor whose
   * function the target is: [count, elements of t].
   */
  push(directions: Float32Array, count: number): Promise<Float32Array>;
  /** ∂score/∂t. */
  cotangent(): Promise<Float32Array>;
}

/** Grad-CAM's map by one way of making its gradient. */
export interface ModeMap {
  /** Before its ReLU, [h, w]. */
  readonly raw: Float32Array;
  /** Of modes that approximate: against the exact answer, where it is known. */
  readonly relativeError?: number;
  /** Else, as the mode estimates it itself. */
  readonly errorBound?: number;
  /** The map of any other target that is a function of the same tensor, by its ∂score/∂tensor; runs nothing. */
  mapOf?(cotangent: Float32Array): Float32Array;
}

/** A way to make Grad-CAM's gradient: a file in src/cam/modes, registered in modes.ts. */
export interface GradientMode {
  readonly id: string;
  /** For people. */
  readonly title: string;
  /** Why it cannot be used here, in one sentence. */
  refuses(context: ModeContext): string | undefined;
  /** How often what follows the layer is run, forwards or differentiated, and whether that answers every class. */
  cost(context: ModeContext): { readonly runs: number; readonly allClasses: boolean };
  /** @throws one sentence where a rule is missing, or when cancelled. */
  gradCam(bench: ModeBench, context: ModeContext): Promise<ModeMap>;
}

/** Directions per run: the tail itself is computed once per run, and progress is told between runs. */
const PER_RUN = 64;
/** So many numbers are kept for other classes, and at most so many answered by one run. */
const MOST_NUMBERS = 1 << 23;

/** The derivatives along many directions. */
export interface Slopes {
  /** Of the target's score, one per direction. */
  readonly slopes: Float64Array;
  /** Of another target by its cotangent; absent where the tensor is too large to keep all of its derivatives. */
  readonly slopesOf?: (cotangent: Float32Array) => Float64Array;
}

/** Derivatives along `count` directions that are the same at all positions: `direction(i)` has an element per channel. */
export async function slopesAlong(
  bench: ModeBench,
  count: number,
  direction: (index: number) => ArrayLike<number>,
): Promise<Slopes> {
  const { channels } = bench.layer;
  const cotangent = await bench.cotangent();
  const elements = cotangent.length;
  const perRun = Math.max(1, Math.min(PER_RUN, Math.floor(MOST_NUMBERS / elements)));
  const keeps = count * elements <= MOST_NUMBERS;
  const slopes = new Float64Array(count);
  const kept: Float32Array[] = [];
  for (let first = 0; first < count; first += perRun) {
    bench.progress(first, count);
    const size = Math.min(perRun, count - first);
    const directions = new Float32Array(size * channels);
    for (let i = 0; i < size; i++) directions.set(direction(first + i), i * channels);
    const tangents = await bench.push(directions, size);
    for (let i = 0; i < size; i++) {
      const row = tangents.subarray(i * elements, (i + 1) * elements);
      slopes[first + i] = dot(row, cotangent);
      if (keeps) kept.push(row);
    }
  }
  bench.progress(count, count);
  return { slopes, ...(keeps && { slopesOf: (other) => Float64Array.from(kept, (row) => dot(row, other)) }) };
}

/** The greatest difference of two maps, by the greatest magnitude of the exact one; NaN where only that is zero. */
export function mapError(approximate: ArrayLike<number>, exact: ArrayLike<number>): number {
  let [difference, magnitude] = [0, 0];
  for (let i = 0; i < exact.length; i++) {
    const value = exact[i] ?? Number.NaN;
    difference = Math.max(difference, Math.abs((approximate[i] ?? Number.NaN) - value));
    magnitude = Math.max(magnitude, Math.abs(value));
  }
  return ratio(difference, magnitude);
}
