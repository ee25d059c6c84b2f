import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type CamChoice, type CamPlan, planCam } from '../../src/cam/session/camPlan';
import { readModel } from '../../src/formats/modelReader';
import type { Attribute, DataType } from '../../src/graph/graph';
import { encodeElements } from '../../src/graph/typedArray';
import type { NodeToWrite } from '../../src/onnx/writer';
import { inferShapes } from '../../src/operators/inferShapes';
import { encodeModel } from '../fixtures/encodeModel';
import { needsShared, root, shared } from '../shared';

async function plan(file: string, choice?: CamChoice): Promise<CamPlan> {
  const model = await readModel(file);
  return planCam(model, inferShapes(model, { batch: 1 }), choice);
}

const size = ({ layer: { channels, height, width } }: CamPlan): string => `${channels}×${height}×${width}`;

describe('camTarget: what is chosen in known networks', () => {
  it('the sample networks: what feeds the global pool, for VGG what feeds the last pool', async () => {
    for (const [name, tensor] of [
      ['shapes-resnet8', '/layer3/relu2/Relu_output_0'],
      ['shapes-mobilenetv2', '/features/features.18/features.18.2/Clip_output_0'],
      ['shapes-vgg', '/features/features.9/Relu_output_0'],
    ]) {
      const { layer, logits } = await plan(path.join(root, `sample/${name}.onnx`));
      assert.deepEqual([layer.tensor, logits.tensor, logits.classes], [tensor, 'output', 10], name);
    }
  });

  describe('of the shared data', () => {
    before(function () {
      needsShared(this);
    });

    // From the papers' figures: the last maps before the classifier.
    const EXPECTED: Readonly<Record<string, readonly [logits: string, size: string]>> = {
      'models/squeezenet1.1_fp32': ['pool10_1', '512×13×13'],
      'models/squeezenet1.1_fp16': ['pool10_1', '512×13×13'],
      'models/mobilenet_v2_fp16weights': ['scores', '1280×7×7'],
      'models/mobilenet_v2_qdq': ['scores', '1280×8×8'],
      'models/mobilenet_v1_0.25_128': ['reshape_2', '256×4×4'],
      'models/resnet8_cifar10': ['dense', '64×8×8'],
      'models/mnist-8': ['Plus214_Output_0', '16×14×14'],
      'models/vit_mnist_op12': ['logits', '64×4×4'],
      'models/light_resnet50': ['r174', '2048×7×7'],
      'models/light_densenet121': ['fc6_1', '1024×7×7'],
      'models/light_vgg19': ['r46', '512×14×14'],
      'models/light_inception_v1': ['r143', '1024×6×6'],
      'oracle/vit_mini/model': ['output', '48×6×6'],
      'oracle/swin_mini/model': ['output', '32×12×12'],
      'oracle/convnext_mini/model': ['output', '48×6×6'],
      'oracle/resnet8_variants/softmax_head': ['/net/fc/Gemm_output_0', '64×12×12'],
    };
    for (const [name, [logits, expected]] of Object.entries(EXPECTED)) {
      it(name, async () => {
        const chosen = await plan(shared(`data/${name}.onnx`));
        assert.deepEqual([chosen.logits.tensor, size(chosen)], [logits, expected]);
      });
    }

    it('ViT: the norm before the last attention, without the class token', async () => {
      const { layer } = await plan(shared('data/oracle/vit_mini/model.onnx'));
      assert.equal(layer.tensor, '/encoder/layers/encoder_layer_2/ln_1/Add_1_output_0');
      assert.deepEqual(layer.layout, { kind: 'tokens', prefix: 1, height: 6, width: 6 });
    });

    it('Swin: channels last', async () => {
      const { layer } = await plan(shared('data/oracle/swin_mini/model.onnx'));
      assert.equal(layer.layout.kind, 'nhwc');
    });

    it('a detector: what all heads share', async () => {
      const { layer } = await plan(shared('data/models/FastestDet.onnx'));
      assert.equal(layer.tensor, 'onnx::Conv_738');
    });

    it('a quantised model: the maps as they were quantised, which keeps integer kernels', async () => {
      const model = await readModel(shared('data/models/mobilenet_v2_qdq.onnx'));
      const { layer } = planCam(model, inferShapes(model, { batch: 1 }));
      const producer = model.graph.nodes.find(({ outputs }) => outputs.includes(layer.tensor));
      assert.equal(producer?.operator, 'DequantizeLinear');
    });
  });
});

describe('camTarget: what is chosen in networks made for it', () => {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'evo-target-'));
  after(() => fs.rmSync(directory, { recursive: true }));

  /** A network on [1, 3, 8, 8]; its weights are ones, their shapes given. */
  function write(
    nodes: readonly NodeToWrite[],
    weights: Readonly<Record<string, readonly number[]>>,
    inputs: Readonly<Record<string, readonly (number | string)[]>> = { x: [1, 3, 8, 8] },
    outputType: DataType = 'float32',
  ): string {
    const file = path.join(directory, 'network.onnx');
    const ones = (shape: readonly number[]) => new Array<number>(shape.reduce((a, b) => a * b, 1)).fill(1);
    const bytes = encodeModel({
      opsets: { '': 13 },
      nodes,
      inputs: Object.entries(inputs).map(([name, shape]) => ({ name, type: 'float32', shape })),
      outputs: [{ name: 'y', type: outputType }],
      initializers: Object.entries(weights).map(([name, shape]) => ({
        ...{ name, type: 'float32', shape },
        data: encodeElements('float32', ones(shape)),
      })),
    });
    fs.writeFileSync(file, bytes);
    return file;
  }
  const node = (
    operator: string,
    inputs: string,
    output: string,
    attributes: Readonly<Record<string, Attribute>> = {},
  ): NodeToWrite => ({ operator, inputs: inputs.split(' '), outputs: [output], attributes });
  const ints = (...value: number[]): Attribute => ({ type: 'ints', value });

  const features = [
    node('Conv', 'x K', 'conv'),
    node('Relu', 'conv', 'relu'),
    node('MaxPool', 'relu', 'pool', { kernel_shape: ints(2, 2), strides: ints(2, 2) }),
  ];
  const head = [
    node('GlobalAveragePool', 'pool', 'mean'),
    node('Flatten', 'mean', 'flat'),
    node('Gemm', 'flat W', 'z'),
  ];
  const weights = { K: [4, 3, 3, 3], W: [4, 5] };

  it('steps over pools, and finds the scores before LogSoftmax, Softmax with a Reshape behind it, and Sigmoid', async () => {
    for (const [end, kind] of [
      [[node('LogSoftmax', 'z', 'y')], 'softmax'],
      [[node('Softmax', 'z', 'p'), node('Flatten', 'p', 'y')], 'softmax'],
      [[node('Sigmoid', 'z', 'y')], 'sigmoid'],
    ] as const) {
      const { layer, logits } = await plan(write([...features, ...head, ...end], weights));
      assert.deepEqual([layer.tensor, logits.tensor, logits.head, logits.classes], ['relu', 'z', kind, 5]);
    }
  });

  it('steps before a convolution that makes the scores', async () => {
    const scores = [node('Conv', 'relu C', 'c'), node('Relu', 'c', 'r'), node('GlobalAveragePool', 'r', 'y')];
    const { layer, logits } = await plan(
      write([...features.slice(0, 2), ...scores], { K: [4, 3, 3, 3], C: [6, 4, 1, 1] }),
    );
    assert.deepEqual([layer.tensor, logits.classes, logits.classAxis], ['relu', 6, 1]);
  });

  it('takes what two branches share', async () => {
    const branches = [
      node('Conv', 'relu A', 'a'),
      node('Relu', 'a', 'left'),
      node('Conv', 'relu A', 'b'),
      node('Relu', 'b', 'right'),
      node('GlobalAveragePool', 'left', 'l'),
      node('GlobalAveragePool', 'right', 'r'),
      node('Concat', 'l r', 'both', { axis: { type: 'int', value: 1 } }),
      node('Flatten', 'both', 'flat'),
      node('Gemm', 'flat W', 'y'),
    ];
    const file = write([...features.slice(0, 2), ...branches], { K: [4, 3, 3, 3], A: [4, 4, 3, 3], W: [8, 5] });
    const { layer, layers } = await plan(file);
    assert.equal(layer.tensor, 'relu');
    assert.deepEqual(
      layers.map(({ tensor }) => tensor),
      ['conv', 'relu', 'a', 'left', 'b', 'right'],
    );
  });

  it('follows maps through a transposition to channels last', async () => {
    const last = [
      node('Transpose', 'relu', 't', { perm: ints(0, 2, 3, 1) }),
      node('MatMul', 't M', 'mixed'),
      node('ReduceMean', 'mixed', 'mean', { axes: ints(1, 2), keepdims: { type: 'int', value: 0 } }),
      node('Gemm', 'mean W', 'y'),
    ];
    const file = write([...features.slice(0, 2), ...last], { K: [4, 3, 3, 3], M: [4, 7], W: [7, 5] });
    const chosen = await plan(file);
    assert.deepEqual([chosen.layer.tensor, chosen.layer.layout.kind, size(chosen)], ['mixed', 'nhwc', '7×6×6']);
  });

  it('refuses a layer of one pixel with the founding note’s advice', async () => {
    const file = write([...features, ...head, node('Identity', 'z', 'y')], weights);
    await assert.rejects(
      plan(file, { layer: 'mean' }),
      /^Error: the maps of 'mean' have one pixel \(4×1×1\), so they cannot say where; take an earlier convolution, or what feeds the global pool: for instance 'relu' \(4×6×6\)$/,
    );
    await assert.rejects(plan(file, { layer: 'z' }), /'z' \[1, 5\] holds no maps; for instance 'relu'/);
  });

  it('says what it misses: layers, one picture, its size, real scores', async () => {
    const noMaps = [node('Flatten', 'x', 'flat'), node('Gemm', 'flat W', 'y')];
    await assert.rejects(
      plan(write(noMaps, { W: [192, 5] })),
      /no layer of this model holds maps of more than one pixel/,
    );
    const twoInputs = [node('Add', 'x z', 'y')];
    const both = { x: [1, 3, 8, 8], z: [1, 3, 8, 8] };
    await assert.rejects(plan(write(twoInputs, {}, both)), /2 inputs \('x', 'z'\); class activation maps need one/);
    const open = write([...features, ...head, node('Identity', 'z', 'y')], weights, { x: [1, 3, 'height', 'width'] });
    await assert.rejects(plan(open), /the size of input 'x' is open; give it/);
    const classes = [...features, ...head, node('ArgMax', 'z', 'y')];
    await assert.rejects(plan(write(classes, weights, undefined, 'int64')), /'y' holds int64 numbers, not scores/);
    await assert.rejects(
      plan(write([...features, ...head, node('Identity', 'z', 'y')], weights), { logits: 'q' }),
      /no tensor 'q'/,
    );
  });

  it('names the operator, the node and the file where a gradient rule is missing', async () => {
    const pool = { ...node('BiasSoftmax', 'relu D', 'pool'), domain: 'com.microsoft' };
    const more = { ...weights, D: [1, 4, 6, 6] };
    const file = write([...features.slice(0, 2), pool, ...head, node('Identity', 'z', 'y')], more);
    await assert.rejects(
      async () => (await plan(file, { layer: 'relu' })).graph,
      /no gradient rule for operator BiasSoftmax \(node 'BiasSoftmax → pool'\): add one to src\/operators\/ops\/softmax\.ts$/,
    );
  });
});
