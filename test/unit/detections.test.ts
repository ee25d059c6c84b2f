import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { TargetPlan } from '../../src/cam/camTarget';
import { channelNames, labelCount } from '../../src/cam/detection/channelNames';
import { overlap } from '../../src/cam/detection/overlap';
import { segmentsIn, segmentsOf } from '../../src/cam/detection/segments';
import {
  type Detection,
  type DetectionOptions,
  detect,
  detectionHeads,
  HEADS,
  readDetections,
} from '../../src/cam/detections';
import { Explainer } from '../../src/cam/explain/explainer';
import type { CamMap } from '../../src/cam/maths/normalise';
import type { CamSession } from '../../src/cam/session/camSession';
import { camTarget, targetKinds } from '../../src/cam/targets';
import type { Attribute, DataType, Node } from '../../src/graph/graph';
import { encodeElements } from '../../src/graph/typedArray';
import { decodeImage } from '../../src/image/decode';
import { type Preprocessing, preprocess } from '../../src/image/preprocess';
import type { InitializerToWrite, NodeToWrite } from '../../src/onnx/writer';
import type { TargetChoice } from '../../src/protocol/camPanel';
import { float32Tensor } from '../../src/runtime/runtimeTensor';
import { open } from '../cam';
import { encodeModel } from '../fixtures/encodeModel';
import { useRuntime } from '../runtime';
import { needsShared, root, shared } from '../shared';
import { planFor } from '../targets';

/** Numbers per box, as the tensor has them in rows; the other rows are `rest`. */
function rowsOf(count: number, rest: readonly number[], rows: Readonly<Record<number, readonly number[]>>): number[] {
  return Array.from({ length: count }, (_, i) => rows[i] ?? rest).flat();
}

/** [N, k] as [k, N]. */
function transposed(rows: readonly number[], numbers: number): number[] {
  const count = rows.length / numbers;
  return rows.map((_, i) => rows[(i % count) * numbers + Math.floor(i / count)] ?? Number.NaN);
}

/** What the first readable head answers, as `detect` does. */
function read(
  plan: TargetPlan,
  tensors: Readonly<Record<string, readonly number[]>>,
  options?: DetectionOptions,
): readonly Detection[] | undefined {
  const values = new Map(Object.entries(tensors).map(([name, numbers]) => [name, Float32Array.from(numbers)]));
  const [, , height = 0, width = 0] = plan.input.shape;
  for (const head of detectionHeads(plan)) {
    const found = readDetections(head, values, { width, height }, options);
    if (found) return found;
  }
  return undefined;
}

/** `class score anchor: x y width height`, rounded to hundredths of a pixel. */
const asText = (found: readonly Detection[] | undefined): readonly string[] | undefined =>
  found?.map((box) => {
    const place = [box.x, box.y, box.width, box.height].map((side) => Math.round(side * 100) / 100);
    return `${box.class} ${Math.round(box.score * 1000) / 1000} ${box.anchor}: ${place.join(' ')}`;
  });

const ONE = (shape: readonly number[]) => planFor({ outputs: { y: { shape } } });
/** Cells of 8, 16 and 32 pixels in 64×64. */
const CELLS = 64 + 16 + 4;

describe('detections: boxes from the outputs of known detectors', () => {
  it('every file of src/cam/heads is registered under its name', () => {
    const files = fs.readdirSync(path.join(root, 'src/cam/heads')).map((file) => path.basename(file, '.ts'));
    assert.deepEqual(Object.keys(HEADS).sort(), files.sort());
  });

  describe('YOLO', () => {
    const boxes = { 3: [20, 30, 10, 20, 0.9, 0.1], 70: [40.5, 16, 16, 8, 0.2, 0.6] };
    const expected = ['0 0.9 3: 15 20 10 20', '1 0.6 70: 32.5 12 16 8'];

    it('v8, v9, 11: a column per box, without objectness', () => {
      const numbers = transposed(rowsOf(CELLS, [32, 32, 8, 8, 0, 0], boxes), 6);
      assert.deepEqual(asText(read(ONE([1, 6, CELLS]), { y: numbers })), expected);
    });

    it('the same in fractions of the picture', () => {
      const fraction = ([x = 0, y = 0, w = 0, h = 0, ...scores]: readonly number[]) => [
        ...[x / 64, y / 64, w / 64, h / 64],
        ...scores,
      ];
      const rows = rowsOf(CELLS, [0.5, 0.5, 0.1, 0.1, 0, 0], { 3: fraction(boxes[3]), 70: fraction(boxes[70]) });
      assert.deepEqual(asText(read(ONE([1, 6, CELLS]), { y: transposed(rows, 6) })), expected);
    });

    it('with masks: the numbers behind the classes belong to the prototypes', () => {
      const plan = planFor({ outputs: { y: { shape: [1, 9, CELLS] }, proto: { shape: [1, 3, 16, 16] } } });
      const masked = { 3: [...boxes[3], 7, 8, 9], 70: [...boxes[70], 7, 8, 9] };
      const numbers = transposed(rowsOf(CELLS, [32, 32, 8, 8, 0, 0, 1, 1, 1], masked), 9);
      assert.deepEqual(asText(read(plan, { y: numbers })), expected);
    });

    it('a row per box with as many classes as the metadata name has no objectness', () => {
      const numbers = rowsOf(CELLS, [32, 32, 8, 8, 0, 0], boxes);
      const plan = planFor({ outputs: { y: { shape: [1, CELLS, 6] } }, metadata: { names: "{0: 'cat', 1: 'dog'}" } });
      assert.deepEqual(asText(read(plan, { y: numbers })), expected);
    });

    it('v3, v5, v7: three anchors per cell, objectness times class; of a class’s overlapping boxes the best stays', () => {
      const numbers = rowsOf(3 * CELLS, [32, 32, 8, 8, 0, 1, 1], {
        5: [20, 30, 10, 20, 0.8, 0.5, 0.9],
        6: [21, 30, 10, 20, 0.9, 0.1, 1],
        7: [21, 30, 10, 20, 0.5, 0.9, 0.1],
        250: [50, 50, 4, 4, 0.5, 0.4, 0.4],
      });
      assert.deepEqual(asText(read(ONE([1, 3 * CELLS, 7]), { y: numbers })), [
        '1 0.9 6: 16 20 10 20',
        '0 0.45 7: 16 20 10 20',
      ]);
      // 5 and 6 overlap by 9·20 / (11·20).
      assert.equal(read(ONE([1, 3 * CELLS, 7]), { y: numbers }, { maxOverlap: 0.9 })?.length, 3);
      assert.equal(read(ONE([1, 3 * CELLS, 7]), { y: numbers }, { minScore: 0.2 })?.length, 3);
      assert.equal(read(ONE([1, 3 * CELLS, 7]), { y: numbers }, { limit: 1 })?.length, 1);
    });

    it('X without decoding in the model: offsets from the cell, logarithms of sizes', () => {
      // Anchor 70 is the 7th cell of 16 pixels: third column, second row.
      const numbers = rowsOf(CELLS, [0.5, 0.5, 0, 0, 0, 0], { 70: [0.5, 0.25, Math.log(2), 0, 1, 0.75] });
      assert.deepEqual(asText(read(ONE([1, CELLS, 6]), { y: numbers })), ['0 0.75 70: 24 12 32 16']);
    });

    it('X decoded in the model', () => {
      const numbers = rowsOf(CELLS, [32, 32, 8, 8, 0, 0], { 70: [40, 20, 32, 16, 1, 0.75] });
      assert.deepEqual(asText(read(ONE([1, CELLS, 6]), { y: numbers })), ['0 0.75 70: 24 12 32 16']);
    });

    it('v10 and others with finished boxes', () => {
      const numbers = rowsOf(300, [10, 10, 20, 20, 0.01, 0], { 0: [8, 16, 40, 64, 0.9, 5], 1: [0, 0, 8, 8, 0.5, 1] });
      const expectedBoxes = ['5 0.9 0: 8 16 32 48', '1 0.5 1: 0 0 8 8'];
      assert.deepEqual(asText(read(ONE([1, 300, 6]), { y: numbers })), expectedBoxes);
    });
  });

  it('FastestDet: one grid, tanh offsets and sigmoid sizes', () => {
    // 8×8 cells in 64×64. Cell 19: column 3, row 2; σ(0) = 1/2, σ(ln 3) = 3/4, tanh(0) = 0.
    const cell = [0.8, 0, 0, 0, Math.log(3), 0.25, 0.75];
    const numbers = transposed(rowsOf(64, [0.01, 0, 0, -1, -1, 0.5, 0.5], { 19: cell }), 7);
    assert.deepEqual(asText(read(ONE([1, 7, 8, 8]), { y: numbers })), ['1 0.6 19: 8 -8 32 48']);
  });

  describe('boxes and scores apart', () => {
    const plan = (classes: number) =>
      planFor({ outputs: { scores: { shape: [1, 20, classes] }, boxes: { shape: [1, 20, 4] } } });

    it('SSD: corners in fractions, probabilities whose first class is the background', () => {
      const boxes = rowsOf(20, [0.1, 0.1, 0.3, 0.3], { 4: [0.25, 0.5, 0.5, 1] });
      const scores = rowsOf(20, [0.9, 0.05, 0.05], { 4: [0.45, 0.4, 0.15] });
      assert.deepEqual(asText(read(plan(3), { boxes, scores })), ['1 0.4 4: 16 32 16 32']);
    });

    it('DETR: centres in fractions, logits whose last class is no object', () => {
      const boxes = rowsOf(20, [0.5, 0.5, 0.2, 0.2], { 4: [0.25, 0.5, 0.25, 0.5] });
      const scores = rowsOf(20, [0, 0, 5], { 4: [0, Math.log(6), 0] });
      assert.deepEqual(asText(read(plan(3), { boxes, scores })), ['1 0.75 4: 8 16 16 32']);
    });

    it('RT-DETR: logits of independent classes', () => {
      const boxes = rowsOf(20, [0.5, 0.5, 0.2, 0.2], { 4: [0.25, 0.5, 0.25, 0.5] });
      const scores = rowsOf(20, [-4, -6, -6], { 4: [-3, -2, Math.log(3)] });
      assert.deepEqual(asText(read(plan(3), { boxes, scores })), ['2 0.75 4: 8 16 16 32']);
    });

    it('torchvision: corners in pixels, classes in a tensor of their own', () => {
      const outputs = {
        boxes: { shape: [2, 4] },
        labels: { shape: [2], type: 'int64' as const },
        scores: { shape: [2] },
      };
      const found = read(planFor({ outputs }), {
        boxes: [8, 8, 24, 40, 1, 1, 60, 60],
        labels: [17, 3],
        scores: [0.9, 0.1],
      });
      assert.deepEqual(asText(found), ['17 0.9 0: 8 8 16 32']);
    });

    it('TensorFlow: the top before the left, in fractions', () => {
      const outputs = {
        detection_boxes: { shape: [1, 2, 4] },
        detection_classes: { shape: [1, 2] },
        detection_scores: { shape: [1, 2] },
        num_detections: { shape: [1] },
      };
      const found = read(planFor({ outputs }), {
        detection_boxes: [0.125, 0.25, 0.625, 0.5, 0, 0, 0.5, 0.5],
        detection_classes: [17, 3],
        detection_scores: [0.9, 0.1],
      });
      assert.deepEqual(asText(found), ['17 0.9 0: 16 8 16 32']);
    });
  });

  describe('suppression of overlapping boxes inside the model', () => {
    const node = (id: number, operator: string, inputs: string, output: string): Node => ({
      ...{ id, name: '', operator, domain: '', inputs: inputs.split(' '), outputs: [output] },
      attributes: new Map<string, Attribute>(),
    });
    const suppressing = (producer: string) =>
      planFor({
        outputs: { final: { shape: [1, 300, 6] } },
        inner: { b: { shape: [1, 50, 4] }, s: { shape: [1, 2, 50] }, picked: { shape: [3, 3], type: 'int64' } },
        nodes: [node(0, 'NonMaxSuppression', 'b s', 'picked'), node(1, 'Gather', 'b picked', 'final')],
        producer,
      });
    const final = rowsOf(300, [10, 10, 20, 20, 0, 0], { 0: [8, 16, 40, 64, 0.9, 5] });
    const s = transposed(rowsOf(50, [0, 0], { 9: [0.1, 0.7] }), 2);

    it('is stepped over: what it reads are the boxes; PyTorch writes the left first, the specification the top', () => {
      const b = rowsOf(50, [10, 10, 20, 20], { 9: [8, 16, 40, 48] });
      assert.deepEqual(asText(read(suppressing('pytorch'), { b, s, final })), ['1 0.7 9: 8 16 32 32']);
      assert.deepEqual(asText(read(suppressing('tf2onnx'), { b, s, final })), ['1 0.7 9: 16 8 32 32']);
    });

    it('a box behind it has no gradient; the tensor before is named', () => {
      const plan = suppressing('pytorch');
      assert.throws(
        () => camTarget({ kind: 'box', anchor: 0, part: 'class', output: 'final' }, plan),
        /^Error: the model leaves out overlapping boxes itself, which has no gradient; choose a box of 's', before that$/,
      );
      const target = camTarget({ kind: 'box', anchor: 9, part: 'class', index: 1 }, plan);
      const { score, cotangent } = target.at(Float32Array.from(s), [1, 2, 50]);
      assert.deepEqual([target.of, score, cotangent.findIndex((one) => one !== 0)], ['s', Math.fround(0.7), 59]);
      assert.equal(camTarget({ kind: 'box', anchor: 9, part: 'coordinates' }, plan).of, 'b');
    });
  });

  it('the numbers of a box get names, so that classes can be asked for by theirs', () => {
    const plan = planFor({ outputs: { y: { shape: [1, 7, 8, 8] } } });
    assert.equal(labelCount(plan, plan.logits), 2);
    const coordinates = [0, 1, 2, 3].map((i) => `coordinate ${i}`);
    const names = ['objectness', ...coordinates, 'cat', 'dog'];
    assert.deepEqual(channelNames(plan, plan.logits, ['cat', 'dog']), names);
    assert.deepEqual(channelNames(plan, plan.logits, []), []);
    const classifier = planFor({ outputs: { y: { shape: [1, 2] } } });
    assert.equal(labelCount(classifier, classifier.logits), 2);
    assert.deepEqual(channelNames(classifier, classifier.logits, ['cat', 'dog']), ['cat', 'dog']);
  });

  it('what a model can be asked for', () => {
    const kinds = (...shape: readonly number[]) => targetKinds(ONE(shape)).join();
    const always = ['class', 'classes', 'probability', 'residual'];
    assert.equal(kinds(1, 10), [...always, 'embedding', 'element'].join());
    assert.equal(kinds(1, 21, 64, 64), [...always, 'mask', 'embedding', 'element'].join());
    assert.equal(kinds(1, 6, CELLS), [...always, 'mask', 'box', 'embedding', 'element'].join());
  });

  it('the class of a box is never the one that stands for nothing, though that be the most probable', () => {
    const plan = planFor({ outputs: { boxes: { shape: [1, 3, 4] }, scores: { shape: [1, 3, 3] } } });
    // Places without anything, and one that is rather class 1 than 2, and rather nothing than either.
    const empty = [0.98, 0.01, 0.01];
    const scores = Float32Array.of(...empty, 0.55, 0.4, 0.05, ...empty);
    const { score, cotangent } = camTarget({ kind: 'box', anchor: 1, part: 'class' }, plan).at(scores, []);
    assert.equal(score, Math.fround(0.4));
    assert.deepEqual([...cotangent], [0, 0, 0, 0, 1, 0, 0, 0, 0]);
  });

  it('segments: the best class of each pixel, whichever axis the classes lie on', () => {
    const first = planFor({ outputs: { y: { shape: [1, 2, 1, 3] } } });
    assert.equal(segmentsIn(Float32Array.of(1, 0, 2, 0, 1, 2), first.logits), undefined);
    const map = planFor({ outputs: { y: { shape: [1, 2, 2, 2] } } });
    const expected = { width: 2, height: 2, classes: Uint16Array.of(0, 1, 0, 1) };
    assert.deepEqual(segmentsIn(Float32Array.of(1, 0, 2, 0, 0, 1, 2, 1), map.logits), expected);
    const last = planFor({ outputs: { y: { shape: [1, 2, 2, 2] } } }, { classAxis: 3 });
    assert.deepEqual(segmentsIn(Float32Array.of(1, 0, 0, 1, 2, 2, 0, 1), last.logits), expected);
  });

  it('outputs of other models are no boxes', () => {
    assert.deepEqual(detectionHeads(ONE([1, 1000])), []);
    assert.deepEqual(detectionHeads(ONE([1, 21, 64, 64])), []);
    assert.deepEqual(detectionHeads(ONE([1, 197, 768])), []);
    // A coarse segmentation has the shape of a grid of boxes, but no probabilities in it.
    const waves = (count: number) => Array.from({ length: count }, (_, i) => 5 * Math.sin(i * 1.7));
    assert.equal(read(ONE([1, 21, 8, 8]), { y: waves(21 * 64) }), undefined);
    assert.equal(read(ONE([1, 300, 32]), { y: waves(300 * 32) }), undefined);
  });

  it('overlap is intersection over union', () => {
    const square = { x: 0, y: 0, width: 2, height: 2 };
    assert.equal(overlap(square, square), 1);
    assert.equal(overlap(square, { x: 1, y: 1, width: 2, height: 2 }), 1 / 7);
    assert.equal(overlap(square, { x: 2, y: 0, width: 2, height: 2 }), 0);
  });
});

describe('detections: models that run', () => {
  const runtime = useRuntime();
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'evo-detections-'));
  after(() => fs.rmSync(directory, { recursive: true }));

  const node = (
    operator: string,
    inputs: string,
    output: string,
    attributes: Readonly<Record<string, Attribute>> = {},
  ): NodeToWrite => ({ operator, inputs: inputs.split(' '), outputs: [output], attributes });
  const ints = (...value: number[]): Attribute => ({ type: 'ints', value });
  const int = (value: number): Attribute => ({ type: 'int', value });
  const weights = (name: string, shape: readonly number[], values: readonly number[], type: DataType = 'float32') => ({
    ...{ name, type, shape },
    data: encodeElements(type, values),
  });

  /**
   * Two classes on 2×2 cells of 8×8 pixels: the mean red and the mean green of a cell are the scores of a box there, which is
   * 8 + 2·green wide.
   */
  const CELLS_OF_COLOUR = {
    nodes: [
      node('Conv', 'x K', 'maps', { strides: ints(8, 8) }),
      node('Conv', 'maps H', 'offsets'),
      node('Add', 'offsets grid', 'boxes'),
    ],
    initializers: [
      // Red and green; blue does not matter.
      weights(
        'K',
        [2, 3, 8, 8],
        Array.from({ length: 2 * 3 * 64 }, (_, i) => (Math.floor(i / 64) % 4 === 0 ? 1 / 64 : 0)),
      ),
      // x, y, width, height, red, green from red and green.
      weights('H', [6, 2, 1, 1], [0, 0, 0, 0, 0, 2, 0, 0, 1, 0, 0, 1]),
      weights('grid', [1, 6, 2, 2], [4, 12, 4, 12, 4, 4, 12, 12, 8, 8, 8, 8, 8, 8, 8, 8, 0, 0, 0, 0, 0, 0, 0, 0]),
    ],
  };
  /** The second cell red, the third half green. */
  const picture = float32Tensor(
    Array.from({ length: 3 * 256 }, (_, i) => {
      const [channel, row, column] = [Math.floor(i / 256), Math.floor((i % 256) / 16), i % 16];
      if (row < 8 && column >= 8) return channel === 0 ? 1 : 0;
      return row >= 8 && column < 8 && channel === 1 ? 0.5 : 0;
    }),
    [1, 3, 16, 16],
  );
  const expected = ['0 1 1: 8 0 8 8', '1 0.5 2: -0.5 8 9 8'];

  async function openModel(
    nodes: readonly NodeToWrite[],
    more: readonly InitializerToWrite[],
    outputs: Readonly<Record<string, readonly (number | string)[]>>,
  ): Promise<CamSession> {
    const bytes = encodeModel({
      opsets: { '': 13 },
      inputs: [{ name: 'x', type: 'float32', shape: [1, 3, 16, 16] }],
      outputs: Object.entries(outputs).map(([name, shape]) => ({ name, type: 'float32', shape })),
      nodes: [...CELLS_OF_COLOUR.nodes, ...nodes],
      initializers: [...CELLS_OF_COLOUR.initializers, ...more],
    });
    const file = path.join(directory, `${Object.keys(outputs).join('-')}.onnx`);
    fs.writeFileSync(file, bytes);
    return open(runtime(), file);
  }

  it('a column per box: found, and explained by class and by coordinate', async () => {
    const session = await openModel([node('Reshape', 'boxes s', 'columns')], [weights('s', [3], [1, 6, 4], 'int64')], {
      columns: [1, 6, 4],
    });
    assert.deepEqual(asText(await detect(runtime(), session.plan, picture)), expected);
    assert.deepEqual([session.layer.tensor, session.logits.classes], ['maps', 6]);
    const map = async (target: TargetChoice) => [...(await session.run(picture, undefined, { target })).raw.values];
    // One of four pixels of the gradient is 1: Grad-CAM's weight is a quarter.
    assert.deepEqual(await map({ kind: 'box', anchor: 1, part: 'class', index: 0 }), [0, 0.25, 0, 0]);
    assert.deepEqual(await map({ kind: 'box', anchor: 2, part: 'class' }), [0, 0, 0.125, 0]);
    assert.deepEqual(await map({ kind: 'box', anchor: 2, part: 'coordinates', index: 2 }), [0, 0, 0.25, 0]);
    // x and y are the cell's.
    assert.deepEqual(await map({ kind: 'box', anchor: 2, part: 'coordinates', index: 0 }), [0, 0, 0, 0]);
    await session.release();
  });

  const APART = [
    node('Reshape', 'boxes s', 'columns'),
    node('Transpose', 'columns', 'rows', { perm: ints(0, 2, 1) }),
    node('Slice', 'rows from0 to4 axis2', 'place'),
    node('Slice', 'rows from4 to6 axis2', 'colour'),
  ];
  const APART_WEIGHTS = [
    weights('s', [3], [1, 6, 4], 'int64'),
    ...[weights('from0', [1], [0], 'int64'), weights('to4', [1], [4], 'int64'), weights('axis2', [1], [2], 'int64')],
    ...[weights('from4', [1], [4], 'int64'), weights('to6', [1], [6], 'int64')],
  ];

  it('two outputs, boxes and scores: a target of either', async () => {
    const session = await openModel(APART, APART_WEIGHTS, { place: [1, 4, 4], colour: [1, 4, 2] });
    assert.deepEqual(asText(await detect(runtime(), session.plan, picture)), expected);
    const run = async (target: TargetChoice) => [...(await session.run(picture, undefined, { target })).raw.values];
    assert.deepEqual(await run({ kind: 'box', anchor: 1, part: 'class', index: 0 }), [0, 0.25, 0, 0]);
    assert.deepEqual(await run({ kind: 'box', anchor: 2, part: 'coordinates' }), [0, 0, 0.25, 0]);
    assert.deepEqual(await run({ kind: 'element', output: 'colour', index: [0, 1, 0] }), [0, 0.25, 0, 0]);
    await session.release();
  });

  it('suppression inside the model: what it reads is found and explained', async () => {
    const session = await openModel(
      [
        ...APART,
        node('Transpose', 'colour', 'scores', { perm: ints(0, 2, 1) }),
        node('NonMaxSuppression', 'place scores most overlap least', 'picked', { center_point_box: int(1) }),
        node('Gather', 'picked third', 'anchors', { axis: int(1) }),
        node('Squeeze', 'place zero', 'flat'),
        node('Gather', 'flat anchors', 'final', { axis: int(0) }),
      ],
      [
        ...APART_WEIGHTS,
        ...[weights('most', [1], [10], 'int64'), weights('overlap', [1], [0.5]), weights('least', [1], [0.2])],
        ...[weights('third', [], [2], 'int64'), weights('zero', [1], [0], 'int64')],
      ],
      { final: ['found', 4] },
    );
    assert.deepEqual(asText(await detect(runtime(), session.plan, picture)), expected);
    assert.deepEqual([session.logits.tensor, session.logits.classes, session.logits.classAxis], ['scores', 2, 1]);
    const target = { kind: 'box', anchor: 1, part: 'class', index: 0 } as const;
    assert.deepEqual([...(await session.run(picture, undefined, { target })).raw.values], [0, 0.25, 0, 0]);
    await session.release();
  });

  it('several outputs: the layer that is chosen leads to the one that is asked for', async () => {
    // Past the maps each output has a convolution of its own.
    const nodes = [
      node('Relu', 'maps', 'shared'),
      node('Conv', 'shared A', 'left'),
      node('Relu', 'left', 'lefts'),
      node('GlobalAveragePool', 'lefts', 'pooled'),
      node('Flatten', 'pooled', 'flat'),
      node('Gemm', 'flat W', 'class'),
      node('Conv', 'shared B', 'right'),
      node('ReduceSum', 'right', 'age', { keepdims: int(0) }),
    ];
    const more = [
      weights('A', [2, 2, 1, 1], [1, 0, 0, 1]),
      weights('W', [2, 2], [1, 0, 0, 1]),
      // Age: thrice the red, less the green.
      weights('B', [1, 2, 1, 1], [3, -1]),
    ];
    const { plan } = await openModel(nodes, more, { class: [1, 2], age: [] });
    assert.equal(plan.layer.tensor, 'lefts');
    const explainer = await Explainer.open(runtime(), plan.prepared.model);
    const subject = { name: 'two colours', input: picture };
    const age = await explainer.explain(subject, { target: { kind: 'element', output: 'age', index: [] } });
    assert.equal(age.layer, 'shared');
    // Weights 3 and −1: Grad-CAM is 3·red − green.
    assert.deepEqual([...age.raw.values], [0, 3, -0.5, 0]);
    const red = await explainer.explain(subject, { classIndex: 0 });
    assert.deepEqual([red.layer, ...red.raw.values], ['lefts', 0, 0.25, 0, 0]);
    await assert.rejects(
      explainer.explain(subject, { layer: 'lefts', target: { kind: 'element', output: 'age', index: [] } }),
      /'age' does not follow from 'lefts'/,
    );
    await explainer.release();
  });

  it('segments of a model', async () => {
    const session = await openModel([node('Identity', 'maps', 'pixels')], [], { pixels: [1, 2, 2, 2] });
    const found = await segmentsOf(runtime(), session.plan, picture);
    assert.deepEqual(found, { width: 2, height: 2, classes: Uint16Array.of(0, 0, 1, 0) });
    await session.release();
  });

  describe('FastestDet', () => {
    before(function () {
      needsShared(this);
    });
    // As OpenCV reads pictures: blue first, 0 to 1.
    const PREPROCESSING: Preprocessing = {
      ...{ width: 352, height: 352, layout: 'NCHW', type: 'float32', channels: 'bgr', scale: 255 },
      ...{ mean: [0], std: [1], resize: 'squash' },
    };
    const [PERSON, CAT, DOG, HOT_DOG] = [0, 15, 16, 52];
    const input = async (name: string) =>
      preprocess(await decodeImage(shared(`data/images/${name}`)), PREPROCESSING).tensor;

    it('finds what the pictures show', async () => {
      const session = await open(runtime(), shared('data/models/FastestDet.onnx'));
      const best = async (name: string) => (await detect(runtime(), session.plan, await input(name)))?.[0]?.class;
      assert.equal(await best('astronaut.jpg'), PERSON);
      assert.equal(await best('grace_hopper.jpg'), PERSON);
      assert.equal(await best('cat.jpg'), CAT);
      assert.equal(await best('pets.jpg'), DOG);
      assert.equal(await best('hotdog.jpg'), HOT_DOG);
      await session.release();
    });

    it('another box of the same class moves the map there', async () => {
      const session = await open(runtime(), shared('data/models/FastestDet.onnx'));
      const tensor = await input('pets.jpg');
      const found = await detect(runtime(), session.plan, tensor);
      const dogs = found?.filter((box) => box.class === DOG) ?? [];
      assert.equal(dogs.length, 2);
      for (const [i, dog] of dogs.entries()) {
        const { anchor, output, class: index } = dog;
        const target = { kind: 'box', anchor, output, part: 'class', index } as const;
        const { map } = await session.run(tensor, undefined, { target, method: 'hirescam' });
        const energy = dogs.map((box) => energyInside(map, box));
        assert.ok((energy[i] ?? 0) > 3 * (energy[1 - i] ?? 1), `energies of dog ${i}: ${energy}`);
      }
      await session.release();
    });
  });
});

/** Mean of a map inside a box. */
function energyInside({ width, height, values }: CamMap, box: Detection): number {
  let [sum, count] = [0, 0];
  for (let y = Math.max(0, Math.ceil(box.y)); y < Math.min(height, box.y + box.height); y++) {
    for (let x = Math.max(0, Math.ceil(box.x)); x < Math.min(width, box.x + box.width); x++) {
      sum += values[y * width + x] ?? Number.NaN;
      count++;
    }
  }
  return sum / count;
}
