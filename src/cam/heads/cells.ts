import { squashedInCells } from '../detection/boxCoordinates';
import type { HeadFamily } from '../detection/detectionHead';

/** One grid with a box per cell, [1, 1 + 4 + classes, h, w]: objectness, box, classes (FastestDet). */
export const cells: HeadFamily = {
  match: ({ outputs, width, height }) =>
    outputs.flatMap(({ name, shape }) => {
      const [batch = 0, numbers = 0, rows = 0, columns = 0] = shape;
      const classes = numbers - 5;
      // A grid as fine as a quarter of the picture is a segmentation.
      const isCoarse = rows > 1 && columns > 1 && rows * 8 <= height && columns * 8 <= width;
      if (outputs.length !== 1 || shape.length !== 4 || batch !== 1 || classes < 1 || !isCoarse) return [];
      const anchors = rows * columns;
      const field = (first: number, channels: number) => ({
        tensor: name,
        ...{ first: first * anchors, channels, perAnchor: 1, perChannel: anchors },
      });
      return [
        {
          title: 'FastestDet',
          anchors,
          objectness: field(0, 1),
          boxes: field(1, 4),
          scores: field(5, classes),
          coordinates: [squashedInCells(columns, rows)],
        },
      ];
    }),
};
