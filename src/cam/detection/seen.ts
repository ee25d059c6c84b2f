import type { CamBox, CamSegments } from '../../protocol/camPanel';
import { type Detection, detect } from '../detections';
import type { Explainer, Subject } from '../explain/explainer';
import { targetKinds } from '../targets';
import { segmentsOf } from './segments';

/** What a detector or a segmenter finds in a picture; no question changes it. */
export interface Seen {
  readonly boxes?: readonly CamBox[];
  readonly segments?: CamSegments;
}

interface Found {
  readonly boxes?: readonly Detection[];
  readonly segments?: CamSegments;
}

const FOUND = new WeakMap<Explainer, WeakMap<Subject, Found>>();

/** Looks once at every picture; nothing where the model is no detector or segmenter that is known. */
export async function seenIn(explainer: Explainer, subject: Subject, signal?: AbortSignal): Promise<Seen> {
  const known = FOUND.get(explainer) ?? new WeakMap<Subject, Found>();
  FOUND.set(explainer, known);
  const found = known.get(subject) ?? (await look(explainer, subject, signal));
  known.set(subject, found);
  const { boxes, segments } = found;
  if (!boxes && !segments) return {};
  // Labels that do not fit are refused where classes are asked for.
  const labels = await explainer.labels().catch(() => []);
  return {
    ...(boxes && { boxes: boxes.map((box) => ({ ...box, name: labels[box.class] ?? '' })) }),
    ...(segments && { segments: { ...segments, legend: legendOf(segments, labels) } }),
  };
}

/** The classes that have a pixel, the largest first. */
function legendOf({ classes }: CamSegments, labels: readonly string[]): NonNullable<CamSegments['legend']> {
  const counts = new Map<number, number>();
  for (const index of classes) counts.set(index, (counts.get(index) ?? 0) + 1);
  return [...counts]
    .map(([index, count]) => ({ index, name: labels[index] ?? '', share: count / classes.length }))
    .sort((a, b) => b.share - a.share);
}

async function look(explainer: Explainer, { input }: Subject, signal?: AbortSignal): Promise<Found> {
  const { kept } = explainer;
  const plan = await explainer.plan(undefined, signal);
  const boxes = await detect(kept, plan, input, signal ? { signal } : {});
  if (boxes) return { boxes };
  const segments = targetKinds(plan).includes('mask') ? await segmentsOf(kept, plan, input, signal) : undefined;
  return segments ? { segments } : {};
}
