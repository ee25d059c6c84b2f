import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { CamMethod } from '../../src/cam/camMethod';
import { Explainer } from '../../src/cam/explain/explainer';
import { evenly, layerStrip } from '../../src/cam/explain/layerStrip';
import { methodGrid } from '../../src/cam/explain/methodGrid';
import { expansionLayer } from '../../src/cam/layers/bottleneckLayer';
import type { CamLayer } from '../../src/cam/layers/layers';
import { METHODS } from '../../src/cam/methods';
import { planCam } from '../../src/cam/session/camPlan';
import { readModel } from '../../src/formats/modelReader';
import { elementBytes } from '../../src/graph/typedArray';
import { int, ints, string } from '../../src/operators/gradientTools';
import { inferShapes } from '../../src/operators/inferShapes';
import { float32Tensor } from '../../src/runtime/runtimeTensor';
import { encodeModel } from '../fixtures/encodeModel';
import { numbers } from '../gradients';
import { greatestDifference, relativeError } from '../npy';
import { useRuntime } from '../runtime';
import { root } from '../shared';

const sample = (name: string): string => path.join(root, 'sample', name);
const PICTURE = sample('images/00_ring_checker.png');

const layerNamed = (tensor: string): CamLayer => ({
  ...{ tensor, label: tensor, layout: { kind: 'nchw' }, channels: 1, height: 2, width: 2 },
});

describe('Layer strip', () => {
  const runtime = useRuntime();

  for (const [model, method] of [
    ['shapes-resnet8.onnx', 'gradcam'],
    ['shapes-mobilenetv2.onnx', 'layercam'],
  ] as const) {
    it(`${model}: every ${method} map is the one of that layer alone`, async () => {
      const explainer = await Explainer.open(runtime(), await readModel(sample(model)));
      const subject = await explainer.subject(PICTURE);
      const question = { classIndex: 7, method };
      const tiles = await layerStrip(explainer, subject, question);
      const { layers } = await explainer.plan();
      assert.ok(tiles.length <= 24);
      assert.equal(tiles[0]?.id, layers[0]?.tensor);
      assert.equal(tiles.at(-1)?.id, layers.at(-1)?.tensor);
      for (const { id, raw, map } of [0, 5, 11, -1].map((at) => tiles.at(at) ?? assert.fail())) {
        assert.ok(raw && map, id);
        const alone = await explainer.explain(subject, { ...question, layer: id });
        assert.ok(relativeError(raw.values, alone.raw.values) < 1e-4, id);
        // At the picture's size, 96 pixels, a thumbnail is the map itself.
        assert.ok(greatestDifference(map.values, alone.map.values) < 1e-4, id);
      }
      await explainer.release();
    });
  }

  it('the layer in use is always there; other targets than classes are explained too', async () => {
    const explainer = await Explainer.open(runtime(), await readModel(sample('shapes-mobilenetv2.onnx')));
    const subject = await explainer.subject(PICTURE);
    const { layers } = await explainer.plan();
    const layer = layers[7]?.tensor ?? '';
    const target = { kind: 'probability', index: 7 } as const;
    const tiles = await layerStrip(explainer, subject, { layer, target });
    const tile = tiles.find(({ id }) => id === layer);
    const alone = await explainer.explain(subject, { layer, target });
    assert.ok(tile?.raw && relativeError(tile.raw.values, alone.raw.values) < 1e-4);
    await explainer.release();
  });

  it('methods that are no formula of operators give way to Grad-CAM', async () => {
    const explainer = await Explainer.open(runtime(), await readModel(sample('shapes-resnet8.onnx')));
    const subject = await explainer.subject(PICTURE);
    const [eigen, grad] = [
      await layerStrip(explainer, subject, { method: 'eigencam' }),
      await layerStrip(explainer, subject),
    ];
    assert.deepEqual(
      eigen.map(({ map }) => map?.values),
      grad.map(({ map }) => map?.values),
    );
    await explainer.release();
  });

  it('a layer behind a missing rule says so; those after it have their maps', async () => {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'evo-strip-'));
    const file = path.join(directory, 'blind.onnx');
    fs.writeFileSync(file, blindModel());
    const explainer = await Explainer.open(runtime(), await readModel(file));
    const subject = { name: 'picture', input: float32Tensor(numbers(3 * 36, 5), [1, 3, 6, 6]) };
    const tiles = await layerStrip(explainer, subject, { classIndex: 1, leak: 0.1 });
    assert.deepEqual(
      tiles.map(({ id, map }) => [id, map !== undefined]),
      [
        ['c', false],
        ['a', false],
        ['g', true],
        ['t', true],
      ],
    );
    for (const { note } of tiles.slice(0, 2)) assert.match(note ?? '', /GridSample .*reflection has no gradient rule/);
    const methods = await methodGrid(explainer, subject, { layer: 'a' });
    const refused = methods.filter(({ note }) => note?.includes('GridSample')).map(({ id }) => id);
    const formulas = Object.values<CamMethod>(METHODS).filter(({ needs }) => needs === 'gradients');
    assert.deepEqual(refused, [...formulas.map(({ id }) => id), 'cam', 'finercam', 'shapleycam']);
    await explainer.release();
    fs.rmSync(directory, { recursive: true });
  });

  it('of many layers 24, evenly, with the first, the last and the one in use', () => {
    const layers = Array.from({ length: 100 }, (_, i) => layerNamed(`layer ${i}`));
    for (const own of [0, 1, 37, 98, 99]) {
      const kept = evenly(layers, `layer ${own}`).map(({ tensor }) => Number(tensor.slice(6)));
      assert.equal(kept.length, 24, `${own}`);
      assert.deepEqual([kept[0], kept.at(-1)], [0, 99]);
      assert.ok(kept.includes(own));
      const gaps = kept.slice(1).map((one, i) => one - (kept[i] ?? 0));
      assert.ok(Math.max(...gaps) <= 8 && Math.min(...gaps) >= 1, `${gaps}`);
    }
    assert.equal(evenly(layers.slice(0, 24), 'layer 3').length, 24);
  });
});

/** GridSample by reflection has no gradient rule. */
function blindModel(): Uint8Array {
  const weights = (name: string, shape: readonly number[], values: readonly number[]) =>
    ({ name, type: 'float32', shape, data: elementBytes(Float32Array.from(values)) }) as const;
  const grid = numbers(50, 3).map((place) => 0.8 * place);
  const node = (operator: string, inputs: readonly string[], output: string, attributes = {}) =>
    ({ operator, inputs, outputs: [output], attributes }) as const;
  return encodeModel({
    opsets: { '': 16 },
    nodes: [
      node('Conv', ['x', 'w1'], 'c', { kernel_shape: ints([3, 3]), pads: ints([1, 1, 1, 1]) }),
      node('Sigmoid', ['c'], 'a'),
      node('GridSample', ['a', 'grid'], 'g', { padding_mode: string('reflection') }),
      node('Tanh', ['g'], 't'),
      node('GlobalAveragePool', ['t'], 'p'),
      node('Flatten', ['p'], 'f'),
      node('Gemm', ['f', 'w2'], 'y', { transB: int(1) }),
    ],
    inputs: [{ name: 'x', type: 'float32', shape: [1, 3, 6, 6] }],
    outputs: [{ name: 'y' }],
    initializers: [
      weights('w1', [4, 3, 3, 3], [...numbers(108, 1)]),
      weights('w2', [5, 4], [...numbers(20, 2)]),
      weights('grid', [1, 5, 5, 2], [...grid]),
    ],
  });
}

describe('The third bottleneck from the end', () => {
  const found = async (model: string) => {
    const file = await readModel(sample(model));
    const { prepared, layers } = planCam(file, inferShapes(file, { batch: 1 }));
    const layer = expansionLayer(prepared.model.graph, prepared.infos, layers);
    const marked = layers.filter(({ label }) => label.endsWith('(third bottleneck from the end, expanded)'));
    assert.deepEqual(marked, layer ? [layer] : []);
    return layer;
  };

  it('of MobileNet v2 is block 15 of 17, after its expansion from 40 to 240 channels', async () => {
    const layer = await found('shapes-mobilenetv2.onnx');
    assert.equal(layer?.tensor, '/features/features.15/conv/conv.0/conv.0.2/Clip_output_0');
    assert.equal(layer?.channels, 240);
  });

  it('is none where there are no inverted bottlenecks', async () => {
    assert.equal(await found('shapes-resnet8.onnx'), undefined);
    assert.equal(await found('shapes-vgg.onnx'), undefined);
  });
});
