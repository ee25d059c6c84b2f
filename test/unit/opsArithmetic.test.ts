import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as ort from 'onnxruntime-node';
import { AppendixBuilder, tensorNames } from '../../src/autodiff/graphBuilder';
import { gradient as gradientOf } from '../../src/autodiff/reverse';
import { readModel } from '../../src/formats/modelReader';
import type { Attribute, Shape, TensorInfo } from '../../src/graph/graph';
import { inferShapes } from '../../src/operators/inferShapes';
import type { CostContext } from '../../src/operators/operator';
import { findOperator } from '../../src/operators/registry';
import { windowAttributes, windowAxes, windowOutput } from '../../src/operators/window';
import { flopsOf, macsOf, type Work } from '../../src/operators/work';
import { differentiate, dot, numbers } from '../gradients';
import {
  type CaseInput,
  constant,
  float,
  floats,
  int,
  integers,
  ints,
  type OperatorCase,
  operatorModel,
  string,
  titleOf,
} from '../operatorCase';
import { useRuntime } from '../runtime';

type Attributes = Readonly<Record<string, Attribute>>;

function nodeOf(operator: string, attributes: Attributes, inputs: number) {
  const names = Array.from({ length: inputs }, (_, index) => `x${index}`);
  const map = new Map(Object.entries(attributes));
  return { id: 0, name: '', operator, domain: '', inputs: names, outputs: ['y'], attributes: map };
}

describe('sliding windows', () => {
  const output = (attributes: Attributes, sizes: Shape): Shape =>
    windowOutput(windowAttributes(nodeOf('Conv', attributes, 2)), sizes);
  const pads = (attributes: Attributes, ...sizes: number[]) =>
    windowAxes(windowAttributes(nodeOf('Conv', attributes, 2)), sizes).map(({ begin, end }) => [begin, end]);

  it('count outputs as published networks do', () => {
    // AlexNet: 227, 11×11, stride 4 → 55. ResNet: 224, 7×7, stride 2, pads 3 → 112, then 3×3, stride 2, pads 1 → 56.
    assert.deepEqual(output({ kernel_shape: ints(11, 11), strides: ints(4, 4) }, [227, 227]), [55, 55]);
    const stem = { kernel_shape: ints(7, 7), strides: ints(2, 2), pads: ints(3, 3, 3, 3) };
    assert.deepEqual(output(stem, [224, 224]), [112, 112]);
    const pool = { kernel_shape: ints(3, 3), strides: ints(2, 2), pads: ints(1, 1, 1, 1) };
    assert.deepEqual(output(pool, [112, 112]), [56, 56]);
    // A window of 3 dilated by 2 spans 5.
    assert.deepEqual(output({ kernel_shape: ints(3), dilations: ints(2) }, [9]), [5]);
  });

  it('round up in ceil mode, unless the last window starts beyond the input', () => {
    const ceil = { ceil_mode: int(1) };
    assert.deepEqual(output({ kernel_shape: ints(3), strides: ints(2), ...ceil }, [6]), [3]);
    assert.deepEqual(output({ kernel_shape: ints(3), strides: ints(2) }, [6]), [2]);
    assert.deepEqual(output({ kernel_shape: ints(1), strides: ints(3), ...ceil }, [3]), [1]);
    assert.deepEqual(output({ kernel_shape: ints(2), strides: ints(3), pads: ints(0, 1), ...ceil }, [3]), [1]);
  });

  it('pad to the same size, the odd one at the end for SAME_UPPER', () => {
    const same = (auto_pad: string) => ({ kernel_shape: ints(2, 3), strides: ints(1, 2), auto_pad: string(auto_pad) });
    assert.deepEqual(output(same('SAME_UPPER'), [5, 6]), [5, 3]);
    assert.deepEqual(pads(same('SAME_UPPER'), 5, 6), [
      [0, 1],
      [0, 1],
    ]);
    assert.deepEqual(pads(same('SAME_LOWER'), 5, 6), [
      [1, 0],
      [1, 0],
    ]);
  });

  it('keep a symbol where they keep the size', () => {
    assert.deepEqual(output({ kernel_shape: ints(3, 3), pads: ints(1, 0, 1, 0) }, ['h', 'w']), ['h', null]);
    const same = { kernel_shape: ints(3, 3), strides: ints(1, 2), auto_pad: string('SAME_UPPER') };
    assert.deepEqual(output(same, ['h', 8]), ['h', 4]);
  });

  it('say what is wrong', () => {
    assert.throws(() => output({ kernel_shape: ints(5) }, [3]), /window of 5 does not fit an input of 3/);
    assert.throws(() => output({ kernel_shape: ints(3, 3), strides: ints(1) }, [9, 9]), /strides has 1 entries; 2/);
    assert.throws(() => output({ kernel_shape: ints(3) }, [9, 9]), /kernel of 1 axes .* 2 spatial axes/);
    assert.throws(() => output({ kernel_shape: ints(3), auto_pad: string('MAYBE') }, [9]), /auto_pad 'MAYBE'/);
    assert.throws(() => output({ kernel_shape: ints(3), strides: ints(0) }, [9]), /strides \[0\] must be at least 1/);
    assert.throws(() => output({}, [9]), /kernel_shape is missing/);
  });
});

/** Work of a node whose inputs and outputs have these shapes, in float32. */
function workOf(
  operator: string,
  inputs: readonly (readonly number[])[],
  output: readonly number[],
  attributes: Attributes = {},
): Work {
  const info = (shape: readonly number[]): TensorInfo => ({ type: 'float32', shape });
  const unused = (): never => assert.fail('no sub-graph');
  const context: CostContext = {
    node: nodeOf(operator, attributes, inputs.length),
    opset: 17,
    inputs: inputs.map(info),
    outputs: [info(output)],
    inferBody: unused,
    bodyWork: unused,
  };
  const rule = findOperator({ domain: '', operator });
  assert.deepEqual(rule?.inferShape(context)[0]?.shape, output);
  const work = rule?.work?.(context);
  assert.ok(work, 'the work is unknown');
  return work;
}

describe('MACs of published layers', () => {
  const macs = (...layer: Parameters<typeof workOf>): number => macsOf(workOf(...layer));

  it('AlexNet: 666 million in five convolutions (Sze et al. 2017, table II)', () => {
    const same = (size: number) => ({ pads: ints(size, size, size, size) });
    const layers = [
      macs(
        'Conv',
        [
          [1, 3, 227, 227],
          [96, 3, 11, 11],
        ],
        [1, 96, 55, 55],
        { strides: ints(4, 4) },
      ),
      macs(
        'Conv',
        [
          [1, 96, 27, 27],
          [256, 48, 5, 5],
        ],
        [1, 256, 27, 27],
        { group: int(2), ...same(2) },
      ),
      macs(
        'Conv',
        [
          [1, 256, 13, 13],
          [384, 256, 3, 3],
        ],
        [1, 384, 13, 13],
        same(1),
      ),
      macs(
        'Conv',
        [
          [1, 384, 13, 13],
          [384, 192, 3, 3],
        ],
        [1, 384, 13, 13],
        { group: int(2), ...same(1) },
      ),
      macs(
        'Conv',
        [
          [1, 384, 13, 13],
          [256, 192, 3, 3],
        ],
        [1, 256, 13, 13],
        { group: int(2), ...same(1) },
      ),
    ];
    assert.deepEqual(layers, [105_415_200, 223_948_800, 149_520_384, 112_140_288, 74_760_192]);
    assert.equal(Math.round(layers.reduce((sum, layer) => sum + layer, 0) / 1e6), 666);
  });

  it('depthwise and pointwise (MobileNet, Howard et al. 2017, section 3.1)', () => {
    const depthwise = { group: int(32), pads: ints(1, 1, 1, 1) };
    assert.equal(
      macs(
        'Conv',
        [
          [1, 32, 112, 112],
          [32, 1, 3, 3],
        ],
        [1, 32, 112, 112],
        depthwise,
      ),
      3 * 3 * 32 * 112 ** 2,
    );
    assert.equal(
      macs(
        'Conv',
        [
          [1, 32, 112, 112],
          [64, 32, 1, 1],
        ],
        [1, 64, 112, 112],
      ),
      32 * 64 * 112 ** 2,
    );
  });

  it('one and three spatial axes', () => {
    assert.equal(
      macs(
        'Conv',
        [
          [2, 4, 100],
          [8, 4, 5],
        ],
        [2, 8, 48],
        { strides: ints(2) },
      ),
      2 * 8 * 48 * 4 * 5,
    );
    assert.equal(
      macs(
        'Conv',
        [
          [1, 3, 8, 9, 10],
          [6, 3, 3, 2, 1],
        ],
        [1, 6, 6, 8, 10],
      ),
      6 * 6 * 8 * 10 * 3 * 3 * 2,
    );
  });

  it('a transposed convolution multiplies every input with every tap, and writes what the layer writes', () => {
    // U-Net: 1024 → 512 channels, 2×2, stride 2, from 28×28 (Ronneberger et al. 2015, figure 1).
    const shapes = [[1, 1024, 28, 28], [1024, 512, 2, 2], [512]];
    const work = workOf('ConvTranspose', shapes, [1, 512, 56, 56], { strides: ints(2, 2) });
    assert.equal(macsOf(work), 28 ** 2 * 1024 * 512 * 4);
    assert.ok(work.kind === 'loopNest');
    const { N, G, K, P, Q } = work.nest;
    assert.equal(N * G * K * P * Q, 512 * 56 * 56);
    assert.equal(work.biasAdds, 512 * 56 * 56);
    // Stride 2 does not divide 3: the nest still counts every product.
    const odd = workOf(
      'ConvTranspose',
      [
        [1, 4, 5, 5],
        [4, 6, 3, 3],
      ],
      [1, 6, 11, 11],
      { strides: ints(2, 2) },
    );
    assert.equal(macsOf(odd), 25 * 4 * 6 * 9);
  });

  it('matrix products, with batches that share weights and batches that do not', () => {
    const classifier = workOf('Gemm', [[1, 4096], [1000, 4096], [1000]], [1, 1000], { transB: int(1) });
    assert.equal(flopsOf(classifier), 2 * 4_096_000 + 1000);
    // ViT-B, 197 tokens: the projection has one matrix, the scores have one per head (Dosovitskiy et al. 2021).
    const projection = workOf(
      'MatMul',
      [
        [1, 197, 768],
        [768, 2304],
      ],
      [1, 197, 2304],
    );
    const scores = workOf(
      'MatMul',
      [
        [1, 12, 197, 64],
        [1, 12, 64, 197],
      ],
      [1, 12, 197, 197],
    );
    assert.equal(macsOf(projection), 197 * 768 * 2304);
    assert.equal(macsOf(scores), 12 * 197 * 197 * 64);
    assert.ok(projection.kind === 'loopNest' && scores.kind === 'loopNest');
    assert.equal(projection.nest.dynamicWeights, undefined);
    assert.deepEqual([scores.nest.G, scores.nest.dynamicWeights], [12, true]);
    const equation = { equation: string('bhid,bhjd->bhij') };
    assert.equal(
      macs(
        'Einsum',
        [
          [1, 12, 197, 64],
          [1, 12, 197, 64],
        ],
        [1, 12, 197, 197],
        equation,
      ),
      macsOf(scores),
    );
  });

  it('a recurrent layer: every gate reads the input and the state', () => {
    const lstm = workOf(
      'LSTM',
      [
        [7, 2, 10],
        [2, 80, 10],
        [2, 80, 20],
      ],
      [7, 2, 2, 20],
      {
        hidden_size: int(20),
        direction: string('bidirectional'),
      },
    );
    assert.equal(macsOf(lstm), 7 * 2 * 2 * 80 * (10 + 20));
  });

  it('pools, norms and softmax count vector operations', () => {
    const pool = workOf('MaxPool', [[1, 64, 112, 112]], [1, 64, 56, 56], {
      kernel_shape: ints(3, 3),
      strides: ints(2, 2),
      pads: ints(1, 1, 1, 1),
    });
    assert.deepEqual(pool, { kind: 'vector', operations: 64 * 56 * 56 * 9, passes: 1 });
    assert.equal(flopsOf(workOf('GlobalAveragePool', [[1, 64, 7, 7]], [1, 64, 1, 1])), 64 * 49);
    assert.equal(
      flopsOf(workOf('BatchNormalization', [[1, 64, 7, 7], [64], [64], [64], [64]], [1, 64, 7, 7])),
      64 * 98,
    );
    const softmax = workOf('Softmax', [[1, 1000]], [1, 1000]);
    assert.ok(softmax.kind === 'vector' && softmax.passes === 3);
  });

  it('an open size leaves the work unknown', () => {
    const [x, w]: TensorInfo[] = [{ shape: ['N', 3, 8, 8] }, { shape: [4, 3, 3, 3] }];
    const unused = (): never => assert.fail('no sub-graph');
    const context = { node: nodeOf('Conv', {}, 2), opset: 17, inputs: [x, w], inferBody: unused, bodyWork: unused };
    const rule = findOperator({ domain: '', operator: 'Conv' });
    const outputs = rule?.inferShape(context) ?? [];
    assert.deepEqual(outputs[0]?.shape, ['N', 4, 6, 6]);
    assert.equal(rule?.work?.({ ...context, outputs }), undefined);
  });
});

const IMAGE = floats([2, 4, 7, 6]);
const weight = (...shape: number[]): CaseInput => ({ ...floats(shape, (value) => value / 2), constant: true });
/** Variances and scales that are safe to divide by. */
const positive = (...shape: number[]): CaseInput => ({ ...floats(shape, (value) => 2.5 + value), constant: true });
const list = (...values: number[]): CaseInput => constant('float32', values, [values.length]);
const none = constant('float32', [], [0]);
const bytes = (...shape: number[]): CaseInput => {
  const values = floats(shape).values.map((value) => Math.round(60 * value) + 128);
  return { type: 'uint8', shape, values, constant: false };
};
const kernel = (...sizes: number[]): Attributes => ({ kernel_shape: ints(...sizes) });

const CONVOLUTIONS: readonly OperatorCase[] = [
  { operator: 'Conv', inputs: [IMAGE, weight(3, 4, 3, 2), weight(3)], attributes: { strides: ints(2, 1) } },
  { operator: 'Conv', inputs: [IMAGE, weight(6, 2, 3, 3)], attributes: { group: int(2), pads: ints(0, 1, 2, 1) } },
  { operator: 'Conv', inputs: [IMAGE, weight(4, 1, 3, 3)], attributes: { group: int(4), dilations: ints(2, 1) } },
  { operator: 'Conv', inputs: [IMAGE, weight(3, 4, 1, 1)], attributes: { strides: ints(3, 2) }, opset: 7 },
  { operator: 'Conv', inputs: [IMAGE, weight(3, 4, 2, 2)], attributes: { pads: ints(3, 3, 3, 3) } },
  { operator: 'Conv', inputs: [IMAGE, weight(3, 4, 4, 3)], attributes: { auto_pad: string('SAME_LOWER') }, opset: 11 },
  { operator: 'Conv', inputs: [floats([1, 2, 9]), weight(3, 2, 4)], attributes: { strides: ints(2) }, opset: 22 },
  {
    operator: 'Conv',
    inputs: [floats([1, 2, 4, 3, 5]), weight(2, 2, 2, 2, 3)],
    attributes: { strides: ints(1, 1, 2) },
  },
  {
    operator: 'com.microsoft:FusedConv',
    inputs: [IMAGE, weight(3, 4, 3, 3)],
    attributes: { activation: string('Relu') },
  },
  { operator: 'ConvInteger', inputs: [bytes(1, 2, 5, 5), constant('uint8', [1, 2, 3, 250, 5, 6, 7, 8], [1, 2, 2, 2])] },
  {
    operator: 'QLinearConv',
    inputs: [
      ...[bytes(1, 2, 5, 5), constant('float32', 0.1), constant('uint8', 128)],
      ...[constant('int8', [1, 2, 3, -9, 5, 6, 7, 8], [1, 2, 2, 2]), constant('float32', 0.2), constant('int8', 0)],
      ...[constant('float32', 0.5), constant('uint8', 3)],
    ],
  },
  { operator: 'ConvTranspose', inputs: [IMAGE, weight(4, 3, 2, 2), weight(3)], attributes: { strides: ints(2, 2) } },
  {
    operator: 'ConvTranspose',
    inputs: [IMAGE, weight(4, 1, 3, 3)],
    attributes: { group: int(2), strides: ints(2, 3), pads: ints(1, 0, 0, 2), output_padding: ints(1, 2) },
    opset: 11,
  },
  {
    operator: 'ConvTranspose',
    inputs: [IMAGE, weight(4, 2, 2, 3)],
    attributes: { strides: ints(3, 2), dilations: ints(1, 2), output_padding: ints(2, 0) },
  },
  {
    operator: 'ConvTranspose',
    inputs: [IMAGE, weight(4, 2, 3, 3)],
    attributes: { strides: ints(2, 2), auto_pad: string('SAME_UPPER') },
  },
  {
    operator: 'ConvTranspose',
    inputs: [IMAGE, weight(4, 2, 3, 3)],
    attributes: { strides: ints(2, 2), output_shape: ints(14, 12) },
  },
  { operator: 'ConvTranspose', inputs: [floats([1, 2, 4]), weight(2, 3, 1)], attributes: { strides: ints(3) } },
];

const PRODUCTS: readonly OperatorCase[] = [
  { operator: 'Gemm', inputs: [floats([2, 4]), floats([4, 3]), floats([3])], opset: 7 },
  {
    operator: 'Gemm',
    inputs: [floats([4, 2]), floats([3, 4]), floats([2, 1])],
    attributes: { transA: int(1), transB: int(1), alpha: float(0.5), beta: float(3) },
    opset: 9,
  },
  { operator: 'Gemm', inputs: [floats([2, 4]), floats([3, 4])], attributes: { transB: int(1) } },
  { operator: 'Gemm', inputs: [floats([4, 2]), floats([4, 3])], attributes: { transA: int(1) } },
  {
    operator: 'com.microsoft:FusedGemm',
    inputs: [floats([2, 4]), weight(4, 3)],
    attributes: { activation: string('Relu') },
  },
  { operator: 'MatMul', inputs: [floats([2, 3, 4]), floats([4, 5])] },
  { operator: 'MatMul', inputs: [floats([2, 1, 3, 4]), floats([3, 4, 5])] },
  { operator: 'MatMul', inputs: [floats([3, 4]), floats([2, 4, 5])] },
  { operator: 'MatMul', inputs: [floats([4]), floats([2, 4, 5])] },
  { operator: 'MatMul', inputs: [floats([2, 3, 4]), floats([4])] },
  { operator: 'MatMul', inputs: [floats([4]), floats([4])] },
  {
    operator: 'com.microsoft:FusedMatMul',
    inputs: [floats([2, 4, 3]), floats([2, 5, 4])],
    attributes: { transA: int(1), transB: int(1) },
  },
  {
    operator: 'com.microsoft:FusedMatMul',
    inputs: [floats([3, 2, 4]), floats([2, 4, 5])],
    attributes: { transBatchA: int(1) },
  },
  { operator: 'MatMulInteger', inputs: [bytes(2, 3, 4), constant('uint8', [1, 2, 3, 4, 5, 6, 7, 8], [4, 2])] },
  {
    operator: 'QLinearMatMul',
    inputs: [
      ...[bytes(3, 4), constant('float32', 0.1), constant('uint8', 128)],
      ...[constant('uint8', [1, 2, 3, 4, 5, 6, 7, 8], [4, 2]), constant('float32', 0.2), constant('uint8', 4)],
      ...[constant('float32', 0.5), constant('uint8', 100)],
    ],
  },
  ...(
    [
      ['bij,bjk->bik', [2, 3, 4], [2, 4, 5]],
      ['...ij,...jk', [2, 3, 4], [2, 4, 5]],
      ['...ij,...jk->...ik', [1, 3, 4], [2, 4, 5]],
      ['ij,kj->i', [2, 3], [4, 3]],
      ['ij->j', [2, 3]],
      ['ij,jk,kl->il', [2, 3], [3, 4], [4, 2]],
    ] as const
  ).map(([equation, ...shapes]) => ({
    operator: 'Einsum',
    inputs: shapes.map((shape) => floats(shape)),
    attributes: { equation: string(equation) },
  })),
];

const POOLS: readonly OperatorCase[] = [
  {
    operator: 'MaxPool',
    inputs: [IMAGE],
    attributes: { ...kernel(3, 2), strides: ints(2, 1), pads: ints(1, 1, 2, 0) },
    opset: 7,
  },
  {
    operator: 'MaxPool',
    inputs: [IMAGE],
    attributes: { ...kernel(2, 3), strides: ints(2, 2), ceil_mode: int(1) },
    opset: 11,
  },
  { operator: 'MaxPool', inputs: [IMAGE], attributes: { ...kernel(2, 2), dilations: ints(2, 3) }, outputs: 2 },
  {
    operator: 'MaxPool',
    inputs: [floats([1, 2, 4, 3, 5])],
    attributes: { ...kernel(2, 3, 2), auto_pad: string('SAME_UPPER') },
    opset: 12,
  },
  { operator: 'GlobalMaxPool', inputs: [IMAGE] },
  { operator: 'GlobalMaxPool', inputs: [IMAGE], opset: 7 },
  {
    operator: 'AveragePool',
    inputs: [IMAGE],
    attributes: { ...kernel(3, 2), strides: ints(2, 1), pads: ints(1, 0, 1, 1) },
    opset: 7,
  },
  {
    operator: 'AveragePool',
    inputs: [IMAGE],
    attributes: { ...kernel(3, 3), pads: ints(1, 1, 1, 1), count_include_pad: int(1) },
  },
  {
    operator: 'AveragePool',
    inputs: [IMAGE],
    attributes: {
      ...kernel(3, 3),
      strides: ints(2, 3),
      pads: ints(1, 0, 1, 2),
      count_include_pad: int(1),
      ceil_mode: int(1),
    },
  },
  { operator: 'AveragePool', inputs: [IMAGE], attributes: { ...kernel(2, 2), dilations: ints(3, 2) }, opset: 19 },
  { operator: 'AveragePool', inputs: [IMAGE], attributes: kernel(7, 6) },
  { operator: 'GlobalAveragePool', inputs: [floats([2, 3, 5])] },
  { operator: 'LpPool', inputs: [IMAGE], attributes: { ...kernel(2, 2), p: int(1) } },
  { operator: 'GlobalLpPool', inputs: [IMAGE] },
];

const NORMALIZATIONS: readonly OperatorCase[] = [
  { operator: 'BatchNormalization', inputs: [IMAGE, floats([4]), floats([4]), weight(4), positive(4)], opset: 7 },
  { operator: 'BatchNormalization', inputs: [floats([2, 3]), weight(3), weight(3), weight(3), positive(3)], opset: 15 },
  {
    operator: 'BatchNormalization',
    inputs: [IMAGE, floats([4]), floats([4]), weight(4), positive(4)],
    attributes: { training_mode: int(1) },
    outputs: 3,
  },
  { operator: 'LayerNormalization', inputs: [floats([2, 3, 4]), floats([4]), floats([4])], outputs: 3 },
  { operator: 'LayerNormalization', inputs: [floats([2, 3, 4]), floats([3, 4])], attributes: { axis: int(1) } },
  { operator: 'RMSNormalization', inputs: [floats([2, 3, 4]), floats([4])], opset: 23 },
  {
    operator: 'com.microsoft:SkipLayerNormalization',
    inputs: [floats([2, 3, 4]), floats([2, 3, 4]), weight(4), weight(4)],
  },
  { operator: 'InstanceNormalization', inputs: [IMAGE, floats([4]), floats([4])] },
  {
    operator: 'GroupNormalization',
    inputs: [IMAGE, floats([2]), floats([2])],
    attributes: { num_groups: int(2) },
    opset: 18,
  },
  {
    operator: 'GroupNormalization',
    inputs: [IMAGE, floats([4]), floats([4])],
    attributes: { num_groups: int(2) },
    opset: 21,
  },
  { operator: 'LRN', inputs: [floats([1, 7, 2, 3])], attributes: { size: int(5), alpha: float(0.5), bias: float(2) } },
  { operator: 'LpNormalization', inputs: [IMAGE], attributes: { axis: int(1) } },
  { operator: 'LpNormalization', inputs: [floats([2, 5], (v) => v + 0.2 * Math.sign(v))], attributes: { p: int(1) } },
  { operator: 'Softmax', inputs: [floats([2, 3, 4])], attributes: { axis: int(1) } },
  { operator: 'Softmax', inputs: [floats([2, 3, 4])], attributes: { axis: int(1) }, opset: 11 },
  { operator: 'LogSoftmax', inputs: [floats([2, 3, 4])] },
  { operator: 'LogSoftmax', inputs: [floats([2, 3, 4])], opset: 9 },
  { operator: 'Hardmax', inputs: [floats([2, 3, 4])] },
];

const SMALL = floats([1, 2, 4, 5]);
const resized = (attributes: Attributes, inputs: readonly CaseInput[], opset = 18): OperatorCase => ({
  operator: 'Resize',
  inputs: [SMALL, ...inputs],
  attributes,
  opset,
});

const RESAMPLINGS: readonly OperatorCase[] = [
  ...['half_pixel', 'pytorch_half_pixel', 'asymmetric', 'align_corners'].flatMap((coordinates) =>
    ['nearest', 'linear', 'cubic'].map((mode) =>
      resized(
        { mode: string(mode), coordinate_transformation_mode: string(coordinates) },
        [none, list(1, 1, 2, 0.7)],
        13,
      ),
    ),
  ),
  ...['round_prefer_floor', 'round_prefer_ceil', 'floor', 'ceil'].map((rounding) =>
    resized({ nearest_mode: string(rounding) }, [none, none, integers([1, 2, 9, 3])], 11),
  ),
  resized(
    { mode: string('linear'), coordinate_transformation_mode: string('half_pixel_symmetric') },
    [none, list(1, 1, 1.3, 2.6)],
    19,
  ),
  resized({ mode: string('linear'), antialias: int(1) }, [none, list(1, 1, 0.5, 0.6)]),
  resized({ mode: string('cubic'), antialias: int(1), exclude_outside: int(1) }, [none, list(1, 1, 0.5, 0.6)]),
  resized({ mode: string('cubic'), cubic_coeff_a: float(-0.5), exclude_outside: int(1) }, [none, list(1, 1, 2, 3)]),
  resized({ mode: string('linear'), axes: ints(3, 2) }, [none, none, integers([7, 6])]),
  resized({ mode: string('linear'), axes: ints(2, 3), keep_aspect_ratio_policy: string('not_larger') }, [
    none,
    none,
    integers([6, 12]),
  ]),
  resized({ mode: string('linear'), coordinate_transformation_mode: string('tf_crop_and_resize') }, [
    list(0, 0, 0.2, -0.1, 1, 1, 0.9, 1.2),
    none,
    integers([1, 2, 7, 9]),
  ]),
  resized({ mode: string('linear') }, [list(1, 1, 2, 1.5)], 10),
  { operator: 'Upsample', inputs: [SMALL, list(1, 1, 2, 3)], opset: 9 },
  {
    operator: 'Upsample',
    inputs: [SMALL],
    attributes: { mode: string('linear'), scales: { type: 'floats', value: [1, 1, 2, 1.5] } },
    opset: 7,
  },
];

const SEQUENCES: readonly OperatorCase[] = [
  {
    operator: 'LSTM',
    inputs: [floats([5, 2, 3]), weight(2, 16, 3), weight(2, 16, 4)],
    attributes: { hidden_size: int(4), direction: string('bidirectional') },
    outputs: 3,
  },
  {
    operator: 'GRU',
    inputs: [floats([5, 2, 3]), weight(1, 12, 3), weight(1, 12, 4)],
    attributes: { hidden_size: int(4) },
    outputs: 2,
  },
  {
    operator: 'RNN',
    inputs: [floats([5, 2, 3]), weight(1, 4, 3), weight(1, 4, 4)],
    attributes: { hidden_size: int(4) },
    outputs: 2,
  },
  {
    operator: 'com.microsoft:Attention',
    inputs: [floats([2, 5, 6]), weight(6, 24), weight(24)],
    attributes: { num_heads: int(2) },
  },
  {
    operator: 'com.microsoft:MultiHeadAttention',
    inputs: [floats([2, 5, 8]), floats([2, 7, 8]), floats([2, 7, 8])],
    attributes: { num_heads: int(2) },
  },
  {
    operator: 'Attention',
    inputs: [floats([2, 4, 5, 8]), floats([2, 2, 7, 8]), floats([2, 2, 7, 6])],
    opset: 23,
  },
];

const CASES = [...CONVOLUTIONS, ...PRODUCTS, ...POOLS, ...NORMALIZATIONS, ...RESAMPLINGS, ...SEQUENCES];
const isFed = (input: CaseInput | undefined): input is CaseInput => input !== undefined && !input.constant;

describe('arithmetic operators against onnxruntime', () => {
  const runtime = useRuntime();
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'evo-arithmetic-'));
  after(() => fs.rmSync(directory, { recursive: true }));

  const write = (model: Uint8Array): string => {
    const file = path.join(directory, 'model.onnx');
    fs.writeFileSync(file, model);
    return file;
  };

  describe('types, shapes and known work', () => {
    for (const one of CASES) {
      it(titleOf(one), async () => {
        const file = write(operatorModel(one));
        const model = await readModel(file);
        const { infos, problems, work } = inferShapes(model);
        assert.deepEqual(problems, []);
        const session = await ort.InferenceSession.create(file, { logSeverityLevel: 4 });
        const feeds = Object.fromEntries(
          one.inputs.flatMap((input, i) => (isFed(input) ? [[`x${i}`, tensorOf(input)]] : [])),
        );
        for (const [name, tensor] of Object.entries(await session.run(feeds))) {
          assert.deepEqual(infos.get(name), { type: tensor.type, shape: tensor.dims }, name);
        }
        await session.release();
        for (const node of model.graph.nodes) assert.ok(work(node), 'the work is unknown');
      });
    }
  });

  describe('gradients, by finite differences', () => {
    const differentiable = CASES.filter(
      ({ operator, inputs }) =>
        findOperator(nameOf(operator))?.vjp && inputs.every((input) => !isFed(input) || input.type === 'float32'),
    );
    for (const one of differentiable) {
      it(titleOf(one), async () => {
        const { run, outputShape, release } = await differentiate(runtime(), write(operatorModel(one)));
        const x = one.inputs.filter(isFed).map(({ values }) => Float32Array.from(values));
        const v = numbers(
          outputShape.reduce((a, b) => a * b, 1),
          77,
        );
        const u = x.map((values, i) => numbers(values.length, 1000 + i));
        const { gradients } = await run(x, v);
        const at = async (step: number): Promise<number> =>
          dot(
            (
              await run(
                x.map((values, i) => values.map((value, j) => value + step * (u[i]?.[j] ?? 0))),
                v,
              )
            ).y,
            v,
          );
        // Richardson's extrapolation of central differences: the error of the step is of fourth order.
        const central = async (step: number): Promise<number> => ((await at(step)) - (await at(-step))) / (2 * step);
        const measured = (4 * (await central(STEP / 2)) - (await central(STEP))) / 3;
        await release();
        const slope = gradients.reduce((sum, gradient, i) => sum + dot(gradient, u[i] ?? []), 0);
        const scale = Math.sqrt(gradients.reduce((sum, gradient) => sum + dot(gradient, gradient), 0));
        assert.ok(scale > 0, 'the gradient is zero');
        const error = Math.abs(measured - slope) / scale;
        assert.ok(error < TOLERANCE, `⟨gradient, u⟩ = ${slope}, finite difference ${measured}: error ${error}`);
      });
    }
  });

  for (const opset of [8, 12, 16]) {
    it(`a tied maximum goes to the element that MaxPool's indices name, opset ${opset}`, async () => {
      const few: CaseInput = { ...IMAGE, values: IMAGE.values.map(Math.round) };
      const attributes = { ...kernel(3, 3), strides: ints(2, 1), pads: ints(1, 1, 1, 1) };
      const file = write(operatorModel({ operator: 'MaxPool', inputs: [few], attributes, opset, outputs: 2 }));
      const session = await ort.InferenceSession.create(file, { logSeverityLevel: 4 });
      const { y1 } = await session.run({ x0: tensorOf(few) });
      await session.release();
      const { run, outputShape, release } = await differentiate(runtime(), file);
      const v = numbers(
        outputShape.reduce((a, b) => a * b, 1),
        3,
      );
      const { gradients } = await run([Float32Array.from(few.values)], v);
      await release();
      const expected = new Float64Array(few.values.length);
      for (const [i, index] of [...((y1?.data ?? []) as BigInt64Array)].entries()) {
        expected[Number(index)] = (expected[Number(index)] ?? 0) + (v[i] ?? 0);
      }
      for (const [i, value] of expected.entries()) {
        assert.ok(Math.abs(value - (gradients[0]?.[i] ?? Number.NaN)) < 1e-6, `element ${i}`);
      }
    });
  }

  it('integer products have the gradient of the real ones', async () => {
    // f(x) = ⟨v, y(x)⟩ is linear in x, so a step of one level is exact.
    const weights = constant(
      'uint8',
      floats([3, 2, 3, 3]).values.map((value) => Math.round(60 * value) + 128),
      [3, 2, 3, 3],
    );
    const image = bytes(1, 2, 6, 5);
    const inputs = [image, weights, constant('uint8', 128), constant('uint8', 121)];
    const attributes = { strides: ints(2, 1), pads: ints(1, 0, 1, 1) };
    const file = write(operatorModel({ operator: 'ConvInteger', inputs, attributes }));
    const { gradient, shape } = await integerGradient(file);
    const v = numbers(
      shape.reduce((a, b) => a * b, 1),
      9,
    );
    const session = await ort.InferenceSession.create(file, { logSeverityLevel: 4 });
    const at = async (values: readonly number[]): Promise<number> => {
      const { y0 } = await session.run({ x0: tensorOf({ ...image, values }) });
      return dot(Float64Array.from((y0?.data ?? []) as Int32Array), v);
    };
    const slopes = await gradient(image, v);
    const origin = await at(image.values);
    for (const index of [0, 7, 31, 59]) {
      const moved = await at(image.values.map((value, i) => (i === index ? value + 1 : value)));
      assert.ok(Math.abs(moved - origin - (slopes[index] ?? Number.NaN)) < 1e-2, `element ${index}`);
    }
    await session.release();
  });

  /** The gradient of a model's integer output by its integer input, both taken as real numbers. */
  async function integerGradient(file: string) {
    const model = await readModel(file);
    const { infos } = inferShapes(model);
    const build = new AppendixBuilder({ opset: 17, taken: tensorNames(model.graph) });
    const shape = (infos.get('y0')?.shape ?? []) as readonly number[];
    const wanted = gradientOf(model, infos, build, { of: 'y0', seed: { tensor: 'v' }, wrt: ['x0'] }).get('x0') ?? '';
    const appended = build.encode([{ name: 'v', type: 'float32', shape }], [wanted]);
    const gradient = async (image: CaseInput, v: Float32Array): Promise<Float32Array> => {
      const session = await ort.InferenceSession.create(Buffer.concat([fs.readFileSync(file), appended]));
      const { [wanted]: found } = await session.run({ x0: tensorOf(image), v: new ort.Tensor('float32', v, shape) });
      await session.release();
      return (found?.data ?? []) as Float32Array;
    };
    return { gradient, shape };
  }
});

/** The points differ by 0.01 or more on the images, so a pool's maxima do not change hands within a step. */
const STEP = 4e-3;
const TOLERANCE = 3e-4;

function nameOf(operator: string) {
  const [type = '', domain = ''] = operator.split(':').reverse();
  return { operator: type, domain };
}

function tensorOf({ type, shape, values }: CaseInput): ort.Tensor {
  if (type === 'uint8') return new ort.Tensor('uint8', Uint8Array.from(values), shape);
  assert.equal(type, 'float32');
  return new ort.Tensor('float32', Float32Array.from(values), shape);
}
