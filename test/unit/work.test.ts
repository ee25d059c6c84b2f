import assert from 'node:assert/strict';
import type { Attribute, TensorInfo } from '../../src/graph/graph';
import type { CostContext } from '../../src/operators/operator';
import { findOperator } from '../../src/operators/registry';
import { flopsOf, macsOf, type Work } from '../../src/operators/work';
import { int, ints, string } from '../operatorCase';

type Attributes = Readonly<Record<string, Attribute>>;

function nodeOf(operator: string, attributes: Attributes, inputs: number) {
  const names = Array.from({ length: inputs }, (_, index) => `x${index}`);
  const map = new Map(Object.entries(attributes));
  const [type = '', domain = ''] = operator.split(':').reverse();
  return { id: 0, name: '', operator: type, domain, inputs: names, outputs: ['y'], attributes: map };
}

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
  const rule = findOperator(context.node);
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

  it('a transposed convolution is stride² dense sub-kernels, none of whose products is with an inserted zero', () => {
    // Phase p of an axis has the taps p, p + stride, … of the kernel.
    for (const [kernel, stride] of [
      [4, 2],
      [3, 2],
      [5, 3],
      [2, 2],
    ] as const) {
      const output = 4 * stride + kernel;
      const work = workOf(
        'ConvTranspose',
        [
          [1, 3, 5, 5],
          [3, 2, kernel, kernel],
        ],
        [1, 2, output, output],
        { strides: ints(stride, stride) },
      );
      let taps = 0;
      for (let p = 0; p < stride; p++) {
        for (let q = 0; q < stride; q++) taps += Math.ceil((kernel - p) / stride) * Math.ceil((kernel - q) / stride);
      }
      assert.equal(macsOf(work), 25 * 3 * 2 * taps);
      if (kernel % stride > 0) continue;
      assert.ok(work.kind === 'loopNest');
      const { K, R, S } = work.nest;
      assert.deepEqual([K, R, S], [2 * stride ** 2, kernel / stride, kernel / stride]);
    }
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

  it('a recurrent layer: one projection of all steps, then small products in turn', () => {
    const shapes = [
      [7, 2, 10],
      [2, 80, 10],
      [2, 80, 20],
    ];
    const lstm = workOf('LSTM', shapes, [7, 2, 2, 20], { hidden_size: int(20), direction: string('bidirectional') });
    assert.equal(macsOf(lstm), 7 * 2 * 2 * 80 * (10 + 20));
    assert.ok(lstm.kind === 'body');
    const [projection, step, gates] = lstm.parts;
    assert.ok(projection?.work?.kind === 'loopNest' && step?.work?.kind === 'loopNest');
    const { G, K, C, P } = projection.work.nest;
    assert.deepEqual([G, K, C, P], [2, 80, 10, 14]);
    assert.deepEqual([step.work.nest.G, step.work.nest.K, step.work.nest.C, step.work.nest.P], [2, 80, 20, 2]);
    assert.deepEqual([projection.times, step.times, gates?.times], [undefined, 7, 7]);
    // Per unit: 4 additions, 3 sigmoids (10), 2 tanh (12), 3 products and a sum.
    assert.equal(flopsOf(lstm) - 2 * macsOf(lstm), 7 * 2 * 2 * 20 * (4 + 30 + 24 + 4));
  });

  it('grouped queries multiply as many, over fewer keys and values (Ainslie et al. 2023)', () => {
    const shapes = [
      [2, 8, 5, 16],
      [2, 2, 9, 16],
      [2, 2, 9, 4],
    ];
    const work = workOf('Attention', shapes, [2, 8, 5, 4]);
    assert.equal(macsOf(work), 2 * 8 * 5 * 9 * (16 + 4));
    assert.ok(work.kind === 'body' && work.parts.length === 3);
    const [scores] = work.parts;
    assert.ok(scores?.work?.kind === 'loopNest');
    const { G, P, K } = scores.work.nest;
    assert.deepEqual([G, P, K], [4, 20, 9]);
  });

  it('one matrix that serves a batch is the weight, on whichever side it stands', () => {
    const work = workOf(
      'MatMul',
      [
        [1, 6, 10],
        [4, 10, 3],
      ],
      [4, 6, 3],
    );
    assert.ok(work.kind === 'loopNest');
    const { N, G, K, C, P } = work.nest;
    assert.deepEqual([N, G, K, C, P], [4, 1, 6, 10, 3]);
    const mixed = workOf(
      'MatMul',
      [
        [2, 1, 6, 10],
        [5, 10, 3],
      ],
      [2, 5, 6, 3],
    );
    assert.equal(macsOf(mixed), 2 * 5 * 6 * 10 * 3);
  });

  it('weights keep the width that they are packed in', () => {
    const packed = workOf('com.microsoft:MatMulNBits', [[2, 64], [32, 2, 16], [64]], [2, 32], {
      ...{ K: int(64), N: int(32), bits: int(4), block_size: int(32) },
    });
    assert.ok(packed.kind === 'loopNest');
    assert.equal(packed.nest.weightType, 'uint4');
    assert.equal(macsOf(packed), 2 * 64 * 32);
  });

  it('an embedding reads the rows that its tokens name, not the tables', () => {
    const shapes = [[1, 128], [1, 128], [30522, 768], [512, 768], [2, 768], [768], [768]];
    const work = workOf('com.microsoft:EmbedLayerNormalization', shapes, [1, 128, 768]);
    assert.ok(work.kind === 'body');
    const moved = work.parts.filter((part) => part.work?.kind === 'movement');
    assert.deepEqual(
      moved.map(({ context }) => context.outputs[0]?.shape),
      [
        [1, 128, 768],
        [1, 128, 768],
        [1, 128, 768],
      ],
    );
  });

  it('a deformable convolution samples every tap, then multiplies as a convolution does', () => {
    const shapes = [
      [1, 4, 8, 8],
      [6, 4, 3, 3],
      [1, 18, 6, 6],
    ];
    const work = workOf('DeformConv', shapes, [1, 6, 6, 6]);
    assert.equal(macsOf(work), 36 * 6 * 4 * 9);
    assert.equal(flopsOf(work) - 2 * macsOf(work), 36 * 4 * 9 * 8);
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
