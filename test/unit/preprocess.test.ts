import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as ort from 'onnxruntime-node';
import { readNpy } from '../../src/display/npy';
import { readModel } from '../../src/formats/modelReader';
import type { Graph, Model, Node, Tensor, ValueInfo } from '../../src/graph/graph';
import { typedArray } from '../../src/graph/typedArray';
import { decodeImage } from '../../src/image/decode';
import { type GuessedPreprocessing, guessPreprocessing } from '../../src/image/guessPreprocessing';
import { findLabelsFor, topClasses } from '../../src/image/labels';
import { type Preprocessing, preprocess } from '../../src/image/preprocess';
import { describePreprocessing, inputGeometry, presetsFor, withPreset } from '../../src/image/preprocessing';
import { findPreprocessing } from '../../src/image/preprocessingBeside';
import { float16Value } from '../../src/onnx/elements';
import { needsShared, shared } from '../shared';

const raw: Preprocessing = {
  width: 2,
  height: 1,
  channels: 'rgb',
  scale: 1,
  mean: [0],
  std: [1],
  resize: 'squash',
  layout: 'NCHW',
  type: 'float32',
};
/** Two pixels: (10, 20, 30), (200, 100, 0). */
const two = { width: 2, height: 1, rgb: Uint8Array.of(10, 20, 30, 200, 100, 0) };

function elements(spec: Partial<Preprocessing>): number[] {
  const { tensor } = preprocess(two, { ...raw, ...spec });
  return Array.from(typedArray(tensor.type, tensor.data), Number);
}

function blank(width: number, height: number) {
  return { width, height, rgb: new Uint8Array(3 * width * height) };
}

const IMAGENET = '(x/255 − [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]';

interface OracleMeta {
  readonly kink_margin: Readonly<Record<string, { readonly input_scale: number }>>;
}

interface Facts {
  readonly metadata?: Readonly<Record<string, string>>;
  readonly type?: ValueInfo['type'];
  /** A chain of operators from the input `x` on, each with one constant operand. */
  readonly nodes?: readonly (readonly [string, readonly number[]])[];
}

function facts({ metadata = {}, nodes = [] }: Facts, file = 'model.onnx'): Model {
  const constants = new Map<string, Tensor>();
  const chain = nodes.map(([operator, values], id): Node => {
    const name = `c${id}`;
    const location = { kind: 'missing', reason: 'only its values are needed' } as const;
    constants.set(name, { name, type: 'float32', shape: [values.length], location, values });
    const inputs = [id === 0 ? 'x' : `t${id - 1}`, name];
    return { id, name, operator, domain: '', inputs, outputs: [`t${id}`], attributes: new Map() };
  });
  const graph: Graph = { name: '', nodes: chain, inputs: [], outputs: [], constants, declared: new Map() };
  return {
    path: file,
    format: 'ONNX',
    irVersion: 8,
    producer: '',
    opsets: new Map([['', 17]]),
    graph,
    functions: new Map(),
    metadata: new Map(Object.entries(metadata)),
    weightBytes: 0,
  };
}

function guess(shape: ValueInfo['shape'], given: Facts): GuessedPreprocessing {
  return guessPreprocessing({ name: 'x', type: given.type ?? 'float32', ...(shape && { shape }) }, facts(given));
}

function softmax(logits: Float32Array): Float32Array {
  const sum = logits.reduce((total, logit) => total + Math.exp(logit), 0);
  return logits.map((logit) => Math.exp(logit) / sum);
}

function inputOf(model: Model): ValueInfo {
  const input = model.graph.inputs.find(({ name }) => !model.graph.constants.has(name));
  assert.ok(input);
  return input;
}

describe('preprocess', () => {
  describe('arithmetic', () => {
    it('lays out planes, pixels and channel orders', () => {
      assert.deepEqual(elements({}), [10, 200, 20, 100, 30, 0]);
      assert.deepEqual(elements({ layout: 'NHWC' }), [10, 20, 30, 200, 100, 0]);
      assert.deepEqual(elements({ channels: 'bgr' }), [30, 0, 20, 100, 10, 200]);
      assert.deepEqual(preprocess(two, { ...raw, layout: 'NHWC' }).tensor.shape, [1, 1, 2, 3]);
      assert.deepEqual(preprocess(two, { ...raw, channels: 'gray' }).tensor.shape, [1, 1, 1, 2]);
    });

    it('is (pixel / scale − mean) / std, with mean and std in the order of the tensor’s channels', () => {
      assert.deepEqual(
        elements({ channels: 'bgr', mean: [1, 2, 3], std: [2, 4, 7] }),
        [14.5, -0.5, 4.5, 24.5, 1, 197 / 7].map(Math.fround),
      );
      assert.deepEqual(
        elements({ scale: 255, mean: [0.5], std: [0.5] }).slice(0, 2),
        [10, 200].map((x) => Math.fround(x / 127.5 - 1)),
      );
    });

    it('turns grey as Pillow’s convert("L")', () => {
      // Image.fromarray of the first five pixels of (37x + 53c(x + 1)) mod 256: 2b 7b ae 4b 9b.
      const rgb = Uint8Array.from(
        { length: 15 },
        (_, i) => (37 * Math.floor(i / 3) + 53 * (i % 3) * (Math.floor(i / 3) + 1)) % 256,
      );
      const { tensor } = preprocess(
        { width: 5, height: 1, rgb },
        { ...raw, width: 5, channels: 'gray', type: 'uint8' },
      );
      assert.deepEqual([...tensor.data], [0x2b, 0x7b, 0xae, 0x4b, 0x9b]);
    });

    it('writes integers rounded and clipped, float16 to nearest', () => {
      assert.deepEqual(elements({ type: 'uint8', mean: [15], std: [0.5] }), [0, 255, 10, 170, 30, 0]);
      assert.deepEqual(elements({ type: 'int8', mean: [128] }), [-118, 72, -108, -28, -98, -128]);
      const { tensor } = preprocess(two, { ...raw, type: 'float16', scale: 255 });
      const halves = Array.from(typedArray('float16', tensor.data), Number).map(float16Value);
      for (const [index, value] of [10, 200, 20, 100, 30, 0].entries()) {
        assert.ok(Math.abs((halves[index] ?? Number.NaN) - value / 255) <= 2 ** -12, `${halves[index]}`);
      }
    });
  });

  describe('geometry', () => {
    it('sees everything when squashed', () => {
      assert.deepEqual(preprocess(blank(60, 30), raw).seen, { x: 0, y: 0, width: 60, height: 30 });
    });

    it('crops as torchvision’s Resize(256) and CenterCrop(224)', () => {
      const spec: Preprocessing = { ...raw, width: 224, height: 224, resize: 'crop' };
      // 512×384 → 341×256, left round(58.5) = 58 (ties to even), top 16.
      const { seen } = preprocess(blank(512, 384), spec);
      const expected = { x: (58 * 512) / 341, y: 24, width: (224 * 512) / 341, height: 336 };
      assert.deepEqual(seen, expected);
    });

    it('never looks outside the picture', () => {
      for (const [width, height] of [
        [1, 1],
        [3, 1000],
        [1000, 3],
        [223, 225],
      ] as const) {
        const spec: Preprocessing = { ...raw, width: 31, height: 17, resize: 'crop' };
        const { seen, tensor } = preprocess(blank(width, height), spec);
        assert.ok(seen.x >= 0 && seen.y >= 0, JSON.stringify(seen));
        assert.ok(seen.x + seen.width <= width + 1e-9 && seen.y + seen.height <= height + 1e-9, JSON.stringify(seen));
        assert.equal(tensor.data.length, 4 * 3 * 31 * 17);
      }
    });

    it('takes a picture of the input’s size as it is', () => {
      const { seen } = preprocess(blank(96, 96), { ...raw, width: 96, height: 96, resize: 'crop' });
      assert.deepEqual(seen, { x: 0, y: 0, width: 96, height: 96 });
    });
  });

  describe('inputGeometry', () => {
    const image = (shape: ValueInfo['shape'], type: ValueInfo['type'] = 'float32'): ValueInfo => ({
      name: 'x',
      type,
      ...(shape && { shape }),
    });

    it('reads both layouts, free sizes and grey', () => {
      const seen = (shape: ValueInfo['shape']) => {
        const { width, height, channels, layout, sizeIsFree } = inputGeometry(image(shape));
        return [width, height, channels, layout, sizeIsFree];
      };
      assert.deepEqual(seen([1, 3, 224, 320]), [320, 224, 3, 'NCHW', false]);
      assert.deepEqual(seen(['N', 224, 320, 3]), [320, 224, 3, 'NHWC', false]);
      assert.deepEqual(seen([1, 1, 28, 28]), [28, 28, 1, 'NCHW', false]);
      assert.deepEqual(seen([null, 3, 'h', 'w']), [224, 224, 3, 'NCHW', true]);
      assert.deepEqual(seen(['b', 'c', 'h', 'w']), [224, 224, 3, 'NCHW', true]);
    });

    it('refuses what is no picture', () => {
      assert.throws(() => inputGeometry(image([1, 512])), /Input 'x' \(1×512, float32\) is no picture: N×C×H×W/);
      assert.throws(() => inputGeometry(image([1, 4, 32, 32])), /with 1 or 3 channels is needed/);
      assert.throws(() => inputGeometry(image([1, 3, 8, 8], 'int64')), /float32, float16, uint8 and int8 can be fed/);
      assert.throws(() => inputGeometry(image(undefined)), /unknown shape/);
    });

    it('offers grey presets for grey inputs only, and lists them when one does not fit', () => {
      const gray = inputGeometry(image([1, 1, 28, 28]));
      assert.deepEqual(
        presetsFor(gray).map(({ name }) => name),
        ['digits', 'mnist', 'gray-unit'],
      );
      assert.throws(() => withPreset(gray, 'imagenet'), /choose one of digits, mnist, gray-unit/);
    });
  });

  describe('guessPreprocessing', () => {
    it('believes the metadata of ONNX', () => {
      const metadata = { 'Image.BitmapPixelFormat': 'Bgr8', 'Image.NominalPixelRange': 'Normalized_1_1' };
      const { spec, certain } = guess([1, 3, 224, 224], { metadata });
      assert.equal(describePreprocessing(spec), '224×224 BGR, centre crop of 224/256, (x/255 − 0.5) / 0.5');
      assert.ok(certain);
      const narrow = guess([1, 3, 8, 8], {
        metadata: { 'Image.BitmapPixelFormat': 'Rgb8', 'Image.NominalPixelRange': 'NominalRange_16_235' },
      });
      const ends = [0, 255].map((pixel) => (pixel - (narrow.spec.mean[0] ?? 0)) / (narrow.spec.std[0] ?? 1));
      assert.ok(Math.abs((ends[0] ?? 0) - 16) < 1e-9 && Math.abs((ends[1] ?? 0) - 235) < 1e-9, `${ends}`);
      assert.ok(!guess([1, 3, 8, 8], { metadata: { 'Image.BitmapPixelFormat': 'Rgb8' } }).certain);
    });

    it('feeds bytes to a byte input', () => {
      const { spec, certain } = guess(['N', 224, 224, 3], { type: 'uint8' });
      assert.deepEqual([spec.scale, spec.mean, spec.type, spec.layout, certain], [1, [0], 'uint8', 'NHWC', true]);
    });

    it('sees that a model normalises by itself', () => {
      const division = guess([1, 3, 8, 8], {
        nodes: [
          ['Div', [255]],
          ['Sub', [0.485, 0.456, 0.406]],
        ],
      });
      assert.deepEqual([division.spec.scale, division.certain], [1, true]);
      assert.match(division.why, /begins with Div: it normalises 0 to 255 by itself/);
      assert.equal(
        guess([1, 3, 8, 8], {
          nodes: [
            ['Mul', [1 / 127.5]],
            ['Sub', [1]],
          ],
        }).spec.scale,
        1,
      );
      assert.equal(
        guess([1, 3, 8, 8], {
          nodes: [
            ['Sub', [127.5]],
            ['Mul', [0.0078125]],
          ],
        }).spec.scale,
        1,
      );
      assert.equal(guess([1, 3, 8, 8], { nodes: [['Sub', [103.94, 116.78, 123.68]]] }).spec.channels, 'bgr');
      assert.equal(guess([1, 3, 8, 8], { nodes: [['Sub', [123.68, 116.78, 103.94]]] }).spec.channels, 'rgb');
    });

    it('feeds 0 to 1 where a mean of that kind is subtracted', () => {
      const { spec, certain } = guess([1, 3, 8, 8], {
        nodes: [
          ['Sub', [0.485, 0.456, 0.406]],
          ['Div', [0.229, 0.224, 0.225]],
        ],
      });
      assert.deepEqual([spec.scale, spec.mean, certain], [255, [0], true]);
    });

    it('does not take a bias behind the convolution for a normalisation', () => {
      const { certain, spec } = guess([1, 3, 8, 8], {
        nodes: [
          ['Conv', [1]],
          ['Add', [99]],
        ],
      });
      assert.deepEqual([spec.scale, certain], [255, false]);
    });

    it('is not certain of a free size', () => {
      assert.ok(!guess([1, 3, 'h', 'w'], { nodes: [['Div', [255]]] }).certain);
    });

    it('reads preprocessor_config.json beside the model', async () => {
      const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'evo-'));
      const config = {
        do_center_crop: false,
        size: { height: 8, width: 8 },
        image_mean: [0.1, 0.2, 0.3],
        image_std: [1, 2, 4],
      };
      const file = path.join(folder, 'preprocessor_config.json');
      fs.writeFileSync(file, JSON.stringify(config));
      const model = facts({}, path.join(folder, 'a.onnx'));
      const input: ValueInfo = { name: 'x', type: 'float32', shape: [1, 3, 8, 8] };
      const { spec, certain } = await findPreprocessing(model, input);
      assert.deepEqual(
        [spec.mean, spec.std, spec.scale, spec.resize, certain],
        [[0.1, 0.2, 0.3], [1, 2, 4], 255, 'squash', true],
      );
      const larger = await findPreprocessing(model, { ...input, shape: [1, 3, 16, 16] });
      assert.notDeepEqual(larger.spec.mean, spec.mean, 'a file for another size is another model’s');
      fs.writeFileSync(file, '{');
      await assert.rejects(
        findPreprocessing(model, input),
        /preprocessor_config\.json is not a JSON object: repair or remove it/,
      );
      fs.rmSync(folder, { recursive: true });
    });
  });

  describe('real models', function () {
    this.timeout(60_000);
    before(function () {
      needsShared(this);
    });

    it('feeds the oracle’s network what PyTorch fed it', async () => {
      const model = await readModel(shared('data/oracle/resnet8/model.onnx'));
      const { spec } = await findPreprocessing(model, inputOf(model));
      const meta: OracleMeta = JSON.parse(fs.readFileSync(shared('data/oracle/resnet8/meta.json'), 'utf8'));
      for (const image of ['shapes0', 'shapes1']) {
        const rgb = readNpy(fs.readFileSync(shared(`data/oracle/${image}_rgb_u8.npy`))).values as Uint8Array;
        const expected = readNpy(fs.readFileSync(shared(`data/oracle/resnet8/${image}/input.npy`)));
        const { tensor } = preprocess({ width: 96, height: 96, rgb }, spec);
        assert.deepEqual(tensor.shape, expected.shape);
        // The oracle scaled some inputs a little, away from the kinks of ReLU.
        const scale = meta.kink_margin[image]?.input_scale ?? Number.NaN;
        const ours = typedArray('float32', tensor.data);
        const errors = Array.from(expected.values as Float32Array, (value, i) =>
          Math.abs(scale * Number(ours[i]) - value),
        );
        const error = Math.max(...errors);
        assert.ok(error < 1e-6, `${image}: ${error}`);
      }
    });

    const EXPECTED: readonly (readonly [string, string, boolean])[] = [
      ['squeezenet1.1_fp32', '224×224 BGR, centre crop of 224/256, x − [104, 117, 123]', true],
      ['squeezenet1.1_fp16', '224×224 BGR, centre crop of 224/256, x − [104, 117, 123]', true],
      ['mobilenet_v2_fp16weights', `224×224 RGB, centre crop of 224/256, ${IMAGENET}`, false],
      ['mobilenet_v2_qdq', `244×244 RGB, centre crop of 224/256, ${IMAGENET}`, false],
      ['mobilenet_v1_0.25_128', '128×128 RGB, centre crop of 224/256, (x/255 − 0.5) / 0.5', false],
      ['resnet8_cifar10', '32×32 RGB, centre crop of 224/256, x', true],
      ['mnist-8', '28×28 grey, squashed, x', false],
      ['vit_mnist_op12', '28×28 grey, squashed, (x/255 − 0.1307) / 0.3081', false],
    ];
    for (const [name, description, certain] of EXPECTED) {
      it(`guesses ${name}: ${description}${certain ? '' : ' (to be confirmed)'}`, async () => {
        const model = await readModel(shared(`data/models/${name}.onnx`));
        const found = guessPreprocessing(inputOf(model), model);
        assert.equal(describePreprocessing(found.spec), description);
        assert.equal(found.certain, certain, found.why);
      });
    }

    /**
     * The same networks on Pillow 12.3's Resize(256, BILINEAR) + CenterCrop(224) of the same files, as torchvision's
     * evaluation does; our decoder and resampler differ from Pillow's by at most 1 level in 0.4 % of the samples.
     */
    const TOP: Readonly<Record<string, readonly (readonly [string, string, number])[]>> = {
      mobilenet_v2_fp16weights: [
        ['coffee_espresso.jpg', 'espresso', 0.99],
        ['chelsea_cat.jpg', 'Egyptian cat', 0.688],
        ['chickadee.jpg', 'chickadee', 0.996],
        ['macaw.jpg', 'macaw', 1],
        ['hotdog.jpg', 'hotdog', 0.602],
        ['dragonfly.jpg', 'dragonfly', 0.839],
        ['samoyed.png', 'Samoyed', 0.813],
      ],
      'squeezenet1.1_fp32': [
        ['coffee_espresso.jpg', 'espresso', 0.976],
        ['chelsea_cat.jpg', 'Egyptian cat', 0.457],
        ['chickadee.jpg', 'chickadee', 0.893],
        ['macaw.jpg', 'macaw', 0.899],
        ['hotdog.jpg', 'hotdog', 0.78],
        ['dragonfly.jpg', 'dragonfly', 0.827],
        ['samoyed.png', 'white wolf', 0.657],
      ],
    };
    for (const [name, rows] of Object.entries(TOP)) {
      it(`${name} gives the classes and probabilities of torchvision’s preprocessing`, async () => {
        const model = await readModel(shared(`data/models/${name}.onnx`));
        const session = await ort.InferenceSession.create(model.path, { logSeverityLevel: 3 });
        const { spec } = guessPreprocessing(inputOf(model), model);
        const labels = await findLabelsFor(model.path, 1000, model.metadata);
        for (const [image, label, probability] of rows) {
          const { tensor } = preprocess(await decodeImage(shared(`data/images/${image}`)), spec);
          const feed = new ort.Tensor(typedArray('float32', tensor.data) as Float32Array, [...tensor.shape]);
          const output = Object.values(await session.run({ [inputOf(model).name]: feed }))[0]?.data;
          assert.ok(output instanceof Float32Array);
          const probabilities = name.startsWith('squeezenet') ? output : softmax(output);
          const [best] = topClasses({ logits: output, probabilities }, { names: labels?.names ?? [], count: 1 });
          assert.match(best?.name ?? '', new RegExp(`^${label}\\b`), image);
          assert.ok(Math.abs((best?.probability ?? 0) - probability) < 0.005, `${image}: ${best?.probability}`);
        }
        await session.release();
      });
    }
  });
});
