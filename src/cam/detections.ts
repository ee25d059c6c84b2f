import { downstream } from '../autodiff/reach';
import { isStatic } from '../graph/graph';
import { parseLabels } from '../image/labels';
import type { RuntimeTensor } from '../protocol/runtime';
import type { Runtime } from '../runtime/runtime';
import type { TargetPlan } from './camTarget';
import { type Corners, type Frame, makesSense } from './detection/boxCoordinates';
import { boxScores, numbersOf } from './detection/boxScores';
import { type DetectionHead, fieldElement, type HeadContext, type HeadFamily } from './detection/detectionHead';
import { withoutOverlaps } from './detection/overlap';
import { boxesAndScores } from './heads/boxesAndScores';
import { cells } from './heads/cells';
import { columns } from './heads/columns';
import { endToEnd } from './heads/endToEnd';
import { rows } from './heads/rows';
import { suppressed } from './heads/suppressed';
import { type CamLogits, chooseLogits, pictureSize } from './layers/target';
import { fetchTensors } from './session/fetchTensors';

/** Every family, by the file in src/cam/heads that holds it; the first that fits is taken. */
export const HEADS = { suppressed, boxesAndScores, columns, rows, endToEnd, cells } satisfies Record<
  string,
  HeadFamily
>;

/** What tells whether a model is a detector. */
export type Detector = Pick<TargetPlan, 'input' | 'prepared'>;

/** What a detector found; positions and sizes in pixels of the model's input. */
export interface Detection {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** As the tensor numbers classes: one that stands for none counts. */
  readonly class: number;
  /** 0 to 1. */
  readonly score: number;
  /** What a box target asks for. */
  readonly anchor: number;
  readonly output: string;
}

export interface DetectionOptions {
  /** Default 0.25. */
  readonly minScore?: number;
  /** Boxes of a class that overlap a better one by more (intersection over union) are left out; default 0.45. */
  readonly maxOverlap?: number;
  /** Default 100. */
  readonly limit?: number;
  readonly signal?: AbortSignal;
}

/** Every way to read a model's outputs as boxes, by their shapes; the most likely first, none for what is no detector. */
export function detectionHeads(plan: Detector): readonly DetectionHead[] {
  const { model, infos } = plan.prepared;
  const [height, width] = pictureSize(plan.input);
  const outputs = model.graph.outputs.flatMap(({ name }) => {
    const { shape, type } = infos.get(name) ?? {};
    return isStatic(shape) ? [{ name, shape, type }] : [];
  });
  // Ultralytics' models say their classes' names.
  const names = parseLabels(model.metadata.get('names') ?? '');
  const context: HeadContext = {
    ...{ outputs, graph: model.graph, infos, producer: model.producer, width, height },
    ...(names.length > 0 && { classes: names.length }),
  };
  const families: readonly HeadFamily[] = Object.values(HEADS);
  return refuseGradients(
    families.flatMap((family) => family.match(context)),
    plan,
  );
}

/**
 * Chooses a model's scores: of a detector that suppresses overlapping boxes itself those that it suppresses by, and along
 * the axis on which a box's numbers lie; of others as `chooseLogits` does.
 */
export function detectorLogits(detector: Detector, named?: string): CamLogits {
  const { model, infos } = detector.prepared;
  const [head] = detectionHeads(detector);
  if (!head || named !== undefined) return chooseLogits(model.graph, infos, named);
  const { tensor, perChannel } = head.scores;
  const isOutput = model.graph.outputs.some(({ name }) => name === tensor);
  const logits = chooseLogits(model.graph, infos, isOutput ? undefined : tensor);
  const strides = logits.shape.map((_, axis) => logits.shape.slice(axis + 1).reduce((a, b) => a * b, 1));
  const classAxis = strides.findIndex((stride, axis) => stride === perChannel && (logits.shape[axis] ?? 1) > 1);
  if (logits.tensor !== tensor || classAxis < 0) return logits;
  return { ...logits, classAxis, classes: logits.shape[classAxis] ?? 1 };
}

/** Boxes that were picked by indices have no gradient with respect to being picked. */
function refuseGradients(heads: readonly DetectionHead[], { prepared }: Detector): readonly DetectionHead[] {
  const { nodes } = prepared.model.graph;
  const picked = nodes
    .filter(({ operator }) => /NonMaxSuppression|NMS/i.test(operator))
    .flatMap((node) => node.outputs);
  if (picked.length === 0) return heads;
  const after = downstream(nodes, new Map(), picked);
  const isAfter = ({ scores, boxes }: DetectionHead): boolean => after.has(scores.tensor) || after.has(boxes.tensor);
  const before = heads.find((head) => !isAfter(head));
  const instead = before ? `choose a box of '${before.scores.tensor}', before that` : 'export the model without it';
  const noGradient = `the model leaves out overlapping boxes itself, which has no gradient; ${instead}`;
  return heads.map((head) => (isAfter(head) ? { ...head, noGradient } : head));
}

/**
 * Reads boxes from the values of a head's tensors. The number formats are those under which most boxes make sense;
 * undefined where they do under none: the output is no detector's, or one of a kind that is not known.
 */
export function readDetections(
  head: DetectionHead,
  values: ReadonlyMap<string, Float32Array>,
  frame: Frame,
  { minScore = 0.25, maxOverlap = 0.45, limit = 100 }: DetectionOptions = {},
): readonly Detection[] | undefined {
  const corners = cornersOf(head, values, frame);
  if (!corners) return undefined;
  const score = boxScores(head, values);
  const found = Array.from({ length: head.anchors }, (_, anchor) => {
    const [left, top, right, bottom] = corners(anchor);
    const rectangle = { x: left, y: top, width: right - left, height: bottom - top };
    return { ...rectangle, ...score(anchor), anchor, output: head.scores.tensor };
  });
  if (found.some(({ score: one }) => !(one >= -0.01 && one <= 1.01))) return undefined;
  const strong = found.filter((box) => box.score >= minScore && box.width > 0 && box.height > 0);
  return withoutOverlaps(strong, maxOverlap, limit);
}

function cornersOf(
  { boxes, anchors, coordinates }: DetectionHead,
  values: ReadonlyMap<string, Float32Array>,
  frame: Frame,
): ((anchor: number) => Corners) | undefined {
  const all = numbersOf(values, boxes.tensor);
  const number = (anchor: number, k: number): number => all[fieldElement(boxes, anchor, k)] ?? Number.NaN;
  const readings = coordinates.map((corners) => {
    const read = (anchor: number): Corners =>
      corners([number(anchor, 0), number(anchor, 1), number(anchor, 2), number(anchor, 3)], frame, anchor);
    let sensible = 0;
    for (let anchor = 0; anchor < anchors; anchor++) if (makesSense(read(anchor), frame)) sensible++;
    return { read, sensible };
  });
  const best = readings.reduce((a, b) => (b.sensible > a.sensible ? b : a));
  return best.sensible > anchors / 2 ? best.read : undefined;
}

/** Runs a model on an input and reads its boxes; undefined where its outputs are no known detector's. */
export async function detect(
  runtime: Pick<Runtime, 'load'>,
  plan: Detector,
  input: RuntimeTensor,
  options: DetectionOptions = {},
): Promise<readonly Detection[] | undefined> {
  const heads = detectionHeads(plan);
  if (heads.length === 0) return undefined;
  const fields = heads.flatMap(({ boxes, scores, objectness, labels }) => [boxes, scores, objectness, labels]);
  const tensors = fields.flatMap((field) => (field ? [field.tensor] : []));
  const values = await fetchTensors(runtime, plan, input, tensors, options.signal);
  const [height, width] = pictureSize(plan.input);
  for (const head of heads) {
    const found = readDetections(head, values, { width, height }, options);
    if (found) return found;
  }
  return undefined;
}
