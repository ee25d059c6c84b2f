import { cellsOf, centreInFractions, centreInPixels } from '../detection/boxCoordinates';
import type { HeadFamily } from '../detection/detectionHead';
import { maskNumbers } from './rows';

/** A column per box, [1, 4 + classes, N]: x, y, width, height, classes, without objectness (YOLOv8, v9, 11 of ultralytics). */
export const columns: HeadFamily = {
  match: (context) =>
    context.outputs.flatMap(({ name, shape }) => {
      const [batch = 0, numbers = 0, anchors = 0] = shape;
      const classes = numbers - 4 - maskNumbers(context);
      if (shape.length !== 3 || batch !== 1 || classes < 1 || !cellsOf(anchors, context)) return [];
      const field = (first: number, channels: number) => ({
        tensor: name,
        ...{ first: first * anchors, channels, perAnchor: 1, perChannel: anchors },
      });
      return [
        {
          title: 'YOLO, a column per box',
          anchors,
          boxes: field(0, 4),
          scores: field(4, classes),
          coordinates: [centreInPixels, centreInFractions],
        },
      ];
    }),
};
