import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { variants } from '../../src/cam/explain/augmentation';
import { Explainer } from '../../src/cam/explain/explainer';
import { impute } from '../../src/cam/judging/imputation';
import { computeFormula, fillGaps } from '../../src/cam/maths/arithmetic';
import { finishMaps } from '../../src/cam/maths/normalise';
import { mapArithmetic } from '../../src/cam/methods';
import { readModel } from '../../src/formats/modelReader';
import { encodeElements } from '../../src/graph/typedArray';
import { encodeModel as encodeWhole, type NodeToWrite } from '../../src/onnx/writer';
import { float32Tensor } from '../../src/runtime/runtimeTensor';
import { open as openSession, QUICK } from '../cam';
import { encodeModel } from '../fixtures/encodeModel';
import { numbers } from '../gradients';
import { greatestDifference, relativeError } from '../npy';
import { arithmeticWorker, useRuntime } from '../runtime';
import { root } from '../shared';

const model = path.join(root, 'sample/shapes-resnet8.onnx');
const image = path.join(root, 'sample/images/04_triangle_star.png');
const [TRIANGLE, STAR] = [3, 6];

describe('explainer questions', () => {
  const runtime = useRuntime();
  const open = async () => Explainer.open(runtime(), await readModel(model));

  it('fuses the maps of several layers as their single maps say', async () => {
    const explainer = await open();
    const subject = await explainer.subject(image);
    const { layers } = await explainer.explain(subject);
    const two = layers.slice(-2).map(({ tensor }) => tensor);
    const [one, other] = [
      await explainer.explain(subject, { layer: two[0] ?? '' }),
      await explainer.explain(subject, { layer: two[1] ?? '' }),
    ];
    for (const fuse of ['mean', 'max', 'product'] as const) {
      const fused = await explainer.explain(subject, { layers: two, fuse });
      assert.deepEqual(fused.fused, { layers: two, fuse });
      assert.deepEqual(fused.map, finishMaps([one.raw, other.raw], 96, 96, { fuse }));
    }
  });

  it('smooths over mirrored, darker and brighter copies: the mean of their maps, turned back', async () => {
    const explainer = await open();
    const subject = await explainer.subject(image);
    const { map, augment, targetClass } = await explainer.explain(subject, { augment: true });
    assert.deepEqual([augment, targetClass], [true, STAR]);
    const [values, shape] = [new Float32Array(new Uint8Array(subject.input.data).buffer), subject.input.shape];
    const mean = new Float64Array(96 * 96);
    for (const factor of [0.9, 1, 1.1]) {
      for (const isMirrored of [false, true]) {
        const across = (i: number): number => (isMirrored ? i - (i % 96) + 95 - (i % 96) : i);
        const input = float32Tensor(
          values.map((_, i) => factor * (values[across(i)] ?? 0)),
          shape,
        );
        const single = await explainer.explain({ name: 'copy', input }, { classIndex: STAR });
        for (let i = 0; i < mean.length; i++) mean[i] = (mean[i] ?? 0) + (single.map.values[across(i)] ?? 0) / 6;
      }
    }
    assert.ok(greatestDifference(map.values, mean) < 1e-6);
  });

  it('brightens a picture of bytes no further than white', () => {
    const bytes = { type: 'uint8' as const, shape: [1, 1, 1, 2], data: Uint8Array.of(250, 100) };
    const copies = variants(bytes).map(({ input }) => [input.type, ...input.data]);
    const seen = [
      [225, 90],
      [250, 100],
      [255, 110],
    ];
    assert.deepEqual(copies, [
      ...seen.map((pixels) => ['uint8', ...pixels]),
      ...seen.map((pixels) => ['uint8', ...pixels.toReversed()]),
    ]);
  });

  it('fuses by hand: mean, maximum and product of maps of 2×2', () => {
    // Normalised already but for the 1e-7 in their denominators.
    const maps = [
      [0, 1, 0.5, 0.25],
      [0, 0.5, 1, 0.5],
    ].map((values) => ({ width: 2, height: 2, values: Float32Array.from(values) }));
    const expected = {
      // (0, 0.75, 0.75, 0.375) / 0.75.
      mean: [0, 1, 1, 0.5],
      max: [0, 1, 1, 0.5],
      // (0, 0.5, 0.5, 0.125) / 0.5.
      product: [0, 1, 1, 0.25],
    };
    for (const fuse of ['mean', 'max', 'product'] as const) {
      const { values } = finishMaps(maps, 2, 2, { fuse });
      assert.ok(greatestDifference(values, expected[fuse]) < 1e-6, `${fuse}: ${values}`);
    }
  });

  it('tells how far copies and layers are as one count that only grows', async () => {
    const explainer = await open();
    const subject = await explainer.subject(image);
    const two = (await explainer.explain(subject)).layers.slice(-2).map(({ tensor }) => tensor);
    const told: (readonly [number, number])[] = [];
    const onProgress = (done: number, total: number) => told.push([done, total]);
    await explainer.explain(subject, { method: 'ablationcam', channels: 2, layers: two, augment: true, onProgress });
    // The picture and six copies, at two layers.
    assert.deepEqual([...new Set(told.map(([, total]) => total))], [14]);
    assert.deepEqual(
      told,
      told.toSorted(([a], [b]) => a - b),
    );
    assert.deepEqual([told[0]?.[0], told.at(-1)?.[0]], [0, 14]);
  });

  it('explains other targets by the part behind the layer: two classes are the sum of both', async () => {
    const explainer = await open();
    const subject = await explainer.subject(image);
    const [star, triangle, both] = [
      await explainer.bench(subject, { classIndex: STAR }),
      await explainer.bench(subject, { classIndex: TRIANGLE }),
      await explainer.bench(subject, { target: { kind: 'classes', indices: [STAR, TRIANGLE] } }),
    ];
    assert.ok(Math.abs(both.score - (star.score + triangle.score)) < 1e-4 * Math.abs(both.score));
    const sum = star.gradients.map((g, i) => g + (triangle.gradients[i] ?? Number.NaN));
    assert.ok(relativeError(both.gradients, sum) < 1e-5);
    const result = await explainer.explain(subject, { target: { kind: 'probability', index: TRIANGLE } });
    assert.equal(result.targetClass, TRIANGLE);
    assert.match(result.targetTitle ?? '', /class 3/);
  });

  it('offers methods the same scores and gradients by every door', async () => {
    const explainer = await open();
    const subject = await explainer.subject(image);
    const bench = await explainer.bench(subject, { classIndex: TRIANGLE });
    const whole = await bench.run(bench.input.data);
    assert.ok(relativeError(whole.logits, bench.logits) < 1e-5);
    assert.ok(relativeError(whole.activations, bench.activations) < 1e-5);
    assert.ok(Math.abs(whole.score - bench.score) < 1e-4);
    const tail = await bench.tail(bench.activations);
    assert.ok(relativeError(tail.logits, bench.logits) < 1e-5);
    const seed = new Float32Array(bench.logits.length);
    seed[TRIANGLE] = 1;
    assert.ok(relativeError(await bench.gradientsAt({ seed }), bench.gradients) < 1e-5);
    const again = await bench.gradientsAt({ activations: bench.activations });
    assert.ok(relativeError(again, bench.gradients) < 1e-5);
    // Forward and reverse mode are transposes: ∂logit/∂A · u = ⟨∂logit/∂A, u⟩.
    const direction = numbers(bench.activations.length, 5);
    const slope = (await bench.push(direction, 1))[TRIANGLE] ?? Number.NaN;
    const product = bench.gradients.reduce((total, g, i) => total + g * (direction[i] ?? 0), 0);
    assert.ok(Math.abs(slope - product) < 1e-4 * Math.abs(product), `${slope} and ${product}`);
  });

  it('stops halfway when it is cancelled, and goes on with the next question', async () => {
    const explainer = await open();
    const subject = await explainer.subject(image);
    await explainer.explain(subject);
    const controller = new AbortController();
    let told = 0;
    const onProgress = (done: number): void => {
      told = done;
      if (done === 3) controller.abort();
    };
    const question = { method: 'ablationcam', signal: controller.signal, onProgress };
    await assert.rejects(explainer.explain(subject, question), /^AbortError: /);
    assert.equal(told, 3);
    assert.equal((await explainer.explain(subject, { classIndex: TRIANGLE })).targetClass, TRIANGLE);
  });

  it('answers from a fresh model runner when it was killed between two classes', async () => {
    const [explainer, fresh] = [await open(), await open()];
    const subject = await explainer.subject(image);
    await explainer.explain(subject);
    await explainer.explain(subject, { classIndex: TRIANGLE });
    const { pid } = runtime();
    assert.ok(pid !== undefined);
    process.kill(pid, 'SIGKILL');
    while (runtime().pid === pid) await new Promise((resolve) => setTimeout(resolve, 10));
    const after = await explainer.explain(subject, { classIndex: 2 });
    const expected = await fresh.explain(subject, { classIndex: 2 });
    assert.ok(greatestDifference(after.map.values, expected.map.values) < 1e-4);
  });
});

describe('models without all gradient rules, or with weights elsewhere', () => {
  const runtime = useRuntime();
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'evo-questions-'));
  after(() => fs.rmSync(folder, { recursive: true }));

  // Enough classes for weights that a tail leaves where they are.
  const CLASSES = 500;
  const kernel = encodeElements('float32', numbers(4 * 3 * 9, 1));
  const scores = encodeElements('float32', numbers(4 * CLASSES, 2));
  /** Scores of the means of B's maps, with the nodes that compute B from the layer A [1, 4, 4, 4]. */
  const graph = (...nodes: readonly NodeToWrite[]) => ({
    nodes: [
      { operator: 'Conv', inputs: ['x', 'K'], outputs: ['conv'] },
      { operator: 'Tanh', inputs: ['conv'], outputs: ['A'] },
      ...nodes,
      { operator: 'GlobalAveragePool', inputs: ['B'], outputs: ['pool'] },
      { operator: 'Flatten', inputs: ['pool'], outputs: ['flat'] },
      { operator: 'MatMul', inputs: ['flat', 'W'], outputs: ['y'] },
    ],
    inputs: [{ name: 'x', type: 'float32' as const, shape: [1, 3, 6, 6] }],
    outputs: [{ name: 'y', type: 'float32' as const, shape: [1, CLASSES] }],
  });
  const sigmoid = { operator: 'Sigmoid', inputs: ['A'], outputs: ['B'] };
  const weights = [
    { name: 'K', type: 'float32' as const, shape: [4, 3, 3, 3], data: kernel },
    { name: 'W', type: 'float32' as const, shape: [4, CLASSES], data: scores },
  ];
  const picture = float32Tensor(numbers(3 * 36, 3), [1, 3, 6, 6]);

  it('falls back to finite differences where a rule is missing, says why, and serves activations alone', async () => {
    const [file, other] = [path.join(folder, 'missing.onnx'), path.join(folder, 'known.onnx')];
    // Each map times its determinant, which has no rule: [1, 4] as [4, 1, 1].
    const determined = [
      { operator: 'Det', inputs: ['A'], outputs: ['det'] },
      { operator: 'Reshape', inputs: ['det', 'column'], outputs: ['shaped'] },
      { operator: 'Mul', inputs: ['A', 'shaped'], outputs: ['B'] },
    ];
    const column = { name: 'column', type: 'int64' as const, shape: [3], data: encodeElements('int64', [4, 1, 1]) };
    fs.writeFileSync(file, encodeModel({ ...graph(...determined), initializers: [...weights, column] }));
    fs.writeFileSync(other, encodeModel({ ...graph(sigmoid), initializers: weights }));
    const session = await openSession(runtime(), file, { ...QUICK, layer: 'A' });
    assert.match(session.missing ?? '', /no gradient rule for operator Det/);
    const output = await session.run(picture, 1);
    assert.equal(output.mode, 'finite-difference');
    assert.equal(output.fellBack, `finite differences stand in for the gradient: ${session.missing}`);
    assert.doesNotMatch(session.missing ?? '', /src\//);
    assert.ok(output.raw.values.every(Number.isFinite));
    const eigen = await session.run(picture, 1, { method: 'eigencam' });
    assert.ok(eigen.raw.values.some((value) => value !== 0));
    await assert.rejects(session.run(picture, 1, { method: 'layercam' }), /no gradient rule for operator Det/);
    const known = await openSession(runtime(), other, { ...QUICK, layer: 'A' });
    const [reverse, difference] = [
      await known.run(picture, 1),
      await known.run(picture, 1, { mode: 'finite-difference' }),
    ];
    assert.ok(relativeError(difference.raw.values, reverse.raw.values) < 1e-2);
  });

  it('invents no gradient where it is zero: what follows rounds', async () => {
    const file = path.join(folder, 'round.onnx');
    const round = { operator: 'Round', inputs: ['A'], outputs: ['B'] };
    fs.writeFileSync(file, encodeModel({ ...graph(round), initializers: weights }));
    const session = await openSession(runtime(), file, { ...QUICK, layer: 'A' });
    await assert.rejects(
      session.run(picture, 1),
      /the derivative is zero, .*; choose a layer behind it, or a method that/,
    );
    const asked = await session.run(picture, 1, { mode: 'finite-difference' });
    assert.equal(asked.fellBack, undefined);
    assert.equal(asked.relativeError, undefined);
    assert.ok((asked.errorBound ?? 0) > 0.1, `${asked.errorBound}`);
    await session.release();
  });

  it('refuses layers that are none, and a grid that is finer than the map', async () => {
    const file = path.join(folder, 'none.onnx');
    fs.writeFileSync(file, encodeModel({ ...graph(sigmoid), initializers: weights }));
    const open = (layer: string) => openSession(runtime(), file, { ...QUICK, layer });
    await assert.rejects(open('x'), /'x' is the picture itself, no layer; for instance/);
    await assert.rejects(open('K'), /'K' does not depend on the picture, no layer/);
    const session = await open('A');
    await assert.rejects(session.run(picture, 1, { pooling: 5 }), /the map is 4×4, so give at most 4 cells a side/);
    const { allZero } = await session.run(picture, 1, { pooling: 4 });
    assert.equal(typeof allZero, 'boolean');
    await session.release();
  });

  it('reads weights beside the model, and refuses those outside its folder', async () => {
    const inside = path.join(folder, 'model');
    fs.mkdirSync(inside);
    const padding = new Uint8Array(8192);
    fs.writeFileSync(path.join(inside, 'weights.bin'), Buffer.concat([padding, scores, kernel]));
    const beside = (location: string) => [
      { ...weightOf('W'), external: { location, offset: 8192, length: scores.length } },
      { ...weightOf('K'), external: { location, offset: 8192 + scores.length, length: kernel.length } },
    ];
    const write = (name: string, location: string): string => {
      const file = path.join(inside, name);
      const bytes = encodeWhole({
        ...{ irVersion: 8, opsets: { '': 17 } },
        graph: { name: 'graph', ...graph(sigmoid), initializers: beside(location) },
      });
      fs.writeFileSync(file, bytes);
      return file;
    };
    const plain = path.join(folder, 'plain.onnx');
    fs.writeFileSync(plain, encodeModel({ ...graph(sigmoid), initializers: weights }));
    const [external, own] = [
      await openSession(runtime(), write('external.onnx', 'weights.bin'), { ...QUICK, layer: 'A' }),
      await openSession(runtime(), plain, { ...QUICK, layer: 'A' }),
    ];
    for (const classIndex of [0, 1, 2]) {
      const [one, other] = [await external.run(picture, classIndex), await own.run(picture, classIndex)];
      assert.ok(relativeError(one.raw.values, other.raw.values) < 1e-6);
    }
    fs.copyFileSync(path.join(inside, 'weights.bin'), path.join(folder, 'outside.bin'));
    await assert.rejects(
      openSession(runtime(), write('escaping.onnx', '../outside.bin'), QUICK),
      /lies outside the model's folder and is not read/,
    );
  });

  function weightOf(name: string) {
    const found = weights.find((weight) => weight.name === name);
    assert.ok(found);
    const { type, shape } = found;
    return { name, type, shape };
  }
});

describe('arithmetic that takes long', () => {
  const layer = { channels: 64, height: 28, width: 28 };
  const bench = {
    layer,
    activations: numbers(64 * 28 * 28, 1).map((value) => Math.max(0, value)),
    gradients: numbers(64 * 28 * 28, 2),
  };

  it('answers the same from a thread of its own, while this one goes on', async () => {
    for (const choice of [{ method: 'eigencam' }, { method: 'gradcam++' }, { method: 'layercam', eigen: true }]) {
      let turns = 0;
      const timer = setInterval(() => turns++, 1);
      const values = await computeFormula(arithmeticWorker, choice, bench);
      clearInterval(timer);
      const how = mapArithmetic(choice);
      assert.ok(how.needs !== 'runs');
      assert.deepEqual(values, how.compute(bench));
      assert.ok(turns > 0);
    }
  });

  it('fills pictures in the same way as here', async () => {
    const keeps = [3, 7].map((every) => Uint8Array.from({ length: 40 * 30 }, (_, i) => (i % every === 0 ? 1 : 0)));
    const gaps = { picture: numbers(3 * 40 * 30, 3), keeps, width: 40, noise: { deviation: 0.01, seed: 1 } };
    const filled = await fillGaps(arithmeticWorker, gaps);
    assert.deepEqual(
      filled,
      keeps.map((keep) => impute(gaps.picture, keep, 40, gaps.noise)),
    );
    await assert.rejects(fillGaps(arithmeticWorker, gaps, AbortSignal.abort()), /^AbortError: /);
  });

  it('says what is wrong, and ends when it is cancelled', async () => {
    const large = { ...layer, height: 112, width: 112 };
    const wide = { layer: large, activations: new Float32Array(64 * 112 * 112), gradients: new Float32Array(0) };
    await assert.rejects(
      computeFormula(arithmeticWorker, { method: 'kpcacam' }, wide),
      /choose a later layer or another method/,
    );
    const controller = new AbortController();
    const running = computeFormula(arithmeticWorker, { method: 'eigencam' }, bench, controller.signal);
    controller.abort();
    await assert.rejects(running, /^AbortError: /);
  });
});
