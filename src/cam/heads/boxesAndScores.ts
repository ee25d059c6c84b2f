import {
  centreInFractions,
  centreInPixels,
  cornersInFractions,
  cornersInPixels,
  topLeftInFractions,
} from '../detection/boxCoordinates';
import type { DetectionHead, HeadContext, HeadFamily, HeadOutput } from '../detection/detectionHead';

/**
 * Boxes [1, N, 4] and their scores in tensors of their own: [1, N, classes] (SSD, DETR, YOLO-NAS), or [1, N] beside the
 * classes [1, N] (torchvision, and TensorFlow with its four outputs).
 */
export const boxesAndScores: HeadFamily = {
  match: (context) => {
    const boxes = context.outputs.find(({ shape }) => shape.at(-1) === 4 && leading(shape) > 1);
    if (!boxes) return [];
    const anchors = leading(boxes.shape);
    const others = context.outputs.filter(({ name, shape }) => name !== boxes.name && shape.includes(anchors));
    return scored(boxes, anchors, others) ?? finished(boxes, anchors, others, context) ?? [];
  },
};

/** The number of boxes of [1, N, 4], [1, N, 1, 4] or [N, 4]. */
function leading(shape: readonly number[]): number {
  return shape.slice(0, -1).reduce((a, b) => a * b, 1);
}

function scored(
  boxes: HeadOutput,
  anchors: number,
  others: readonly HeadOutput[],
): readonly DetectionHead[] | undefined {
  const scores = others.find(({ shape }) => leading(shape) === anchors && (shape.at(-1) ?? 0) > 1);
  if (!scores) return undefined;
  const classes = scores.shape.at(-1) ?? 0;
  return [
    {
      title: 'boxes and scores',
      anchors,
      boxes: { tensor: boxes.name, first: 0, perAnchor: 4, perChannel: 1, channels: 4 },
      scores: { tensor: scores.name, first: 0, perAnchor: classes, perChannel: 1, channels: classes },
      openScores: true,
      coordinates: [cornersInPixels, cornersInFractions, centreInPixels, centreInFractions],
    },
  ];
}

function finished(
  boxes: HeadOutput,
  anchors: number,
  others: readonly HeadOutput[],
  { outputs }: HeadContext,
): readonly DetectionHead[] | undefined {
  const flat = others.filter(({ shape }) => leading([...shape, 1]) === anchors);
  const labels = flat.find(({ name, type }) => /class|label/i.test(name) || type === 'int64' || type === 'int32');
  const scores = flat.find((output) => output !== labels);
  if (!labels || !scores) return undefined;
  const each = { first: 0, perAnchor: 1, perChannel: 1, channels: 1 };
  // TensorFlow's detectors count their boxes in a fourth output, and write the top before the left.
  const isTensorFlow = outputs.some(({ name }) => /num_?detections/i.test(name));
  return [
    {
      title: 'boxes, scores and classes',
      anchors,
      boxes: { tensor: boxes.name, first: 0, perAnchor: 4, perChannel: 1, channels: 4 },
      scores: { tensor: scores.name, ...each },
      labels: { tensor: labels.name, ...each },
      coordinates: isTensorFlow ? [topLeftInFractions] : [cornersInPixels, cornersInFractions],
    },
  ];
}
