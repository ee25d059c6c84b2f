import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { readNpy } from '../../src/display/npy';
import { readModel } from '../../src/formats/modelReader';
import { elementCount, type Tensor } from '../../src/graph/graph';
import { BLOCK_ELEMENTS } from '../../src/onnx/blocks';
import { readTensor } from '../../src/onnx/tensor';
import type { TensorStatistics } from '../../src/protocol/tensors';
import { tensorNpy } from '../../src/scene/tensorNpy';
import { hasStatistics, tensorStatistics } from '../../src/scene/tensorStatistics';
import { constant, float32, modelOfTensors, proto, TemporaryFolder } from '../fixtures/onnxFiles';
import { needsShared, shared } from '../shared';

const files = new TemporaryFolder();

function bytesOf(values: Float32Array | Float64Array | Int32Array | Uint16Array | BigInt64Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

function inMemory(type: Tensor['type'], bytes: Uint8Array, ...shape: number[]): Tensor {
  return { name: 'w', type, shape, location: { kind: 'bytes', bytes } };
}

/** In the plainest way, all elements at hand; the mean first, then the distances from it. */
function byHand(values: Float64Array) {
  const finite = values.filter(Number.isFinite);
  const mean = finite.reduce((sum, value) => sum + value, 0) / finite.length;
  const variance = finite.reduce((sum, value) => sum + (value - mean) ** 2, 0) / finite.length;
  return {
    minimum: finite.reduce((a, b) => Math.min(a, b)),
    maximum: finite.reduce((a, b) => Math.max(a, b)),
    mean,
    deviation: Math.sqrt(variance),
    zeros: values.filter((value) => value === 0).length,
  };
}

function assertNear(actual: number, expected: number, scale: number, what: string): void {
  assert.ok(Math.abs(actual - expected) <= 1e-12 * scale, `${what}: ${actual}, expected ${expected}`);
}

function assertAgrees(found: TensorStatistics, values: Float64Array, what: string): void {
  const expected = byHand(values);
  assert.deepEqual([found.elements, found.sampled], [values.length, values.length], what);
  assert.deepEqual([found.minimum, found.maximum, found.zeros], [expected.minimum, expected.maximum, expected.zeros]);
  const scale = Math.max(Math.abs(expected.minimum), Math.abs(expected.maximum));
  assertNear(found.mean, expected.mean, scale, `${what} mean`);
  assertNear(found.deviation, expected.deviation, scale, `${what} deviation`);
  const { low, high, counts } = found.histogram;
  const inside = values.filter(Number.isFinite);
  const width = (high - low) / counts.length;
  const expectedCounts = counts.map(() => 0);
  for (const value of inside) {
    const bin = Math.min(counts.length - 1, width === 0 ? 0 : Math.floor((value - low) / width));
    expectedCounts[bin] = (expectedCounts[bin] ?? 0) + 1;
  }
  assert.equal(
    counts.reduce((sum, count) => sum + count, 0),
    inside.length,
  );
  // An element on the border of two bins may fall to either of them by rounding.
  const apart = counts.reduce((sum, count, bin) => sum + Math.abs(count - (expectedCounts[bin] ?? 0)), 0);
  assert.ok(apart <= 4, `${what}: ${counts} where ${expectedCounts}`);
}

describe('scene/tensorStatistics', () => {
  it('answers what a handful of elements have by hand', async () => {
    const found = await tensorStatistics(inMemory('float32', float32(1, 2, 3, 4, 0, -2), 2, 3));
    // Sum 8 over 6; squares of the distances 1/9 + 4/9 + 25/9 + 64/9 + 16/9 + 100/9 = 210/9 over 6.
    assert.deepEqual([found.minimum, found.maximum, found.zeros, found.nans], [-2, 4, 1, 0]);
    assertNear(found.mean, 8 / 6, 1, 'mean');
    assertNear(found.deviation, Math.sqrt(210 / 54), 1, 'deviation');
    assert.equal(found.histogram.counts.length, 32);
    assert.deepEqual([found.histogram.counts[0], found.histogram.counts[31]], [1, 1]);
  });

  it('leaves out what is no number or infinite, and counts it', async () => {
    const values = float32(1, Number.NaN, 3, Infinity, -Infinity, Number.NaN);
    const found = await tensorStatistics(inMemory('float32', values, 6));
    assert.deepEqual([found.mean, found.minimum, found.maximum], [2, 1, 3]);
    assert.deepEqual([found.nans, found.infinities], [2, 2]);
    const none = await tensorStatistics(inMemory('float32', float32(Number.NaN), 1));
    assert.deepEqual([none.mean, none.nans, none.histogram.counts], [Number.NaN, 1, []]);
  });

  it('keeps its digits far from zero, where sums of squares lose them', async () => {
    const values = Float64Array.from({ length: 3 * BLOCK_ELEMENTS + 5 }, (_, i) => 1e9 + (i % 2));
    const found = await tensorStatistics(inMemory('float64', bytesOf(values), values.length));
    assert.ok(Math.abs(found.deviation - 0.5) < 1e-6, String(found.deviation));
  });

  it('gives few integers a bin each', async () => {
    const found = await tensorStatistics(inMemory('int32', bytesOf(Int32Array.of(3, 5, 3, 3)), 4));
    assert.deepEqual(found.histogram, { low: 2.5, high: 5.5, counts: [3, 0, 1] });
    const bool = await tensorStatistics(inMemory('bool', Uint8Array.of(1, 0, 1, 1), 4));
    assert.deepEqual([bool.mean, bool.histogram.counts], [0.75, [1, 3]]);
    const same = await tensorStatistics(inMemory('float32', float32(7, 7), 2));
    assert.deepEqual([same.deviation, same.histogram], [0, { low: 7, high: 7, counts: [2] }]);
  });

  it('reads half, bfloat16 and 4-bit elements, and packed varints', async () => {
    const half = await tensorStatistics(inMemory('float16', bytesOf(Uint16Array.of(0x3c00, 0xc000, 0)), 3));
    assert.deepEqual([half.minimum, half.maximum, half.zeros], [-2, 1, 1]);
    const brain = await tensorStatistics(inMemory('bfloat16', bytesOf(Uint16Array.of(0x3fc0, 0xbf80)), 2));
    assert.deepEqual([brain.minimum, brain.maximum, brain.mean], [-1, 1.5, 0.25]);
    // 0x21, 0x0f: 1, 2, -1 and a nibble that fills the byte.
    const nibbles = await tensorStatistics(inMemory('int4', Uint8Array.of(0x21, 0x0f), 3));
    assert.deepEqual([nibbles.elements, nibbles.minimum, nibbles.maximum], [3, -1, 2]);
    const values = Array.from({ length: 2 * BLOCK_ELEMENTS + 7 }, (_, i) => ((i * 7919) % 20_011) - 10_000);
    const fields = proto().int64(2, 7).text(8, 'long').int64(1, values.length).packedInt64s(7, values);
    const model = await files.read(modelOfTensors(fields));
    const tensor = constant(model, 'long');
    assert.equal(tensor.location.kind, 'varints');
    assertAgrees(await tensorStatistics(tensor), Float64Array.from(values), 'varints');
  });

  it('counts what a sparse tensor does not store as zeros', async () => {
    const sparse: Tensor = { ...inMemory('float32', float32(2, 4), 10), sparse: true };
    const found = await tensorStatistics(sparse);
    assertNear(found.mean, 0.6, 1, 'mean');
    assertNear(found.deviation, Math.sqrt(20 / 10 - 0.36), 1, 'deviation');
    assert.deepEqual([found.sampled, found.zeros, found.minimum, found.maximum], [10, 8, 0, 4]);
    assert.deepEqual([found.histogram.counts[0], found.histogram.counts[16], found.histogram.counts[31]], [8, 1, 1]);
    assert.throws(() => tensorNpy(sparse), /'w' is sparse/);
  });

  it('says in one sentence why there are none', async () => {
    const missing: Tensor = {
      ...inMemory('float32', float32(), 2),
      location: { kind: 'missing', reason: 'it is gone' },
    };
    assert.equal(hasStatistics(missing), false);
    await assert.rejects(tensorStatistics(missing), /^Error: The data of tensor 'w' is not to be had: it is gone\.$/);
    const complex = inMemory('complex64', float32(1, 2), 1);
    assert.equal(hasStatistics(complex), false);
    await assert.rejects(tensorStatistics(complex), /complex numbers/);
  });

  it('stops between two pieces', async () => {
    const values = new Float32Array(4 * BLOCK_ELEMENTS);
    const controller = new AbortController();
    const reading = tensorStatistics(inMemory('float32', bytesOf(values), values.length), controller.signal);
    controller.abort(new Error('enough'));
    await assert.rejects(reading, /enough/);
  });

  it('looks at a part of what is huge, spread over all of it, within bounded memory', async function () {
    this.timeout(60_000);
    // A file of holes: 1.5 GB that are not there, with ones in the last megabyte.
    const file = path.join(files.path, 'huge.bin');
    const elements = 400 * 2 ** 20;
    const handle = fs.openSync(file, 'w');
    fs.writeSync(handle, bytesOf(new Float32Array(2 ** 18).fill(1)), 0, 2 ** 20, 4 * elements - 2 ** 20);
    fs.closeSync(handle);
    const huge: Tensor = {
      ...{ name: 'huge', type: 'float32', shape: [elements] },
      location: { kind: 'file', path: file, offset: 0, length: 4 * elements },
    };
    const before = process.memoryUsage();
    const found = await tensorStatistics(huge);
    const after = process.memoryUsage();
    const grown = after.arrayBuffers + after.heapUsed - before.arrayBuffers - before.heapUsed;
    assert.equal(found.elements, elements);
    assert.ok(found.sampled >= 15 * 2 ** 20 && found.sampled <= 17 * 2 ** 20, String(found.sampled));
    assert.ok(grown < 200 * 2 ** 20, `${grown} bytes more`);
    assert.equal(found.minimum, 0);
    fs.rmSync(file);
  });

  describe('on trained models', () => {
    before(function () {
      needsShared(this);
    });

    it('agrees with every weight recomputed in 64 bits', async function () {
      this.timeout(60_000);
      let checked = 0;
      for (const name of ['resnet8', 'mobilenet_v2_025', 'vit_mini']) {
        const folder = shared(`data/oracle/${name}`);
        const file = fs.readdirSync(folder).find((one) => one.endsWith('.onnx'));
        assert.ok(file, `${name} has no model`);
        const model = await readModel(path.join(folder, file));
        for (const tensor of model.graph.constants.values()) {
          if (!hasStatistics(tensor)) continue;
          assertAgrees(await tensorStatistics(tensor), await readTensor(tensor), `${name} ${tensor.name}`);
          checked++;
        }
      }
      assert.ok(checked > 100, `only ${checked} tensors`);
    });
  });
});

describe('scene/tensorNpy', () => {
  const whole = async (tensor: Tensor) => {
    const { note, chunks } = tensorNpy(tensor);
    const parts: Uint8Array[] = [];
    for await (const chunk of chunks) parts.push(chunk);
    return { note, ...readNpy(Buffer.concat(parts)) };
  };

  it('writes what NumPy has as it is', async () => {
    const values = Float32Array.from({ length: BLOCK_ELEMENTS + 3 }, (_, i) => i / 7);
    const { note, shape, values: read } = await whole(inMemory('float32', bytesOf(values), values.length, 1));
    assert.deepEqual([note, shape], ['', [values.length, 1]]);
    assert.deepEqual(read, values);
    const longs = await whole(inMemory('int64', bytesOf(BigInt64Array.of(-1n, 2n ** 60n)), 2));
    assert.deepEqual(longs.values, BigInt64Array.of(-1n, 2n ** 60n));
  });

  it('writes other floats as float32, small integers as bytes, and says so', async () => {
    const brain = await whole(inMemory('bfloat16', bytesOf(Uint16Array.of(0x3fc0, 0xbf80)), 2));
    assert.deepEqual([brain.note, [...brain.values]], ['bfloat16 saved as float32', [1.5, -1]]);
    const nibbles = await whole(inMemory('uint4', Uint8Array.of(0x21, 0x0f), 3));
    assert.deepEqual(
      [nibbles.note, [...nibbles.values], elementCount(nibbles.shape)],
      ['uint4 saved as uint8', [1, 2, 15], 3],
    );
  });

  it('refuses data that ends early instead of writing a damaged file', async () => {
    await assert.rejects(whole(inMemory('float32', float32(1), 2)), /holds 1 elements where 2 are declared/);
  });
});
