import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { AppendixBuilder } from '../../src/autodiff/graphBuilder';
import type { CamBench, CamMethod, FormulaMethod } from '../../src/cam/camMethod';
import type { MapLayout } from '../../src/cam/layers/layout';
import { type FinishOptions, finishMaps } from '../../src/cam/maths/normalise';
import { firstComponent, firstKernelComponent } from '../../src/cam/maths/principal';
import { METHODS, type MethodChoice, mapArithmetic } from '../../src/cam/methods';
import { maths } from '../../src/operators/gradientTools';
import { OPTION_HELP } from '../../src/protocol/camOptions';
import type { Runtime } from '../../src/runtime/runtime';
import { float32Tensor } from '../../src/runtime/runtimeTensor';
import { inLayout } from '../cam';
import { encodeModel } from '../fixtures/encodeModel';
import { floats } from '../gradients';
import { greatestDifference, readStored, relativeError, row, type Stored } from '../npy';
import { type Case, type Meta, NETWORKS } from '../oracle';
import { useRuntime } from '../runtime';
import { needsShared, root, shared } from '../shared';

const methods: readonly CamMethod[] = Object.values(METHODS);
/** Those that ask the model more than once are tested in camMethodsByRuns. */
const formulas: readonly FormulaMethod[] = methods.filter((method) => method.needs !== 'runs');
const formula = (choice: MethodChoice, bench: CamBench): Float32Array => {
  const how = mapArithmetic(choice);
  assert.ok(how.needs !== 'runs');
  return how.compute(bench);
};
const compute = (id: string, bench: CamBench): Float32Array =>
  id === 'gradcam_eigen_smooth' ? formula({ method: 'gradcam', eigen: true }, bench) : formula({ method: id }, bench);

/** Two channels of 2×2: small enough to work every map out on paper. */
const SMALL: CamBench = {
  layer: { channels: 2, height: 2, width: 2 },
  activations: Float32Array.of(1, 2, 0, 1, 2, 0, 1, 1),
  gradients: Float32Array.of(1, 0, 1, 2, -1, 1, 0, -2),
};

describe('CAM methods', () => {
  it('are all the files of their folder, each with its paper on the first line', () => {
    const folder = path.join(root, 'src/cam/methods');
    const files = fs.readdirSync(folder);
    assert.deepEqual(files.map((file) => path.basename(file, '.ts')).sort(), Object.keys(METHODS).sort());
    for (const file of files)
      assert.match(fs.readFileSync(path.join(folder, file), 'utf8'), /^\/\/ .+, "?.+(19|20)\d\d\.\n/, file);
    assert.equal(new Set(methods.map(({ id }) => id)).size, methods.length);
  });

  it('by hand', () => {
    const half = 0.5;
    const expected: Readonly<Record<string, readonly number[]>> = {
      // Means of the gradients: 1 and −1/2.
      gradcam: [0, 2, -half, half],
      hirescam: [1 - 2, 0, 0, 2 - 2],
      gradcam_elementwise: [1, 0, 0, 2],
      layercam: [1, 0, 0, 2],
      // Σ G·A / Σ A: 3/4 and −4/4.
      xgradcam: [0.75 - 2, 1.5, -1, 0.75 - 1],
    };
    for (const [id, map] of Object.entries(expected)) {
      assert.ok(greatestDifference(compute(id, SMALL), map) < 1e-6, `${id}: ${compute(id, SMALL)}`);
    }
  });

  it('FEM counts what is above the mean by two deviations', () => {
    // Ten positions, one of them 1: mean 0.1, deviation 0.3, threshold 0.7; then ten that never leave theirs.
    const activations = Float32Array.from({ length: 20 }, (_, i) => (i === 3 ? 1 : i >= 10 ? i % 2 : 0));
    const layer = { channels: 2, height: 2, width: 5 };
    const map = compute('fem', { layer, activations, gradients: new Float32Array(20) });
    assert.ok(greatestDifference(map, [0, 0, 0, 0.1, 0, 0, 0, 0, 0, 0]) < 1e-7, `${map}`);
  });

  it('a principal component by hand: points on a line through their mean', () => {
    // (x, y) = mean + t·(3, 4)/5 with t = −2, −1, 0, 3.
    const t = [-2, -1, 0, 3];
    const maps = Float64Array.from([...t.map((one) => 7 + 0.6 * one), ...t.map((one) => -1 + 0.8 * one)]);
    assert.ok(greatestDifference(firstComponent(maps, 2), t) < 1e-12);
    // The sign is such that the greatest magnitude is positive; equal points have no component.
    assert.ok(
      greatestDifference(
        firstComponent(
          maps.map((one) => -one),
          2,
        ),
        t,
      ) < 1e-12,
    );
    assert.deepEqual([...firstComponent(new Float64Array(8).fill(3), 2)], [0, 0, 0, 0]);
  });

  it('a principal component whose rival is nearly as large', () => {
    // Orthogonal columns of lengths σ, so these are the singular values: relative gap 1e-3.
    const maps = Float64Array.from([1, -1, 0, 0, 0, 0, 0.999, -0.999]);
    assert.ok(greatestDifference(firstComponent(maps, 2).map(Math.abs), [1, 1, 0, 0]) < 1e-9);
  });

  it('a kernel of one number per position: two positions differ by tanh alone', () => {
    // Centred ±1: K = [[tanh 2, tanh 0], [tanh 0, tanh 2]]; double-centred its eigenvalue is tanh 2 − tanh 0.
    const map = firstKernelComponent(Float64Array.of(5, 3), 1);
    const entry = Math.sqrt(Math.tanh(2) / 2);
    assert.ok(greatestDifference(map.map(Math.abs), [entry, entry]) < 1e-12, `${map}`);
    assert.ok((map[0] ?? 0) * (map[1] ?? 0) < 0);
    assert.throws(() => firstKernelComponent(new Float64Array(4097), 1), /4097 are too many \(at most 4096\)/);
  });

  it('eigen smoothing of HiResCAM is Eigen-Grad-CAM; of a component it is refused', () => {
    const smooth = mapArithmetic({ method: 'hirescam', eigen: true });
    assert.deepEqual(formula({ method: 'hirescam', eigen: true }, SMALL), compute('eigengradcam', SMALL));
    assert.equal(smooth.title, 'HiResCAM, eigen-smoothed');
    assert.throws(
      () => mapArithmetic({ method: 'eigencam', eigen: true }),
      /Eigen-CAM is a principal component already/,
    );
    assert.throws(
      () => mapArithmetic({ method: 'magic' }),
      /no CAM method 'magic'; choose one of gradcam, gradcam\+\+/,
    );
  });

  it('pooling on a grid: one cell is Grad-CAM, a cell per pixel HiResCAM, between them means of the cells', () => {
    const bench = randomBench({ channels: 3, height: 4, width: 5 });
    assert.deepEqual(formula({ pooling: 1 }, bench), compute('gradcam', bench));
    assert.ok(greatestDifference(formula({ pooling: 5 }, bench), compute('hirescam', bench)) < 1e-6);
    // One row of four, two cells: means 2 and −1; bilinear from centres 1 and 3 (in pixels from the edge): shares ¼ and ¾.
    const layer = { channels: 1, height: 1, width: 4 };
    const row = { layer, activations: Float32Array.of(1, 1, 1, 1), gradients: Float32Array.of(1, 3, -2, 0) };
    assert.deepEqual([...formula({ pooling: 2 }, row)], [2, 1.25, -0.25, -1]);
  });

  it('options that make no sense are refused', () => {
    const refused = (choice: MethodChoice, why: RegExp) => assert.throws(() => mapArithmetic(choice), why);
    refused({ pooling: 0 }, /pooling of 0: give a whole number of cells/);
    refused({ pooling: 2, method: 'layercam' }, /pooling on a grid is for Grad-CAM: LayerCAM takes no mean/);
    refused({ pooling: 2, method: 'scorecam' }, /Score-CAM takes no mean/);
    refused({ pooling: 2, eigen: true }, /exclude each other/);
    refused({ leak: 2 }, /leak of 2: give a slope from 0 \(a ReLU\) to 1/);
    refused({ method: 'scorecam', channels: 0 }, /0 channels: give a whole number from 1, or 'all'/);
    refused({ method: 'scorecam', eigen: true }, /Score-CAM has no weighted maps to smooth/);
    assert.deepEqual(Object.keys(OPTION_HELP).sort(), ['channels', 'eigen', 'leak', 'pooling']);
  });

  it('maps of several layers: mean, maximum or product, normalised again; a leak keeps what is negative', () => {
    const map = (...values: number[]) => ({ width: 3, height: 1, values: Float32Array.from(values) });
    const [one, other] = [map(0, 1, 2), map(-4, 4, 0)];
    const finish = (options: FinishOptions) => finishMaps([one, other], 3, 1, options).values;
    // Normalised: 0, ½, 1 and 0, 1, 0.
    assert.ok(greatestDifference(finish({}), [0, 1, 2 / 3]) < 1e-6);
    assert.ok(greatestDifference(finish({ fuse: 'max' }), [0, 1, 1]) < 1e-6);
    assert.ok(greatestDifference(finish({ fuse: 'product' }), [0, 1, 0]) < 1e-6);
    // A slope of ¼: −1, 4, 0 over a range of 5.
    const leaky = finishMaps([other], 3, 1, { leak: 0.25 }).values;
    assert.ok(greatestDifference(leaky, [0, 1, 0.2]) < 1e-6, `${leaky}`);
    assert.throws(() => finishMaps([], 3, 1), /no map to finish/);
  });

  it('appended as ONNX nodes they answer what they compute at once', async () => {
    const bench = randomBench({ channels: 5, height: 4, width: 3 });
    for (const [id, map] of await appended(runtime(), bench)) {
      const error = relativeError(map, compute(id, bench));
      assert.ok(error < 1e-5, `${id} differs by ${error}`);
    }
  });
  const runtime = useRuntime();
});

describe('CAM methods from the oracle’s activations and gradients', () => {
  before(function () {
    needsShared(this);
  });
  after(function () {
    for (const [id, { cases, largest }] of [...worst].sort()) {
      const { error, title } = largest;
      console.log(`      ${id.padEnd(22)} ${cases} cases, largest deviation ${error.toExponential(1)} (${title})`);
    }
    if (this.test?.parent?.tests.every(({ state }) => state === 'passed'))
      assert.equal(worst.size, formulas.length + 1);
  });
  /** From stored activations and gradients only the methods' own arithmetic can differ. */
  const FROM_STORED = 1e-5;
  /** The reference works in 32 bits; tanh of small products, twice centred, loses most of them. */
  const LOOSE = 1e-3;
  const AMBIGUOUS = new Set(['eigencam', 'eigengradcam', 'gradcam_eigen_smooth']);
  const worst = new Map<string, { cases: number; largest: { error: number; title: string } }>();

  for (const network of NETWORKS) {
    it(network, () => {
      const folder = `data/oracle/${network}`;
      const meta = JSON.parse(fs.readFileSync(shared(`${folder}/meta.json`), 'utf8')) as Meta;
      const stored = (relative: string): Stored => readStored(shared(`${folder}/${relative}.npy`));
      for (const [image, { cases }] of Object.entries(meta.images)) {
        for (const [key, one] of Object.entries(cases)) {
          const [layer, classIndex] = key.split('|');
          const raw = stored(`${image}/${layer}/raw_c${classIndex}`);
          const act = stored(`${image}/${layer}/act`);
          const bench = benchOf(act, stored(`${image}/${layer}/grad_c${classIndex}`), raw);
          compareRaw(one, bench, raw, `${network} ${image} ${key}`);
          compareFinals(one, raw, stored(`${image}/${layer}/final_c${classIndex}`), `${image} ${key}`);
        }
      }
    });
  }

  function compareRaw(one: Case, bench: CamBench, raw: Stored, title: string): void {
    for (const id of [...formulas.map((method) => method.id), 'gradcam_eigen_smooth']) {
      const index = one.raw_methods.indexOf(id);
      assert.ok(index >= 0, `${id} is not stored for ${title}`);
      if (one.ill_conditioned.includes(id) || (id === 'gradcam++' && one.gradcampp_pole)) continue;
      const expected = row(raw, index);
      const map = compute(id, bench);
      const signs = AMBIGUOUS.has(id) ? [1, -1] : [1];
      const error = Math.min(
        ...signs.map((sign) =>
          relativeError(
            map.map((value) => sign * value),
            expected,
          ),
        ),
      );
      const limit = id === 'kpcacam' ? LOOSE : FROM_STORED + (id === 'xgradcam' ? roundingOfXGrad(bench) : 0);
      assert.ok(error < limit, `${id} of ${title} differs by ${error}`);
      const { cases = 0, largest = { error: -1, title } } = worst.get(id) ?? {};
      worst.set(id, { cases: cases + 1, largest: error > largest.error ? { error, title } : largest });
    }
  }

  /** Finals from stored raw maps: resizing and normalisation alone. */
  function compareFinals(one: Case, raw: Stored, final: Stored, title: string): void {
    const [, height = 0, width = 0] = raw.shape;
    const [, H = 0, W = 0] = final.shape;
    for (const [finalIndex, id] of one.final_methods.entries()) {
      const rawIndex = one.raw_methods.indexOf(id);
      if (rawIndex < 0 || one.ill_conditioned.includes(id)) continue;
      const map = { width, height, values: Float32Array.from(row(raw, rawIndex)) };
      const difference = greatestDifference(finishMaps([map], W, H).values, row(final, finalIndex));
      assert.ok(difference < FROM_STORED, `final ${id} of ${title} differs by ${difference}`);
    }
  }

  it('at the last layer before global pooling and a classifier, Grad-CAM, HiResCAM and XGrad-CAM are one', () => {
    const folder = 'data/oracle/tiny_gapfc';
    const meta = JSON.parse(fs.readFileSync(shared(`${folder}/meta.json`), 'utf8')) as Meta;
    const stored = (relative: string): Stored => readStored(shared(`${folder}/${relative}.npy`));
    const last = Object.keys(meta.onnx_tensors)[0] ?? '';
    for (const [image, { cases }] of Object.entries(meta.images)) {
      for (const key of Object.keys(cases).filter((name) => name.startsWith(`${last}|`))) {
        const classIndex = key.split('|')[1];
        const [act, grad] = [stored(`${image}/${last}/act`), stored(`${image}/${last}/grad_c${classIndex}`)];
        const bench = benchOf(act, grad, stored(`${image}/${last}/raw_c${classIndex}`));
        const gradCam = compute('gradcam', bench);
        for (const id of ['hirescam', 'xgradcam']) {
          const error = relativeError(compute(id, bench), gradCam);
          assert.ok(error < 1e-5, `${id} of ${image} ${key} differs by ${error}`);
        }
      }
    }
  });
});

/**
 * What the reference's 32 bits may cost XGrad-CAM, relative to the map: it divides by S = Σ A, and behind a
 * LayerNormalization S is what is left of terms 4,000 times as large. Half a unit in the last place of each term.
 */
function roundingOfXGrad(bench: CamBench): number {
  const { channels, height, width } = bench.layer;
  const pixels = height * width;
  const error = new Float64Array(pixels);
  for (let c = 0; c < channels; c++) {
    const [A, G] = [bench.activations, bench.gradients].map((maps) => [...maps.subarray(c * pixels, (c + 1) * pixels)]);
    assert.ok(A && G);
    const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
    const S = sum(A) + 1e-7;
    const weight = sum(A.map((a, i) => a * (G[i] ?? 0))) / S;
    const relative = (2 ** -24 * sum(A.map(Math.abs))) / Math.abs(S);
    for (const [i, a] of A.entries()) error[i] = (error[i] ?? 0) + Math.abs(weight * a * relative);
  }
  const map = compute('xgradcam', bench);
  return Math.max(...error) / Math.max(...map.map(Math.abs));
}

/** Stored tensors in whatever layout they have, as maps of the stored raw map's size. */
function benchOf(act: Stored, grad: Stored, raw: Stored): CamBench {
  const [, height = 0, width = 0] = raw.shape;
  const layout = layoutOf(act.shape, height, width);
  const channels = (layout.kind === 'nchw' ? act.shape[1] : act.shape.at(-1)) ?? 0;
  const maps = (tensor: Stored): Float32Array => Float32Array.from(inLayout(tensor, layout));
  return { layer: { channels, height, width }, activations: maps(act), gradients: maps(grad) };
}

function layoutOf(shape: readonly number[], height: number, width: number): MapLayout {
  if (shape.length === 3) return { kind: 'tokens', prefix: (shape[1] ?? 0) - height * width, height, width };
  return shape[2] === height && shape[3] === width ? { kind: 'nchw' } : { kind: 'nhwc' };
}

function randomBench(layer: CamBench['layer']): CamBench {
  const size = layer.channels * layer.height * layer.width;
  // Activations as behind a ReLU, gradients of both signs.
  const activations = Float32Array.from({ length: size }, (_, i) => Math.max(0, Math.sin(i * i + 1) + 0.3));
  return { layer, activations, gradients: Float32Array.from({ length: size }, (_, i) => Math.cos(3 * i * i)) };
}

/** One model with activations and gradients as inputs and the map of every method that is a formula as an output. */
async function appended(runtime: Runtime, bench: CamBench): Promise<ReadonlyMap<string, Float32Array>> {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'evo-methods-'));
  const file = path.join(directory, 'methods.onnx');
  const { layer, activations, gradients } = bench;
  const shape = [1, layer.channels, layer.height, layer.width];
  const build = new AppendixBuilder({ opset: 13 });
  const inputs = { build, maths: maths(build, 'float32'), activations: 'A', gradients: 'G', layer };
  const outputs = formulas.flatMap(({ id, append }) => (append ? [[id, append(inputs)] as const] : []));
  const inputOf = (name: string) => ({ name, type: 'float32' as const, shape });
  const names = outputs.map(([, name]) => name);
  fs.writeFileSync(
    file,
    Buffer.concat([encodeModel({ opsets: { '': 13 } }), build.encode([inputOf('A'), inputOf('G')], names)]),
  );
  const session = await runtime.load({ path: file });
  const results = await session.run({ A: float32Tensor(activations, shape), G: float32Tensor(gradients, shape) });
  await session.release();
  fs.rmSync(directory, { recursive: true });
  return new Map(outputs.map(([id, name]) => [id, floats(results.outputs, name)]));
}
