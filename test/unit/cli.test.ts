import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { readNpy, writeNpy } from '../../src/display/npy';
import { readModel } from '../../src/formats/modelReader';
import { ProtoWriter } from '../../src/onnx/protoWriter';
import { writeGraph, writeOpsets } from '../../src/onnx/writer';
import { cli, runCommand as run, spawnCommand } from '../commandLine';
import { encodeModel } from '../fixtures/encodeModel';
import { endlessModel } from '../fixtures/endless';
import { root } from '../shared';

const model = path.join(root, 'sample', 'shapes-resnet8.onnx');
const image = path.join(root, 'sample', 'images', '12_star_square.png');

describe('command line', function () {
  this.timeout(60_000);
  let folder = '';
  before(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'evo-cli-'));
  });
  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  it('profiles: one JSON document and nothing else on stdout', async () => {
    const { status, stdout, stderr } = spawnCommand('profile', model, '--hardware', 'v100', '--format', 'json');
    assert.equal(stderr, '');
    assert.equal(status, 0);
    const report = JSON.parse(stdout);
    assert.equal(report.hardware.name, 'NVIDIA V100');
    // Σ C·k²·K·P·Q over the convolutions and the 64×10 classifier, worked out by hand.
    const macs =
      16 * 27 * 48 * 48 +
      2 * 16 * 144 * 48 * 48 +
      (32 * 144 + 32 * 288 + 32 * 16) * 24 * 24 +
      (64 * 288 + 64 * 576 + 64 * 32) * 12 * 12 +
      640;
    assert.equal(report.totals.macs, macs);
    assert.equal(report.totals.costedMacsFraction, 1);
    assert.equal(report.layers.length, report.model.nodes);
    assert.ok(Math.abs(report.totals.cycles - report.totals.seconds * 1.5e9) < 1e-3);
  });

  it('takes another hardware field, batch and shape', async () => {
    const seconds = async (...more: readonly string[]): Promise<number> =>
      JSON.parse((await run('profile', model, '--format', 'json', ...more)).stdout).totals.seconds;
    const base = await seconds();
    assert.ok((await seconds('--set', 'frequency=0.65e9')) > base);
    assert.ok((await seconds('--batch', '8')) > 4 * base);
  });

  it('exits 3 over a budget, 2 on wrong usage, 1 on a bad file, with one line on stderr', async () => {
    assert.equal(spawnCommand('profile', model, '--budget', '1e-9').status, 3);
    assert.equal((await run('profile', model, '--budget', '10')).status, 0);
    for (const args of [['nonsense'], ['profile'], ['profile', model, '--formt', 'json'], ['cam', model]]) {
      const { status, stderr } = await run(...args);
      assert.equal(status, 2, args.join(' '));
      assert.match(stderr, /^evo-profiler: [^\n]+\n$/);
    }
    const bad = path.join(folder, 'bad.onnx');
    fs.writeFileSync(bad, '<!DOCTYPE html>');
    const { status, stderr } = spawnCommand('profile', bad);
    assert.equal(status, 1);
    assert.match(stderr, /^evo-profiler: [^\n]+\n$/);
  });

  it('sweeps fields of the hardware and marks the Pareto front', async () => {
    const { status, stdout, stderr } = await run(
      ...['sweep', model, '--hardware', 'v100', '--over', 'frequency=0.5e9:2e9:4'],
      ...['--over', 'mem_bandwidth=350e9,700e9', '--format', 'json'],
    );
    assert.equal(stderr, '');
    assert.equal(status, 0);
    const { points, axes } = JSON.parse(stdout);
    assert.equal(points.length, 8);
    assert.deepEqual(axes[1], { key: 'mem_bandwidth', values: [350e9, 700e9] });
    const profiled = await run('profile', model, '--hardware', 'v100', '--set', 'frequency=2e9', '--format', 'json');
    assert.equal(points[7].seconds, JSON.parse(profiled.stdout).totals.seconds);
    assert.equal(points[7].pareto, true);
    const table = (await run('sweep', model, '--over', 'batch=1,2', '--format', 'csv')).stdout.trim().split('\n');
    assert.match(table[0] ?? '', /^batch,seconds,/);
    assert.equal(table.length, 3);
    assert.equal((await run('sweep', model)).status, 2);
    assert.equal((await run('sweep', model, '--over', 'n_pes=0.5')).status, 2);
    assert.equal((await run('sweep', model, '--over', 'n_pes=1,2', '--output', folder)).status, 2);
  });

  it('warns where --precision has no effect, and only there', async () => {
    const at = (hardware: string) =>
      run('profile', model, '--hardware', hardware, '--precision', 'int8', '--format', 'json');
    const { stdout, stderr } = await at('tpu-v1');
    const sentence = "Google TPU v1 computes in 8 bit, as its 'precision' says: --precision has no effect";
    assert.equal(stderr, `evo-profiler: warning: ${sentence}\n`);
    assert.deepEqual(JSON.parse(stdout).warnings, [sentence]);
    assert.equal((await at('v100')).stderr, '');
    assert.equal((await run('profile', model, '--hardware', 'tpu-v1')).stderr, '');
  });

  it('says in one sentence what is wrong with an option', async () => {
    const cases: readonly (readonly [readonly string[], RegExp])[] = [
      [
        ['profile', model, '--batch', '-3'],
        /: --batch -3: write a value that begins with a dash as --batch=-3, or give/,
      ],
      [['profile', model, '--batch=-3'], /: --batch -3: give a whole number above zero\n/],
      [['profile', model, '--formt', 'json'], /: Unknown option '--formt'\n/],
      [
        ['sweep', model, '--over', 'frequency=1e9:2e9:3:lin'],
        /:3:lin: write KEY=LOW:HIGH:COUNT or KEY=LOW:HIGH:COUNT:log/,
      ],
      [['sweep', model, '--over', 'frequency=1e9,fast'], /,fast: write KEY=LOW:HIGH:COUNT or/],
    ];
    for (const [args, message] of cases) {
      const { status, stderr } = await run(...args);
      assert.equal(status, 2);
      assert.match(stderr, message);
    }
  });

  it('sweeps to zero, and counts one point', async () => {
    const zero = (await run('sweep', model, '--over', 'overlap=0')).stdout;
    assert.match(zero, /\n +0 /);
    assert.match(zero, /: 1 point, fastest .* at overlap=0\n/);
  });

  it('checks hardware files whose names would write to the terminal', async () => {
    const file = path.join(folder, 'name.evohw.json');
    const tx2 = { engine: 'multicore', n_pes: 2, pe_fp32s: 128, frequency: 1.3e9, mem_bandwidth: 59.7e9 };
    fs.writeFileSync(file, JSON.stringify({ ...tx2, name: 'x\x1b[31m\nRED' }));
    const good = await run('hardware', 'check', file);
    assert.deepEqual([good.status, good.stdout.split('\n').length], [0, 2]);
    assert.match(good.stdout, /: ok, x \[31m RED: multicore/);
    fs.writeFileSync(file, JSON.stringify({ ...tx2, name: 'x', 'a\x1b[31m': 1 }));
    assert.match((await run('hardware', 'check', file)).stdout, /unknown key 'a \[31m'/);
    assert.match((await run('profile', model, '--hardware', file)).stderr, /unknown key 'a \[31m'/);
  });

  it('refuses sizes and names that cannot be, and says which there are', async () => {
    const cases: readonly (readonly [readonly string[], RegExp])[] = [
      [['--shape', 'input=-1x3x64x64'], /must be a whole number from 1, not -1/],
      [['--shape', 'input=1.5x3x64x64'], /not 1\.5/],
      [['--shape', 'input=1x3x64'], /has 4 dimensions, not 3/],
      [['--shape', 'typo=224'], /no such name; the inputs are input;/],
      [['--batch', '4', '--shape', 'input=1x3x64x64'], /the batch is 4, but the shape of 'input' starts with 1/],
    ];
    for (const command of ['profile', 'summary']) {
      for (const [args, message] of cases) {
        const { status, stdout, stderr } = await run(command, model, ...args);
        assert.deepEqual([status, stdout], [2, ''], `${command} ${args.join(' ')}`);
        assert.match(stderr, message);
        assert.match(stderr, /^evo-profiler: [^\n]+\n$/);
      }
    }
  });

  it('tells on stderr and in JSON what the numbers do not cover; a budget is not kept by what is unknown', async () => {
    const open = path.join(folder, 'open.onnx');
    const bytes = encodeModel({
      nodes: [{ operator: 'Relu', inputs: ['x'], outputs: ['y'] }],
      inputs: [{ name: 'x', type: 'float32', shape: ['N', 'h'] }],
      outputs: [{ name: 'y' }],
      opsets: { '': 25 },
    });
    fs.writeFileSync(open, bytes);
    for (const command of ['profile', 'summary']) {
      const { status, stdout, stderr } = await run(command, open, '--format', 'json');
      assert.equal(status, 0);
      const { warnings } = JSON.parse(stdout);
      assert.match(warnings[0], /give --shape h=N$/);
      assert.match(warnings[1], /^opset 25 is newer than 24/);
      assert.equal(stderr, warnings.map((warning: string) => `evo-profiler: warning: ${warning}\n`).join(''));
      assert.equal(
        JSON.parse((await run(command, open, '--shape', 'h=8', '--format', 'json')).stdout).warnings.length,
        1,
      );
    }
    const swept = await run('sweep', open, '--over', 'batch=1,2', '--format', 'json');
    const { points, warnings } = JSON.parse(swept.stdout);
    assert.equal(swept.stderr, warnings.map((warning: string) => `evo-profiler: warning: ${warning}\n`).join(''));
    assert.deepEqual([warnings.length, points[0].seconds, points[0].pareto], [2, null, false]);
    assert.match(
      (await run('sweep', open, '--over', 'batch=1,2')).stdout,
      /2 points, no time is known\n1 node not costed/,
    );
    const { status, stderr } = await run('profile', open, '--budget', '1');
    assert.equal(status, 1);
    assert.match(stderr, /1 node is not costed: whether the budget of 1 s is kept is not known\n$/);
  });

  it('explains a picture: classes, a map at input size, an overlay', async () => {
    const map = path.join(folder, 'map.npy');
    const raw = path.join(folder, 'raw.npy');
    const output = path.join(folder, 'overlay.png');
    const { status, stdout, stderr } = spawnCommand(
      ...['cam', model, '--image', image, '--class', 'star', '--format', 'json'],
      ...['--map', map, '--raw', raw, '--output', output],
    );
    assert.equal(stderr, '');
    assert.equal(status, 0);
    const answer = JSON.parse(stdout);
    assert.equal(answer.target.class, 6);
    assert.deepEqual(answer.map.shape, [96, 96]);
    assert.ok(answer.selfCheck.relativeError < 1e-3);
    assert.deepEqual(readNpy(fs.readFileSync(map)).shape, [96, 96]);
    assert.deepEqual(readNpy(fs.readFileSync(raw)).shape, [12, 12]);
    assert.deepEqual([...fs.readFileSync(output).subarray(1, 4)], [...Buffer.from('PNG')]);
  });

  it('lists the map of every method from one run, or those that eigen smoothing is for', async () => {
    const cam = (...more: readonly string[]) => run('cam', model, '--image', image, '--method', 'all', ...more);
    const answer = JSON.parse((await cam('--format', 'json')).stdout);
    const ids: readonly string[] = answer.methods.map(({ method }: { method: string }) => method);
    assert.deepEqual(ids.slice(0, 2), ['gradcam', 'gradcam++']);
    assert.ok(ids.includes('kpcacam') && answer.target.method === 'gradcam');
    const { peak, raw } = answer.methods[0];
    assert.ok(peak.x >= 0 && peak.x < 96 && peak.y >= 0 && peak.y < 96 && raw.max > raw.min);
    const smoothed = (await cam('--eigen')).stdout;
    assert.match(smoothed, /\ngradcam\+\+ +Grad-CAM\+\+, eigen-smoothed +\d+, \d+ /);
    assert.doesNotMatch(smoothed, /eigencam/);
    assert.match(
      (await cam('--map', path.join(folder, 'm.npy'))).stderr,
      /--map writes one map: name one method instead of all/,
    );
    const refused = await run('cam', model, '--image', image, '--method', 'fem', '--layer', 'nowhere', '--eigen');
    assert.match(refused.stderr, /no tensor 'nowhere'/);
    assert.match(
      (await run('cam', model, '--image', image, '--method', 'eigencam', '--eigen')).stderr,
      /--eigen: eigencam has no weighted maps to smooth; it is for gradcam, /,
    );
  });

  it('checks every option of cam before the model runs', async () => {
    const cam = (...more: readonly string[]) => run('cam', model, '--image', image, ...more);
    const refused: readonly (readonly [readonly string[], RegExp])[] = [
      [['--std', '0,0,0'], /--std 0,0,0: give numbers above zero/],
      [['--mean', '1,2'], /one number for all channels, or three/],
      [['--mean', ''], /not a list of numbers/],
      [['--size', '32'], /write height x width/],
      [['--opacity', '7'], /--opacity 7: give a number from 0 to 1/],
      [['--colormap', 'nope'], /--colormap nope: choose one of turbo/],
      [['--output', path.join(folder, 'o.jpg')], /only PNG is written/],
      [['--map', path.join(folder, 'm.txt')], /only NPY or CSV is written/],
      [['--output', path.join(folder, 'none', 'o.png')], /there is no folder/],
      [['--map', folder], /this is a folder; name a file/],
      [['--mode', 'sideways'], /--mode sideways: choose one of reverse, forward, /],
      [['--method', 'magic'], /--method magic: choose one of gradcam, /],
      [['--class', ''], /--class: give an index or a name/],
      [['--channels', '4'], /--channels 4: it is for .*ablationcam, scorecam; or give the colours rgb/],
      [['--layers', 'a,b,a'], /--layers a,b,a: 'a' is named twice/],
      [['--steps', '4'], /--steps: it is for --metrics; give that, too/],
      [['--threshold', '0.4'], /--threshold: it is for --metrics/],
      [['--metrics', '--steps', '1000000'], /--steps 1000000: at most 10000/],
    ];
    for (const [args, sentence] of refused) {
      const { status, stdout, stderr } = await cam(...args);
      assert.deepEqual([status, stdout], [2, ''], args.join(' '));
      assert.match(stderr, sentence);
      assert.match(stderr, /^evo-profiler: [^\n]+\n$/);
    }
  });

  it('checks targets, layers and metrics before the model runs', async () => {
    const refused: readonly (readonly [readonly string[], RegExp])[] = [
      [['--class', '1', '--target', 'class:1'], /--class and --target: give one of them/],
      [['--target', 'dream:1'], /--target dream:1: there is no target 'dream'; choose one of class, /],
      [['--layers', 'a'], /--layers a: name at least two/],
      [['--fuse', 'max'], /--fuse: give --layers, too/],
      [['--channels', 'few'], /--channels few: give how many channels are tried out, or all; or the colours rgb, /],
      [['--metrics', 'beauty'], /--metrics beauty: choose among confidence, road, /],
      [['--metrics', 'iou'], /where the object is must be known; give --mask, --boxes or --masks/],
      [['--mask', image], /are what --metrics compare with/],
      [['--metrics', '--mask', path.join(folder, 'none.png')], /--mask .*none\.png: there is no such file/],
      [['--metrics', '--mask', image, '--boxes', image], /--mask and --boxes: give one of them/],
      [['--metrics', '--percentiles', '0,50'], /give numbers between 0 and 100/],
      [['--metrics', '--threshold', '2'], /--threshold 2: give a number from 0 to 1/],
      [['--method', 'gradcam,layercam', '--report', 'r.html'], /--report writes one map: name one method/],
      [['--report', 'r.pdf'], /--report r\.pdf: only HTML is written; let the name end in \.html/],
      [['--csv', 'r.csv'], /--csv is for --images/],
      [['--images', folder], /give --image, --images or --input/],
    ];
    for (const [args, sentence] of refused) {
      const { status, stderr } = await run('cam', model, '--image', image, ...args);
      assert.equal(status, 2, args.join(' '));
      assert.match(stderr, sentence);
      assert.match(stderr, /^evo-profiler: [^\n]+\n$/);
    }
  });

  it('judges the map against a mask, and writes a page of it', async () => {
    const report = path.join(folder, 'report.html');
    const rows = path.join(folder, 'map.csv');
    const mask = path.join(root, 'sample/masks/12_star_square.mask-star.png');
    const { status, stdout, stderr } = await run(
      ...['cam', model, '--image', image, '--class', 'star', '--format', 'json', '--report', report, '--map', rows],
      ...['--metrics', '--mask', mask, '--steps', '4', '--percentiles', '50', '--tolerance', '3'],
    );
    assert.deepEqual([status, stderr], [0, '']);
    const { confidence, metrics, curves, truth, classes } = JSON.parse(stdout);
    const star = classes.find(({ index }: { index: number }) => index === 6);
    assert.ok(Math.abs(confidence - star.probability) < 1e-6);
    assert.equal(truth, '12_star_square.mask-star.png');
    const byId = new Map(metrics.map((one: { id: string; value: number }) => [one.id, one.value]));
    assert.deepEqual([byId.size, curves[0].x], [15, [0, 0.25, 0.5, 0.75, 1]]);
    // Nothing is deleted at first, nothing is missing at last.
    assert.ok(Math.abs(curves[0].y[0] - confidence) < 1e-5 && Math.abs(curves[1].y[4] - confidence) < 1e-5);
    assert.equal(byId.get('pointing'), 1);
    assert.deepEqual(
      fs
        .readFileSync(rows, 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => line.split(',').length),
      new Array(96).fill(96),
    );
    const page = fs.readFileSync(report, 'utf8');
    assert.match(
      page,
      /http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'sha256-/,
    );
    assert.equal(page.match(/<img src="data:image\/png;base64,/g)?.length, 3);
    assert.doesNotMatch(page, /<script|https?:|unsafe/);
    for (const text of ['Grad-CAM: 12_star_square.png', 'square', 'Deletion: area', 'Pointing game'])
      assert.ok(page.includes(text), text);
  });

  it('shows the class that is explained wherever it ranks, and marks none where that is no class', async () => {
    const worst = await run('cam', model, '--image', image, '--format', 'json');
    const { index } = JSON.parse(worst.stdout).classes.at(-1);
    const asked = await run('cam', model, '--image', image, '--class', String(index));
    assert.match(asked.stdout, new RegExp(`\\n▸ +${index} .*\\n`));
    assert.equal(asked.stdout.match(/▸/g)?.length, 1);
    const both = await run('cam', model, '--image', image, '--target', `classes:${index}*1,6*-1`);
    assert.deepEqual(both.stdout.match(/▸ +\d+/g), [asked.stdout.match(/▸ +\d+/)?.[0]]);
    const [output] = (await readModel(model)).graph.outputs;
    const element = ['--target', `element:${output?.name}[0,1]`];
    const table = await run('cam', model, '--image', image, ...element);
    assert.doesNotMatch(table.stdout, /▸/);
    const json = JSON.parse((await run('cam', model, '--image', image, ...element, '--format', 'json')).stdout);
    assert.ok(!('class' in json.target));
  });

  it('gives raw scores as numbers, probabilities as shares', async () => {
    const auc = async (...target: readonly string[]) =>
      (await run('cam', model, '--image', image, ...target, '--metrics', 'deletion', '--steps', '2')).stdout;
    assert.match(await auc(), /Deletion AUC +[\d.]+ %/);
    assert.match(await auc('--target', 'probability:6'), /Deletion AUC +[\d.]+ %/);
    assert.match(await auc('--target', 'classes:6'), /Deletion AUC +[+-][\d.]+ /);
  });

  it('says which object is meant where the target is no class, and that an empty map marks nothing', async () => {
    const boxes = path.join(folder, '12_star_square.txt');
    fs.writeFileSync(boxes, '6 0.5 0.5 0.5 0.5\n');
    const judged = (...more: readonly string[]) =>
      run('cam', model, '--image', image, '--metrics', 'energy', '--boxes', boxes, ...more);
    const embedding = ['--target', `embedding:${image}`];
    assert.match(
      (await judged(...embedding)).stderr,
      /is no class, so which object is meant must be said: class 6, or all/,
    );
    assert.match((await judged(...embedding, '--object', '6')).stdout, /Energy in the object/);
    assert.match((await judged('--target', 'classes:6*1,1*-1')).stdout, /Energy in the object/);
    assert.match((await judged('--target', 'classes:6*-1,1*1')).stderr, /no object here is .*class 1\)/);
  });

  it('takes a ready tensor as it is, and says of a leak that there was one', async () => {
    const file = path.join(folder, 'zeros.npy');
    fs.writeFileSync(file, writeNpy(new Float32Array(3 * 96 * 96), [1, 3, 96, 96]));
    const { status, stdout } = await run('cam', model, '--input', file, '--leak', '0.1');
    assert.equal(status, 0);
    assert.match(stdout, /method +Grad-CAM, leaky ReLU 0\.1\n/);
    assert.match(stdout, /preprocessing +none: a ready tensor\n/);
    assert.doesNotMatch(stdout, /is a guess|map is empty/);
  });

  it('refuses options that change nothing, and a model that explains itself for any class', async () => {
    const kind = await run('saliency', model, '--image', image, '--samples', '3');
    assert.equal(kind.status, 2);
    assert.match(kind.stderr, /--samples: gradient has none; it is for smoothgrad\n$/);
    const exported = path.join(folder, 'explained.onnx');
    assert.equal((await run('cam-export', model, '--class', 'input', '--output', exported)).status, 0);
    assert.match((await run('cam', exported, '--image', image)).stderr, /explains itself already: its input 'class'/);
  });

  it('leaves a damaged picture out of an animation, and says so', async () => {
    const pictures = path.join(folder, 'film');
    fs.mkdirSync(pictures);
    for (const name of ['04_triangle_star.png', '12_star_square.png']) {
      fs.copyFileSync(path.join(root, 'sample/images', name), path.join(pictures, name));
    }
    fs.writeFileSync(path.join(pictures, '08_broken.png'), 'not a picture');
    const gif = path.join(folder, 'film.gif');
    const { status, stdout, stderr } = await run('cam', model, '--images', pictures, '--gif', gif);
    assert.equal(status, 1);
    assert.match(stderr, /warning: 08_broken\.png: .*is not a picture/);
    assert.equal(stdout.trimEnd().split('\n').length, 2 + 2);
    assert.equal(fs.readFileSync(gif).subarray(0, 4).toString(), 'GIF8');
  });

  it('judges a folder: a row per picture and method, failures among them, and the means', async () => {
    const pictures = path.join(folder, 'pictures');
    fs.mkdirSync(pictures);
    for (const name of ['04_triangle_star.png', '12_star_square.png']) {
      fs.copyFileSync(path.join(root, 'sample/images', name), path.join(pictures, name));
    }
    fs.writeFileSync(path.join(pictures, 'broken.png'), 'not a picture');
    const file = path.join(folder, 'rows.csv');
    const { status, stdout, stderr } = await run(
      ...['cam', model, '--images', pictures, '--masks', path.join(root, 'sample/masks'), '--class', 'star'],
      ...['--method', 'gradcam,layercam', '--metrics', 'energy,confidence', '--csv', file],
    );
    assert.equal(status, 1);
    const [header, ...lines] = fs
      .readFileSync(file, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => line.split(','));
    assert.deepEqual(header?.slice(0, 6), ['image', 'method', 'class', 'label', 'confidence', 'averageDrop']);
    assert.deepEqual(
      lines.map(([name, method]) => `${name} ${method}`),
      [
        ...['04_triangle_star.png gradcam', '04_triangle_star.png layercam', '12_star_square.png gradcam'],
        ...['12_star_square.png layercam', 'broken.png gradcam', 'broken.png layercam'],
        ...['mean of 2 gradcam', 'mean of 2 layercam'],
      ],
    );
    const energy = header?.indexOf('energy') ?? -1;
    const of = (row: number): number => Number(lines[row]?.[energy]);
    assert.ok(of(0) > 0 && of(0) < 1 && Math.abs(of(6) - (of(0) + of(2)) / 2) < 1e-12);
    assert.equal(lines[4]?.[energy], '');
    assert.match(lines[4]?.join() ?? '', /broken\.png is not a picture that can be opened/);
    assert.match(stderr, /warning: broken\.png, gradcam: broken\.png is not a picture/);
    assert.match(stdout, /^means over 2 of 3 pictures\n/);
    assert.match(stdout, /\ngradcam +2 .* 1 failed\n/);
    const empty = path.join(folder, 'empty');
    fs.mkdirSync(empty);
    assert.match((await run('cam', model, '--images', empty)).stderr, /empty holds no pictures: choose a folder/);
  });

  it('writes what is done of a folder on Ctrl-C', async function () {
    if (process.platform === 'win32') this.skip();
    const file = path.join(folder, 'part.csv');
    const cam = spawn(process.execPath, [
      ...[cli, 'cam', model, '--images', path.join(root, 'sample/images'), '--metrics', 'deletion'],
      ...['--steps', '400', '--csv', file],
    ]);
    let said = '';
    cam.stderr.on('data', (bytes: Buffer) => {
      said += bytes.toString();
    });
    await new Promise((resolve) => setTimeout(resolve, 4000));
    cam.kill('SIGINT');
    assert.deepEqual(await once(cam, 'close'), [130, null]);
    assert.match(said, /interrupted after \d+ maps?; what is done is written/);
    const lines = fs.readFileSync(file, 'utf8').trimEnd().split('\n');
    const pictures = lines.filter((line) => /^\d\d_/.test(line));
    assert.ok(pictures.length < 16 && lines[0]?.startsWith('image,method,'));
    assert.ok(
      pictures.every((line) => /,0\.\d+,$/.test(line)),
      'a row that was not done',
    );
  });

  it('says why a model cannot be explained: weights that are missing, old operators, several pictures at once', async () => {
    const write = (opset: number, batch: number, location: string): string => {
      const file = path.join(folder, 'refused.onnx');
      const external = new ProtoWriter().int64(1, 4).int64(1, 3).int64(1, 1).int64(1, 1).int64(2, 1).text(8, 'w');
      // TensorProto: external_data 13 (key 1, value 2), data_location 14 = EXTERNAL (1).
      external.message(13, new ProtoWriter().text(1, 'location').text(2, location)).int64(14, 1);
      const graph = writeGraph({
        nodes: [
          { operator: 'Conv', inputs: ['x', 'w'], outputs: ['c'] },
          { operator: 'GlobalAveragePool', inputs: ['c'], outputs: ['p'] },
          { operator: 'Flatten', inputs: ['p'], outputs: ['y'] },
        ],
        inputs: [{ name: 'x', type: 'float32', shape: [batch, 3, 8, 8] }],
        outputs: [{ name: 'y', type: 'float32', shape: [batch, 4] }],
      });
      const written = new ProtoWriter().int64(1, 8).message(7, graph.message(5, external));
      fs.writeFileSync(file, writeOpsets(written, { '': opset }).finish());
      return file;
    };
    fs.writeFileSync(path.join(folder, 'w.bin'), new Uint8Array(48));
    const refusal = async (...args: Parameters<typeof write>) =>
      (await run('cam', write(...args), '--image', image)).stderr;
    assert.match(
      await refusal(13, 1, 'gone.bin'),
      /cannot run without its weight 'w': the file 'gone\.bin' is missing\n$/,
    );
    assert.match(await refusal(6, 1, 'w.bin'), /has opset 6; opset 7 or newer is needed to run it/);
    assert.match(await refusal(13, 4, 'w.bin'), /takes 4 pictures at once \(4×3×8×8\); export the model with batch 1/);
    // The same model with its weight, a newer opset and one picture runs.
    assert.equal(await refusal(13, 1, 'w.bin'), '');
  });

  it('ends on SIGTERM while native code runs, with the exit code of shells', async function () {
    if (process.platform === 'win32') this.skip();
    const file = path.join(folder, 'endless.onnx');
    fs.writeFileSync(file, endlessModel());
    const cam = spawn(process.execPath, [cli, 'cam', file, '--image', image]);
    await new Promise((resolve) => setTimeout(resolve, 3000));
    cam.kill('SIGTERM');
    assert.deepEqual(await once(cam, 'close'), [143, null]);
  });

  it('says what is wrong with a hardware choice', async () => {
    for (const [args, sentence] of [
      [['profile', model, '--set', 'frequency'], /--set frequency: write KEY=VALUE/],
      [['profile', model, '--set', 'frequency=Infinity'], /'frequency' must be a number, not Infinity/],
      [['hardware', 'list', 'x'], /hardware list takes no name; see: hardware show x/],
      [['profile'], /^evo-profiler: give a model file\n$/],
    ] as const) {
      const { status, stderr } = await run(...args);
      assert.equal(status, 2);
      assert.match(stderr, sentence);
    }
    assert.equal(JSON.parse((await run('hardware', 'show', 'V100')).stdout).n_pes, 80);
  });

  it('answers its version', async () => {
    const { version } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
    assert.equal(spawnCommand('--version').stdout, `${version}\n`);
  });

  it('summarises and lists hardware', async () => {
    assert.match((await run('summary', model)).stdout, /Conv/);
    assert.match((await run('hardware', 'list')).stdout, /jetson-tx2/);
    assert.equal(JSON.parse((await run('hardware', 'show', 'v100')).stdout).n_pes, 80);
    const own = path.join(root, 'sample', 'tiny-npu.evohw.json');
    assert.match((await run('hardware', 'check', own)).stdout, /ok/);
  });

  it('checks a hardware file: every problem with its place, 1 where it cannot be used', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'evo-hardware-'));
    const file = path.join(folder, 'a.evohw.json');
    fs.writeFileSync(
      file,
      '{ "name": "a", "engine": "multicore", "n_pes": 2, "pe_fp32s": 64,\n  "frequency": 1300, "mem_bandwidt": 1 }',
    );
    const { status, stdout } = await run('hardware', 'check', file);
    assert.equal(status, 1);
    assert.deepEqual(stdout.trimEnd().split('\n'), [
      `${file}:1:1: error: 'mem_bandwidth' is missing (in B/s)`,
      `${file}:2:16: error: frequency is in Hz: 1300 is 1.3 kHz; did you mean 1.3e9 (1.3 GHz)?`,
      `${file}:2:22: error: unknown key 'mem_bandwidt'; did you mean 'mem_bandwidth'?`,
    ]);
    assert.match(
      (await run('hardware', 'check', path.join(folder, 'none.json'))).stderr,
      /cannot read the hardware file/,
    );
    fs.rmSync(folder, { recursive: true });
  });
});
