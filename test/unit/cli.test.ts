import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { readNpy } from '../../src/display/npy';
import { root } from '../shared';

const cli = path.join(root, 'dist', 'cli.js');
const model = path.join(root, 'sample', 'shapes-resnet8.onnx');
const image = path.join(root, 'sample', 'images', '12_star_square.png');

function run(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], { encoding: 'utf8', cwd: root });
  return { status, stdout, stderr };
}

describe('command line', function () {
  this.timeout(60_000);
  let folder = '';
  before(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'evo-cli-'));
  });
  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  it('profiles: one JSON document and nothing else on stdout', () => {
    const { status, stdout, stderr } = run('profile', model, '--hardware', 'v100', '--format', 'json');
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

  it('takes another hardware field, batch and shape', () => {
    const seconds = (...more: readonly string[]): number =>
      JSON.parse(run('profile', model, '--format', 'json', ...more).stdout).totals.seconds;
    const base = seconds();
    assert.ok(seconds('--set', 'frequency=0.65e9') > base);
    assert.ok(seconds('--batch', '8') > 4 * base);
  });

  it('exits 3 over a budget, 2 on wrong usage, 1 on a bad file, with one line on stderr', () => {
    assert.equal(run('profile', model, '--budget', '1e-9').status, 3);
    assert.equal(run('profile', model, '--budget', '10').status, 0);
    for (const args of [['nonsense'], ['profile'], ['profile', model, '--formt', 'json'], ['cam', model]]) {
      const { status, stderr } = run(...args);
      assert.equal(status, 2, args.join(' '));
      assert.match(stderr, /^evo-profiler: [^\n]+\n$/);
    }
    const bad = path.join(folder, 'bad.onnx');
    fs.writeFileSync(bad, '<!DOCTYPE html>');
    const { status, stderr } = run('profile', bad);
    assert.equal(status, 1);
    assert.match(stderr, /^evo-profiler: [^\n]+\n$/);
  });

  it('sweeps fields of the hardware and marks the Pareto front', () => {
    const { status, stdout, stderr } = run(
      ...['sweep', model, '--hardware', 'v100', '--over', 'frequency=0.5e9:2e9:4'],
      ...['--over', 'mem_bandwidth=350e9,700e9', '--format', 'json'],
    );
    assert.equal(stderr, '');
    assert.equal(status, 0);
    const { points, axes } = JSON.parse(stdout);
    assert.equal(points.length, 8);
    assert.deepEqual(axes[1], { key: 'mem_bandwidth', values: [350e9, 700e9] });
    const profiled = run('profile', model, '--hardware', 'v100', '--set', 'frequency=2e9', '--format', 'json');
    assert.equal(points[7].seconds, JSON.parse(profiled.stdout).totals.seconds);
    assert.equal(points[7].pareto, true);
    const table = run('sweep', model, '--over', 'batch=1,2', '--format', 'csv').stdout.trim().split('\n');
    assert.match(table[0] ?? '', /^batch,seconds,/);
    assert.equal(table.length, 3);
    assert.equal(run('sweep', model).status, 2);
    assert.equal(run('sweep', model, '--over', 'n_pes=0.5').status, 1);
  });

  it('explains a picture: classes, a map at input size, an overlay', () => {
    const map = path.join(folder, 'map.npy');
    const raw = path.join(folder, 'raw.npy');
    const output = path.join(folder, 'overlay.png');
    const { status, stdout, stderr } = run(
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

  it('summarises and lists hardware', () => {
    assert.match(run('summary', model).stdout, /Conv/);
    assert.match(run('hardware', 'list').stdout, /jetson-tx2/);
    assert.equal(JSON.parse(run('hardware', 'show', 'v100').stdout).n_pes, 80);
    const own = path.join(root, 'sample', 'tiny-npu.evohw.json');
    assert.match(run('hardware', 'check', own).stdout, /ok/);
  });
});
