import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { readNpy } from '../../src/display/npy';
import { readModel } from '../../src/formats/modelReader';
import { decodeImage } from '../../src/image/decode';
import { openSequence } from '../../src/image/sequence';
import { readTensor } from '../../src/onnx/tensor';
import { runCommand as run } from '../commandLine';
import { TemporaryFolder } from '../fixtures/onnxFiles';
import { root } from '../shared';

const model = path.join(root, 'sample', 'shapes-resnet8.onnx');
const pictures = path.join(root, 'sample', 'images');
const image = path.join(pictures, '12_star_square.png');

describe('command line: feature maps, kernels, sequences', function () {
  this.timeout(60_000);
  const files = new TemporaryFolder();
  const file = (name: string) => path.join(files.path, name);
  const done = async (...args: readonly string[]): Promise<string> => {
    const { status, stdout, stderr } = await run(...args);
    assert.deepEqual([stderr, status], ['', 0], args.join(' '));
    return stdout;
  };
  const refused = async (status: number, reason: RegExp, ...args: readonly string[]): Promise<void> => {
    const answer = await run(...args);
    assert.equal(answer.status, status, answer.stderr);
    assert.match(answer.stderr, reason);
  };

  it('features: what can be shown, the strongest as a table, JSON, CSV, NPY and a grid', async () => {
    assert.match(await done('features', model), /\/layer3\/relu2\/Relu_output_0 +\/layer3\/relu2\/Relu +64×12×12\n/);
    const table = await done('features', model, '--image', image, '--top', '2');
    assert.match(
      table,
      /^\/layer3\/relu2\/Relu_output_0 \(1×64×12×12\) of \/layer3\/relu2\/Relu, the strongest 2 of 64/,
    );
    assert.equal(table.trim().split('\n').length, 6);
    const json = JSON.parse(
      await done('features', model, '--image', image, '--format', 'json', '--class', 'star', '--top', '3'),
    );
    assert.deepEqual([json.maps.length, json.total, json.strengthName], [3, 64, 'weight']);
    await done('features', model, '--image', image, '--output', file('maps.npy'));
    const { shape, values } = readNpy(fs.readFileSync(file('maps.npy')));
    assert.deepEqual(shape, [64, 12, 12]);
    await done('features', model, '--image', image, '--output', file('stats.csv'));
    const [header = '', first = '', ...more] = fs.readFileSync(file('stats.csv'), 'utf8').trim().split('\n');
    assert.deepEqual([header, more.length], ['channel,mean |A|,min,max,mean,zeros', 63]);
    const [channel = 0, strength = 0] = first.split(',').map(Number);
    const strengths = Array.from(
      { length: 64 },
      (_, k) => Array.from(values.subarray(144 * k, 144 * (k + 1)), Number).reduce((a, b) => a + Math.abs(b), 0) / 144,
    );
    assert.ok(
      Math.abs((strengths[channel] ?? 0) - Math.max(...strengths)) < 1e-6 &&
        Math.abs(strength - Math.max(...strengths)) < 1e-6,
    );
    await done('features', model, '--image', image, '--output', file('grid.png'), '--top', '4', '--normalise', 'all');
    const grid = await decodeImage(file('grid.png'));
    // Two by two maps of 96 pixels with gaps of 4, numbers of 10 pixels below.
    assert.deepEqual([grid.width, grid.height], [4 + 2 * 100, 4 + 2 * 112]);
  });

  it('kernels: which there are, one layer as a table, NPY and a grid', async () => {
    assert.match(await done('kernels', model), /\/stem\/stem\.0\/Conv +Conv +onnx::Conv_89 +16×3×3×3\n/);
    const table = await done('kernels', model, '--layer', 'onnx::Conv_92', '--channel', '5', '--top', '2');
    assert.match(
      table,
      /^Conv \/layer1\/conv1\/Conv, weights onnx::Conv_92 \(16×16×3×3\): a picture per output and input, the strongest 2 of 16/,
    );
    assert.match(table, /\n +5←\d+ /);
    await done('kernels', model, '--layer', '/layer1/conv1/Conv', '--output', file('kernels.npy'));
    const { shape, values } = readNpy(fs.readFileSync(file('kernels.npy')));
    const weights = (await readModel(model)).graph.constants.get('onnx::Conv_92');
    assert.ok(weights);
    assert.deepEqual([shape, [...values]], [[16, 16, 3, 3], [...(await readTensor(weights))]]);
    await done('kernels', model, '--output', file('kernels.png'));
    assert.ok((await decodeImage(file('kernels.png'))).width > 300);
  });

  it('cam --gif: every picture of a folder, every frame of an animation', async () => {
    const table = await done('cam', model, '--images', pictures, '--gif', file('film.gif'));
    assert.match(table, /04_triangle_star\.png +6 +star +\d/);
    const { frames } = await openSequence(file('film.gif'));
    assert.equal(frames.length, fs.readdirSync(pictures).length);
    await done(
      'cam',
      model,
      '--images',
      file('film.gif'),
      '--gif',
      file('again.webp'),
      '--class',
      'star',
      '--over',
      'frame',
    );
    assert.equal((await openSequence(file('again.webp'))).frames.length, frames.length);
  });

  it('refuses wrong usage before any work', async () => {
    await refused(
      2,
      /--output .*maps\.txt: let the name end in \.png, \.npy or \.csv/,
      'features',
      model,
      '--image',
      image,
      '--output',
      file('maps.txt'),
    );
    await refused(2, /give --image: maps are those of a picture/, 'features', model, '--output', file('maps.npy'));
    await refused(2, /--channel x: give the number of an output channel/, 'kernels', model, '--channel', 'x');
    await refused(1, /no convolution is called, writes or reads 'fc'/, 'kernels', model, '--layer', 'fc');
    await refused(1, /the model has no tensor 'nowhere'/, 'features', model, '--image', image, '--layer', 'nowhere');
    await refused(2, /--gif is for --images: a folder/, 'cam', model, '--image', image, '--gif', file('x.gif'));
    await refused(2, /--over is for --gif/, 'cam', model, '--image', image, '--over', 'frame');
    await refused(1, /There is no file .*nowhere/, 'cam', model, '--images', file('nowhere'), '--gif', file('x.gif'));
  });
});
