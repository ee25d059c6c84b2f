import assert from 'node:assert/strict';
import { AppendixBuilder } from '../../src/autodiff/graphBuilder';
import { undeclared } from '../../src/cam/session/camGraph';
import { type CamPlan, planCam } from '../../src/cam/session/camPlan';
import { openCam } from '../../src/cam/session/camSession';
import { encodeTail, tailBuilder, tailOf } from '../../src/cam/session/tail';
import { readModel } from '../../src/formats/modelReader';
import { elementCount, type Model } from '../../src/graph/graph';
import { inferShapes } from '../../src/operators/inferShapes';
import type { RuntimeTensors } from '../../src/protocol/runtime';
import { convertTo, float32Tensor } from '../../src/runtime/runtimeTensor';
import { QUICK } from '../cam';
import { floats, numbers } from '../gradients';
import { relativeError } from '../npy';
import { NETWORKS } from '../oracle';
import { useRuntime } from '../runtime';
import { needsShared, shared } from '../shared';

/** 8-bit integers round to other neighbours where onnxruntime fuses other nodes: then nothing is fused. */
const QUANTISED = /qdq/;
/** The whole model goes on from a layer in single precision; what it answers there, and the tail begins with, is rounded. */
const HALF = { pattern: /fp16\./, tolerance: 2 ** -10 };

describe('tail', () => {
  const runtime = useRuntime();
  before(function () {
    needsShared(this);
  });

  const MODELS = [
    ...['squeezenet1.1_fp32', 'squeezenet1.1_fp16', 'mobilenet_v2_fp16weights', 'mobilenet_v2_qdq'],
    ...['mobilenet_v1_0.25_128', 'resnet8_cifar10', 'mnist-8', 'vit_mnist_op12', 'light_squeezenet', 'FastestDet'],
  ].map((name) => `data/models/${name}.onnx`);
  const ORACLE = [...NETWORKS, 'unet_tiny'].map((name) => `data/oracle/${name}/model.onnx`);
  /** With branches and residual connections: every layer. */
  const WHOLE = /inception_tiny|oracle\/resnet8/;
  /** Slow to load: the automatic layer alone. */
  const SLOW = /light_|swin|convnext|densenet|efficientnet/;

  for (const relative of [...MODELS, ...ORACLE]) {
    it(`${relative}: the scores and gradients of the whole model`, async function () {
      this.timeout(60_000);
      const file = shared(relative);
      const model = await readModel(file);
      const shapes = inferShapes(model, { batch: 1 });
      const all = planCam(model, shapes);
      const few = [all.layer, all.layers[0] ?? all.layer, all.layers[Math.floor(all.layers.length / 2)] ?? all.layer];
      const layers = WHOLE.test(relative) ? all.layers : few.slice(0, SLOW.test(relative) ? 1 : few.length);
      const optimization = QUANTISED.test(relative) ? 'disabled' : 'all';
      const tolerance = HALF.pattern.test(relative) ? HALF.tolerance : 1e-5;
      for (const layer of new Set(layers.map(({ tensor }) => tensor))) {
        const plan = planCam(model, shapes, { layer });
        await sameScores(plan, model, optimization, tolerance);
        if (tolerance === 1e-5 && optimization === 'all') await sameGradients(model, shapes, layer);
      }
    });
  }

  /** The tail, fed what the whole model holds at the layer and beside it, answers the whole model's scores. */
  async function sameScores(
    plan: CamPlan,
    model: Model,
    optimization: 'all' | 'disabled',
    tolerance: number,
  ): Promise<void> {
    const { path } = model;
    const { input, layer, logits } = plan;
    const tail = tailOf(plan.prepared, layer, logits.tensor);
    const wanted = [layer.tensor, ...tail.sides, logits.tensor].filter((name) => name !== input.name);
    const build = new AppendixBuilder({ opset: 13 });
    const whole = await runtime().load({ path, appended: build.encode([], undeclared(model, wanted)), optimization });
    const fed = pictureFor(plan);
    const { outputs } = await whole.run(fed, wanted);
    const bytes = encodeTail(tail, tailBuilder(tail), [], [tail.of]);
    const session = await runtime().load({ path, whole: bytes, optimization });
    const known: RuntimeTensors = { ...outputs, ...fed };
    const feeds = Object.entries(known).filter(([name]) => name === layer.tensor || tail.sides.includes(name));
    const answer = await session.run(Object.fromEntries(feeds), [tail.of]);
    const error = relativeError(floats(answer.outputs, tail.of), floats(outputs, tail.of));
    assert.ok(error < tolerance, `scores behind ${layer.tensor} differ by ${error}`);
    await Promise.all([whole.release(), session.release()]);
  }

  /** Another class after the first is answered by the tail; a fresh session asked for it runs the whole model. */
  async function sameGradients(model: Model, shapes: ReturnType<typeof inferShapes>, layer: string): Promise<void> {
    const [session, fresh] = [
      await openCam(runtime(), model, shapes, { ...QUICK, layer }),
      await openCam(runtime(), model, shapes, { ...QUICK, layer }),
    ];
    const { shape } = session.input;
    const picture = float32Tensor(numbers(elementCount(shape) ?? 0, 1), shape);
    const first = await session.run(picture);
    const other = (first.classIndex + 1) % session.logits.classes;
    const [switched, direct] = [await session.run(picture, other), await fresh.run(picture, other)];
    assert.deepEqual([switched.classIndex, switched.logits], [other, first.logits]);
    const error = relativeError(switched.gradients.data, direct.gradients.data);
    assert.ok(error < 1e-4, `gradients at ${layer} differ by ${error}`);
    const cast = relativeError(switched.raw.values, direct.raw.values);
    assert.ok(cast < 1e-4, `maps at ${layer} differ by ${cast}`);
    await Promise.all([session.release(), fresh.release()]);
  }

  function pictureFor({ input }: CamPlan): RuntimeTensors {
    const picture = float32Tensor(numbers(elementCount(input.shape) ?? 0, 1), input.shape);
    return { [input.name]: convertTo(input.type, picture) };
  }
});
