import { preprocess, type Rectangle } from '../../image/preprocess';
import type { ImageSequence } from '../../image/sequence';
import type { CamClass } from '../../protocol/camPanel';
import { type CamMap, finishMaps, resizeBilinear } from '../maths/normalise';
import type { Explainer, Question } from './explainer';

/** What a model says of one picture of a sequence. Small: the picture itself is decoded again when it is drawn. */
export interface FrameExplanation {
  readonly index: number;
  readonly name: string;
  /** The class that was explained. */
  readonly target: CamClass | undefined;
  /** The most probable one. */
  readonly best: CamClass | undefined;
  /** Before ReLU, at low resolution. */
  readonly raw: CamMap;
  readonly allZero: boolean;
  /** The part of the picture that the network saw, in its pixels. */
  readonly seen: Rectangle;
}

/**
 * Explains the pictures of a sequence one after the other, by one question: each its own most probable class unless a class
 * is asked for. `onFrame` is told after each. What fails is left out where `onFailure` is told why, and ends it otherwise or
 * where all do. Stops with the signal's reason where it is aborted.
 */
export async function explainSequence(
  explainer: Pick<Explainer, 'preprocessing' | 'explain'>,
  sequence: ImageSequence,
  question: Question,
  onFrame: (frame: FrameExplanation, total: number) => void,
  signal?: AbortSignal,
  onFailure?: (name: string, error: unknown) => void,
): Promise<readonly FrameExplanation[]> {
  const { frames } = sequence;
  const explained: FrameExplanation[] = [];
  for (const [index, { name }] of frames.entries()) {
    signal?.throwIfAborted();
    try {
      const { tensor, seen } = preprocess(await sequence.image(index, signal), explainer.preprocessing.spec);
      const result = await explainer.explain({ name, input: tensor }, { ...question, ...(signal && { signal }) });
      const { classes, about, raw, allZero } = result;
      const target = classes.find((one) => one.index === about[0]);
      const frame = { index, name, target, best: classes[0], raw, allZero, seen };
      explained.push(frame);
      onFrame(frame, frames.length);
    } catch (error) {
      signal?.throwIfAborted();
      const isLast = index === frames.length - 1;
      if (!onFailure || (isLast && explained.length === 0)) throw error;
      onFailure(name, error);
    }
  }
  return explained;
}

/** Whether each frame's map reaches 1, or only the strongest of all: then a weak frame looks weak, and nothing flickers. */
export type SequenceNormalisation = 'frame' | 'sequence';

/**
 * Maps in 0–1 at a size, by frame. Over the sequence: max(raw, 0) divided by its greatest value in all frames, then bilinear;
 * per frame as a single picture's map.
 */
export function sequenceMaps(
  frames: readonly FrameExplanation[],
  over: SequenceNormalisation,
  width: number,
  height: number,
): (index: number) => CamMap | undefined {
  const peak = frames.reduce((most, { raw }) => raw.values.reduce((a, b) => Math.max(a, b), most), 0);
  return (index) => {
    const raw = frames[index]?.raw;
    if (!raw) return undefined;
    if (over === 'frame') return finishMaps([raw], width, height);
    const values = raw.values.map((value) => (peak > 0 ? Math.max(0, value) / peak : 0));
    return resizeBilinear({ ...raw, values }, width, height);
  };
}
