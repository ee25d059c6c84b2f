import type { CamBox, CamSegments } from '../protocol/camPanel';
import { type Detection, detect } from './detections';
import type { Explainer, Subject } from './explainer';
import { segmentsOf } from './segments';
import { targetKinds } from './targets';

/** What a detector or a segmenter finds in a picture; no question changes it. */
export interface Seen {
  readonly boxes?: readonly CamBox[];
  readonly segments?: CamSegments;
}

interface Found {
  readonly boxes?: readonly Detection[];
  readonly segments?: CamSegments;
}

const FOUND = new WeakMap<Subject, Found>();

/** Looks once at every picture; nothing where the model is no detector or segmenter that is known. */
export async function seenIn(explainer: Explainer, subject: Subject, signal?: AbortSignal): Promise<Seen> {
  const found = FOUND.get(subject) ?? (await look(explainer, subject, signal));
  FOUND.set(subject, found);
  const { boxes, ...others } = found;
  if (!boxes) return others;
  // Labels that do not fit are refused where classes are asked for.
  const labels = await explainer.labels().catch(() => []);
  return { ...others, boxes: boxes.map((box) => ({ ...box, name: labels[box.class] ?? '' })) };
}

async function look(explainer: Explainer, { input }: Subject, signal?: AbortSignal): Promise<Found> {
  const { runtime } = explainer;
  const plan = await explainer.plan(undefined, signal);
  const boxes = await detect(runtime, plan, input, signal ? { signal } : {});
  if (boxes) return { boxes };
  const segments = targetKinds(plan).includes('mask') ? await segmentsOf(runtime, plan, input, signal) : undefined;
  return segments ? { segments } : {};
}
