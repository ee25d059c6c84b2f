import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type CamMap, finishMaps } from '../../src/cam/maths/normalise';
import { ratio } from '../../src/cam/maths/ratio';
import { SALIENCY_KINDS, saliencyKind } from '../../src/cam/saliency';
import type { SaliencyKind, SaliencyOptions } from '../../src/cam/saliencyKind';
import { planCam } from '../../src/cam/session/camPlan';
import { notRectified } from '../../src/cam/signals/backwardRules';
import { SaliencyBench } from '../../src/cam/signals/saliencyBench';
import { deprocessed, saliencyMap } from '../../src/cam/signals/saliencyPicture';
import { readModel } from '../../src/formats/modelReader';
import type { Attribute, Node } from '../../src/graph/graph';
import { encodeElements } from '../../src/graph/typedArray';
import { inferShapes } from '../../src/operators/inferShapes';
import type { TargetChoice } from '../../src/protocol/camPanel';
import type { Runtime } from '../../src/runtime/runtime';
import { open, QUICK, tensorOf } from '../cam';
import { encodeModel } from '../fixtures/encodeModel';
import { greatestDifference, readStored, relativeError, row, type Stored } from '../npy';
import { float, int, ints, string } from '../operatorCase';
import { type Meta, NETWORKS } from '../oracle';
import { useRuntime } from '../runtime';
import { needsShared, root, shared } from '../shared';

/** End to end, relative to the greatest magnitude; maps lie in [0, 1]. */
const TOLERANCE = 1e-4;

describe('saliency', () => {
  const runtime = useRuntime();
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'evo-saliency-'));
  after(() => fs.rmSync(directory, { recursive: true }));

  it('is one file per kind, each with its paper on the first line', () => {
    const folder = path.join(root, 'src/cam/saliency');
    const files = fs.readdirSync(folder);
    assert.deepEqual(files.map((file) => path.basename(file, '.ts')).sort(), Object.keys(SALIENCY_KINDS).sort());
    for (const file of files)
      assert.match(fs.readFileSync(path.join(folder, file), 'utf8'), /^\/\/ .+, ".+", .+(19|20)\d\d.*\.\n/, file);
    const kinds: readonly SaliencyKind[] = Object.values(SALIENCY_KINDS);
    assert.equal(new Set(kinds.map(({ id }) => id)).size, kinds.length);
    assert.throws(() => saliencyKind('magic'), /no saliency 'magic'; choose one of gradient, gradient-x-input/);
  });

  for (const rectifier of ['Relu', 'Clip, limits as attributes', 'Clip, limits as inputs', 'FusedConv'] as const) {
    it(`by hand: ${rectifier}`, async () => {
      const file = path.join(directory, 'model.onnx');
      fs.writeFileSync(file, smallNetwork(rectifier));
      const bench = await benchOf(runtime(), file, { shape: [1, 1, 1, 2], values: Float64Array.of(3, -1) }, 0);
      const raw = async (id: string, options: SaliencyOptions = {}) =>
        [...(await saliencyKind(id).compute(bench, options)).raw.values].map((value) => Math.round(1e5 * value) / 1e5);
      // Behind the rectifier [3, 0 | 0, 1], so y = 3·1 − 1·4; the signal there is [1, 2 | 3, −4], the kernels are 1 and −1.
      assert.deepEqual(await raw('gradient'), [1, 4]);
      assert.deepEqual(await raw('gradient-x-input'), [3, -4]);
      assert.deepEqual(await raw('guided'), [1, 0]);
      assert.deepEqual(await raw('deconvolution'), [1 - 3, 2]);
      // The unit that holds 3, and that of channel 1, which holds 1.
      assert.deepEqual(await raw('zfnet'), [3, 0]);
      assert.deepEqual(await raw('zfnet', { channel: 1 }), [0, -1]);
      await assert.rejects(raw('zfnet', { channel: 2 }), /no channel 2; '.+' has 2, numbered from 0/);
      // No rectifier changes its mind between black and the picture, nor under a little noise.
      assert.deepEqual(await raw('integrated-gradients', { steps: 3 }), [3, -4]);
      assert.deepEqual(await raw('smoothgrad', { samples: 3, noise: 0.01 }), [1, 4]);
      assert.deepEqual(await raw('fullgrad'), [0, 1]);
      assert.equal(bench.notRectified(), '');
      await bench.release();
    });
  }

  it('by hand: targets that are no class', async () => {
    const file = path.join(directory, 'targets.onnx');
    fs.writeFileSync(file, smallNetwork('Relu'));
    const raw = async (id: string, target: TargetChoice) => {
      const bench = await benchOf(runtime(), file, { shape: [1, 1, 1, 2], values: Float64Array.of(3, -1) }, 0, {
        target,
      });
      const { values } = (await saliencyKind(id).compute(bench, { steps: 3 })).raw;
      await bench.release();
      return [...values].map((value) => Math.round(1e5 * value) / 1e5);
    };
    const element = { kind: 'element', output: 'y', index: [0, 0] } as const;
    assert.deepEqual(await raw('gradient', element), [1, 4]);
    assert.deepEqual(await raw('guided', element), [1, 0]);
    assert.deepEqual(await raw('integrated-gradients', element), [3, -4]);
    assert.deepEqual(await raw('fullgrad', element), [0, 1]);
    // y = (−1, 0): the probability of class 0 changes by p(1 − p) = e/(1 + e)² for each unit of its score.
    const slope = Math.E / (1 + Math.E) ** 2;
    const expected = [slope, 4 * slope].map((value) => Math.round(1e5 * value) / 1e5);
    assert.deepEqual(await raw('gradient', { kind: 'probability', index: 0 }), expected);
    // Half of one score and all of the other, which is always zero.
    assert.deepEqual(await raw('gradient', { kind: 'classes', indices: [0, 1], weights: [0.5, 1] }), [0.5, 2]);
    // The cosine of (−1, 0) to (1, 1) does not change with the length of what it is compared with.
    assert.deepEqual(await raw('gradient', { kind: 'embedding', reference: [1, 1] }), [0, 0]);
    await assert.rejects(raw('gradient', { kind: 'mask', index: 0 }), /no pixels; choose the class instead/);
  });

  it('integrated gradients add up to the rise of the score, the better the more steps', async () => {
    const file = path.join(directory, 'smooth.onnx');
    // y₀ = x₀³ + x₁³ over the mean of two pixels: the integral of 3x² by one midpoint is 3/4 of it.
    fs.writeFileSync(file, cubicNetwork());
    const bench = await benchOf(runtime(), file, { shape: [1, 1, 1, 2], values: Float64Array.of(2, -1) }, 0);
    const one = await saliencyKind('integrated-gradients').compute(bench, { steps: 1 });
    assert.ok(greatestDifference(one.raw.values, [0.75 * 4, 0.75 * -0.5]) < 1e-5, `${one.raw.values}`);
    assert.ok(Math.abs((one.completenessError ?? Number.NaN) - 0.25) < 1e-5);
    const many = await saliencyKind('integrated-gradients').compute(bench, { steps: 50 });
    // The midpoint rule's error falls with the square of the steps.
    assert.ok(Math.abs((many.completenessError ?? Number.NaN) - 0.25 / 2500) < 1e-5, `${many.completenessError}`);
    await bench.release();
  });

  it('integrated gradients of a picture that is black: nothing to add up to, and no division by it', async () => {
    const file = path.join(directory, 'smooth.onnx');
    fs.writeFileSync(file, cubicNetwork());
    const bench = await benchOf(runtime(), file, { shape: [1, 1, 1, 2], values: Float64Array.of(0, 0) }, 0);
    const { note, completenessError } = await saliencyKind('integrated-gradients').compute(bench, { steps: 2 });
    assert.equal(completenessError, 0);
    assert.match(note ?? '', / but for 0 % /);
    assert.deepEqual([ratio(0, 0), ratio(1, 0), ratio(1, 4)], [0, Number.NaN, 0.25]);
    await bench.release();
  });

  it('tells where quantisation clips, not where an operator is only called alike', () => {
    const node = (operator: string, domain = ''): Node => ({
      ...{ id: 0, name: '', operator, domain, inputs: [], outputs: [], attributes: new Map() },
    });
    const told = (...nodes: readonly Node[]) => notRectified(nodes, () => undefined);
    assert.doesNotMatch(told(node('QuickGelu', 'com.microsoft')), /quantisation/);
    assert.match(told(node('QLinearConv')), /Where quantisation clips/);
    assert.match(told(node('Relu'), node('QuantizeLinear')), /Where quantisation clips/);
  });

  it('SmoothGrad is the mean over seeded noise: of x² the gradient at the mean of the copies', async () => {
    const file = path.join(directory, 'smooth.onnx');
    fs.writeFileSync(file, cubicNetwork());
    const bench = await benchOf(runtime(), file, { shape: [1, 1, 1, 2], values: Float64Array.of(2, -1) }, 0);
    const noise = 0.1;
    const options = { samples: 400, noise, seed: 7 };
    const { raw } = await saliencyKind('smoothgrad').compute(bench, options);
    assert.deepEqual((await saliencyKind('smoothgrad').compute(bench, options)).raw, raw);
    // E 3(x + n)²/2 = 3(x² + σ²)/2, σ = 0.1 · 3; the mean of 400 is within four of its own deviations, 6xσ/2/20.
    for (const [i, x] of [2, -1].entries()) {
      const expected = 1.5 * (x * x + 0.09);
      const found = raw.values[i] ?? Number.NaN;
      assert.ok(Math.abs(found - expected) < (4 * 3 * Math.abs(x) * 0.3) / 20, `${found} instead of ${expected}`);
      assert.notEqual(found, 1.5 * x * x);
    }
    await assert.rejects(saliencyKind('smoothgrad').compute(bench, { samples: 0 }), /0 samples: give a whole number/);
    await bench.release();
  });

  it('a picture with its colours last: planes all the same', async () => {
    const file = path.join(directory, 'last.onnx');
    fs.writeFileSync(file, channelsLastNetwork());
    // Colour 0 holds 1, 3, 5, 7, 9, colour 1 the numbers between; the mean of five pixels weighs them 1/5 and 10/5.
    const picture = { shape: [1, 5, 1, 2], values: Float64Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10) };
    const bench = await benchOf(runtime(), file, picture, 0);
    const { raw } = await saliencyKind('gradient').compute(bench, {});
    assert.deepEqual([raw.channels, raw.height, raw.width], [2, 5, 1]);
    assert.ok(greatestDifference(raw.values, [0.2, 0.2, 0.2, 0.2, 0.2, 2, 2, 2, 2, 2]) < 1e-6, `${raw.values}`);
    const { raw: parts } = await saliencyKind('integrated-gradients').compute(bench, { steps: 2 });
    assert.ok(greatestDifference(parts.values, [0.2, 0.6, 1, 1.4, 1.8, 4, 8, 12, 16, 20]) < 1e-5, `${parts.values}`);
    await bench.release();
  });

  it('progress and cancel', async () => {
    const file = path.join(directory, 'smooth.onnx');
    fs.writeFileSync(file, cubicNetwork());
    const told: string[] = [];
    const controller = new AbortController();
    const onProgress = (done: number, total: number): void => {
      told.push(`${done}/${total}`);
      if (done === 2) controller.abort(new Error('cancelled'));
    };
    const picture = { shape: [1, 1, 1, 2], values: Float64Array.of(2, -1) };
    const bench = await benchOf(runtime(), file, picture, 0, { onProgress, signal: controller.signal });
    await assert.rejects(saliencyKind('smoothgrad').compute(bench, { samples: 5 }), /cancelled/);
    assert.deepEqual(told, ['0/5', '1/5', '2/5']);
    await bench.release();
  });

  it('maps and pictures by hand', () => {
    const raw = { channels: 2, height: 1, width: 2, values: Float32Array.of(1, -3, -1, 2) };
    assert.ok(greatestDifference(saliencyMap(raw, 'greatest').values, [0, 1]) < 1e-6);
    // Sums 0 and −1.
    assert.ok(greatestDifference(saliencyMap(raw, 'sum').values, [0, 1]) < 1e-6);
    const grey = deprocessed({ channels: 1, height: 1, width: 2, values: Float32Array.of(-1, 1) }, [0, 0, 0]);
    // 0.5 ∓ 0.1, of 255 levels.
    assert.deepEqual([...grey], [102, 102, 102, 255, 152, 152, 152, 255]);
  });
});

/** x [1, 1, 1, 2] through the kernels 1 and −1 and a rectifier to y₀ = [1, 2 | 3, −4] · r and y₁ = 0. */
function smallNetwork(rectifier: 'Relu' | 'Clip, limits as attributes' | 'Clip, limits as inputs' | 'FusedConv') {
  const floats = (name: string, shape: readonly number[], values: readonly number[]) => ({
    ...{ name, type: 'float32' as const, shape, data: encodeElements('float32', values) },
  });
  const limits: Record<string, Attribute> = { min: float(0), max: float(6) };
  const activation = {
    Relu: { operator: 'Relu', inputs: ['c'] },
    'Clip, limits as attributes': { operator: 'Clip', inputs: ['c'], attributes: limits },
    'Clip, limits as inputs': { operator: 'Clip', inputs: ['c', 'zero', 'six'] },
    FusedConv: undefined,
  }[rectifier];
  const fused = { domain: 'com.microsoft', operator: 'FusedConv', attributes: { activation: string('Relu') } };
  return encodeModel({
    opsets: { '': rectifier === 'Clip, limits as attributes' ? 10 : 13, 'com.microsoft': 1 },
    nodes: [
      activation
        ? { operator: 'Conv', inputs: ['x', 'kernels'], outputs: ['c'] }
        : { ...fused, inputs: ['x', 'kernels'], outputs: ['r'] },
      ...(activation ? [{ ...activation, outputs: ['r'] }] : []),
      { operator: 'Flatten', inputs: ['r'], outputs: ['flat'], attributes: { axis: int(1) } },
      { operator: 'MatMul', inputs: ['flat', 'weights'], outputs: ['y'] },
    ],
    inputs: [{ name: 'x', type: 'float32', shape: [1, 1, 1, 2] }],
    outputs: [{ name: 'y', type: 'float32', shape: [1, 2] }],
    initializers: [
      floats('kernels', [2, 1, 1, 1], [1, -1]),
      floats('weights', [4, 2], [1, 0, 2, 0, 3, 0, -4, 0]),
      floats('zero', [], [0]),
      floats('six', [], [6]),
    ],
  });
}

/** y₀ = (x₀³ + x₁³)/2, y₁ = −y₀ by way of two kernels. */
function cubicNetwork() {
  return encodeModel({
    opsets: { '': 13 },
    nodes: [
      { operator: 'Mul', inputs: ['x', 'x'], outputs: ['xx'] },
      { operator: 'Mul', inputs: ['xx', 'x'], outputs: ['xxx'] },
      { operator: 'Conv', inputs: ['xxx', 'kernels'], outputs: ['c'] },
      { operator: 'GlobalAveragePool', inputs: ['c'], outputs: ['y'] },
    ],
    inputs: [{ name: 'x', type: 'float32', shape: [1, 1, 1, 2] }],
    outputs: [{ name: 'y', type: 'float32', shape: [1, 2, 1, 1] }],
    initializers: [{ name: 'kernels', type: 'float32', shape: [2, 1, 1, 1], data: encodeElements('float32', [1, -1]) }],
  });
}

/** x [1, 5, 1, 2] with colours last: y₀ is the mean over pixels of colour 0 + 10 · colour 1. */
function channelsLastNetwork() {
  return encodeModel({
    opsets: { '': 13 },
    nodes: [
      { operator: 'Transpose', inputs: ['x'], outputs: ['t'], attributes: { perm: ints(0, 3, 1, 2) } },
      { operator: 'Conv', inputs: ['t', 'kernels'], outputs: ['c'] },
      { operator: 'GlobalAveragePool', inputs: ['c'], outputs: ['y'] },
    ],
    inputs: [{ name: 'x', type: 'float32', shape: [1, 5, 1, 2] }],
    outputs: [{ name: 'y', type: 'float32', shape: [1, 2, 1, 1] }],
    initializers: [
      { name: 'kernels', type: 'float32', shape: [2, 2, 1, 1], data: encodeElements('float32', [1, 10, 0, 1]) },
    ],
  });
}

describe('saliency against the oracle', () => {
  const runtime = useRuntime();
  before(function () {
    needsShared(this);
  });
  after(() => {
    for (const [kind, byNetwork] of worst) {
      const errors = [...byNetwork].map(([network, error]) => `${network} ${error.toExponential(1)}`);
      console.log(`      ${kind.padEnd(18)} ${errors.join(', ')}`);
    }
  });
  const worst = new Map<string, Map<string, number>>();
  const check = (kind: string, network: string, error: number): void => {
    assert.ok(error < TOLERANCE, `${kind} of ${network} differs by ${error}`);
    const byNetwork = worst.get(kind) ?? new Map<string, number>();
    worst.set(kind, byNetwork.set(network, Math.max(error, byNetwork.get(network) ?? 0)));
  };

  for (const network of NETWORKS) {
    it(network, async function () {
      this.timeout(30_000);
      const folder = shared(`data/oracle/${network}`);
      const stored = (relative: string): Stored => readStored(path.join(folder, `${relative}.npy`));
      for (const [image, file, classIndex] of storedFiles(folder)) {
        const picture = stored(`${image}/input`);
        const bench = await benchOf(runtime(), path.join(folder, 'model.onnx'), picture, Number(classIndex));
        if (file.startsWith('input_grad')) {
          const { raw } = await saliencyKind('gradient').compute(bench, {});
          check('gradient', network, relativeError(raw.values, stored(`${image}/${file}`).values));
        } else {
          const level = stored(`${image}/${file}`);
          const { raw } = await saliencyKind('fullgrad').compute(bench, {});
          check('fullgrad', network, greatestDifference(raw.values, row(level, 0)));
          const maps = await layerMaps(runtime(), folder, picture, Number(classIndex));
          check('two layers’ maps', network, greatestDifference(finishMaps(maps, 96, 96).values, row(level, 1)));
        }
        await bench.release();
      }
    });
  }

  it('segmentation, and the worked 3×3 example', async () => {
    const unet = shared('data/oracle/unet_tiny');
    const file = (name: string): Stored => readStored(path.join(unet, `${name}.npy`));
    const { category } = JSON.parse(fs.readFileSync(path.join(unet, 'meta_seg.json'), 'utf8')) as { category: number };
    const segmenter = await benchOf(runtime(), path.join(unet, 'model.onnx'), file('input'), category);
    const { raw } = await saliencyKind('gradient').compute(segmenter, {});
    check('gradient', 'unet_tiny', relativeError(raw.values, file('input_grad').values));
    await segmenter.release();
    const paper = shared('data/oracle/tiny_paper');
    for (const classIndex of [0, 1]) {
      const worked = (name: string): Stored => readStored(path.join(paper, 'x0', `${name}.npy`));
      const bench = await benchOf(runtime(), path.join(paper, 'model.onnx'), worked('input'), classIndex);
      const { raw: signal } = await saliencyKind('gradient').compute(bench, {});
      check('gradient', 'tiny_paper', relativeError(signal.values, worked(`input_grad_c${classIndex}`).values));
      await bench.release();
    }
  });

  for (const network of ['resnet8', 'vgg_tiny']) {
    it(`signals of ${network}`, async () => {
      const folder = shared(`data/oracle/${network}`);
      const stored = (name: string): Stored => readStored(path.join(folder, 'flower', `${name}.npy`));
      const [first] = Object.values(meta(folder).onnx_tensors);
      const layer = first?.[0]?.name ?? '';
      const bench = await benchOf(runtime(), path.join(folder, 'model.onnx'), stored('input'), 0, { layer });
      const kinds = {
        vanilla: 'gradient',
        guided: 'guided',
        deconv: 'deconvolution',
        guided_gradcam: 'guided-gradcam',
      };
      for (const [file, id] of Object.entries(kinds)) {
        const { raw } = await saliencyKind(id).compute(bench, {});
        check(id, network, relativeError(raw.values, stored(`saliency/${file}_c0`).values));
        if (id !== 'guided') continue;
        const levels = deprocessed(raw, [0, 1, 2]).filter((_, i) => i % 4 !== 3);
        // A value at the border between two levels may fall on either side.
        assert.ok(greatestDifference(levels, stored('saliency/guided_deprocessed_u8_c0').values) <= 1);
      }
      await bench.release();
    });
  }

  /**
   * Three files hold the strongest channel of their layer. The others (channels 24 and 0) match no unit: those of features.4 are
   * values that this network's filters and this picture's switches cannot make at all. Presumably an earlier training left them.
   */
  it('units of vgg_tiny', async () => {
    const folder = shared('data/oracle/vgg_tiny');
    const stored = (name: string): Stored => readStored(path.join(folder, 'flower', `${name}.npy`));
    const strongest = { 'features.4': 15, 'features.9': 8, 'features.10': 8 };
    for (const [name, channel] of Object.entries(strongest)) {
      const layer = meta(folder).onnx_tensors[name]?.[0]?.name ?? '';
      const bench = await benchOf(runtime(), path.join(folder, 'model.onnx'), stored('input'), 0, { layer });
      const { raw, note } = await saliencyKind('zfnet').compute(bench, {});
      assert.match(note ?? '', new RegExp(`^Channel ${channel} of `));
      check(
        `zfnet ${name}`,
        'vgg_tiny',
        relativeError(raw.values, stored(`saliency/zfnet_${name}_ch${channel}`).values),
      );
      await bench.release();
    }
  });
});

const meta = (folder: string): Meta => JSON.parse(fs.readFileSync(path.join(folder, 'meta.json'), 'utf8')) as Meta;

/** Grad-CAM before its ReLU at the first two layers that the oracle names, which are those of its fused maps. */
async function layerMaps(
  runtime: Runtime,
  folder: string,
  picture: Stored,
  classIndex: number,
): Promise<readonly CamMap[]> {
  const maps: CamMap[] = [];
  for (const [tensor] of Object.values(meta(folder).onnx_tensors).slice(0, 2)) {
    const session = await open(runtime, path.join(folder, 'model.onnx'), { ...QUICK, layer: tensor?.name ?? '' });
    maps.push((await session.run(tensorOf(picture), classIndex)).raw);
    await session.release();
  }
  return maps;
}

/** Picture, file without its ending, and class of everything that is stored of whole networks. */
function storedFiles(folder: string): readonly (readonly [string, string, string])[] {
  const images = fs.readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return images.flatMap(({ name }) =>
    fs.readdirSync(path.join(folder, name)).flatMap((file): [string, string, string][] => {
      const found = /^(?:input_grad|model_level)_c(\d+)(?=\.npy$)/.exec(file);
      return found ? [[name, found[0], found[1] ?? '']] : [];
    }),
  );
}

async function benchOf(
  runtime: Runtime,
  file: string,
  picture: Stored,
  classIndex: number,
  {
    layer,
    ...more
  }: {
    layer?: string;
    target?: TargetChoice;
    signal?: AbortSignal;
    onProgress?: (done: number, total: number) => void;
  } = {},
): Promise<SaliencyBench> {
  const model = await readModel(file);
  const { infos } = inferShapes(model, { batch: 1 });
  const chosen = layer === undefined ? {} : { layer };
  const plan = planCam(model, { infos }, chosen);
  return new SaliencyBench(runtime, plan, {
    ...more,
    picture: tensorOf(picture),
    black: tensorOf({ ...picture, values: picture.values.map(() => 0) }),
    classIndex,
    gradCam: async () => {
      const session = await open(runtime, file, { ...QUICK, ...chosen });
      const { map } = await session.run(tensorOf(picture), classIndex);
      await session.release();
      return map;
    },
  });
}
