import assert from 'node:assert/strict';
import path from 'node:path';
import { Explainer, type ExplainerOptions, type Question } from '../../src/cam/explain/explainer';
import { readModel } from '../../src/formats/modelReader';
import type { Runtime } from '../../src/runtime/runtime';
import { CountingRuntime, childPath, useRuntime } from '../runtime';
import { needsShared, root, shared } from '../shared';

const model = path.join(root, 'sample/shapes-resnet8.onnx');
// What the pictures show is in their names, and in sample/masks/shapes.json; the classes are numbered in the model.
const image = path.join(root, 'sample/images/04_triangle_star.png');
const [TRIANGLE, STAR] = [3, 6];

describe('explainer', () => {
  const runtime = useRuntime();
  const open = async (options?: ExplainerOptions, file = model) =>
    Explainer.open(runtime(), await readModel(file), options);

  const explain = async (explainer: Explainer, file: string, question?: Question) => {
    const subject = await explainer.subject(file);
    return { picture: subject.picture, result: await explainer.explain(subject, question) };
  };

  it('explains a sample picture: classes with names, a map at input size, the picture itself', async () => {
    const { picture, result } = await explain(await open(), image);
    assert.deepEqual(
      result.classes.slice(0, 2).map(({ index, name }) => [index, name]),
      [
        [STAR, 'star'],
        [TRIANGLE, 'triangle'],
      ],
    );
    const total = result.classes.reduce((sum, { probability }) => sum + probability, 0);
    assert.ok(Math.abs(total - 1) < 1e-5, `probabilities sum to ${total}`);
    assert.deepEqual([result.targetClass, result.map.height, result.map.width], [STAR, 96, 96]);
    assert.deepEqual([result.raw.height, result.raw.width], [12, 12]);
    assert.ok(result.selfCheck < 1e-3, `self-check ${result.selfCheck}`);
    assert.deepEqual([picture?.width, picture?.height], [96, 96]);
    assert.equal(result.imageName, '04_triangle_star.png');
  });

  it('switches the class: another map, the same scores', async () => {
    const explainer = await open();
    const star = (await explain(explainer, image, { classIndex: STAR })).result;
    const triangle = (await explain(explainer, image, { classIndex: TRIANGLE })).result;
    assert.equal(triangle.targetClass, TRIANGLE);
    assert.notDeepEqual(triangle.map.values, star.map.values);
    assert.deepEqual(triangle.classes, star.classes);
  });

  it('keeps few of the layers that were looked at loaded, and asks the model itself only once', async () => {
    const counting = new CountingRuntime({ childPath });
    const explainer = await Explainer.open(counting, await readModel(model));
    const { layers } = (await explain(explainer, image)).result;
    // The model with its gradient, the model alone for its time, and the self-check.
    assert.deepEqual([counting.loads, counting.live], [3, 1]);
    const others = layers.slice(-7, -1).map(({ tensor }) => tensor);
    for (const layer of others) await explain(explainer, image, { layer });
    assert.equal(others.length, 6);
    // The same without its time; in a residual block, one that answers what bypasses the layer, too.
    const most = { loads: 3 + 3 * 6, live: 2 * 3 };
    assert.ok(
      counting.loads <= most.loads && counting.live <= most.live,
      `${counting.loads} loads, ${counting.live} live`,
    );
    // One that gave way answers as before.
    const [layer = ''] = others;
    const again = await explain(explainer, image, { layer });
    const fresh = await explain(await open(), image, { layer });
    assert.deepEqual(again.result.raw, fresh.result.raw);
    await explainer.release();
    assert.equal(counting.live, 0);
    counting.dispose();
  });

  it('switches the method without a run; another class, layer or picture runs', async () => {
    const explainer = await open();
    const count = countRuns(runtime());
    const first = (await explain(explainer, image)).result;
    const opened = count();
    assert.deepEqual([first.method, first.methodTitle, first.eigen], ['gradcam', 'Grad-CAM', false]);
    const maps = new Map<string, Float32Array>();
    for (const { id, needs, smooth } of first.methods) {
      if (needs === 'runs') continue;
      for (const eigen of smooth ? [false, true] : [false]) {
        const { result } = await explain(explainer, image, { method: id, eigen });
        assert.deepEqual([result.method, result.eigen, result.targetClass], [id, eigen, STAR]);
        assert.deepEqual(result.classes, first.classes);
        maps.set(`${id} ${eigen}`, result.map.values);
      }
    }
    await explain(explainer, image, { classIndex: STAR, method: 'fem' });
    assert.equal(count(), opened);
    assert.deepEqual(maps.get('gradcam false'), first.map.values);
    assert.notDeepEqual(maps.get('layercam false'), first.map.values);
    await explain(explainer, image, { classIndex: TRIANGLE, method: 'fem' });
    assert.equal(count(), opened + 1);
    await explain(explainer, path.join(root, 'sample/images/01_x_ring.png'), { classIndex: TRIANGLE, method: 'fem' });
    assert.equal(count(), opened + 2);
  });

  it('says where a method does not look at the class', async () => {
    const explainer = await open();
    const { note } = (await explain(explainer, image, { method: 'eigencam' })).result;
    assert.match(note, /Eigen-CAM looks at activations alone: its map is the same for every class\.$/);
    await assert.rejects(explain(explainer, image, { method: 'fem2' }), /no CAM method 'fem2'/);
    await assert.rejects(
      explain(explainer, image, { method: 'eigencam', eigen: true }),
      /a principal component already/,
    );
  });

  it('takes another layer, and refuses one that is not there', async () => {
    const explainer = await open();
    const { layers, layer } = (await explain(explainer, image)).result;
    const early = layers[0];
    assert.ok(early && early.tensor !== layer);
    const { result } = await explain(explainer, image, { layer: early.tensor });
    assert.equal(result.layer, early.tensor);
    assert.deepEqual([result.raw.height, result.raw.width], [48, 48]);
    await assert.rejects(explain(explainer, image, { layer: 'nowhere' }), /no tensor 'nowhere'/);
  });

  it('answers the next question when one was cancelled, whether it came before or after the cancel', async () => {
    for (const cancelFirst of [true, false]) {
      const explainer = await open();
      const controller = new AbortController();
      const loading = whenLoading(runtime());
      const cancelled = explain(explainer, image, { signal: controller.signal });
      const outcome = assert.rejects(cancelled, /^AbortError: /);
      await loading;
      if (cancelFirst) controller.abort();
      const next = explain(explainer, image, { classIndex: TRIANGLE, signal: new AbortController().signal });
      controller.abort();
      await outcome;
      assert.equal((await next).result.targetClass, TRIANGLE);
      await explainer.release();
    }
  });

  it('goes on after the model runner was restarted', async () => {
    const explainer = await open();
    const before = (await explain(explainer, image, { classIndex: TRIANGLE })).result;
    // Another class in between, so that the question is not answered from the last run.
    await explain(explainer, image, { classIndex: STAR });
    const { pid } = runtime();
    runtime().cancel();
    const after = (await explain(explainer, image, { classIndex: TRIANGLE })).result;
    assert.deepEqual(after.map, before.map);
    assert.ok(runtime().pid !== undefined && runtime().pid !== pid);
  });

  it('finds a class by number, by its whole name, or by a part of only one', async () => {
    const explainer = await open();
    assert.deepEqual(await Promise.all(['3', 'Star', 'triang'].map((wanted) => explainer.classIndex(wanted))), [
      3,
      STAR,
      TRIANGLE,
    ]);
    await assert.rejects(
      explainer.classIndex('s'),
      /'s' fits 6 classes; give the index of one: 0 disc, 2 square, 4 plus, 6 star, 8 hstripes …/,
    );
    await assert.rejects(explainer.classIndex('zebra'), /no class is called 'zebra'; give its index, 0 to 9/);
  });

  it('refuses labels of another model', async () => {
    const explainer = await open();
    explainer.useLabels(['cat', 'dog']);
    await assert.rejects(explain(explainer, image), /there are 2 labels, but the model has 10 classes/);
  });

  it('refuses a preprocessing that does not fit the input', async () => {
    const explainer = await open();
    const { spec } = explainer.preprocessing;
    const use = (change: Partial<typeof spec>) => () =>
      explainer.usePreprocessing({ spec: { ...spec, ...change }, certain: true, why: 'a test' });
    assert.throws(use({ mean: [1, 2] }), /mean has 2 numbers: give one for all channels, or 3/);
    assert.throws(use({ std: [1, 1] }), /standard deviation has 2 numbers/);
    assert.throws(use({ channels: 'gray' }), /takes pictures of 3 channel\(s\): gray has 1/);
    assert.throws(use({ width: 32, height: 32 }), /pictures of 96×96 pixels: their size cannot be 32×32/);
  });

  it('shows no NaN as an answer', async () => {
    const explainer = await open();
    const { spec } = explainer.preprocessing;
    explainer.usePreprocessing({ spec: { ...spec, std: [0] }, certain: true, why: 'a test' });
    await assert.rejects(explain(explainer, image), /^Error: the model answers NaN for this picture: check mean/);
  });

  it('calls a detector’s channels scores, not probabilities', async function () {
    needsShared(this);
    const explainer = await open({}, shared('data/models/FastestDet.onnx'));
    const { result } = await explain(explainer, image);
    assert.match(result.note, /Scores per channel, not class probabilities: the output 1×85×22×22/);
    assert.ok(result.classes.every(({ probability }) => Number.isNaN(probability)));
    assert.ok(result.classes.every(({ logit }, i, all) => i === 0 || logit <= (all[i - 1]?.logit ?? 0)));
  });
});

/** Counts every run of every model that is loaded from now on. */
function countRuns(runtime: Runtime): () => number {
  let runs = 0;
  const { load } = runtime;
  runtime.load = async (...args) => {
    const session = await load.apply(runtime, args);
    const { run } = session;
    session.run = (...question) => {
      runs++;
      return run.apply(session, question);
    };
    return session;
  };
  return () => runs;
}

/** Resolves as soon as the child has been asked for the next model, before it can have answered. */
function whenLoading(runtime: Runtime): Promise<void> {
  const { load } = runtime;
  return new Promise((resolve) => {
    runtime.load = (...args) => {
      runtime.load = load;
      const loading = load.apply(runtime, args);
      resolve();
      return loading;
    };
  });
}
