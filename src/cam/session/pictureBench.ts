import type { TargetChoice } from '../../protocol/camPanel';
import { float32Tensor, toFloat32 } from '../../runtime/runtimeTensor';
import { scorePlaces } from '../camTarget';
import type { ModeBench, ModeContext } from '../gradientMode';
import type { CamLayer } from '../layers/layers';
import { fromMaps } from '../layers/nativeMaps';
import type { CamLogits } from '../layers/target';
import type { RunBench } from './bench';
import type { CamQuestion } from './camSession';
import type { Aim, PictureRuns, PictureShot } from './pictureRuns';
import type { TailQuestion } from './tailSessions';

/** What is known of the picture and its target already. */
export interface BenchState {
  readonly shot: PictureShot;
  readonly aim: Aim;
  /** [C, h, w]; empty where a rule is missing. */
  readonly gradients: Float32Array;
  readonly score: number;
  readonly question: Pick<CamQuestion, 'signal' | 'onProgress'>;
}

/** One picture, one layer, one target: what methods, modes and metrics ask. */
export class PictureBench implements ModeBench {
  readonly #runs: PictureRuns;
  readonly #state: BenchState;

  constructor(runs: PictureRuns, state: BenchState) {
    this.#runs = runs;
    this.#state = state;
  }

  get layer(): CamLayer {
    return this.#runs.plan.layer;
  }

  get activations(): Float32Array {
    return this.#state.shot.activations;
  }

  get gradients(): Float32Array {
    return this.#state.gradients;
  }

  get logits(): Float32Array {
    return this.#state.shot.logits;
  }

  get classIndex(): number {
    return this.#state.aim.classIndex;
  }

  get score(): number {
    return this.#state.score;
  }

  get input(): RunBench['input'] {
    const { shape, ...picture } = this.#state.shot.picture;
    return { shape, data: toFloat32({ shape, ...picture }) };
  }

  get signal(): AbortSignal | undefined {
    return this.#state.question.signal;
  }

  /** What modes have to know before anything is run. */
  get modeContext(): ModeContext {
    return this.#runs.contextOf(this.#state.aim.of);
  }

  run(input: Float32Array): ReturnType<RunBench['run']> {
    const picture = float32Tensor(input, this.#runs.plan.input.shape);
    return this.#runs.another(picture, this.#state.aim, this.signal);
  }

  async tail(activations: Float32Array): ReturnType<RunBench['tail']> {
    const { aim, shot } = this.#state;
    const { plan, tails } = this.#runs;
    const { logits } = plan;
    const question = this.#at(activations);
    const values = await tails.values(aim.of, question);
    const { score } = aim.target.at(values, tails.shape(aim.of));
    if (aim.of === logits.tensor) return { score, logits: meanScores(values, logits) };
    // Scores that do not follow from the layer stay.
    if (!tails.reaches(logits.tensor)) return { score, logits: shot.logits };
    return { score, logits: meanScores(await tails.values(logits.tensor, question), logits) };
  }

  async gradientsAt({ seed, activations }: Parameters<RunBench['gradientsAt']>[0] = {}): Promise<Float32Array> {
    const { shot, aim, gradients } = this.#state;
    const { missing, plan, tails } = this.#runs;
    if (missing !== undefined) throw new Error(missing);
    const question = this.#at(activations);
    if (seed) return tails.pullBack(plan.logits.tensor, this.#spread(seed), question);
    if (!activations) return gradients;
    const { cotangent } = await this.#runs.value(shot, aim, this.signal, question.native);
    return tails.pullBack(aim.of, cotangent, question);
  }

  async push(directions: Float32Array, count: number): Promise<Float32Array> {
    const { aim } = this.#state;
    const { tails } = this.#runs;
    const tangents = await tails.push(aim.of, directions, this.#at(undefined), count);
    return tangents ?? new Float32Array(count * tails.shape(aim.of).reduce((a, b) => a * b, 1));
  }

  async cotangent(): Promise<Float32Array> {
    const { shot, aim } = this.#state;
    return (await this.#runs.value(shot, aim, this.signal)).cotangent;
  }

  async hessianTimes(direction: Float32Array): Promise<Float32Array> {
    const { aim } = this.#state;
    if (!LINEAR.has(aim.choice.kind)) {
      throw new Error(
        `${aim.target.title} is no weighted sum of scores, so its curvature is not known; choose a class`,
      );
    }
    const product = await this.#runs.tails.hessianTimes(aim.of, await this.cotangent(), direction, this.#at(undefined));
    return product ?? new Float32Array(direction.length);
  }

  progress(done: number, total: number): void {
    this.signal?.throwIfAborted();
    this.#state.question.onProgress?.(done, total);
  }

  #at(activations: Float32Array | undefined): TailQuestion {
    const { shot } = this.#state;
    return {
      ...{ shot, signal: this.signal },
      ...(activations && { native: fromMaps(activations, this.layer, shot.native) }),
    };
  }

  /** A weight per class as the cotangent of the scores' tensor: flat scores are means over positions. */
  #spread(seed: Float32Array): Float32Array {
    const { logits } = this.#runs.plan;
    const { positions, classes, at } = scorePlaces(logits);
    const cotangent = new Float32Array(positions * classes);
    for (let p = 0; p < positions; p++) {
      for (let c = 0; c < classes; c++) cotangent[at(p, c)] = (seed[c] ?? Number.NaN) / positions;
    }
    return cotangent;
  }
}

/** Flat scores of the scores' tensor: the mean over positions. */
function meanScores(values: Float32Array, logits: CamLogits): Float32Array {
  const { positions, classes, at } = scorePlaces(logits);
  return Float32Array.from({ length: classes }, (_, c) => {
    let sum = 0;
    for (let p = 0; p < positions; p++) sum += values[at(p, c)] ?? Number.NaN;
    return sum / positions;
  });
}

/** Targets whose score is linear in the elements of their tensor. */
const LINEAR: ReadonlySet<TargetChoice['kind']> = new Set(['class', 'classes', 'mask', 'element']);
