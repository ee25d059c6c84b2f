import { type Detector, detectionHeads } from '../detections';
import type { CamLogits } from '../layers/target';
import type { Field } from './detectionHead';

/** How many classes the labels of a model name: of a detector those of its boxes; undefined where its shapes do not tell. */
export function labelCount(detector: Detector, { classes }: CamLogits): number | undefined {
  const [head] = detectionHeads(detector);
  if (!head) return classes;
  return head.labels ? undefined : head.scores.channels;
}

/** What each of the scores is called, given the names of the classes: a detector's output holds coordinates and objectness too. */
export function channelNames(detector: Detector, logits: CamLogits, classNames: readonly string[]): readonly string[] {
  const [head] = detectionHeads(detector);
  if (!head) return classNames;
  if (classNames.length === 0 || head.scores.tensor !== logits.tensor || head.labels) return [];
  const names = new Array<string>(logits.classes).fill('');
  const write = (field: Field | undefined, name: (channel: number) => string): void => {
    if (field?.tensor !== logits.tensor) return;
    const first = field.first / field.perChannel;
    for (let channel = 0; channel < field.channels; channel++) names[first + channel] = name(channel);
  };
  write(head.boxes, (channel) => `coordinate ${channel}`);
  write(head.objectness, () => 'objectness');
  write(head.scores, (channel) => classNames[channel] ?? '');
  return names;
}
