import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { type CamOutput, openCam } from '../../src/cam/session/camSession';
import { readModel } from '../../src/formats/modelReader';
import { inferShapes } from '../../src/operators/inferShapes';
import { float32Tensor } from '../../src/runtime/runtimeTensor';
import { assertClose, assertMap, inLayout, open, QUICK, tensorOf, tensorThatEquals } from '../cam';
import { readStored, row, type Stored } from '../npy';
import { type Case, type Meta, NETWORKS } from '../oracle';
import { useRuntime } from '../runtime';
import { needsShared, shared, sharedPath } from '../shared';

describe('Grad-CAM against the oracle', () => {
  const runtime = useRuntime();
  before(function () {
    needsShared(this);
  });

  for (const network of NETWORKS) {
    describe(network, () => {
      const folder = sharedPath(`data/oracle/${network}`);
      const meta = folder ? (JSON.parse(fs.readFileSync(path.join(folder, 'meta.json'), 'utf8')) as Meta) : undefined;
      const stored = (relative: string): Stored => readStored(shared(`data/oracle/${network}/${relative}.npy`));

      for (const [layer, tensors] of Object.entries(meta?.onnx_tensors ?? {})) {
        it(layer, async () => {
          const options = { ...QUICK, layer: tensors[0]?.name ?? '' };
          const session = await open(runtime(), shared(`data/oracle/${network}/model.onnx`), options);
          for (const [image, { cases }] of Object.entries(meta?.images ?? {})) {
            for (const [key, one] of Object.entries(cases)) {
              const [caseLayer = '', classIndex = ''] = key.split('|');
              if (caseLayer !== layer) continue;
              const output = await session.run(tensorOf(stored(`${image}/input`)), Number(classIndex));
              const file = (kind: string) => stored(`${image}/${layer}/${kind}_c${classIndex}`);
              assertClose(output.logits, stored(`${image}/logits`).values, `${image} logits`);
              const asMaps = (tensor: Stored) => inLayout(tensor, session.layer.layout);
              compareMaps(output, one, asMaps(stored(`${image}/${layer}/act`)), file, `${image} ${key}`, asMaps);
            }
          }
          await session.release();
        });
      }
    });
  }

  function compareMaps(
    output: CamOutput,
    one: Case,
    act: Float64Array,
    file: (kind: string) => Stored,
    title: string,
    asMaps: (tensor: Stored) => Float64Array,
  ): void {
    assertClose(output.activations.data, act, `${title} activations`);
    assertClose(output.gradients.data, asMaps(file('grad')), `${title} gradients`);
    if (one.ill_conditioned.includes('gradcam')) return;
    assertClose(output.raw.values, row(file('raw'), one.raw_methods.indexOf('gradcam')), `${title} raw map`);
    const finalIndex = one.final_methods.indexOf('gradcam');
    if (finalIndex < 0) return;
    assertMap(output, row(file('final'), finalIndex), title);
  }
});

describe('Grad-CAM on other layouts of the oracle', () => {
  const runtime = useRuntime();
  before(function () {
    needsShared(this);
  });
  const variants = (file: string): string => shared(`data/oracle/resnet8_variants/${file}`);
  const stored = (file: string): Stored => readStored(variants(`${file}.npy`));

  it('segmentation: the pixels of a class together are the score', async () => {
    const folder = 'data/oracle/unet_tiny';
    const file = (name: string): Stored => readStored(shared(`${folder}/${name}.npy`));
    const meta = JSON.parse(fs.readFileSync(shared(`${folder}/meta_seg.json`), 'utf8')) as { category: number };
    const model = await readModel(shared(`${folder}/model.onnx`));
    const { infos } = inferShapes(model, { batch: 1 });
    for (const layer of ['mid', 'e2', 'd2']) {
      const act = file(`${layer}_act`);
      const tensor = await tensorThatEquals(runtime(), model, infos, tensorOf(file('input')), act);
      const session = await openCam(runtime(), model, { infos }, { ...QUICK, layer: tensor });
      const output = await session.run(tensorOf(file('input')), meta.category);
      assertClose(output.activations.data, act.values, `${layer} activations`);
      assertClose(output.gradients.data, file(`${layer}_grad`).values, `${layer} gradients`);
      assertClose(output.raw.values, file(`${layer}_gradcam_raw`).values, `${layer} raw map`);
      assertMap(output, file(`${layer}_gradcam_final`).values, layer);
      await session.release();
    }
  });

  it('dynamic axes: a rectangular picture', async () => {
    const session = await open(runtime(), variants('dynamic_nhw.onnx'), QUICK, [1, 3, 80, 112]);
    const output = await session.run(tensorOf(stored('rect_input')), 2);
    assertClose(output.logits, stored('rect_logits').values, 'logits');
    assertClose(output.activations.data, stored('rect_act_layer3').values, 'activations');
    assertClose(output.gradients.data, stored('rect_grad_layer3_c2').values, 'gradients');
    assertClose(output.raw.values, stored('rect_gradcam_c2_raw').values, 'raw map');
    assertMap(output, stored('rect_gradcam_c2_final').values, 'rect');
    await session.release();
  });

  it('dynamic axes: each of a batch of three on its own', async () => {
    const session = await open(runtime(), variants('dynamic_nhw.onnx'), QUICK, [1, 3, 96, 96]);
    for (const [index, classIndex] of [2, 5, 0].entries()) {
      const picture = float32Tensor(row(stored('batch3_input'), index), [1, 3, 96, 96]);
      const output = await session.run(picture, classIndex);
      assertClose(output.raw.values, row(stored('batch3_gradcam_c2_5_0_raw'), index), `raw map ${index}`);
      assertMap(output, row(stored('batch3_gradcam_c2_5_0_final'), index), `picture ${index}`);
    }
    await session.release();
  });

  it('a softmax head: differentiates the scores before it, or the probability where that is named', async () => {
    const file = variants('softmax_head.onnx');
    const flower = (name: string): Stored => readStored(shared(`data/oracle/resnet8/flower/${name}.npy`));
    const input = tensorOf(flower('input'));
    const before = await open(runtime(), file);
    assertMap(await before.run(input, 0), row(flower('layer3/final_c0'), 0), 'scores');
    const after = await open(runtime(), file, { ...QUICK, logits: 'output' });
    for (const classIndex of [0, 3]) {
      const expected = stored(`softmaxhead_gradcam_c${classIndex}_final`).values;
      assertMap(await after.run(input, classIndex), expected, `probability of class ${classIndex}`);
    }
    await Promise.all([before.release(), after.release()]);
  });

  it('unfused batch normalisation, and LayerNormalization as one operator, answer the same', async () => {
    for (const [variant, network] of [
      ['unfused_bn', 'resnet8'],
      ['vit_mini_opset17', 'vit_mini'],
    ]) {
      const input = tensorOf(readStored(shared(`data/oracle/${network}/flower/input.npy`)));
      const sessions = [variants(`${variant}.onnx`), shared(`data/oracle/${network}/model.onnx`)].map((file) =>
        open(runtime(), file),
      );
      const [one, other] = await Promise.all(sessions.map(async (session) => (await session).run(input, 0)));
      assert.ok(one && other);
      assertClose(one.raw.values, other.raw.values, `${variant} raw map`);
    }
  });
});
