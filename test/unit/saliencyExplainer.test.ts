import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { Explainer, type Subject } from '../../src/cam/explain/explainer';
import { openSaliency, SALIENCY_IDS, type SaliencyQuestion } from '../../src/cam/saliency';
import { readNpy } from '../../src/display/npy';
import { readModel } from '../../src/formats/modelReader';
import { decodeImage } from '../../src/image/decode';
import { TemporaryFolder } from '../fixtures/onnxFiles';
import { greatestDifference } from '../npy';
import { useRuntime } from '../runtime';
import { root } from '../shared';

const model = path.join(root, 'sample/shapes-resnet8.onnx');
const image = path.join(root, 'sample/images/04_triangle_star.png');
const [TRIANGLE, STAR] = [3, 6];

async function saliency(explainer: Explainer, subject: Subject, kind: string, question: SaliencyQuestion) {
  const open = await openSaliency(explainer, subject, question);
  try {
    return await open.of(kind);
  } finally {
    await open.release();
  }
}

describe('saliency of an explainer’s picture', function () {
  this.timeout(30_000);
  const runtime = useRuntime();

  it('every kind: planes of the picture’s size, a map from 0 to 1, a picture around grey', async () => {
    const explainer = await Explainer.open(runtime(), await readModel(model));
    const open = await openSaliency(explainer, await explainer.subject(image), { samples: 2, steps: 2 });
    for (const id of SALIENCY_IDS) {
      const { raw, map, rgba, title, classIndex } = await open.of(id);
      const isMap = id === 'fullgrad';
      assert.deepEqual([raw.channels, raw.height, raw.width], [isMap ? 1 : 3, 96, 96], title);
      assert.ok(raw.values.every(Number.isFinite) && raw.values.some((value) => value !== 0), title);
      assert.ok(
        map.values.every((value) => value >= 0 && value <= 1),
        title,
      );
      assert.equal(rgba?.length, isMap ? undefined : 96 * 96 * 4, title);
      assert.equal(classIndex, STAR, title);
    }
    await open.release();
    await explainer.release();
  });

  it('integrated gradients from black are complete to one part in twenty with a hundred steps', async () => {
    const explainer = await Explainer.open(runtime(), await readModel(model));
    const subject = await explainer.subject(image);
    const result = await saliency(explainer, subject, 'integrated-gradients', { steps: 100 });
    assert.ok((result.completenessError ?? Number.NaN) < 0.05, `${result.completenessError}`);
    assert.match(result.note ?? '', /add up to the score’s rise from a black picture but for .+ % \(100 steps\)/);
    await explainer.release();
  });

  it('another class has another gradient; Guided Grad-CAM is zero where its map is', async () => {
    const explainer = await Explainer.open(runtime(), await readModel(model));
    const subject = await explainer.subject(image);
    const star = await saliency(explainer, subject, 'gradient', { classIndex: STAR });
    const triangle = await saliency(explainer, subject, 'gradient', { classIndex: TRIANGLE });
    assert.ok(greatestDifference(star.raw.values, triangle.raw.values) > 1e-3);
    const guided = await saliency(explainer, subject, 'guided-gradcam', { classIndex: TRIANGLE });
    const { map } = await explainer.explain(subject, { classIndex: TRIANGLE });
    const zeros = [...map.values.entries()].filter(([, value]) => value === 0);
    assert.ok(zeros.length > 0 && zeros.every(([pixel]) => guided.raw.values[pixel] === 0));
    await assert.rejects(saliency(explainer, subject, 'gradient', { classIndex: 99 }), /there is no class 99/);
    await explainer.release();
  });
});

describe('command line: saliency', function () {
  this.timeout(60_000);
  const files = new TemporaryFolder();
  const run = (...args: readonly string[]) =>
    spawnSync(process.execPath, [path.join(root, 'dist/cli.js'), 'saliency', ...args], { encoding: 'utf8', cwd: root });

  it('a table or JSON of every kind', () => {
    const { stdout, stderr, status } = run(model, '--image', image, '--kind', 'all', '--samples', '2', '--steps', '2');
    assert.deepEqual([stderr, status], ['', 0]);
    for (const id of SALIENCY_IDS) assert.match(stdout, new RegExp(`^${id} `, 'm'));
    const json = JSON.parse(run(model, '--image', image, '--class', 'triangle', '--format', 'json').stdout);
    assert.deepEqual([json[0].kind, json[0].class, json[0].shape], ['gradient', TRIANGLE, [3, 96, 96]]);
  });

  it('writes the picture, the map and the signal', async () => {
    const [png = '', map = '', raw = ''] = ['out.png', 'map.npy', 'raw.npy'].map((name) => path.join(files.path, name));
    const { stderr, status } = run(
      model,
      '--image',
      image,
      '--kind',
      'guided',
      '--output',
      png,
      '--map',
      map,
      '--raw',
      raw,
    );
    assert.deepEqual([stderr, status], ['', 0]);
    const { width, height } = await decodeImage(png);
    assert.deepEqual([width, height], [96, 96]);
    assert.deepEqual(readNpy(fs.readFileSync(map)).shape, [96, 96]);
    assert.deepEqual(readNpy(fs.readFileSync(raw)).shape, [3, 96, 96]);
  });

  it('refuses what it cannot do before it runs', () => {
    const wrong: readonly (readonly [RegExp, readonly string[]])[] = [
      [/--kind magic: choose one of gradient, /, ['--image', image, '--kind', 'magic']],
      [/--map writes one kind: name one instead of all/, ['--image', image, '--kind', 'all', '--map', 'x.npy']],
      [/--output x\.jpg: only PNG is written/, ['--image', image, '--output', 'x.jpg']],
      [/--noise -1: give a number that is not below zero/, ['--image', image, '--kind', 'smoothgrad', '--noise=-1']],
      [/give --image/, []],
    ];
    for (const [reason, args] of wrong) {
      const { status, stderr } = run(model, ...args);
      assert.equal(status, 2, stderr);
      assert.match(stderr, reason);
    }
  });
});
