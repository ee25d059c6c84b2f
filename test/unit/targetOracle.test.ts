import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { type CamOutput, openCam } from '../../src/cam/session/camSession';
import { readModel } from '../../src/formats/modelReader';
import { inferShapes } from '../../src/operators/inferShapes';
import type { TargetChoice } from '../../src/protocol/camPanel';
import { float32Tensor } from '../../src/runtime/runtimeTensor';
import { assertClose, assertMap, open, QUICK, tensorOf, tensorThatEquals } from '../cam';
import { readStored, relativeError, row, type Stored } from '../npy';
import { type Meta, NETWORKS } from '../oracle';
import { useRuntime } from '../runtime';
import { needsShared, shared } from '../shared';

/** What the reference calls Grad-CAM of another target than the score. */
const KINDS = { gradcam_softmax: 'probability', gradcam_rest: 'residual' } as const;

describe('targets against the oracle', () => {
  const runtime = useRuntime();
  before(function () {
    needsShared(this);
  });

  for (const network of NETWORKS) {
    it(`${network}: probability, and score with log probability`, async () => {
      const folder = shared(`data/oracle/${network}`);
      const meta = JSON.parse(fs.readFileSync(path.join(folder, 'meta.json'), 'utf8')) as Meta;
      const stored = (relative: string): Stored => readStored(`${folder}/${relative}.npy`);
      for (const [layer, tensors] of Object.entries(meta.onnx_tensors)) {
        const session = await open(runtime(), `${folder}/model.onnx`, { ...QUICK, layer: tensors[0]?.name ?? '' });
        for (const [image, { cases }] of Object.entries(meta.images)) {
          for (const [key, one] of Object.entries(cases)) {
            const [caseLayer = '', classIndex = ''] = key.split('|');
            if (caseLayer !== layer) continue;
            const input = tensorOf(stored(`${image}/input`));
            for (const [name, kind] of Object.entries(KINDS)) {
              if (!one.raw_methods.includes(name) || one.ill_conditioned.includes(name)) continue;
              const target: TargetChoice = { kind, index: Number(classIndex) };
              const output = await session.run(input, undefined, { target });
              const expected = row(stored(`${image}/${layer}/raw_c${classIndex}`), one.raw_methods.indexOf(name));
              assertClose(output.raw.values, expected, `${image} ${key} ${kind}`);
            }
          }
        }
        await session.release();
      }
    });
  }

  it('segmentation: a given mask and the class’s own pixels answer the same; other pixels another map', async () => {
    const folder = shared('data/oracle/unet_tiny');
    const stored = (name: string): Stored => readStored(`${folder}/${name}.npy`);
    const { category } = JSON.parse(fs.readFileSync(`${folder}/meta_seg.json`, 'utf8')) as { category: number };
    const pixels = [...stored('mask_cat1').values];
    const model = await readModel(`${folder}/model.onnx`);
    const { infos } = inferShapes(model, { batch: 1 });
    for (const layer of ['mid', 'e2', 'd2']) {
      const tensor = await tensorThatEquals(runtime(), model, infos, tensorOf(stored('input')), stored(`${layer}_act`));
      const session = await openCam(runtime(), model, { infos }, { ...QUICK, layer: tensor });
      const explain = (target: TargetChoice): Promise<CamOutput> =>
        session.run(tensorOf(stored('input')), undefined, { target });
      for (const target of [
        { kind: 'mask', index: category, pixels },
        { kind: 'mask', index: category },
      ] as const) {
        const output = await explain(target);
        assertClose(output.gradients.data, stored(`${layer}_grad`).values, `${layer} gradients`);
        assertClose(output.raw.values, stored(`${layer}_gradcam_raw`).values, `${layer} raw map`);
        assertMap(output, stored(`${layer}_gradcam_final`).values, layer);
      }
      const inverted = await explain({ kind: 'mask', index: category, pixels: pixels.map((one) => 1 - one) });
      assert.ok(relativeError(inverted.raw.values, stored(`${layer}_gradcam_raw`).values) > 0.1);
      await session.release();
    }
  });

  it('a softmax head: the probability through the scores before it, and as an element of the output', async () => {
    const folder = 'data/oracle/resnet8_variants';
    const input = tensorOf(readStored(shared('data/oracle/resnet8/flower/input.npy')));
    const session = await open(runtime(), shared(`${folder}/softmax_head.onnx`));
    for (const index of [0, 3]) {
      const expected = readStored(shared(`${folder}/softmaxhead_gradcam_c${index}_final.npy`)).values;
      for (const target of [
        { kind: 'probability', index },
        { kind: 'element', output: 'output', index: [0, index] },
      ] as const) {
        assertMap(await session.run(input, undefined, { target }), expected, `${target.kind} of class ${index}`);
      }
    }
    await session.release();
  });

  // Channels last at the input, tokens, windows of tokens: all gradients pass through transpositions of their own.
  for (const [file, layout] of [
    ['models/resnet8_cifar10', 'nchw'],
    ['models/mnist-8', 'nchw'],
    ['models/vit_mnist_op12', 'tokens'],
    ['oracle/swin_mini/model', 'nhwc'],
  ] as const) {
    it(`${file}: the probability's gradient is that of the scores, weighed`, async () => {
      const session = await open(runtime(), shared(`data/${file}.onnx`));
      assert.equal(session.layer.layout.kind, layout);
      const { shape } = session.input;
      const count = shape.reduce((a, b) => a * b, 1);
      const picture = float32Tensor(
        Array.from({ length: count }, (_, i) => 0.5 + 0.5 * Math.sin(i / 7)),
        shape,
      );
      const { probabilities: p, gradients } = await session.run(picture, undefined, {
        target: { kind: 'probability', index: 1 },
      });
      const expected = new Float64Array(gradients.data.length);
      for (const [j, pj] of p.entries()) {
        const slope = (p[1] ?? Number.NaN) * ((j === 1 ? 1 : 0) - pj);
        const { gradients: scores } = await session.run(picture, j);
        for (const [i, g] of scores.data.entries()) expected[i] = (expected[i] ?? 0) + slope * g;
      }
      assertClose(gradients.data, expected, 'gradients');
      await session.release();
    });
  }
});
