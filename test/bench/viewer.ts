/**
 * Opens models in the panel, in headless Chromium: milliseconds from the file to the picture, drawn frames per second under a hand,
 * memory of the page's process, search. With a peer's checkout of static files, the same files there, and ratios.
 * Run: npm run build && node out/test/bench/viewer.cjs [--netron DIR] [--sizes 100,1000] [--peer-limit 20000] [--json FILE] [MODEL.onnx …]
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { Browser } from 'playwright-core';
import { errorMessage } from '../../src/protocol/rpc';
import { sharedPath } from '../shared';
import { drawnFrames, type Gesture, launch, memoryOf } from './viewer/browser';
import { openModel } from './viewer/host';
import { resnetLike, transformerLike, writeFat } from './viewer/models';
import { ourSite, staticSite } from './viewer/server';
import { printTable, type Result } from './viewer/table';
import { netron, newPage, ours, type Viewer } from './viewer/viewers';

const SIZES = '100,1000,5000,20000,50000';
const GESTURES: readonly Gesture[] = ['wheel', 'drag', 'zoom'];
const FAT_BYTES = 1.5e9;
/** A peer that takes longer is given up. */
const PEER_SECONDS = 180;
const REAL = ['squeezenet1.1_fp32', 'light_resnet50', 'light_densenet121', 'vit_mnist_op12'];

/** The panel's state in which no group is closed. */
const ALL_OPEN = { expanded: { levels: 'all', toggled: [] } };

interface Case {
  readonly name: string;
  readonly file: string;
  /** 0 where it is a file of its own. */
  readonly nodes: number;
}

void main();

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      netron: { type: 'string' },
      sizes: { type: 'string', default: SIZES },
      'peer-limit': { type: 'string', default: '20000' },
      json: { type: 'string' },
    },
  });
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'evo-viewer-'));
  const site = await ourSite();
  const peerSite = values.netron === undefined ? undefined : await staticSite(peerFiles(values.netron));
  const results: Result[] = [];
  try {
    await warmUp(path.join(folder, 'first.onnx'));
    const sizes = values.sizes
      .split(',')
      .map(Number)
      .filter((size) => size > 0);
    for (const one of casesIn(folder, sizes, positionals)) {
      const viewers: Viewer[] = [ours(site, 'ours', {}), ours(site, 'ours, all open', ALL_OPEN)];
      if (peerSite && one.nodes <= Number(values['peer-limit'])) viewers.push(netron(peerSite));
      for (const viewer of viewers) {
        results.push(await measure(viewer, one));
      }
    }
  } finally {
    site.close();
    peerSite?.close();
    fs.rmSync(folder, { recursive: true, force: true });
  }
  printTable(results);
  if (values.json) fs.writeFileSync(values.json, `${JSON.stringify(results, undefined, 1)}\n`);
}

/** An editor has been at work before somebody measures it: the host's code is compiled, as the browser's is. */
async function warmUp(file: string): Promise<void> {
  fs.writeFileSync(file, transformerLike(500));
  for (let round = 0; round < 3; round++) await openModel(file);
}

function peerFiles(directory: string): string {
  const source = path.join(directory, 'source');
  return fs.existsSync(path.join(source, 'index.html')) ? source : directory;
}

/** Each file is written when it is its turn, and is gone when the next one is. */
function* casesIn(folder: string, sizes: readonly number[], models: readonly string[]): Generator<Case> {
  const file = path.join(folder, 'model.onnx');
  for (const nodes of sizes) {
    for (const [kind, encode] of [
      ['resnet', resnetLike],
      ['transformer', transformerLike],
    ] as const) {
      fs.writeFileSync(file, encode(nodes));
      yield { name: `${kind}-like ${nodes}`, file, nodes };
    }
  }
  if (models.length === 0) {
    writeFat(file, FAT_BYTES);
    yield { name: '1.5 GB of weights', file, nodes: 0 };
  }
  const real = models.length > 0 ? models : REAL.flatMap((name) => sharedPath(`data/models/${name}.onnx`) ?? []);
  for (const model of real) yield { name: path.basename(model), file: path.resolve(model), nodes: 0 };
}

/** In a browser of its own, so that nothing is left of the one before. What was measured before something failed stays. */
async function measure(viewer: Viewer, { name, file }: Case): Promise<Result> {
  const browser = await launch();
  let result: Result = { viewer: viewer.name, model: name };
  try {
    for await (const part of measurements(browser, viewer, file)) {
      result = { ...result, ...part };
      console.error(JSON.stringify({ viewer: viewer.name, model: name, ...part }));
    }
  } catch (error) {
    result = { ...result, problem: errorMessage(error).split('\n')[0] ?? '' };
  } finally {
    await browser.close();
  }
  return result;
}

async function* measurements(browser: Browser, viewer: Viewer, file: string): AsyncGenerator<Partial<Result>> {
  const page = await newPage(browser);
  yield { opening: await viewer.open(page, file, PEER_SECONDS * 1000) };
  yield { bytes: await memoryOf(browser, page) };
  let frames: Result['frames'] = {};
  for (const gesture of GESTURES) {
    frames = { ...frames, [gesture]: await drawnFrames(browser, page, gesture) };
    yield { frames };
  }
  yield { search: await viewer.search(page, 'relu') };
}
