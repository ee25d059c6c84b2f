import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Explainer } from '../../src/cam/explain/explainer';
import { affineOf, symmetricOf } from '../../src/cam/export/quantize/affine';
import { type QuantizeOptions, writeQuantizedExplained } from '../../src/cam/export/quantizeModel';
import { finishMaps } from '../../src/cam/maths/normalise';
import { openCam } from '../../src/cam/session/camSession';
import { readModel } from '../../src/formats/modelReader';
import type { Node } from '../../src/graph/graph';
import { encodeElements } from '../../src/graph/typedArray';
import { decodeImage } from '../../src/image/decode';
import { preprocess } from '../../src/image/preprocess';
import { inferShapes } from '../../src/operators/inferShapes';
import type { RuntimeTensor } from '../../src/protocol/runtime';
import { float32Tensor, toFloat32 } from '../../src/runtime/runtimeTensor';
import { encodeModel } from '../fixtures/encodeModel';
import { numbers } from '../gradients';
import { greatestDifference } from '../npy';
import { useRuntime } from '../runtime';
import { needsShared, root, shared } from '../shared';

const SAMPLE = path.join(root, 'sample');
const SAMPLE_IMAGES = path.join(SAMPLE, 'images');

describe('quantised self-explaining models', () => {
  const runtime = useRuntime();
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'evo-int8-'));
  after(() => fs.rmSync(folder, { recursive: true }));

  async function picturesOf(file: string, images: string, count: number): Promise<readonly RuntimeTensor[]> {
    const explainer = await Explainer.open(runtime(), await readModel(file));
    const { spec } = explainer.preprocessing;
    const names = fs
      .readdirSync(images)
      .filter((name) => /\.(png|jpe?g)$/.test(name))
      .sort()
      .slice(0, count);
    const decoded = await Promise.all(names.map((name) => decodeImage(path.join(images, name))));
    return decoded.map((image) => preprocess(image, spec).tensor);
  }

  async function quantised(file: string, options: QuantizeOptions, shape?: readonly number[]) {
    const model = await readModel(file);
    const [input] = model.graph.inputs;
    const shapes = input && shape ? { inputShapes: new Map([[input.name, shape]]) } : {};
    const target = path.join(folder, 'model_int8.onnx');
    const made = await writeQuantizedExplained(
      runtime(),
      model,
      inferShapes(model, { batch: 1, ...shapes }),
      target,
      options,
    );
    return { ...made, model, target, quantised: await readModel(target) };
  }

  describe('numbers', () => {
    it('a range that holds zero is cut into 255 steps, and zero is one of them', () => {
      assert.deepEqual(affineOf({ low: -1, high: 1.55 }), { scale: Math.fround(0.01), zeroPoint: 100 });
      assert.deepEqual(affineOf({ low: 0, high: 5.1 }), { scale: Math.fround(0.02), zeroPoint: 0 });
    });

    it('a range beside zero is widened to it; an empty one has steps of 1', () => {
      assert.deepEqual(affineOf({ low: 2, high: 2.55 }), { scale: Math.fround(0.01), zeroPoint: 0 });
      assert.deepEqual(affineOf({ low: -2.55, high: -1 }), { scale: Math.fround(0.01), zeroPoint: 255 });
      assert.deepEqual(affineOf({ low: 0, high: 0 }), { scale: 1, zeroPoint: 0 });
    });

    it('weights have a scale per output channel, whatever their axis', () => {
      const weights = Float64Array.of(1.27, -0.5, 0, 12.7, 2.54, 0);
      const rows = symmetricOf(weights, [3, 2], 0);
      assert.deepEqual(rows.scales, [Math.fround(0.01), Math.fround(0.1), Math.fround(0.02)]);
      assert.deepEqual([...rows.values], [127, -50, 0, 127, 127, 0]);
      const columns = symmetricOf(weights, [3, 2], 1);
      assert.deepEqual(columns.scales, [Math.fround(0.02), Math.fround(0.1)]);
      assert.deepEqual([...columns.values], [64, -5, 0, 127, 127, 0]);
      assert.deepEqual(symmetricOf(weights, [3, 2], undefined).scales, [Math.fround(0.1)]);
      assert.deepEqual(symmetricOf(Float64Array.of(0, 0), [1, 2], 0), { values: new Int8Array(2), scales: [1] });
    });
  });

  describe('the sample network', () => {
    const file = path.join(SAMPLE, 'shapes-resnet8.onnx');
    let pictures: readonly RuntimeTensor[] = [];
    before(async () => {
      pictures = await picturesOf(file, SAMPLE_IMAGES, 8);
    });

    it('keeps its classes and its maps, in a quarter of the bytes', async () => {
      const { loss, target } = await quantised(file, { pictures });
      assert.equal(loss.pictures, 8);
      assert.equal(loss.sameClass, 8);
      assert.ok(loss.scores < 0.05, `scores differ by ${loss.scores}`);
      assert.ok(loss.correlation > 0.98, `maps correlate by ${loss.correlation}`);
      assert.ok(loss.map < 0.05, `maps differ by ${loss.map}`);
      assert.ok(loss.bytes.quantized < 0.3 * loss.bytes.original, JSON.stringify(loss.bytes));
      assert.ok(fs.statSync(target).size < 0.35 * fs.statSync(file).size);
      assert.deepEqual(fs.readdirSync(folder), ['model_int8.onnx']);
    });

    it('has int8 weights everywhere, and answers its own map in onnxruntime', async () => {
      const made = await quantised(file, { pictures, class: 'top' });
      const { graph } = made.quantised;
      const weights = graph.nodes.filter(({ operator }) => operator === 'Conv' || operator === 'Gemm').map(weightOf);
      const own = weights.filter((name) => !name.startsWith('evo_'));
      const dequantised = new Map(graph.nodes.map((node) => [node.outputs[0] ?? '', node]));
      for (const name of own) {
        const source = dequantised.get(name);
        assert.equal(source?.operator, 'DequantizeLinear', name);
        assert.equal(graph.constants.get(source?.inputs[0] ?? '')?.type, 'int8');
      }
      assert.ok(own.length >= 8);
      const [picture] = pictures;
      assert.ok(picture);
      const input = graph.inputs[0]?.name ?? '';
      const session = await runtime().load({ path: made.target });
      const { outputs } = await session.run({ [input]: picture });
      await session.release();
      const cam = outputs[made.explained.output];
      assert.ok(cam);
      const opened = await openCam(runtime(), made.quantised, inferShapes(made.quantised, { batch: 1 }));
      const { raw } = await opened.run(picture);
      await opened.release();
      const expected = finishMaps([raw], raw.width, raw.height);
      assert.ok(greatestDifference(toFloat32(cam), expected.values) < 1e-2);
    });
  });

  it('a network of ImageNet keeps what it sees', async function () {
    needsShared(this);
    const file = shared('data/models/mobilenet_v1_0.25_128.onnx');
    const pictures = await picturesOf(file, shared('data/images'), 6);
    const { loss } = await quantised(file, { pictures });
    assert.ok(loss.sameClass >= 4, `${loss.sameClass} of ${loss.pictures}`);
    assert.ok(loss.scores < 0.35, `scores differ by ${loss.scores}`);
  });

  describe('refuses', () => {
    const net = (opset: number, weight = 1) => {
      const file = path.join(folder, 'net.onnx');
      const attributes = { kernel_shape: { type: 'ints', value: [1, 1] } } as const;
      const bytes = encodeModel({
        opsets: { '': opset },
        nodes: [
          { operator: 'Conv', inputs: ['x', 'w'], outputs: ['maps'], attributes },
          { operator: 'GlobalAveragePool', inputs: ['maps'], outputs: ['pooled'] },
          { operator: 'Flatten', inputs: ['pooled'], outputs: ['y'] },
        ],
        initializers: [
          {
            name: 'w',
            type: 'float32',
            shape: [2, 3, 1, 1],
            data: encodeElements('float32', [weight, 2, 3, -1, 0, 1]),
          },
        ],
        inputs: [{ name: 'x', type: 'float32', shape: [1, 3, 4, 4] }],
        outputs: [{ name: 'y', type: 'float32', shape: [1, 2] }],
      });
      fs.writeFileSync(file, bytes);
      return file;
    };
    const pictures = [float32Tensor(numbers(48, 1), [1, 3, 4, 4])];

    it('a model without pictures, and an opset without QuantizeLinear', async () => {
      await assert.rejects(quantised(net(13), { pictures: [] }), /int8 needs pictures to calibrate on/);
      await assert.rejects(quantised(net(9), { pictures }), /int8 needs opset 10, this model has 9: export it again/);
      assert.ok(!fs.readdirSync(folder).some((name) => name.endsWith('.part')));
    });

    it('activations that are no numbers', async () => {
      await assert.rejects(quantised(net(13, Number.POSITIVE_INFINITY), { pictures }), /finite/);
    });

    it('one scale a tensor before opset 13', async () => {
      const { quantised: model } = await quantised(net(11), { pictures });
      const scale = [...model.graph.constants.values()].find(({ name }) => name === 'w_scale');
      assert.deepEqual(scale?.shape, []);
    });
  });
});

const weightOf = ({ inputs }: Node): string => inputs[1] ?? '';
