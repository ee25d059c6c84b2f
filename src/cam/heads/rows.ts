import {
  cellsOf,
  centreInFractions,
  centreInPixels,
  cornersInPixels,
  offsetsFromCells,
} from '../detection/boxCoordinates';
import type { HeadContext, HeadFamily, HeadOutput } from '../detection/detectionHead';

/** Up to so many boxes, none per place of a grid: the queries of a transformer. */
const MOST_QUERIES = 1000;

/**
 * A row per box, [1, N, 4 + 1 + classes]: x, y, width, height, objectness, classes. YOLOv3, v5 and v7 have three anchors per
 * cell of their grids, YOLOX one; queries of a transformer (RT-DETR as ultralytics writes it) have no objectness.
 */
export const rows: HeadFamily = {
  match: (context) => context.outputs.flatMap((output) => headOf(output, context)),
};

function headOf({ name, shape }: HeadOutput, context: HeadContext): ReturnType<HeadFamily['match']> {
  const [batch = 0, anchors = 0, numbers = 0] = shape;
  if (shape.length !== 3 || batch !== 1) return [];
  const cells = cellsOf(anchors, context);
  const onGrid = cells !== undefined || cellsOf(anchors / 3, context) !== undefined;
  const masks = maskNumbers(context);
  const isQueries = !onGrid && anchors <= MOST_QUERIES;
  if (!onGrid && (anchors <= numbers || numbers < 8)) return [];
  const hasObjectness = context.classes === undefined ? !isQueries : numbers - masks - context.classes === 5;
  const before = hasObjectness ? 5 : 4;
  const classes = numbers - before - masks;
  if (classes < 1) return [];
  const field = (first: number, channels: number) => ({
    tensor: name,
    ...{ first, channels, perAnchor: numbers, perChannel: 1 },
  });
  return [
    {
      title: isQueries ? 'a transformer’s queries' : 'YOLO, a row per box',
      anchors,
      boxes: field(0, 4),
      scores: field(before, classes),
      ...(hasObjectness && { objectness: field(4, 1) }),
      coordinates: [
        ...[centreInPixels, centreInFractions, cornersInPixels],
        ...(cells ? [offsetsFromCells(cells)] : []),
      ],
    },
  ];
}

/** Models with masks have their prototypes as another output, [1, m, h, w], and m numbers more per box. */
export function maskNumbers({ outputs }: HeadContext): number {
  const prototypes = outputs.filter(({ shape }) => shape.length === 4 && (shape[1] ?? 0) < (shape[2] ?? 0));
  const [only] = prototypes;
  return prototypes.length === 1 && outputs.length === 2 ? (only?.shape[1] ?? 0) : 0;
}
