import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { mapError } from '../../src/cam/gradientMode';
import { chooseMode, gradientMode, MODES, modeOptions } from '../../src/cam/modes';
import { planCam } from '../../src/cam/session/camPlan';
import { openCam } from '../../src/cam/session/camSession';
import { ModelFacts } from '../../src/cam/session/modelFacts';
import type { PictureBench } from '../../src/cam/session/pictureBench';
import { PictureRuns } from '../../src/cam/session/pictureRuns';
import { readModel } from '../../src/formats/modelReader';
import { elementBytes } from '../../src/graph/typedArray';
import { inferShapes } from '../../src/operators/inferShapes';
import type { TargetChoice } from '../../src/protocol/camPanel';
import type { RuntimeTensor } from '../../src/protocol/runtime';
import type { Runtime } from '../../src/runtime/runtime';
import { float32Tensor } from '../../src/runtime/runtimeTensor';
import { QUICK, tensorOf } from '../cam';
import { encodeModel } from '../fixtures/encodeModel';
import { numbers } from '../gradients';
import { readStored } from '../npy';
import { float, floats, int, ints, string } from '../operatorCase';
import { type Meta, NETWORKS } from '../oracle';
import { useRuntime } from '../runtime';
import { needsShared, root, shared, sharedPath } from '../shared';

/** Of the map's greatest magnitude: the same sums in 32 bits, in another order. */
const EXACT = 1e-5;
/** Maps up to here are tried in all modes. */
const SMALL_PIXELS = 144;

async function openRuns(
  runtime: Runtime,
  file: string,
  shape: readonly number[],
  layer?: string,
): Promise<PictureRuns> {
  const model = await readModel(file);
  const [input] = model.graph.inputs;
  const shapes = input ? { inputShapes: new Map([[input.name, shape]]) } : {};
  const known = inferShapes(model, shapes);
  const plan = planCam(model, known, layer === undefined ? {} : { layer });
  return PictureRuns.open(new ModelFacts(runtime, model, known), plan, QUICK);
}

const ask = (runs: PictureRuns, picture: RuntimeTensor, choice: TargetChoice): Promise<PictureBench> =>
  runs.bench(picture, choice, {});

/** The exact modes against reverse mode, for a class and for another one that costs no run. */
async function checkExactModes(runs: PictureRuns, picture: RuntimeTensor, ids: readonly string[]): Promise<void> {
  const [bench, other] = [
    await ask(runs, picture, { kind: 'class' }),
    await ask(runs, picture, { kind: 'class', index: 1 }),
  ];
  const { modeContext } = bench;
  const [exact, exactOther] = [
    await MODES.reverse.gradCam(bench, modeContext),
    await MODES.reverse.gradCam(other, modeContext),
  ];
  for (const id of ids) {
    const mode = gradientMode(id);
    if (mode.refuses(modeContext) !== undefined) continue;
    const map = await mode.gradCam(bench, modeContext);
    const error = mapError(map.raw, exact.raw);
    assert.ok(error < EXACT, `${id} differs by ${error}`);
    assert.ok(map.mapOf, `${id} keeps no other classes`);
    const switched = mapError(map.mapOf(await other.cotangent()), exactOther.raw);
    assert.ok(switched < EXACT, `${id}, another class, differs by ${switched}`);
  }
}

describe('gradient modes', () => {
  it('are registered by their files', () => {
    const files = fs.readdirSync(path.join(root, 'src/cam/modes')).map((file) => path.basename(file, '.ts'));
    assert.deepEqual(Object.keys(MODES).sort(), files.sort());
    assert.throws(() => gradientMode('sideways'), /no gradient mode 'sideways'; choose one of reverse, forward, /);
  });
});

describe('gradient modes on the oracle', () => {
  const runtime = useRuntime();
  before(function () {
    needsShared(this);
  });

  for (const network of NETWORKS) {
    const folder = sharedPath(`data/oracle/${network}`);
    const meta = folder ? (JSON.parse(fs.readFileSync(path.join(folder, 'meta.json'), 'utf8')) as Meta) : undefined;
    const [image = ''] = Object.keys(meta?.images ?? {});
    for (const [layer, tensors] of Object.entries(meta?.onnx_tensors ?? {})) {
      it(`${network} ${layer}`, async function () {
        this.timeout(300_000);
        const file = shared(`data/oracle/${network}/model.onnx`);
        const picture = tensorOf(readStored(shared(`data/oracle/${network}/${image}/input.npy`)));
        const runs = await openRuns(runtime(), file, picture.shape, tensors[0]?.name);
        const { height, width, channels } = runs.plan.layer;
        const isSmall = height * width <= SMALL_PIXELS;
        await checkExactModes(runs, picture, ['forward-channels', 'analytic', ...(isSmall ? ['forward'] : [])]);

        const bench = await ask(runs, picture, { kind: 'class' });
        const random = await MODES.randomForward.gradCam(bench, bench.modeContext);
        const { relativeError = Number.NaN } = random;
        // Of 256 directions.
        const expectedError = Math.sqrt((channels + 1) / 256);
        const ratio = relativeError / expectedError;
        // K errors of about the same size: their root mean square is known to about 1/√(2K), the slopes' to 1/√(2n).
        assert.ok(
          Math.abs(ratio - 1) < 4 / Math.sqrt(2 * channels) + 0.2,
          `random: ${relativeError}, not ${expectedError}`,
        );

        if (isSmall) {
          const { modeContext } = bench;
          const blind = { ...modeContext, missing: 'no gradient rule' };
          const approximate = await MODES.finiteDifference.gradCam(bench, blind);
          const exact = await MODES.reverse.gradCam(bench, modeContext);
          const error = mapError(approximate.raw, exact.raw);
          assert.ok(
            error <= (approximate.errorBound ?? 0),
            `finite differences: ${error}, stated ${approximate.errorBound}`,
          );
        }
        await runs.release();
      });
    }
  }
});

describe('gradient modes on trained networks', () => {
  const runtime = useRuntime();
  before(function () {
    needsShared(this);
  });
  const MODELS = [
    'squeezenet1.1_fp32',
    'mobilenet_v2_fp16weights',
    'mobilenet_v1_0.25_128',
    'vit_mnist_op12',
    'mnist-8',
  ];

  for (const name of MODELS) {
    it(name, async function () {
      this.timeout(300_000);
      const file = shared(`data/models/${name}.onnx`);
      const { shape } = planCam(...(await modelAndShapes(file))).input;
      const picture = float32Tensor(
        numbers(
          shape.reduce((a, b) => a * b, 1),
          5,
        ),
        shape,
      );
      const runs = await openRuns(runtime(), file, shape);
      await checkExactModes(runs, picture, ['forward', 'forward-channels', 'analytic']);
      await runs.release();
    });
  }

  it('are refused with what is in the way, and say what they cost', async () => {
    const file = shared('data/models/squeezenet1.1_fp32.onnx');
    const runs = await openRuns(runtime(), file, [1, 3, 224, 224]);
    const { layer, logits } = runs.plan;
    const context = { layer, tail: runs.tails.tail(logits.tensor) };
    await runs.release();
    assert.throws(() => chooseMode(context, 'analytic'), /weights alone say nothing here: .*, but there is Relu/);
    assert.equal(chooseMode(context).mode, MODES.reverse);
    const pixels = layer.height * layer.width;
    const cost = new Map(modeOptions(context).map(({ id, runs: count, allClasses }) => [id, { count, allClasses }]));
    assert.deepEqual(cost.get('forward'), { count: pixels, allClasses: true });
    assert.deepEqual(cost.get('forward-channels'), { count: layer.channels, allClasses: true });
    assert.deepEqual(cost.get('finite-difference'), { count: 1 + 4 * pixels, allClasses: false });
  });
});

async function modelAndShapes(file: string) {
  const model = await readModel(file);
  return [model, inferShapes(model, { batch: 1 })] as const;
}

/** GridSample by reflection has no gradient rule; at places inside the picture every padding mode is the same function. */
function sampling(padding: string): Uint8Array {
  const weights = (shape: readonly number[], seed: number) => {
    const data = elementBytes(
      numbers(
        shape.reduce((a, b) => a * b, 1),
        seed,
      ),
    );
    return { name: `w${seed}`, type: 'float32', shape, data } as const;
  };
  const grid = { ...weights([1, 5, 5, 2], 3), data: elementBytes(numbers(50, 3).map((place) => 0.8 * place)) };
  const node = (operator: string, inputs: readonly string[], output: string, attributes = {}) =>
    ({ operator, inputs, outputs: [output], attributes }) as const;
  return encodeModel({
    opsets: { '': 16 },
    nodes: [
      node('Conv', ['x', 'w1'], 'c', { kernel_shape: ints(3, 3), pads: ints(1, 1, 1, 1) }),
      node('Sigmoid', ['c'], 'a'),
      node('GridSample', ['a', 'w3'], 'g', { padding_mode: string(padding) }),
      node('Tanh', ['g'], 't'),
      node('GlobalAveragePool', ['t'], 'p'),
      node('Flatten', ['p'], 'f'),
      node('Gemm', ['f', 'w2'], 'y', { transB: int(1), alpha: float(2) }),
    ],
    inputs: [{ name: 'x', type: 'float32', shape: [1, 3, 6, 6] }],
    outputs: [{ name: 'y' }],
    initializers: [weights([4, 3, 3, 3], 1), weights([5, 4], 2), grid],
  });
}

describe('gradient modes chosen automatically', () => {
  const runtime = useRuntime();
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'evo-modes-'));
  after(() => fs.rmSync(directory, { recursive: true }));
  const picture = float32Tensor(floats([1, 3, 6, 6]).values, [1, 3, 6, 6]);

  const open = async (padding: string) => {
    const file = path.join(directory, `${padding}.onnx`);
    fs.writeFileSync(file, sampling(padding));
    const [model, shapes] = await modelAndShapes(file);
    return openCam(runtime(), model, shapes, { ...QUICK, layer: 'a' });
  };

  it('fall back to finite differences where a rule is missing, and say why and how exact', async () => {
    const [blind, sighted] = [await open('reflection'), await open('border')];
    const [answer, exact] = [await blind.run(picture, 2), await sighted.run(picture, 2)];
    assert.equal(answer.mode, 'finite-difference');
    assert.match(answer.fellBack ?? '', /GridSample .*reflection has no gradient rule/);
    assert.equal(exact.mode, 'reverse');
    const error = mapError(answer.raw.values, exact.raw.values);
    assert.ok(error < 0.02 && error <= (answer.errorBound ?? 0), `${error}, stated ${answer.errorBound}`);
    assert.deepEqual([answer.relativeError, exact.errorBound], [undefined, undefined]);
    assert.match(
      answer.fellBack ?? '',
      /^finite differences stand in .*; choose a layer behind it, or a method .*: eigencam, fem, /,
    );
    assert.match(answer.unchecked ?? '', /there is no gradient here/);
    assert.doesNotMatch(answer.fellBack ?? '', /src\//);
    await assert.rejects(blind.run(picture, 2, { mode: 'forward' }), /Forward mode cannot be used here: .*GridSample/);
    await assert.rejects(blind.run(picture, 2, { method: 'hirescam' }), /no gradient rule/);
    await assert.rejects(blind.run(picture, 2, { mode: 'reverse' }), /no gradient rule/);
    await assert.rejects(
      sighted.run(picture, 2, { method: 'hirescam', mode: 'forward' }),
      /HiResCAM needs the whole gradient, which reverse mode alone makes/,
    );
    await blind.release();
    await sighted.release();
  });

  it('tell their progress, and can be cancelled', async () => {
    const session = await open('zeros');
    const told: string[] = [];
    await session.run(picture, 0, {
      mode: 'finite-difference',
      onProgress: (done, total) => told.push(`${done}/${total}`),
    });
    assert.deepEqual(told, ['0/4', '1/4', '2/4', '3/4', '4/4']);
    const controller = new AbortController();
    const cancel = (): void => controller.abort();
    const asked = { mode: 'finite-difference', signal: controller.signal, onProgress: cancel };
    await assert.rejects(session.run(picture, 1, asked), /cancel|abort/i);
    await session.release();
  });

  it('keep every class: to switch it runs nothing', async () => {
    const session = await open('zeros');
    const first = await session.run(picture, 0, { mode: 'forward' });
    let runs = 0;
    const second = await session.run(picture, 3, { mode: 'forward', onProgress: () => runs++ });
    const exact = await session.run(picture, 3);
    assert.equal(first.mode, 'forward');
    assert.equal(runs, 0);
    assert.ok(mapError(second.raw.values, exact.raw.values) < EXACT);
    assert.ok(mapError(first.raw.values, exact.raw.values) > 0.1);
    await session.release();
  });
});
