import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {
  checkExportTarget,
  type ExplainedModel,
  type ExportOptions,
  explainedModel,
  writeExplained,
} from '../../src/cam/export/exportModel';
import { toMaps } from '../../src/cam/layers/nativeMaps';
import { finishMaps } from '../../src/cam/maths/normalise';
import { appendableMethod } from '../../src/cam/methods';
import { planCam } from '../../src/cam/session/camPlan';
import { readModel } from '../../src/formats/modelReader';
import { elementCount, type Model } from '../../src/graph/graph';
import { encodeElements } from '../../src/graph/typedArray';
import { ProtoWriter } from '../../src/onnx/protoWriter';
import { inferShapes } from '../../src/operators/inferShapes';
import type { RuntimeTensor, RuntimeTensors, SessionSource } from '../../src/protocol/runtime';
import { convertTo, float32Tensor, int64Tensor, toFloat32 } from '../../src/runtime/runtimeTensor';
import { encodeModel } from '../fixtures/encodeModel';
import { numbers } from '../gradients';
import { greatestDifference, readStored, relativeError, row } from '../npy';
import { useRuntime } from '../runtime';
import { needsShared, root, shared } from '../shared';

describe('self-explaining models', () => {
  const runtime = useRuntime();
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'evo-export-'));
  after(() => fs.rmSync(folder, { recursive: true }));
  const sample = path.join(root, 'sample/shapes-resnet8.onnx');

  /** Exports into the test's folder, or to `target`. */
  async function exported(file: string, options: ExportOptions = {}, target = path.join(folder, 'model_cam.onnx')) {
    const model = await readModel(file);
    const explained = await explainedModel(runtime(), model, inferShapes(model, { batch: 1 }), options);
    await writeExplained(model, explained, target);
    return { model, explained, target };
  }

  async function runOnce(file: string, feeds: RuntimeTensors, how: Omit<SessionSource, 'path'> = {}) {
    const session = await runtime().load({ path: file, ...how });
    const { outputs } = await session.run(feeds);
    const { inputs } = session;
    await session.release();
    return { outputs, inputs };
  }

  const tensor = (outputs: RuntimeTensors, name: string): RuntimeTensor => {
    const found = outputs[name];
    assert.ok(found, `no output ${name}`);
    return found;
  };

  /** The map as the panel computes it: activations and gradients of one run, then arithmetic. */
  async function panelMap(model: Model, options: ExportOptions, picture: RuntimeTensors, classIndex?: number) {
    const { graph, layer, input } = planCam(model, inferShapes(model, { batch: 1 }), options);
    const asked = classIndex === undefined ? int64Tensor([], [0]) : int64Tensor([classIndex], [1]);
    const feeds = { ...picture, [graph.classInput]: asked };
    const { outputs } = await runOnce(model.path, feeds, { appended: graph.appended });
    const activations = toMaps(tensor(outputs, graph.activations), layer);
    const gradients = toFloat32(tensor(outputs, graph.gradients));
    const values = appendableMethod(options.method ?? 'gradcam').compute({ layer, activations, gradients });
    const raw = { width: layer.width, height: layer.height, values };
    const small = finishMaps([raw], layer.width, layer.height).values;
    const [height = 0, width = 0] = input.shape.slice(2);
    return { small, large: finishMaps([raw], width, height).values };
  }

  function pictureFor(model: Model): RuntimeTensors {
    const { input } = planCam(model, inferShapes(model, { batch: 1 }));
    return {
      [input.name]: convertTo(input.type, float32Tensor(numbers(elementCount(input.shape) ?? 0, 3), input.shape)),
    };
  }

  /** Exports, runs original and export on the same picture, and compares everything. */
  async function compare(file: string, options: ExportOptions = {}): Promise<ExplainedModel> {
    const { model, explained, target } = await exported(file, options);
    const picture = pictureFor(model);
    // As written, bit for bit; optimized, onnxruntime fuses less where the map reads what lies between, and rounds otherwise.
    const asWritten = { optimization: 'disabled' } as const;
    const exact = [await runOnce(file, picture, asWritten), await runOnce(target, picture, asWritten)] as const;
    const original = await runOnce(file, picture);
    const { outputs } = await runOnce(target, picture);
    for (const [name, expected] of Object.entries(original.outputs)) {
      assert.deepEqual(tensor(exact[1].outputs, name), tensor(exact[0].outputs, name), name);
      const error = relativeError(toFloat32(tensor(outputs, name)), toFloat32(expected));
      assert.ok(error <= (expected.type === 'float16' ? 2 ** -10 : 1e-5), `${name} differs by ${error}`);
    }
    const { small } = await panelMap(model, options, picture);
    const cam = tensor(outputs, explained.output);
    assert.deepEqual(cam.shape, explained.shape);
    const difference = greatestDifference(toFloat32(cam), small);
    assert.ok(difference < 1e-5, `${path.basename(file)}: maps differ by ${difference}`);
    assert.ok(toFloat32(cam).some((value) => value > 0.9));
    return explained;
  }

  it('keeps the bytes of the model, its outputs, and answers the panel’s map', async () => {
    const explained = await compare(sample);
    const bytes = fs.readFileSync(sample);
    const written = fs.readFileSync(path.join(folder, 'model_cam.onnx'));
    assert.ok(written.subarray(0, bytes.length).equals(bytes));
    assert.equal(written.length, bytes.length + explained.appended.length);
    assert.deepEqual(fs.readdirSync(folder), ['model_cam.onnx']);
  });

  for (const method of ['gradcam', 'gradcam++', 'hirescam', 'layercam', 'xgradcam']) {
    it(`exports ${method}`, async () => {
      await compare(path.join(root, 'sample/shapes-mobilenetv2.onnx'), { method });
    });
  }

  it('is read by our own reader: standard operators of the model’s own opset, a declared type, what the map is', async () => {
    const { model, explained, target } = await exported(sample, { class: '2' });
    const written = await readModel(target);
    assert.deepEqual([...written.opsets], [...model.opsets]);
    assert.deepEqual(
      written.graph.nodes.filter(({ domain }) => domain !== ''),
      [],
    );
    const [output] = written.graph.outputs.slice(-1);
    assert.deepEqual(output, { name: 'cam', type: 'float32', shape: [...explained.shape] });
    assert.equal(written.metadata.get('cam.layer'), explained.layer);
    assert.equal(written.metadata.get('cam.method'), 'Grad-CAM');
    assert.match(written.metadata.get('cam.class') ?? '', /^class 2/);
    const known = new Set([...written.graph.inputs.map(({ name }) => name), ...written.graph.constants.keys(), '']);
    for (const node of written.graph.nodes) {
      for (const input of node.inputs) assert.ok(known.has(input), `${input} is read before it is computed`);
      for (const name of node.outputs) {
        assert.ok(name === '' || !known.has(name), `${name} is computed twice`);
        known.add(name);
      }
    }
  });

  it('explains the class that its input gives, or a settled one', async () => {
    const { model, explained, target } = await exported(sample, { class: 'input' });
    assert.equal(explained.classInput, 'class');
    const picture = pictureFor(model);
    const settled = await exported(sample, { class: '1' }, path.join(folder, 'settled.onnx'));
    for (const index of [0, 1, 2]) {
      const { outputs, inputs } = await runOnce(target, { ...picture, class: int64Tensor([index], [1]) });
      assert.ok(inputs.includes('class'));
      const { small } = await panelMap(model, {}, picture, index);
      const cam = toFloat32(tensor(outputs, 'cam'));
      assert.ok(greatestDifference(cam, small) < 1e-5, `class ${index}`);
      if (index !== 1) continue;
      const fixed = await runOnce(settled.target, picture);
      assert.ok(greatestDifference(toFloat32(tensor(fixed.outputs, 'cam')), small) < 1e-5);
    }
  });

  it('takes a class by its name', async () => {
    const labels = ['circle', 'square', 'triangle', 'star', 'cross', 'ring', 'bar', 'dots', 'heart', 'moon'];
    const model = await readModel(sample);
    const { logits } = planCam(model, inferShapes(model, { batch: 1 }));
    const names = Array.from({ length: logits.classes }, (_, index) => labels[index] ?? `class ${index}`);
    const { explained } = await exported(sample, { class: 'Square', labels: names });
    assert.equal(explained.rule, 'class 1 (square)');
    const none = exported(sample, { class: 'zebra', labels: names });
    await assert.rejects(none, /no class is called 'zebra'; give its index, 0 to \d+/);
    await assert.rejects(exported(sample, { class: '99999' }), /there is no class 99999; this model has/);
  });

  it('enlarges the map to the picture’s size', async () => {
    const { model, explained, target } = await exported(sample, { size: 'input' });
    const picture = pictureFor(model);
    const { outputs } = await runOnce(target, picture);
    const { large } = await panelMap(model, {}, picture);
    assert.deepEqual(tensor(outputs, 'cam').shape, explained.shape);
    const difference = greatestDifference(toFloat32(tensor(outputs, 'cam')), large);
    assert.ok(difference < 1e-5, `maps differ by ${difference}`);
  });

  it('says that a model was extended before, and finds fresh names', async () => {
    const { model, target } = await exported(sample);
    const again = await exported(target, {}, path.join(folder, 'twice.onnx'));
    assert.equal(again.explained.output, 'cam_2');
    assert.match(again.explained.notes.join(), /was extended before/);
    const { outputs } = await runOnce(again.target, pictureFor(model));
    assert.deepEqual(tensor(outputs, 'cam').data, tensor(outputs, 'cam_2').data);
  });

  const weights = (name: string, shape: readonly number[]) => ({
    ...{ name, type: 'float32' as const, shape },
    data: encodeElements('float32', [1, -0.5, -0.25, 1]),
  });

  /** Convolution, global mean, scores: [N, 2, 4, 4] to [N, 2]. */
  const tiny = (options: {
    readonly batch: number | string;
    readonly ir?: number;
    readonly inputs?: readonly string[];
    /** What stands behind the convolution: default Relu. */
    readonly after?: { readonly operator: string; readonly domain: string };
  }) => {
    const graph = encodeModel({
      opsets: { '': 9, 'com.microsoft': 1 },
      nodes: [
        { operator: 'Conv', inputs: ['x', 'K'], outputs: ['c'] },
        { ...(options.after ?? { operator: 'Relu' }), inputs: ['c'], outputs: ['A'] },
        { operator: 'GlobalAveragePool', inputs: ['A'], outputs: ['p'] },
        { operator: 'Flatten', inputs: ['p'], outputs: ['f'] },
        { operator: 'MatMul', inputs: ['f', 'W'], outputs: ['y'] },
      ],
      initializers: [weights('K', [2, 2, 1, 1]), weights('W', [2, 2])],
      inputs: [
        ...(options.inputs ?? ['x']).map((name) => ({
          name,
          type: 'float32' as const,
          shape: [options.batch, 2, 4, 4],
        })),
        { name: 'K', type: 'float32', shape: [2, 2, 1, 1] },
        { name: 'W', type: 'float32', shape: [2, 2] },
      ],
      outputs: [{ name: 'y', type: 'float32', shape: [options.batch, 2] }],
    });
    // A later field overrides an earlier one.
    const bytes = Buffer.concat([graph, new ProtoWriter().int64(1, options.ir ?? 8).finish()]);
    const file = path.join(folder, 'tiny.onnx');
    fs.writeFileSync(file, bytes);
    return file;
  };

  it('says that an open batch becomes one, and does not answer two pictures wrongly', async () => {
    const { explained, target } = await exported(tiny({ batch: 'N' }), { class: '0' });
    assert.deepEqual(explained.notes, ["'cam' is made for an input of 1×2×4×4: one picture per run"]);
    const one = await runOnce(target, { x: float32Tensor(numbers(32, 1), [1, 2, 4, 4]) });
    assert.deepEqual(tensor(one.outputs, 'cam').shape, [1, 1, 4, 4]);
    await assert.rejects(runOnce(target, { x: float32Tensor(numbers(64, 1), [2, 2, 4, 4]) }));
  });

  it('declares its constants as inputs where the IR version wants it', async () => {
    const { target } = await exported(tiny({ batch: 1, ir: 3 }));
    const { graph } = await readModel(target);
    const inputs = new Set(graph.inputs.map(({ name }) => name));
    assert.deepEqual(
      [...graph.constants.keys()].filter((name) => !inputs.has(name)),
      [],
    );
    const { graph: newer } = await readModel((await exported(tiny({ batch: 1 }))).target);
    assert.equal(newer.inputs.length, 3);
  });

  it('says in one sentence why it cannot be done', async () => {
    await assert.rejects(exported(tiny({ batch: 1 }), { size: 'input' }), /needs opset 11, this model has 9/);
    await assert.rejects(exported(tiny({ batch: 1, inputs: ['x', 'z'] })), /the model has 2 inputs \('x', 'z'\)/);
    const inverse = tiny({ batch: 1, after: { operator: 'Inverse', domain: 'com.microsoft' } });
    await assert.rejects(exported(inverse, { layer: 'c' }), /no gradient rule for operator Inverse/);
    await assert.rejects(exported(sample, { method: 'eigencam' }), /EigenCAM|Eigen-CAM/);
    await assert.rejects(exported(sample, { layer: 'nowhere' }), /the model has no tensor 'nowhere'/);
    const model = await readModel(sample);
    await assert.rejects(checkExportTarget(model, sample), /shapes-resnet8\.onnx is the model itself/);
    const explained = await explainedModel(runtime(), model, inferShapes(model, { batch: 1 }));
    await assert.rejects(writeExplained(model, explained, path.join(folder, 'none', 'm.onnx')), /cannot be written/);
    const cancelled = AbortSignal.abort(new Error('cancelled'));
    await assert.rejects(
      writeExplained(model, explained, path.join(folder, 'c.onnx'), cancelled),
      /^Error: cancelled$/,
    );
    assert.deepEqual(
      fs.readdirSync(folder).filter((name) => /^c\.|part$/.test(name)),
      [],
    );
  });

  it('is a command: cam-export', () => {
    const cli = (...args: readonly string[]) =>
      spawnSync(process.execPath, [path.join(root, 'dist/cli.js'), 'cam-export', ...args], { encoding: 'utf8' });
    const target = path.join(folder, 'by-cli.onnx');
    const { status, stdout, stderr } = cli(sample, '--output', target, '--class', 'input', '--format', 'json');
    assert.equal(stderr, '');
    assert.equal(status, 0);
    const { output, classInput, bytes } = JSON.parse(stdout);
    assert.deepEqual([output, classInput, bytes.original], ['cam', 'class', fs.statSync(sample).size]);
    assert.equal(fs.statSync(target).size, bytes.original + bytes.appended);
    for (const args of [[sample], [sample, '--output', 'x.txt'], [sample, '--output', target, '--size', 'big']]) {
      assert.equal(cli(...args).status, 2, args.join(' '));
    }
    const self = cli(sample, '--output', sample);
    assert.equal(self.status, 1);
    assert.match(self.stderr, /^evo-profiler: shapes-resnet8\.onnx is the model itself[^\n]*\n$/);
  });

  describe('of trained networks', () => {
    before(function () {
      needsShared(this);
    });
    const names = [
      ...['mobilenet_v2_fp16weights', 'mobilenet_v2_qdq', 'squeezenet1.1_fp32', 'squeezenet1.1_fp16', 'vit_mnist_op12'],
      ...['mnist-8', 'mobilenet_v1_0.25_128'],
    ];
    for (const name of names) {
      it(name, async () => {
        await compare(shared(`data/models/${name}.onnx`));
      });
    }

    it('answers the oracle’s maps', async () => {
      const meta: {
        onnx_tensors: Record<string, { name: string }[]>;
        images: Record<string, { cases: Record<string, { raw_methods: string[] }> }>;
      } = JSON.parse(fs.readFileSync(shared('data/oracle/resnet8/meta.json'), 'utf8'));
      const file = shared('data/oracle/resnet8/model.onnx');
      const [[image = '', { cases }] = ['', { cases: {} }]] = Object.entries(meta.images);
      let compared = 0;
      for (const [key, { raw_methods }] of Object.entries(cases)) {
        const [layer = '', index = ''] = key.split('|');
        const stored = readStored(shared(path.join('data/oracle/resnet8', image, layer, `raw_c${index}.npy`)));
        const values = row(stored, raw_methods.indexOf('gradcam'));
        const { shape } = stored;
        const [height = 0, width = 0] = shape.slice(-2);
        const wanted = finishMaps([{ height, width, values: Float32Array.from(values) }], width, height).values;
        const options = { class: index, layer: meta.onnx_tensors[layer]?.[0]?.name ?? '' };
        const { model, target } = await exported(file, options);
        const picture = readStored(shared(`data/oracle/resnet8/${image}/input.npy`));
        const name = model.graph.inputs[0]?.name ?? '';
        const { outputs } = await runOnce(target, { [name]: float32Tensor(picture.values, picture.shape) });
        assert.ok(greatestDifference(toFloat32(tensor(outputs, 'cam')), wanted) < 1e-4, key);
        compared++;
      }
      assert.ok(compared > 0);
    });

    it('keeps external data valid: only in the model’s own folder', async () => {
      const file = shared('data/models/model_with_external_initializers.onnx');
      const model = await readModel(file);
      await assert.rejects(
        checkExportTarget(model, path.join(folder, 'elsewhere.onnx')),
        /weights of model_with_external_initializers\.onnx lie in files beside it: write the new model to/,
      );
      await checkExportTarget(model, path.join(path.dirname(file), 'beside.onnx'));
    });
  });
});
