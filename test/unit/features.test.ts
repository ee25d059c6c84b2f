import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { Explainer } from '../../src/cam/explain/explainer';
import {
  channelWeights,
  explainedWeights,
  featureMaps,
  featurePage,
  featureTensors,
} from '../../src/cam/features/features';
import { planCam } from '../../src/cam/session/camPlan';
import { readModel } from '../../src/formats/modelReader';
import type { Model } from '../../src/graph/graph';
import { inferShapes } from '../../src/operators/inferShapes';
import { float32Tensor } from '../../src/runtime/runtimeTensor';
import { assertClose, inLayout, tensorOf } from '../cam';
import { encodeModel } from '../fixtures/encodeModel';
import { TemporaryFolder } from '../fixtures/onnxFiles';
import { readStored, type Stored } from '../npy';
import { int, ints } from '../operatorCase';
import { type Meta, NETWORKS } from '../oracle';
import { useRuntime } from '../runtime';
import { needsShared, root, shared, sharedPath } from '../shared';

const sample = path.join(root, 'sample/shapes-resnet8.onnx');
const grey = (shape: readonly number[], value = 0.5) =>
  float32Tensor(new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(value), shape);

describe('feature maps', () => {
  const runtime = useRuntime();
  const files = new TemporaryFolder();
  const source = (model: Model) => ({ runtime: runtime(), model });

  /** x [1, 2, 2, 2] → its values as maps, tokens, pixels last, and a vector. */
  const arranged = () =>
    files.read(
      encodeModel({
        inputs: [{ name: 'x', type: 'float32', shape: [1, 2, 2, 2] }],
        nodes: [
          { operator: 'AveragePool', inputs: ['x'], outputs: ['maps'], attributes: { kernel_shape: ints(1, 1) } },
          { operator: 'Transpose', inputs: ['maps'], outputs: ['last'], attributes: { perm: ints(0, 2, 3, 1) } },
          { operator: 'Reshape', inputs: ['last', 'tokenShape'], outputs: ['tokens'] },
          { operator: 'Concat', inputs: ['token', 'tokens'], outputs: ['prefixed'], attributes: { axis: int(1) } },
          { operator: 'Flatten', inputs: ['x'], outputs: ['vector'], attributes: { axis: int(1) } },
          { operator: 'Concat', inputs: ['x', 'x'], outputs: ['two'], attributes: { axis: int(0) } },
          { operator: 'Add', inputs: ['vector', 'shift'], outputs: ['end'] },
        ],
        initializers: [
          { name: 'tokenShape', type: 'int64', shape: [3], data: new Uint8Array(BigInt64Array.of(1n, 4n, 2n).buffer) },
          { name: 'token', type: 'float32', shape: [1, 1, 2], data: new Uint8Array(Float32Array.of(9, 9).buffer) },
          { name: 'shift', type: 'float32', shape: [8], data: new Uint8Array(new Float32Array(8).buffer) },
        ],
        outputs: [{ name: 'end', type: 'float32', shape: [1, 8] }],
      }),
    );
  const eight = float32Tensor([1, -2, 3, 0, 0, 0, 0, 0], [1, 2, 2, 2]);

  it('reads every layout as maps, channels first', async () => {
    const model = await arranged();
    for (const tensor of ['x', 'maps', 'last', 'tokens', 'prefixed']) {
      const { maps, channels, height, width, kind } = await featureMaps(source(model), { input: eight }, tensor);
      assert.deepEqual([kind, channels, height, width], ['maps', 2, 2, 2], tensor);
      assert.deepEqual([...maps], [1, -2, 3, 0, 0, 0, 0, 0], tensor);
    }
  });

  it('reads quantised maps as the numbers that they stand for', async () => {
    const scalar = (name: string, type: 'float32' | 'uint8', value: number) => ({
      ...{
        name,
        type,
        shape: [],
        data: type === 'uint8' ? Uint8Array.of(value) : new Uint8Array(Float32Array.of(value).buffer),
      },
    });
    const model = await files.read(
      encodeModel({
        inputs: [{ name: 'x', type: 'float32', shape: [1, 2, 2, 2] }],
        nodes: [
          { operator: 'QuantizeLinear', inputs: ['x', 'sx', 'zx'], outputs: ['q'] },
          {
            ...{ operator: 'QLinearConv', inputs: ['q', 'sx', 'zx', 'w', 'sw', 'zw', 'sy', 'zy'], outputs: ['c'] },
          },
          { operator: 'MaxPool', inputs: ['c'], outputs: ['m'], attributes: { kernel_shape: ints(1, 1) } },
          { operator: 'DequantizeLinear', inputs: ['m', 'sy', 'zy'], outputs: ['y'] },
        ],
        initializers: [
          ...[scalar('sx', 'float32', 0.25), scalar('zx', 'uint8', 100), scalar('sw', 'float32', 0.5)],
          ...[scalar('zw', 'uint8', 3), scalar('sy', 'float32', 0.125), scalar('zy', 'uint8', 128)],
          { name: 'w', type: 'uint8', shape: [2, 2, 1, 1], data: Uint8Array.of(5, 1, 0, 7) },
        ],
        outputs: [{ name: 'y', type: 'float32', shape: [1, 2, 2, 2] }],
      }),
    );
    const read = async (tensor: string) => [...(await featureMaps(source(model), { input: eight }, tensor)).maps];
    assert.deepEqual(await read('q'), [1, -2, 3, 0, 0, 0, 0, 0]);
    // onnxruntime's own DequantizeLinear; (5 − 3)/2 · 1 = 1, (0 − 3)/2 · 1 = −1.5.
    const expected = await read('y');
    assert.deepEqual([expected[0], expected[4]], [1, -1.5]);
    assert.deepEqual(await read('c'), expected);
    assert.deepEqual(await read('m'), expected);
  });

  it('shows a vector as maps of one pixel, strongest first', async () => {
    const features = await featureMaps(source(await arranged()), { input: eight }, 'vector');
    const page = featurePage(features, { count: 3 });
    assert.deepEqual([page.kind, page.width, page.height, page.total], ['vector', 1, 1, 8]);
    assert.deepEqual(page.labels, ['2', '1', '0']);
    assert.deepEqual([...page.values], [3, -2, 1]);
    assert.deepEqual(page.range, [-2, 3]);
  });

  it('says of every channel least, greatest, mean, strength and share of zeros; which are dead', async () => {
    const page = featurePage(await featureMaps(source(await arranged()), { input: eight }, 'maps'));
    assert.deepEqual(page.statistics, [
      { min: -2, max: 3, mean: 0.5, meanMagnitude: 1.5, zeros: 0.25 },
      { min: 0, max: 0, mean: 0, meanMagnitude: 0, zeros: 1 },
    ]);
    assert.equal(page.dead, 1);
    assert.deepEqual(page.ranges, [
      [-2, 3],
      [0, 0],
    ]);
  });

  it('goes page by page, and by a class’s weights when asked', async () => {
    const features = await featureMaps(source(await arranged()), { input: eight }, 'maps');
    assert.deepEqual(featurePage(features, { first: 1, count: 1 }).labels, ['1']);
    assert.deepEqual(featurePage(features, { first: 2, count: 1 }).labels, []);
    const weights = channelWeights(Float32Array.of(1, 0, 0, 0, -4, -4, -4, 0), 2);
    assert.deepEqual([...weights], [0.25, -3]);
    const page = featurePage(features, { weights });
    assert.deepEqual([page.labels, page.strengths, page.strengthName], [['1', '0'], [-3, 0.25], 'weight']);
    assert.throws(() => featurePage(features, { weights: Float32Array.of(1) }), /1 weights for the 2 channels/);
  });

  it('weighs channels as Grad-CAM does', async () => {
    const explainer = await Explainer.open(runtime(), await readModel(sample));
    const subject = await explainer.subject(path.join(root, 'sample/images/04_triangle_star.png'));
    const { layer, raw } = await explainer.explain(subject, { classIndex: 3 });
    const weights = await explainedWeights(explainer, subject, layer, { classIndex: 3 });
    const { maps, channels } = await featureMaps(explainer, subject, layer);
    const area = maps.length / channels;
    const gradCam = Float32Array.from({ length: area }, (_, pixel) =>
      weights.reduce((sum, weight, channel) => sum + weight * (maps[channel * area + pixel] ?? 0), 0),
    );
    assertClose(gradCam, raw.values, 'Σ α A');
    // The next page needs no run.
    assert.equal((await featureMaps(explainer, subject, layer)).maps, maps);
    await explainer.release();
  });

  it('lists what can be shown, and shows all of it in the shape it said', async () => {
    const model = await readModel(sample);
    const { infos } = inferShapes(model, { batch: 1 });
    const listed = featureTensors(model, infos);
    assert.deepEqual(listed[0], {
      tensor: 'input',
      label: 'input',
      node: undefined,
      channels: 3,
      height: 96,
      width: 96,
      kind: 'maps',
    });
    assert.equal(listed.length, 1 + new Set(model.graph.nodes.flatMap(({ outputs }) => outputs)).size);
    for (const { tensor, node, kind, ...sizes } of [listed[0], listed[5], listed.at(-2), listed.at(-1)].flatMap(
      (one) => one ?? [],
    )) {
      const shown = await featureMaps(source(model), { input: grey([1, 3, 96, 96]) }, tensor);
      const { channels, height, width, label } = shown;
      assert.deepEqual([{ label, channels, height, width }, shown.kind], [sizes, kind], tensor);
      assert.equal(shown.maps.length, channels * height * width);
    }
    assert.equal(listed.at(-1)?.kind, 'vector');
  });

  it('refuses what is no feature map with one sentence', async () => {
    const model = await arranged();
    const refused = (tensor: string) => featureMaps(source(model), { input: eight }, tensor);
    await assert.rejects(refused('nowhere'), /^Error: the model has no tensor 'nowhere'$/);
    await assert.rejects(refused('shift'), /^Error: 'shift' is a constant of the model, not an activation/);
    await assert.rejects(refused('two'), /^Error: 'two' is 2×2×2×2, which is neither maps, tokens nor a vector of one/);
    const { infos } = inferShapes(model);
    assert.deepEqual(
      featureTensors(model, infos).map(({ tensor }) => tensor),
      ['x', 'maps', 'last', 'tokens', 'prefixed', 'vector', 'end'],
    );
  });

  describe('against the oracle’s activations', () => {
    before(function () {
      needsShared(this);
    });

    for (const network of NETWORKS) {
      it(network, async () => {
        const folder = shared(`data/oracle/${network}`);
        const meta = JSON.parse(fs.readFileSync(path.join(folder, 'meta.json'), 'utf8')) as Meta;
        const stored = (relative: string): Stored => readStored(path.join(folder, `${relative}.npy`));
        const model = await readModel(path.join(folder, 'model.onnx'));
        const [image = ''] = Object.keys(meta.images);
        const input = tensorOf(stored(`${image}/input`));
        let compared = 0;
        for (const [layer, tensors] of Object.entries(meta.onnx_tensors)) {
          const [{ name } = { name: '' }] = tensors;
          if (!sharedPath(`data/oracle/${network}/${image}/${layer}/act.npy`)) continue;
          const { maps } = await featureMaps(source(model), { input }, name);
          const { layout } = planCam(model, inferShapes(model, { batch: 1 }), { layer: name }).layer;
          assertClose(maps, inLayout(stored(`${image}/${layer}/act`), layout), `${image} ${layer}`);
          compared++;
        }
        assert.ok(compared > 0);
      });
    }
  });
});
