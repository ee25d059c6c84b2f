import type { CamResult } from '../../protocol/camPanel';
import { detectionHeads } from '../detections';
import type { Explainer, Subject } from '../explain/explainer';
import type { ObjectClass } from '../judging/truthMasks';
import { fetchTensors } from '../session/fetchTensors';
import { boxHead } from '../targets/boxTarget';
import { boxScores } from './boxScores';

/**
 * The classes whose objects an explanation is about, as labels number them: of a box its own or the one that is asked for,
 * of several classes those that count for it. None for an element, an embedding, or a detector's channel that is no class.
 */
export async function objectClasses(
  explainer: Explainer,
  { input }: Subject,
  { target, about }: Pick<CamResult, 'target' | 'about'>,
  signal?: AbortSignal,
): Promise<readonly ObjectClass[]> {
  const names = await explainer.labels();
  const plan = await explainer.plan(undefined, signal);
  const called = (index: number): ObjectClass => ({ index, name: names[index] ?? '' });
  if (target?.kind === 'box') {
    const head = boxHead(target, plan);
    const { scores, objectness, labels } = head;
    if (target.part === 'class' && target.index !== undefined && !labels) return [called(target.index)];
    const tensors = [scores, objectness, labels].flatMap((field) => (field ? [field.tensor] : []));
    const values = await fetchTensors(explainer.kept, plan, input, tensors, signal);
    return [called(boxScores(head, values)(target.anchor).class)];
  }
  const [head] = detectionHeads(plan);
  if (!head) return about.map(called);
  const { tensor, first, perChannel, channels } = head.scores;
  if (tensor !== plan.logits.tensor || head.labels) return [];
  const classes = about.map((channel) => channel - first / perChannel);
  return classes.filter((index) => index >= 0 && index < channels).map(called);
}
