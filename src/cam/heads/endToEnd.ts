import { cellsOf, cornersInFractions, cornersInPixels } from '../detection/boxCoordinates';
import type { HeadFamily } from '../detection/detectionHead';

/** Finished boxes, [1, N, 6]: left, top, right, bottom, score, class (YOLOv10, YOLO26; the strongest N by TopK). */
export const endToEnd: HeadFamily = {
  match: (context) =>
    context.outputs.flatMap(({ name, shape }) => {
      const [batch = 0, anchors = 0, numbers = 0] = shape;
      const isGrid = cellsOf(anchors, context) ?? cellsOf(anchors / 3, context);
      if (shape.length !== 3 || batch !== 1 || numbers !== 6 || isGrid) return [];
      const field = (first: number, channels: number) => ({
        tensor: name,
        ...{ first, channels, perAnchor: 6, perChannel: 1 },
      });
      return [
        {
          title: 'finished boxes',
          anchors,
          boxes: field(0, 4),
          scores: field(4, 1),
          labels: field(5, 1),
          coordinates: [cornersInPixels, cornersInFractions],
        },
      ];
    }),
};
