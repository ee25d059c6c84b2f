import { upstream } from '../../autodiff/reach';
import { attrInt } from '../../graph/attributes';
import { isStatic, type Node } from '../../graph/graph';
import {
  type Coordinates,
  centreInFractions,
  centreInPixels,
  cornersInFractions,
  cornersInPixels,
  topLeftInFractions,
  topLeftInPixels,
} from '../detection/boxCoordinates';
import type { DetectionHead, HeadContext, HeadFamily } from '../detection/detectionHead';

/**
 * Models that suppress overlapping boxes themselves: what NonMaxSuppression reads, boxes [1, N, 4] and scores
 * [1, classes, N] (ONNX, NonMaxSuppression-11). What it answers are indices, which have no gradient.
 */
export const suppressed: HeadFamily = {
  match: (context) => {
    const { nodes, outputs } = context.graph;
    const wanted = upstream(
      nodes,
      outputs.map(({ name }) => name),
    );
    const suppressions = nodes.filter(
      (node) => node.operator === 'NonMaxSuppression' && node.outputs.some((name) => wanted.has(name)),
    );
    return suppressions.flatMap((node) => headBefore(node, context));
  },
};

function headBefore(node: Node, { infos, producer }: HeadContext): readonly DetectionHead[] {
  const [boxes = '', scores = ''] = node.inputs;
  const shape = infos.get(scores)?.shape;
  if (!isStatic(shape) || !isStatic(infos.get(boxes)?.shape)) return [];
  const [batch = 0, classes = 0, anchors = 0] = shape;
  if (batch !== 1) return [];
  return [
    {
      title: 'what the model’s own suppression of overlapping boxes reads',
      anchors,
      boxes: { tensor: boxes, first: 0, perAnchor: 4, perChannel: 1, channels: 4 },
      scores: { tensor: scores, first: 0, perAnchor: 1, perChannel: anchors, channels: classes },
      coordinates: coordinatesOf(node, producer),
    },
  ];
}

/** The specification has the top before the left; PyTorch, whose boxes have it the other way round, writes them as they are. */
function coordinatesOf(node: Node, producer: string): readonly Coordinates[] {
  if (attrInt(node, 'center_point_box', 0) === 1) return [centreInPixels, centreInFractions];
  return /pytorch/i.test(producer) ? [cornersInPixels, cornersInFractions] : [topLeftInPixels, topLeftInFractions];
}
