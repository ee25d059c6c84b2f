import assert from 'node:assert/strict';
import path from 'node:path';
import { AppendixBuilder } from '../../src/autodiff/graphBuilder';
import { type Kernels, kernelNodes, kernelPage, readKernels } from '../../src/cam/features/kernels';
import { readModel } from '../../src/formats/modelReader';
import type { Attribute, DataType, Model } from '../../src/graph/graph';
import { encodeElements } from '../../src/graph/typedArray';
import type { InitializerToWrite, NodeToWrite } from '../../src/onnx/writer';
import { writeOpsets } from '../../src/onnx/writer';
import { float32Tensor, toFloat32 } from '../../src/runtime/runtimeTensor';
import { encodeModel } from '../fixtures/encodeModel';
import { proto, TemporaryFolder } from '../fixtures/onnxFiles';
import { greatestDifference } from '../npy';
import { int } from '../operatorCase';
import { NETWORKS } from '../oracle';
import { useRuntime } from '../runtime';
import { needsShared, root, shared } from '../shared';

const sample = path.join(root, 'sample/shapes-resnet8.onnx');

const constant = (
  name: string,
  type: DataType,
  values: readonly number[],
  shape: readonly number[] = [],
): InitializerToWrite => ({
  ...{ name, type, shape, data: encodeElements(type, values) },
});

/** Every element differs from every other, with both signs; whole numbers that 8 bits hold. */
const distinct = (count: number): readonly number[] =>
  Array.from({ length: count }, (_, i) => (i % 2 ? -1 : 1) * (i + 1));

describe('kernels', () => {
  const runtime = useRuntime();
  const files = new TemporaryFolder();

  /** What onnxruntime answers of a float model with one input x. */
  async function run(model: Model, values: readonly number[], shape: readonly number[]): Promise<Float32Array> {
    const session = await runtime().load({ path: model.path });
    const { outputs } = await session.run({ x: float32Tensor(values, shape) });
    await session.release();
    const [output] = Object.values(outputs);
    assert.ok(output);
    return toFloat32(output);
  }

  async function modelOf(
    nodes: readonly NodeToWrite[],
    initializers: readonly InitializerToWrite[],
    shape: readonly number[],
    opset = 17,
  ): Promise<Model> {
    return files.read(
      encodeModel({
        ...{ nodes, initializers, opsets: { '': opset } },
        inputs: [{ name: 'x', type: 'float32', shape }],
        outputs: [{ name: 'y', type: 'float32' }],
      }),
    );
  }

  const conv = (
    operator: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): NodeToWrite => ({
    ...{ operator, inputs, outputs: ['y'], attributes },
  });

  /** A convolution's answer to one pixel of one input channel is its kernels: of Conv the value at that pixel, of ConvTranspose all of it. */
  async function assertResponses(model: Model, kernels: Kernels, channels: number, transposed: boolean): Promise<void> {
    const { outputs, inputs, groups, height, width } = kernels;
    const area = height * width;
    for (let channel = 0; channel < channels; channel++) {
      for (let pixel = 0; pixel < (transposed ? 1 : area); pixel++) {
        const size = transposed ? 1 : area;
        const impulse = Array.from({ length: channels * size }, (_, i) => (i === channel * size + pixel ? 1 : 0));
        const answer = await run(model, impulse, [1, channels, ...(transposed ? [1, 1] : [height, width])]);
        for (let output = 0; output < outputs; output++) {
          const inGroup = channel - Math.floor(output / (outputs / groups)) * inputs;
          const seen = inGroup >= 0 && inGroup < inputs;
          const expected = transposed
            ? answer.subarray(output * area, (output + 1) * area)
            : answer.subarray(output, output + 1);
          const from = (output * inputs + inGroup) * area + pixel;
          const shown = seen
            ? kernels.values.subarray(from, from + expected.length)
            : new Float32Array(expected.length);
          assert.deepEqual([...shown], [...expected], `output ${output}, input ${channel}`);
        }
      }
    }
  }

  for (const { title, operator, shape, group, channels } of [
    { title: 'Conv', operator: 'Conv', shape: [4, 3, 2, 3], group: 1, channels: 3 },
    { title: 'Conv in groups', operator: 'Conv', shape: [4, 2, 2, 2], group: 2, channels: 4 },
    { title: 'depthwise Conv', operator: 'Conv', shape: [6, 1, 3, 2], group: 3, channels: 3 },
    { title: 'ConvTranspose', operator: 'ConvTranspose', shape: [3, 2, 2, 3], group: 1, channels: 3 },
    { title: 'ConvTranspose in groups', operator: 'ConvTranspose', shape: [4, 3, 2, 2], group: 2, channels: 4 },
  ]) {
    it(`are onnxruntime’s answers to single pixels: ${title}`, async () => {
      const count = shape.reduce((a, b) => a * b, 1);
      const transposed = operator === 'ConvTranspose';
      const size = transposed ? [1, 1] : shape.slice(2);
      const model = await modelOf(
        [conv(operator, ['x', 'w'], { group: int(group) })],
        [constant('w', 'float32', distinct(count), shape)],
        [1, channels, ...size],
      );
      const kernels = await readKernels(model);
      assert.deepEqual([kernels.tensor, kernels.shape, kernels.operator], ['w', shape, operator]);
      await assertResponses(model, kernels, channels, transposed);
    });
  }

  it('are dequantised: per tensor, per channel, in blocks, behind Cast, in half precision', async () => {
    const weights = distinct(16);
    const shape = [2, 2, 2, 2];
    const dequantize = (
      inputs: readonly string[],
      attributes: Readonly<Record<string, Attribute>> = {},
    ): NodeToWrite => ({
      ...{ operator: 'DequantizeLinear', inputs, outputs: ['w'], attributes },
    });
    const cast: NodeToWrite = { operator: 'Cast', inputs: ['q'], outputs: ['w'], attributes: { to: int(1) } };
    const q = constant('q', 'int8', weights, shape);
    const scales = constant('s', 'float32', [0.5, 0.25], [2]);
    const zeros = constant('z', 'int8', [3, -5], [2]);
    const blocks = constant('s', 'float32', [1, 2, 3, 4, 5, 6, 7, 8], [2, 1, 2, 2]);
    for (const [title, before, constants, opset] of [
      ['per tensor', dequantize(['q', 's']), [q, constant('s', 'float32', [0.125])], 13],
      [
        'with a zero point',
        dequantize(['q', 's', 'z']),
        [q, constant('s', 'float32', [2]), constant('z', 'int8', [7])],
        13,
      ],
      ['per output', dequantize(['q', 's', 'z'], { axis: int(0) }), [q, scales, zeros], 13],
      ['per input', dequantize(['q', 's', 'z'], { axis: int(-3) }), [q, scales, zeros], 13],
      ['in blocks', dequantize(['q', 's'], { axis: int(1), block_size: int(2) }), [q, blocks], 21],
      ['half', cast, [constant('q', 'float16', weights, shape)], 13],
    ] as const) {
      const model = await modelOf([before, conv('Conv', ['x', 'w'])], constants, [1, 2, 2, 2], opset);
      const kernels = await readKernels(model);
      assert.equal(kernels.tensor, 'q', title);
      await assertResponses(model, kernels, 2, false);
      assert.equal(kernelNodes(model)[0]?.tensor, 'q');
    }
  });

  it('are dequantised by hand of QLinearConv, per output', async () => {
    const model = await modelOf(
      [conv('QLinearConv', ['x', 'sx', 'zx', 'q', 's', 'z', 'sy', 'zy'])],
      [
        constant('q', 'uint8', [10, 20, 30, 40], [2, 1, 1, 2]),
        constant('s', 'float32', [0.5, 2], [2]),
        constant('z', 'uint8', [10, 30], [2]),
        ...['sx', 'sy'].map((name) => constant(name, 'float32', [1])),
        ...['zx', 'zy'].map((name) => constant(name, 'uint8', [0])),
      ],
      [1, 1, 1, 2],
    );
    // (10 − 10)/2, (20 − 10)/2, (30 − 30)·2, (40 − 30)·2
    assert.deepEqual([...(await readKernels(model)).values], [0, 5, 0, 20]);
  });

  it('show three inputs in colours, strongest output first', async () => {
    const model = await modelOf(
      [conv('Conv', ['x', 'w'])],
      [constant('w', 'float32', [...[1, 0, 0, 0, 0, 2], ...[3, 4, 5, 6, 7, 8]], [2, 3, 1, 2])],
      [1, 3, 1, 2],
    );
    const kernels = await readKernels(model, 'w');
    const page = kernelPage(kernels, { count: 1 });
    assert.deepEqual([page.kind, page.planes, page.width, page.height, page.total], ['rgb', 3, 2, 1, 2]);
    assert.deepEqual([page.labels, [...page.values]], [['1'], [3, 4, 5, 6, 7, 8]]);
    assert.deepEqual([...kernelPage(kernels, { count: 1, colors: 'bgr' }).values], [7, 8, 5, 6, 3, 4]);
    assert.deepEqual(page.strengths, [Math.fround(Math.sqrt(9 + 16 + 25 + 36 + 49 + 64))]);
    assert.deepEqual([page.range, page.ranges], [[0, 8], [[3, 8]]]);
    assert.deepEqual(kernelPage(kernels, { output: 0 }).labels, ['0']);
  });

  it('show a picture per output and input, of all outputs or one; of one pixel a matrix', async () => {
    const grouped = await modelOf(
      [conv('Conv', ['x', 'w'], { group: int(2) })],
      [constant('w', 'float32', distinct(16), [4, 2, 1, 2])],
      [1, 4, 1, 2],
    );
    const kernels = await readKernels(grouped);
    assert.deepEqual(kernelPage(kernels).labels, ['3←3', '3←2', '2←3', '2←2', '1←1', '1←0', '0←1', '0←0']);
    const one = kernelPage(kernels, { output: 2, first: 1 });
    assert.deepEqual([one.labels, [...one.values], one.total, one.output], [['2←2'], [9, -10], 2, 2]);
    assert.throws(() => kernelPage(kernels, { output: 4 }), /no output channel 4; it has 4, numbered from 0/);
    const pointwise = await modelOf(
      [conv('Conv', ['x', 'w'])],
      [constant('w', 'float32', distinct(6), [2, 3, 1, 1])],
      [1, 3, 1, 1],
    );
    const matrix = kernelPage(await readKernels(pointwise));
    assert.deepEqual([matrix.kind, matrix.width, matrix.height, matrix.total], ['matrix', 3, 2, 1]);
    assert.deepEqual([...matrix.values], [1, -2, 3, -4, 5, -6]);
  });

  it('refuse with one sentence what is not to be had', async () => {
    const none = await modelOf([{ operator: 'Relu', inputs: ['x'], outputs: ['y'] }], [], [1, 2]);
    await assert.rejects(readKernels(none), /^Error: the model has no convolution/);
    assert.deepEqual(kernelNodes(none), []);
    const dynamic = await modelOf(
      [{ operator: 'Relu', inputs: ['v'], outputs: ['w'] }, conv('Conv', ['x', 'w'])],
      [constant('v', 'float32', [1], [1, 1, 1, 1])],
      [1, 1, 1, 1],
    );
    await assert.rejects(
      readKernels(dynamic),
      /^Error: the weights of 'Conv → y' are computed by Relu while the model runs/,
    );
    assert.deepEqual(kernelNodes(dynamic), []);
    await assert.rejects(
      readKernels(await readModel(sample), 'fc'),
      /^Error: no convolution is called, writes or reads 'fc'; there are 9/,
    );
    const external = proto()
      .packedInt64s(1, [1, 1, 1, 1])
      .int64(2, 1)
      .text(8, 'w')
      .message(13, proto().text(1, 'location').text(2, 'gone.bin'))
      .int64(14, 1);
    const graph = proto()
      .message(1, proto().text(1, 'x').text(1, 'w').text(2, 'y').text(4, 'Conv'))
      .message(5, external)
      .message(11, proto().text(1, 'x'))
      .message(12, proto().text(1, 'y'));
    const absent = await files.read(writeOpsets(proto().int64(1, 8).message(7, graph), { '': 17 }).finish());
    await assert.rejects(
      readKernels(absent),
      /^Error: The data of tensor 'w' is not to be had: the file 'gone.bin' is missing\.$/,
    );
  });

  it('are listed in no time in a model of 20,000 nodes', async () => {
    const nodes = Array.from(
      { length: 20_000 },
      (_, i): NodeToWrite => ({
        ...{ operator: i % 2 ? 'Conv' : 'Relu', inputs: i % 2 ? [`t${i}`, 'w'] : [`t${i}`], outputs: [`t${i + 1}`] },
      }),
    );
    const model = await files.read(
      encodeModel({
        nodes,
        initializers: [constant('w', 'float32', [1], [1, 1, 1, 1])],
        inputs: [{ name: 't0' }],
        outputs: [],
      }),
    );
    assert.equal(kernelNodes(model).length, 10_000);
  });

  describe('against what onnxruntime reads of trained models', () => {
    before(function () {
      needsShared(this);
    });

    for (const network of NETWORKS) {
      it(network, async () => {
        const model = await readModel(shared(`data/oracle/${network}/model.onnx`));
        const nodes = kernelNodes(model);
        assert.equal(nodes.length, model.graph.nodes.filter(({ operator }) => operator === 'Conv').length);
        await assertRead(model);
      });
    }

    it('mobilenet_v2_qdq, int8 per output', () =>
      readModel(shared('data/models/mobilenet_v2_qdq.onnx')).then(assertRead));

    it('squeezenet1.1 and mobilenet_v2, float16', async () => {
      await assertRead(await readModel(shared('data/models/squeezenet1.1_fp16.onnx')));
      await assertRead(await readModel(shared('data/models/mobilenet_v2_fp16weights.onnx')));
    });

    /** What reaches the convolution's weight input, as onnxruntime computes it. */
    async function assertRead(model: Model): Promise<void> {
      const nodes = kernelNodes(model);
      const weights = nodes.map(({ node }) => model.graph.nodes[node]?.inputs[1] ?? '');
      const build = new AppendixBuilder({ opset: model.opsets.get('') ?? 1 });
      const outputs = weights.map((weight) => build.add('Cast', [weight], { to: int(1) }));
      const session = await runtime().load({
        path: model.path,
        appended: build.encode([], outputs),
        optimization: 'disabled',
      });
      const [input] = model.graph.inputs.filter(({ name }) => !model.graph.constants.has(name));
      const shape = input?.shape?.map((size) => (typeof size === 'number' && size > 0 ? size : 1)) ?? [];
      const count = shape.reduce((a, b) => a * b, 1);
      const type = input?.type ?? 'float32';
      const feed = { type, shape, data: encodeElements(type, new Float32Array(count)) };
      const read = await session.run({ [input?.name ?? '']: feed }, outputs);
      for (const [index, { label }] of nodes.entries()) {
        const expected = read.outputs[outputs[index] ?? ''];
        assert.ok(expected);
        const { values } = await readKernels(model, label);
        assert.equal(greatestDifference(values, toFloat32(expected)), 0, label);
      }
      await session.release();
    }
  });
});
