import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { DataType } from '../../src/graph/graph';
import type { RuntimeTensor } from '../../src/protocol/runtime';
import { withoutSource } from '../../src/runtime/ortMessage';
import { Runtime, type RuntimeSession } from '../../src/runtime/runtime';
import { convertTo, float32Tensor, int64Tensor, toFloat32 } from '../../src/runtime/runtimeTensor';
import { endlessModel } from '../fixtures/endless';
import { childPath, useRuntime } from '../runtime';
import { needsShared, root, shared } from '../shared';

const model = path.join(root, 'sample/shapes-resnet8.onnx');
const picture = float32Tensor(
  Float32Array.from({ length: 3 * 96 * 96 }, (_, i) => Math.sin(i)),
  [1, 3, 96, 96],
);

/** A child that answers how many models it loaded, and how many of those it holds. */
const COUNTING_CHILD = `
  let loads = 0;
  const live = new Set();
  const answers = {
    load: () => { live.add(++loads); return { id: loads, inputs: [], outputs: [], outputTypes: [], milliseconds: 0 }; },
    run: (id) => {
      if (!live.has(id)) throw new Error('session ' + id + ' was released');
      return { outputs: {}, milliseconds: loads, cpuMilliseconds: live.size };
    },
    release: (id) => { live.delete(id); },
  };
  process.on('message', ({ id, method, args }) => {
    const answer = () => process.send({ rpc: 'result', id, value: answers[method](...args) });
    setTimeout(answer, method === 'run' && args[1].slow ? 20 : 0);
  });
  process.on('disconnect', () => process.exit());`;

const only = (tensors: Readonly<Record<string, RuntimeTensor>>): RuntimeTensor => {
  const [tensor] = Object.values(tensors);
  assert.ok(tensor);
  return tensor;
};

describe('runtime', () => {
  const runtime = useRuntime();
  const loadSample = async () => {
    const session = await runtime().load({ path: model });
    const [name] = session.inputs;
    assert.ok(name);
    return { session, feeds: { [name]: picture } };
  };

  it('runs a model in a child process', async () => {
    const { session, feeds } = await loadSample();
    const { outputs, milliseconds } = await session.run(feeds);
    const logits = toFloat32(only(outputs));
    assert.ok(logits.length >= 2 && logits.every(Number.isFinite));
    assert.ok(milliseconds > 0 && session.loadMilliseconds > 0);
    assert.notEqual(runtime().pid, process.pid);
  });

  it('answers the same with bytes appended', async () => {
    const { session, feeds } = await loadSample();
    // A ModelProto that holds only a producer version (field 3): merging it changes nothing that is computed.
    const appended = Uint8Array.of(0x1a, 1, 0x31);
    const other = await runtime().load({ path: model, appended });
    assert.deepEqual(only((await other.run(feeds)).outputs), only((await session.run(feeds)).outputs));
  });

  it('says what is wrong with a file that is no model', async () => {
    const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'evo-runtime-')), 'bad.onnx');
    fs.writeFileSync(file, 'this is not a model');
    await assert.rejects(runtime().load({ path: file }), /onnxruntime cannot load 'bad\.onnx': /);
    fs.rmSync(path.dirname(file), { recursive: true });
    await assert.rejects(runtime().load({ path: file }), /onnxruntime cannot load 'bad\.onnx': /);
    await assert.rejects(runtime().load({ path: file, appended: new Uint8Array(1) }), /bad\.onnx.*ENOENT/);
  });

  it('says what is wrong with a feed', async () => {
    const { session } = await loadSample();
    await assert.rejects(session.run({}), /input/);
    const [name] = session.inputs;
    assert.ok(name);
    await assert.rejects(session.run({ [name]: { ...picture, shape: [1, 3, 5, 5] } }), new RegExp(`input '${name}'`));
  });

  it('turns the death of the child into one sentence, and starts another for the next call', async () => {
    const { session, feeds } = await loadSample();
    const before = await session.run(feeds);
    const { pid } = runtime();
    assert.ok(pid);
    // Held until it dies, so that it cannot answer first.
    process.kill(pid, 'SIGSTOP');
    const underWay = session.run(feeds);
    process.kill(pid, 'SIGSEGV');
    process.kill(pid, 'SIGCONT');
    await assert.rejects(underWay, /^Error: the model runner stopped \(signal SIGSEGV\); running again restarts it$/);
    const after = await session.run(feeds);
    assert.deepEqual(after.outputs, before.outputs);
    assert.notEqual(runtime().pid, pid);
  });

  it('cancels what is under way and works again afterwards', async () => {
    const { session, feeds } = await loadSample();
    const underWay = session.run(feeds);
    runtime().cancel();
    await assert.rejects(underWay, /^Error: cancelled$/);
    await session.run(feeds);
  });

  it('is aborted by a signal, before and during a call', async () => {
    const { session, feeds } = await loadSample();
    await assert.rejects(session.run(feeds, undefined, AbortSignal.abort()), /^AbortError: /);
    const controller = new AbortController();
    const underWay = session.run(feeds, undefined, controller.signal);
    controller.abort(new Error('enough'));
    await assert.rejects(underWay, /^Error: enough$/);
    await assert.rejects(runtime().load({ path: model }, AbortSignal.abort()), /^AbortError: /);
  });

  it('runs a bystander again when the abort of another call ended the child', async () => {
    const { session, feeds } = await loadSample();
    const controller = new AbortController();
    const aborted = session.run(feeds, undefined, controller.signal);
    const bystander = session.run(feeds);
    const loading = runtime().load({ path: model });
    controller.abort();
    await assert.rejects(aborted, /^AbortError: /);
    assert.ok((await bystander).milliseconds > 0);
    assert.deepEqual((await loading).inputs, session.inputs);
  });

  it('loads a released session again when it is run after all', async () => {
    const { session, feeds } = await loadSample();
    const before = await session.run(feeds);
    await session.release();
    await session.release();
    assert.deepEqual((await session.run(feeds)).outputs, before.outputs);
  });

  describe('with a child that counts', () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'evo-counting-'));
    const counting = new Runtime({ childPath: path.join(folder, 'child.js') });
    before(() => fs.writeFileSync(path.join(folder, 'child.js'), COUNTING_CHILD));
    after(() => {
      counting.dispose();
      fs.rmSync(folder, { recursive: true });
    });
    const count = async (session: RuntimeSession) => {
      const { milliseconds: loads, cpuMilliseconds: live } = await session.run({});
      return { loads, live };
    };

    it('loads a model once for all who run it after a kill', async () => {
      const session = await counting.load({ path: 'a' });
      counting.cancel();
      assert.deepEqual(await Promise.all([count(session), count(session)]), [
        { loads: 1, live: 1 },
        { loads: 1, live: 1 },
      ]);
    });

    it('keeps the files that were used last, loads the others again, and forgets what is released', async () => {
      counting.cancel();
      const files = 'abcdefghij'.split('');
      const sessions = await Promise.all(files.map((file) => counting.load({ path: file })));
      const [first, last] = [sessions[0], sessions.at(-1)];
      assert.ok(first && last);
      assert.deepEqual(await count(last), { loads: 10, live: 8 });
      assert.deepEqual(await count(first), { loads: 11, live: 9 });
      assert.deepEqual(await count(first), { loads: 11, live: 8 });
      for (const session of sessions) await session.release();
      assert.deepEqual(await count(await counting.load({ path: 'k' })), { loads: 12, live: 1 });
    });

    it('tries again for every abort of another call', async () => {
      counting.cancel();
      const session = await counting.load({ path: 'a' });
      const bystander = session.run({ slow: picture });
      for (let abort = 0; abort < 3; abort++) {
        const controller = new AbortController();
        const aborted = session.run({ slow: picture }, undefined, controller.signal);
        controller.abort();
        await assert.rejects(aborted, /^AbortError: /);
      }
      assert.equal((await bystander).milliseconds, 1);
    });
  });

  it('ends an idle child and reports its comings and goings', async () => {
    const lines: string[] = [];
    const idle = new Runtime({ childPath, idleMilliseconds: 1, log: (line) => lines.push(line) });
    await idle.load({ path: model });
    while (idle.pid !== undefined || lines.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    assert.match(lines[0] ?? '', /^model runner started \(process \d+\)$/);
    assert.match(lines[1] ?? '', /^model runner ended: the model runner was idle$/);
    idle.dispose();
    await assert.rejects(idle.load({ path: model }), /was closed/);
  });

  it('says so when the child cannot be started', async () => {
    const broken = new Runtime({ childPath: path.join(root, 'no-such-file.js') });
    await assert.rejects(broken.load({ path: model }), /the model runner stopped \(exit code 1\)/);
    broken.dispose();
  });

  it('does not outlive its parent, also when native code never comes back', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'evo-orphan-'));
    const file = path.join(folder, 'endless.onnx');
    fs.writeFileSync(file, endlessModel());
    const { data } = float32Tensor(new Float32Array(192), [1, 3, 8, 8]);
    const script = `
      const { fork } = require('node:child_process');
      const child = fork(${JSON.stringify(childPath)}, [], { serialization: 'advanced' });
      const call = (id, method, ...args) => child.send({ rpc: 'call', id, method, args });
      child.on('message', ({ value }) => {
        const x = { type: 'float32', shape: [1, 3, 8, 8], data: new Uint8Array(${data.length}) };
        call(2, 'run', value.id, { x });
        setTimeout(() => process.kill(process.pid, 'SIGKILL'), 300);
      });
      call(1, 'load', { path: ${JSON.stringify(file)} });`;
    // The child inherits the parent's output: 'close' comes when both are gone.
    const parent = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    parent.stdout.resume();
    assert.deepEqual(await once(parent, 'close'), [null, 'SIGKILL']);
    fs.rmSync(folder, { recursive: true });
  });

  it('quotes onnxruntime without places in its source', () => {
    const full =
      'before: /onnxruntime_src/onnxruntime/core/graph/model_load_utils.h:46 void onnxruntime::f(const std::function<void ()>&, int) Opset 99 (in ai.onnx) is new';
    assert.equal(withoutSource(full), 'before: Opset 99 (in ai.onnx) is new');
    const short = 'validation failed. Error: tensorprotoutils.cc:461 ValidatePath The path does not exist (w)';
    assert.equal(withoutSource(short), 'validation failed. The path does not exist (w)');
    assert.equal(withoutSource('No Op registered for FooBar'), 'No Op registered for FooBar');
  });

  describe('with shared models', () => {
    before(function () {
      needsShared(this);
    });

    it('finds external data beside the file, also when bytes are appended', async () => {
      const file = shared('data/models/model_with_external_initializers.onnx');
      const feeds = (session: { inputs: readonly string[] }) =>
        Object.fromEntries(session.inputs.map((name) => [name, float32Tensor([1, 2], [1, 2])]));
      const plain = await runtime().load({ path: file });
      const appended = await runtime().load({ path: file, appended: Uint8Array.of(0x1a, 1, 0x31) });
      const expected = await plain.run(feeds(plain));
      assert.deepEqual((await appended.run(feeds(appended))).outputs, expected.outputs);
    });

    it('feeds and fetches float16', async () => {
      const session = await runtime().load({ path: shared('data/models/squeezenet1.1_fp16.onnx') });
      const input = float32Tensor(new Float32Array(3 * 224 * 224), [1, 3, 224, 224]);
      const { outputs } = await session.run({ data_0: convertTo('float16', input) });
      const output = only(outputs);
      assert.equal(output.type, 'float16');
      const total = toFloat32(output).reduce((a, b) => a + b, 0);
      assert.ok(Math.abs(total - 1) < 0.02, `softmax sums to ${total}`);
    });
  });
});

describe('runtimeTensor', () => {
  it('narrows to float16 as IEEE 754 says, and widens back', () => {
    // value → bits, from the binary16 format's definition: smallest subnormal, largest subnormal, smallest normal, 1, the
    // number after 1, 65504, overflow, ties to even.
    const cases: readonly (readonly [number, number])[] = [
      [0, 0x0000],
      [2 ** -24, 0x0001],
      [1023 * 2 ** -24, 0x03ff],
      [2 ** -14, 0x0400],
      [1, 0x3c00],
      [1 + 2 ** -10, 0x3c01],
      [1 + 2 ** -11, 0x3c00],
      [1 + 3 * 2 ** -11, 0x3c02],
      [2 - 2 ** -12, 0x4000],
      [-2, 0xc000],
      [65504, 0x7bff],
      [65520, 0x7c00],
      [2 ** -25, 0x0000],
      [Number.NEGATIVE_INFINITY, 0xfc00],
    ];
    const narrowed = convertTo(
      'float16',
      float32Tensor(
        cases.map(([value]) => value),
        [cases.length],
      ),
    );
    const bits = new Uint16Array(narrowed.data.buffer);
    assert.deepEqual(
      [...bits],
      cases.map(([, expected]) => expected),
    );
    const exact = toFloat32(narrowed);
    assert.equal(exact[2], 1023 * 2 ** -24);
    assert.equal(exact[10], 65504);
    assert.equal(exact[9], -2);
  });

  it('widens every float16 and narrows it back to the same bits', () => {
    const bits = Uint16Array.from({ length: 1 << 16 }, (_, i) => i).filter((b) => (b & 0x7c00) !== 0x7c00);
    const tensor: RuntimeTensor = { type: 'float16', shape: [bits.length], data: new Uint8Array(bits.buffer) };
    const back = convertTo('float16', float32Tensor(toFloat32(tensor), [bits.length]));
    assert.deepEqual(back.data, tensor.data);
  });

  it('clips what integers of 8 and 16 bits cannot hold', () => {
    const converted = (type: DataType) => [
      ...toFloat32(convertTo(type, float32Tensor([-1e6, -1, 127.4, 250 * 1.1, 1e6], [5]))),
    ];
    assert.deepEqual(converted('uint8'), [0, 0, 127, 255, 255]);
    assert.deepEqual(converted('int8'), [-128, -1, 127, 127, 127]);
    assert.deepEqual(converted('uint16'), [0, 0, 127, 275, 65535]);
    assert.deepEqual(converted('int16'), [-32768, -1, 127, 275, 32767]);
    assert.deepEqual(converted('int32'), [-1e6, -1, 127, 275, 1e6]);
  });

  it('reads elements at unaligned offsets', () => {
    const { data } = int64Tensor([-1, 2 ** 20], [2]);
    const shifted = new Uint8Array(data.length + 3);
    shifted.set(data, 3);
    assert.deepEqual([...toFloat32({ type: 'int64', shape: [2], data: shifted.subarray(3) })], [-1, 2 ** 20]);
  });
});
